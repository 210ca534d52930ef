/** For trying a trigger out: one message to look at, without touching anything. */
import type { Account } from '../account/account';
import { systemClock } from '../clock';
import { MailError } from '../errors';
import type { ReceivedMessage } from '../message/parsed';
import { ImapClient } from './client';
import { fetchMessages, type FetchLimits } from './fetch';
import { searchMessages } from './messages';
import { IDLE_RENEWAL_MS } from './session';

/** How often a server without IDLE is asked while somebody sits in front of the editor. */
const POLL_MS = 5_000;

/**
 * The newest message of a mailbox, or the next to arrive if it is empty. The mailbox is opened read-only, so that
 * nothing is marked (EXAMINE, RFC 3501 §6.3.2).
 *
 * @throws MailError; code `CANCELLED` when the signal aborted
 */
export async function newestMessage(
	account: Account,
	path: string,
	limits: FetchLimits,
	signal: AbortSignal,
): Promise<ReceivedMessage> {
	let wake: () => void = () => undefined;
	const client = await ImapClient.connect(account, { signal, onChange: () => wake() });
	try {
		const mailbox = await client.select(path, true);
		for (;;) {
			const newest = (await searchMessages(client, { uid: '*' })).at(-1);
			let found: ReceivedMessage | undefined;
			if (newest !== undefined) {
				await fetchMessages(client, mailbox, [newest], limits, (_uid, fetched) => {
					if (fetched.kind === 'message') found = fetched.message;
				});
			}
			if (found) return found;
			const idles = client.supports('IDLE');
			await new Promise<void>((resolve, reject) => {
				const cancel = systemClock.after(idles ? IDLE_RENEWAL_MS : POLL_MS, () => resolve());
				wake = () => {
					cancel();
					resolve();
				};
				if (idles) client.idle().then(wake, reject);
			});
			await client.probe();
		}
	} catch (error) {
		if (signal.aborted) throw new MailError('CANCELLED', 'The test was stopped.', { side: 'imap' });
		throw error;
	} finally {
		void client.logout();
	}
}

/** For trying a trigger out: one message to look at, without touching anything. */
import type { Account } from '../account/account';
import { systemClock } from '../clock';
import { MailError } from '../errors';
import type { ReceivedMessage } from '../message/parsed';
import { ImapClient } from './client';
import { fetchMessages, type FetchLimits } from './fetch';
import type { MailFilter } from './filter';
import { isDynamic, resolveMailboxes } from './mailboxNames';
import { searchMessages } from './messages';
import { IDLE_RENEWAL_MS } from './session';

/** How often a server without IDLE, or one of several mailboxes, is asked while somebody sits in front of the editor. */
const POLL_MS = 5_000;
/** Messages of a mailbox that are looked into for a filter that the server cannot answer, newest first. */
const MOST_LOOKED_INTO = 50;

/** What the trigger would run on. */
export interface Wanted extends Pick<FetchLimits, 'maxMessageBytes'> {
	/** Names, roles and patterns. */
	mailboxes: readonly string[];
	filter: MailFilter;
}

/**
 * The newest message that is wanted, or the next to arrive if there is none. Mailboxes are opened read-only, so that
 * nothing is marked (EXAMINE, RFC 3501 §6.3.2).
 *
 * @throws MailError; code `CANCELLED` when the signal aborted
 */
export async function newestMessage(
	account: Account,
	wanted: Wanted,
	signal: AbortSignal,
): Promise<ReceivedMessage> {
	let changed = false;
	let wake: () => void = () => undefined;
	const onChange = () => {
		changed = true;
		wake();
	};
	const client = await ImapClient.connect(account, { signal, onChange });
	try {
		const paths = await pathsOf(client, wanted.mailboxes);
		for (;;) {
			const found: ReceivedMessage[] = [];
			for (const path of paths) {
				const message = await newestOf(client, path, wanted, () => (changed = false));
				if (message) found.push(message);
			}
			const [newest] = found.sort((a, b) => timeOf(b) - timeOf(a));
			if (newest) return newest;
			const idles = paths.length === 1 && client.supports('IDLE');
			await new Promise<void>((resolve, reject) => {
				const cancel = systemClock.after(idles ? IDLE_RENEWAL_MS : POLL_MS, () => resolve());
				wake = () => {
					cancel();
					resolve();
				};
				if (changed) wake();
				else if (idles) client.idle().then(wake, reject);
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

async function pathsOf(client: ImapClient, entries: readonly string[]): Promise<string[]> {
	const fixed = entries.filter((entry) => !isDynamic(entry));
	const dynamic = entries.filter(isDynamic);
	if (dynamic.length === 0) return fixed;
	const listed = await client.list();
	const paths = [...new Set([...fixed, ...resolveMailboxes(dynamic, listed)])];
	if (paths.length > 0) return paths;
	const names = listed.filter(({ selectable }) => selectable).map(({ path }) => `"${path}"`);
	throw new MailError('MAILBOX', `No mailbox fits ${dynamic.map((entry) => `"${entry}"`).join(', ')}.`, {
		side: 'imap',
		nextStep: `Choose one of these: ${names.slice(0, 50).join(', ')}.`,
	});
}

async function newestOf(
	client: ImapClient,
	path: string,
	{ filter, maxMessageBytes }: Wanted,
	onOpened: () => void,
): Promise<ReceivedMessage | null> {
	const mailbox = await client.select(path, true);
	// What comes from now on is found by the search, or has to wake who waits.
	onOpened();
	const uids = filter.isEmpty ? await searchMessages(client, { uid: '*' }) : await filter.find(client);
	// What the server answers may have to be looked into; mostly the newest is one.
	for (const uid of uids.slice(-MOST_LOOKED_INTO).reverse()) {
		let found: ReceivedMessage | null = null;
		await fetchMessages(client, mailbox, [uid], { maxMessageBytes }, (_uid, fetched) => {
			if (fetched.kind === 'message' && filter.accepts(fetched.message)) found = fetched.message;
		});
		if (found) return found;
	}
	return null;
}

function timeOf({ receivedAt }: ReceivedMessage): number {
	return receivedAt?.getTime() ?? 0;
}

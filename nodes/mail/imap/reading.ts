/** Reads whole messages one after the other, holding few of them at a time. */
import { MailError } from '../errors';
import type { ImapClient } from './client';
import { FETCH_ATTEMPTS, fetchMessages, type Fetched, type FetchLimits } from './fetch';
import { asMailError, vanished, type MessageWork } from './onMessages';
import type { ReceivedMessage } from '../message/parsed';
import type { SelectedMailbox } from './types';

/** Messages asked for in one command. */
const PAGE = 20;
/** Bytes of messages held at a time, beside the one that is just being read. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** Calls back for every UID in the order given; the next messages are fetched when that is done. */
export async function fetchWhole(
	client: ImapClient,
	mailbox: SelectedMailbox,
	uids: readonly number[],
	limits: Pick<FetchLimits, 'maxMessageBytes'>,
	onMessage: (uid: number, fetched: Fetched) => Promise<void>,
): Promise<void> {
	let open = [...uids];
	const attempts = new Map<number, number>();
	let given: number | undefined;
	while (open.length > 0) {
		const page = open.slice(0, PAGE);
		const got = new Map<number, Fetched>();
		let held = 0;
		const hasRoom = () => held < MAX_HELD_BYTES;
		await fetchMessages(client, mailbox, page, { ...limits, hasRoom, given }, (uid, fetched) => {
			got.set(uid, fetched);
			if (fetched.kind !== 'message') return;
			held += fetched.message.source.length;
			given = uid;
		});
		const done = new Set<number>();
		for (const [uid, fetched] of got) {
			const tries = (attempts.get(uid) ?? 0) + 1;
			attempts.set(uid, tries);
			// A server may list a message and not give it this time.
			if (fetched.kind === 'missing' && tries < FETCH_ATTEMPTS) continue;
			done.add(uid);
			await onMessage(uid, fetched);
		}
		open = open.filter((uid) => !done.has(uid));
	}
}

/**
 * Reads messages as a whole and makes something of each.
 *
 * @param use is done with the message when it settles: it is not held any longer then
 */
export function read<T>(
	maxMessageBytes: number,
	use: (message: ReceivedMessage) => Promise<T>,
): MessageWork<T> {
	return {
		readOnly: true,
		async act(client, mailbox, messages, report) {
			const uids = messages.map(({ uid }) => uid);
			await fetchWhole(client, mailbox, uids, { maxMessageBytes }, async (uid, fetched) => {
				if (fetched.kind === 'gone') report(uid, { error: vanished(mailbox.path) });
				else if (fetched.kind === 'missing') report(uid, { error: notGiven(mailbox.path) });
				else {
					try {
						report(uid, { value: await use(fetched.message) });
					} catch (error) {
						// What one message cannot be made into is no matter of the others.
						report(uid, { error: asMailError(error) });
					}
				}
			});
		},
	};
}

export function notGiven(mailbox: string): MailError {
	return new MailError(
		'COMMAND',
		`The mail server lists the message in "${mailbox}" but did not give its content in ${FETCH_ATTEMPTS} attempts.`,
		{
			side: 'imap',
			retry: 'transient',
			nextStep: 'Try again later; the server may be repairing its mailbox.',
		},
	);
}

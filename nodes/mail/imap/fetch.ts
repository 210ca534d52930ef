/** Reads whole messages within a memory limit: what fits comes in one round trip with its size, the rest in windows. */
import { parseMessage } from '../message/parse';
import type { ReceivedMessage } from '../message/parsed';
import { unparsedMail } from '../message/unparsed';
import { WINDOW_BYTES, type ImapClient } from './client';
import { fetchFirstBytes, fetchWindow, searchMessages } from './messages';
import type { FetchedMessage, SelectedMailbox } from './types';

/** Bytes of every message that come along with its size; most mails are complete with that. */
const FIRST_BYTES_ONE = 512 * 1024;
const FIRST_BYTES_PAGE = 64 * 1024;
/** Times a message that is listed but not given is asked for again before it is handed on without content (D5). */
export const FETCH_ATTEMPTS = 8;

/** What became of one UID. */
export type Fetched =
	| { kind: 'message'; message: ReceivedMessage }
	/** Proven absent: another client removed it. */
	| { kind: 'gone' }
	/** Listed, but the server did not give it this time. */
	| { kind: 'missing' };

export interface FetchLimits {
	/** Bytes of one message; what is longer is cut and says so. */
	maxMessageBytes: number;
	/** Whether another message that is longer than its first bytes may be held. The first one asked for always may. */
	hasRoom?: () => boolean;
}

/**
 * Fetches and parses messages, in the order asked.
 *
 * @param onMessage called for each UID as soon as it is known; not for those that there was no room for
 */
export async function fetchMessages(
	client: ImapClient,
	mailbox: SelectedMailbox,
	uids: readonly number[],
	limits: FetchLimits,
	onMessage: (uid: number, fetched: Fetched) => void,
): Promise<void> {
	const firstBytes = Math.min(uids.length === 1 ? FIRST_BYTES_ONE : FIRST_BYTES_PAGE, limits.maxMessageBytes);
	const rows = new Map((await fetchFirstBytes(client, uids, firstBytes)).map((row) => [row.uid, row]));
	const absent = uids.filter((uid) => !rows.get(uid)?.source);
	const present =
		absent.length > 0 ? new Set(await searchMessages(client, { uid: absent.join(',') })) : new Set<number>();
	for (const uid of uids) {
		const row = rows.get(uid);
		if (!row?.source) onMessage(uid, { kind: present.has(uid) ? 'missing' : 'gone' });
		else if (uid === uids[0] || row.size <= row.source.length || (limits.hasRoom?.() ?? true))
			onMessage(uid, await complete(client, mailbox, { ...row, source: row.source }, limits));
	}
}

/** The item for a message that the server lists but never gives: it is told, not skipped (D5). */
export function quarantined(mailbox: SelectedMailbox, uid: number): ReceivedMessage {
	const reason = `The mail server lists this message but did not give its content in ${FETCH_ATTEMPTS} attempts.`;
	return {
		uid,
		uidValidity: mailbox.uidValidity,
		mailbox: mailbox.path,
		flags: [],
		size: 0,
		receivedAt: null,
		source: Buffer.alloc(0),
		truncated: true,
		mail: unparsedMail(Buffer.alloc(0), reason),
	};
}

async function complete(
	client: ImapClient,
	mailbox: SelectedMailbox,
	row: FetchedMessage & { source: Buffer },
	limits: FetchLimits,
): Promise<Fetched> {
	const source = await readRest(client, row, Math.min(row.size, limits.maxMessageBytes));
	// It was removed, or not given, in the middle: a part of it is not the message.
	if (!source) {
		const listed = await searchMessages(client, { uid: String(row.uid) });
		return { kind: listed.includes(row.uid) ? 'missing' : 'gone' };
	}
	const message = {
		uid: row.uid,
		uidValidity: mailbox.uidValidity,
		mailbox: mailbox.path,
		flags: row.flags,
		size: row.size,
		receivedAt: row.receivedAt,
		source,
		truncated: row.size > limits.maxMessageBytes,
		mail: await parseMessage(source),
	};
	return { kind: 'message', message };
}

async function readRest(
	client: ImapClient,
	row: { uid: number; source: Buffer },
	wanted: number,
): Promise<Buffer | null> {
	if (row.source.length >= wanted) return row.source;
	// One block from the start, not pieces that are joined and so held twice; shared, so that the parser's thread reads
	// it where it is.
	const source = Buffer.from(new SharedArrayBuffer(wanted));
	let length = row.source.copy(source);
	while (length < wanted) {
		const part = await fetchWindow(client, row.uid, length, Math.min(WINDOW_BYTES, wanted - length));
		// Some servers announce a size that is a little off; an empty window is the true end.
		if (!part) return null;
		if (part.length === 0) break;
		length += part.copy(source, length);
	}
	return source.subarray(0, length);
}

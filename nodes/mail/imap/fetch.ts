/** Reads whole messages within a memory limit: what fits comes in one round trip with its size, the rest in windows. */
import { MailError } from '../errors';
import { LargeFileSieve, withFilesOnServer } from '../message/largeFiles';
import { parseMessage } from '../message/parse';
import type { MessageOnServer, ParsedMail, ReceivedMessage } from '../message/parsed';
import { unparsedMail } from '../message/unparsed';
import { WINDOW_BYTES, type ImapClient } from './client';
import type { FilesOnServer } from './filesOnServer';
import { fetchFirstBytes, fetchWindow, searchMessages } from './messages';
import type { FetchedMessage, SelectedMailbox } from './types';

/** Bytes of every message that come along with its size; most mails are complete with that. */
const FIRST_BYTES_ONE = 512 * 1024;
const FIRST_BYTES_PAGE = 64 * 1024;
/** From this size on, large files of a message are not kept in memory but read again when they are wanted. */
export const LARGE_MESSAGE_BYTES = 8 * 1024 * 1024;
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
	/** Set when the connection stays with this mailbox, so that large files can be left on the server. */
	filesOnServer?: FilesOnServer | undefined;
	/** A message that was read before over this connection: whether it is given still tells a refused mail from a broken server. */
	given?: number | undefined;
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
	const { rows, refused } = await readFirstBytes(client, uids, firstBytes, limits.given);
	const absent = uids.filter((uid) => !rows.get(uid)?.source && !refused.has(uid));
	const present =
		absent.length > 0 ? new Set(await searchMessages(client, { uid: absent.join(',') })) : new Set<number>();
	for (const uid of uids) {
		const row = rows.get(uid);
		if (!row?.source) onMessage(uid, { kind: present.has(uid) || refused.has(uid) ? 'missing' : 'gone' });
		else if (uid === uids[0] || row.size <= row.source.length || (limits.hasRoom?.() ?? true))
			onMessage(uid, await complete(client, mailbox, { ...row, source: row.source }, limits));
	}
}

/** The beginning of each message; and which of them the server refuses although it gives others. @throws MailError */
async function readFirstBytes(
	client: ImapClient,
	uids: readonly number[],
	bytes: number,
	given: number | undefined,
): Promise<{ rows: Map<number, FetchedMessage>; refused: Set<number> }> {
	const rows = new Map<number, FetchedMessage>();
	const refused = new Set<number>();
	const read = async (some: readonly number[]) => {
		for (const row of await fetchFirstBytes(client, some, bytes)) rows.set(row.uid, row);
	};
	try {
		await read(uids);
	} catch (error) {
		if (!isRefusal(error)) throw error;
		// One mail that the server cannot read refuses the whole page, so each is asked for by itself.
		for (const uid of uids) {
			await read([uid]).catch((cause: unknown) => {
				if (!isRefusal(cause)) throw cause;
				refused.add(uid);
			});
		}
		const works = rows.size > 0 || (given !== undefined && (await isGiven(client, given)));
		if (!works) throw error;
	}
	return { rows, refused };
}

/** Whether the server answered that it will not, and does not just want to be left alone for a while. */
function isRefusal(error: unknown): boolean {
	if (!(error instanceof MailError) || error.code !== 'COMMAND') return false;
	return error.retry !== 'limit' && error.retry !== 'throttled';
}

async function isGiven(client: ImapClient, uid: number): Promise<boolean> {
	try {
		return (await fetchFirstBytes(client, [uid], 1)).length > 0;
	} catch (error) {
		if (isRefusal(error)) return false;
		throw error;
	}
}

/** The item for a message that the server lists but never gives: it is told, not skipped (D5). */
export function quarantined(mailbox: SelectedMailbox, uid: number, reason: string): ReceivedMessage {
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
	const wanted = Math.min(row.size, limits.maxMessageBytes);
	const files = row.size >= LARGE_MESSAGE_BYTES ? limits.filesOnServer : undefined;
	const content =
		(files && (await readWithoutLargeFiles(client, mailbox, row, wanted, files))) ??
		(await readWhole(client, row, wanted));
	// It was removed, or not given, in the middle: a part of it is not the message.
	if (!content) {
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
		truncated: row.size > limits.maxMessageBytes,
		...content,
	};
	return { kind: 'message', message };
}

interface Content {
	source: Buffer;
	mail: ParsedMail;
	onServer?: MessageOnServer;
}

async function readWhole(
	client: ImapClient,
	row: { uid: number; source: Buffer },
	wanted: number,
): Promise<Content | null> {
	let { source } = row;
	if (source.length < wanted) {
		// One block from the start, not pieces that are joined and so held twice; shared, so that the parser's thread
		// reads it where it is.
		source = Buffer.from(new SharedArrayBuffer(wanted));
		let length = 0;
		const read = await readInWindows(client, row, wanted, (part) => (length += part.copy(source, length)));
		if (read === null) return null;
		source = source.subarray(0, length);
	}
	return { source, mail: await parseMessage(source) };
}

/** @returns null also when there is no file that can be left on the server */
async function readWithoutLargeFiles(
	client: ImapClient,
	mailbox: SelectedMailbox,
	row: { uid: number; source: Buffer },
	wanted: number,
	files: FilesOnServer,
): Promise<Content | null> {
	// Memory that is never written to costs nothing, so this much is only reserved.
	const sieve = new LargeFileSieve(Buffer.from(new SharedArrayBuffer(wanted)));
	const length = await readInWindows(client, row, wanted, (part) => sieve.push(part));
	if (length === null) return null;
	const kept = sieve.end();
	const mail = await parseMessage(kept);
	if (sieve.bodies.length === 0) return { source: kept, mail };
	const complete = withFilesOnServer(mail, kept, sieve.bodies);
	if (!complete) return null;
	const source = Buffer.from(new SharedArrayBuffer(kept.length));
	kept.copy(source);
	return {
		...{ source, mail: complete },
		onServer: { length, read: (start, end) => files.read(mailbox, row.uid, start, end) },
	};
}

/** @returns bytes read; null when the message is gone in the middle */
async function readInWindows(
	client: ImapClient,
	{ uid, source }: { uid: number; source: Buffer },
	wanted: number,
	take: (part: Buffer) => void,
): Promise<number | null> {
	take(source);
	let { length } = source;
	while (length < wanted) {
		const part = await fetchWindow(client, uid, length, Math.min(WINDOW_BYTES, wanted - length));
		if (!part) return null;
		// Some servers announce a size that is a little off; an empty window is the true end.
		if (part.length === 0) break;
		take(part);
		length += part.length;
	}
	return length;
}

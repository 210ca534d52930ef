/** Commands on the messages of the selected mailbox, by UID. None of them marks a message read by itself. */
import { MailError } from '../errors';
import { parseMessageId } from '../message/locator';
import { WINDOW_BYTES, type ImapClient } from './client';
import type { FetchedMessage, SearchCriteria } from './types';
import { toSequenceSet } from './uidSet';

/** Rows a server may send beyond those asked for (other clients change flags) before it is taken for hostile. */
const SPARE_ROWS = 10_000;

/** UIDs of the messages that meet the criteria, ascending (RFC 3501 §6.4.4). */
export async function searchMessages(client: ImapClient, criteria: SearchCriteria): Promise<number[]> {
	const what = 'searching the mailbox';
	const found = await client.command(
		what,
		async (flow) => await flow.search(toLibraryQuery(criteria), { uid: true }),
	);
	if (Array.isArray(found)) return found;
	throw client.refusal(what);
}

/**
 * Reads size, flags, date and the first bytes of messages.
 * A message that vanished meanwhile is missing from the answer, or has no source.
 */
export async function fetchFirstBytes(
	client: ImapClient,
	uids: readonly number[],
	bytes: number,
): Promise<FetchedMessage[]> {
	const asked = new Set(uids);
	const query = {
		uid: true,
		size: true,
		flags: true,
		internalDate: true,
		source: { start: 0, maxLength: bytes },
	};
	return await client.command('reading messages', async (flow) => {
		const found: FetchedMessage[] = [];
		let rows = 0;
		for await (const row of flow.fetch(toSequenceSet(uids), query, { uid: true })) {
			if (++rows > uids.length + SPARE_ROWS) throw tooManyRows(client);
			// Other clients' flag changes arrive as rows too; only what was asked for counts.
			if (!asked.has(row.uid) || row.size === undefined) continue;
			asked.delete(row.uid);
			const { uid, size, source = null } = row;
			found.push({ uid, size, source, flags: [...(row.flags ?? [])], receivedAt: toDate(row.internalDate) });
		}
		return found;
	});
}

/** When the server got messages (INTERNALDATE), by UID. */
export async function fetchDates(client: ImapClient, uids: readonly number[]): Promise<Map<number, Date>> {
	return await client.command('reading the dates of messages', async (flow) => {
		const dates = new Map<number, Date>();
		for await (const row of flow.fetch(
			toSequenceSet(uids),
			{ uid: true, internalDate: true },
			{ uid: true },
		)) {
			const date = toDate(row.internalDate);
			if (date) dates.set(row.uid, date);
		}
		return dates;
	});
}

/** Reads bytes `start`… of one message, at most {@link WINDOW_BYTES}. Null when the message is gone. */
export async function fetchWindow(
	client: ImapClient,
	uid: number,
	start: number,
	length: number,
): Promise<Buffer | null> {
	const source = { start, maxLength: Math.min(length, WINDOW_BYTES) };
	const row = await client.command('reading a large message', async (flow) => {
		return await flow.fetchOne(String(uid), { uid: true, source }, { uid: true });
	});
	return row ? (row.source ?? null) : null;
}

/**
 * Adds or removes flags and keywords.
 *
 * @throws MailError `COMMAND` when the server refuses
 */
export async function changeFlags(
	client: ImapClient,
	uids: readonly number[],
	change: 'add' | 'remove',
	flags: readonly string[],
): Promise<void> {
	const store = change === 'add' ? 'messageFlagsAdd' : 'messageFlagsRemove';
	const what = `marking messages with ${flags.join(', ')}`;
	const done = await client.command(
		what,
		async (flow) => await flow[store](toSequenceSet(uids), [...flags], { uid: true }),
	);
	if (!done) throw client.refusal(what);
}

/** Where copies of messages are now; without UIDPLUS (RFC 4315) the server does not say. */
export interface Copies {
	/** UIDVALIDITY of the destination. */
	uidValidity: string | null;
	/** UID before → UID of the copy; null when the server does not say. */
	uids: ReadonlyMap<number, number> | null;
}

/** Copies messages (RFC 3501 §6.4.7). @throws MailError `COMMAND` when the server refuses */
export async function copyMessages(
	client: ImapClient,
	uids: readonly number[],
	destination: string,
): Promise<Copies> {
	const what = `copying messages to "${destination}"`;
	const done = await client.command(
		what,
		async (flow) => await flow.messageCopy(toSequenceSet(uids), destination, { uid: true }),
	);
	if (!done) throw client.refusal(what);
	return copiesOf(done);
}

/**
 * Moves messages (MOVE, RFC 6851). Without it they are copied and the originals removed by UID EXPUNGE; without that too
 * (UIDPLUS) the originals stay, marked as deleted: a plain EXPUNGE would remove what others have marked so.
 *
 * @throws MailError `COMMAND` when the server refuses
 */
export async function moveMessages(
	client: ImapClient,
	uids: readonly number[],
	destination: string,
): Promise<Copies> {
	if (!client.supports('MOVE')) {
		const copies = await copyMessages(client, uids, destination);
		const removed = client.supports('UIDPLUS')
			? deleteMessages(client, uids)
			: changeFlags(client, uids, 'add', ['\\Deleted']);
		await removed.catch((error: unknown) => {
			throw onlyCopied(destination, error);
		});
		return copies;
	}
	const what = `moving messages to "${destination}"`;
	const done = await client.command(
		what,
		async (flow) => await flow.messageMove(toSequenceSet(uids), destination, { uid: true }),
	);
	if (!done) throw client.refusal(what);
	return copiesOf(done);
}

/**
 * Deletes these messages for good, and no others (UID EXPUNGE, RFC 4315).
 *
 * @throws MailError `COMMAND` when the server refuses, or cannot do it without deleting what others have marked
 */
export async function deleteMessages(client: ImapClient, uids: readonly number[]): Promise<void> {
	const what = 'deleting messages';
	if (!client.supports('UIDPLUS')) {
		throw new MailError(
			'COMMAND',
			'The mail server lacks the extension UIDPLUS, so it cannot delete single messages for good: it would also delete everything that others have marked as deleted.',
			{
				side: 'imap',
				retry: 'configuration',
				nextStep:
					'Move the message to the trash instead, or add the flag \\Deleted and let your mail program clean up.',
			},
		);
	}
	const done = await client.command(
		what,
		async (flow) => await flow.messageDelete(toSequenceSet(uids), { uid: true }),
	);
	if (!done) throw client.refusal(what);
}

/** What is on the server of each of these messages: its flags and its Message-ID. What is gone is missing. */
export async function fetchMarks(
	client: ImapClient,
	uids: readonly number[],
): Promise<Map<number, { flags: string[]; messageId: string | null }>> {
	const asked = new Set(uids);
	return await client.command('looking for messages', async (flow) => {
		const found = new Map<number, { flags: string[]; messageId: string | null }>();
		let rows = 0;
		const query = { uid: true, flags: true, headers: ['message-id'] };
		for await (const row of flow.fetch(toSequenceSet(uids), query, { uid: true })) {
			if (++rows > uids.length + SPARE_ROWS) throw tooManyRows(client);
			if (!asked.has(row.uid) || !row.headers) continue;
			const id = /^message-id:\s*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/im.exec(
				row.headers.toString('latin1'),
			)?.[1];
			found.set(row.uid, { flags: [...(row.flags ?? [])], messageId: id ? parseMessageId(id) : null });
		}
		return found;
	});
}

/** Without the server's reply as such: who reads that would try again, and copy again. */
function onlyCopied(destination: string, error: unknown): unknown {
	if (!(error instanceof MailError) || error.code !== 'COMMAND') return error;
	return new MailError(
		'COMMAND',
		`The messages were copied to "${destination}", but the originals could not be removed.`,
		{ side: 'imap', nextStep: error.line },
	);
}

function copiesOf(done: {
	uidValidity?: bigint | undefined;
	uidMap?: Map<number, number> | undefined;
}): Copies {
	return {
		uidValidity: done.uidValidity === undefined ? null : String(done.uidValidity),
		uids: done.uidMap ?? null,
	};
}

/** A header with empty text asks whether the field is there; the library writes that as `true`. */
function toLibraryQuery(criteria: SearchCriteria): object {
	const { header, or, not } = criteria;
	return {
		...criteria,
		...(header && {
			header: Object.fromEntries(Object.entries(header).map(([name, text]) => [name, text || true])),
		}),
		...(or && { or: or.map(toLibraryQuery) }),
		...(not && { not: toLibraryQuery(not) }),
	};
}

function tooManyRows(client: ImapClient): MailError {
	client.close();
	return new MailError(
		'LOST',
		'The mail server sent far more than was asked for, so the connection was dropped.',
		{
			retry: 'transient',
			side: 'imap',
		},
	);
}

function toDate(value: Date | string | undefined): Date | null {
	const date = value === undefined ? null : new Date(value);
	return date && !Number.isNaN(date.getTime()) ? date : null;
}

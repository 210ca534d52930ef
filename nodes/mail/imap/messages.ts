/** Commands on the messages of the selected mailbox, by UID. None of them marks a message read by itself. */
import { MailError } from '../errors';
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

/** Moves messages (MOVE, RFC 6851, else COPY and UID EXPUNGE). @throws MailError `COMMAND` when the server refuses */
export async function moveMessages(
	client: ImapClient,
	uids: readonly number[],
	destination: string,
): Promise<void> {
	const what = `moving messages to "${destination}"`;
	const done = await client.command(
		what,
		async (flow) => await flow.messageMove(toSequenceSet(uids), destination, { uid: true }),
	);
	if (!done) throw client.refusal(what);
}

/** Deletes messages for good. @throws MailError `COMMAND` when the server refuses */
export async function deleteMessages(client: ImapClient, uids: readonly number[]): Promise<void> {
	const what = 'deleting messages';
	const done = await client.command(
		what,
		async (flow) => await flow.messageDelete(toSequenceSet(uids), { uid: true }),
	);
	if (!done) throw client.refusal(what);
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

/** What a list of messages shows: header fields, flags and the names of files; no body is fetched for it. */
import { parseMessage } from '../message/parse';
import type { ParsedMail, ReceivedMessage } from '../message/parsed';
import type { ImapClient } from './client';
import { rethrowLost } from './lineLost';
import { asAttachment, filesOf, type Part, type Structure } from './structure';
import type { SelectedMailbox } from './types';
import { commandSized, toSequenceSet } from './uidSet';

/** Fields that a summary tells; the whole header is several times as long. */
const FIELDS = [
	...['from', 'to', 'cc', 'bcc', 'reply-to', 'subject', 'date', 'message-id', 'in-reply-to', 'references'],
	...['importance', 'priority', 'x-priority', 'list-id'],
];
/** Messages asked for in one command: what comes back of them is held at once. */
const PAGE = 500;
/** Refusals after which a server is believed to refuse everything. */
const MAX_REFUSALS = 100;

export interface MessageSummary {
	uid: number;
	uidValidity: string | null;
	mailbox: string;
	flags: string[];
	/** Bytes on the server. */
	size: number;
	receivedAt: Date | null;
	files: Part[];
	/** From header fields only: without text, and with files that have no content. */
	mail: ParsedMail;
}

/** Messages by UID, or by their position in the mailbox (1 is the oldest), which needs no search before. */
export type Selection = { uids: readonly number[] } | { from: number; to: number };

/**
 * Reads summaries, in ascending order of UID. A message that is gone is missing.
 *
 * @param wholeHeader whether all header fields are read, which a filter may need
 */
export async function fetchSummaries(
	client: ImapClient,
	mailbox: SelectedMailbox,
	selection: Selection,
	wholeHeader = false,
): Promise<MessageSummary[]> {
	const found: MessageSummary[] = [];
	const refusals = { left: MAX_REFUSALS };
	for (const range of rangesOf(selection)) {
		const rows = await rowsOf(client, range, wholeHeader, refusals);
		for (const { header, structure, ...row } of rows) {
			const files = filesOf(structure);
			const mail = { ...(await parseMessage(header)), attachments: files.map(asAttachment) };
			found.push({ ...row, uidValidity: mailbox.uidValidity, mailbox: mailbox.path, files, mail });
		}
	}
	return found.sort((a, b) => a.uid - b.uid);
}

/** As a filter takes it. */
export function asReceived(summary: MessageSummary): ReceivedMessage {
	const { files: _files, ...message } = summary;
	return { ...message, source: Buffer.alloc(0), truncated: false };
}

interface Row {
	uid: number;
	flags: string[];
	size: number;
	receivedAt: Date | null;
	header: Buffer;
	structure: Structure | null;
}

function rangesOf(selection: Selection): Selection[] {
	if ('uids' in selection) {
		return commandSized(selection.uids).flatMap((uids) =>
			Array.from({ length: Math.ceil(uids.length / PAGE) }, (_none, page) => ({
				uids: uids.slice(page * PAGE, (page + 1) * PAGE),
			})),
		);
	}
	const ranges: Selection[] = [];
	for (let { from } = selection; from <= selection.to; from += PAGE)
		ranges.push({ from, to: Math.min(from + PAGE - 1, selection.to) });
	return ranges;
}

/** One message that the server cannot describe refuses all of its page, so that is halved until the message is alone. */
async function rowsOf(
	client: ImapClient,
	range: Selection,
	wholeHeader: boolean,
	refusals: { left: number },
): Promise<Row[]> {
	const headers = wholeHeader || FIELDS;
	try {
		return await fetchRows(client, range, { headers, bodyStructure: true });
	} catch (error) {
		rethrowLost(error);
		if (--refusals.left < 0) throw error;
		const halves = halvesOf(range);
		if (halves.length === 0) return await withoutStructure(client, range, headers);
		const rows: Row[] = [];
		for (const half of halves) rows.push(...(await rowsOf(client, half, wholeHeader, refusals)));
		return rows;
	}
}

/** What there is of a message that the server cannot describe: its header, or at least that it is there. */
async function withoutStructure(
	client: ImapClient,
	range: Selection,
	headers: true | string[],
): Promise<Row[]> {
	try {
		return await fetchRows(client, range, { headers });
	} catch (error) {
		rethrowLost(error);
		return await fetchRows(client, range, {});
	}
}

function halvesOf(range: Selection): Selection[] {
	if ('uids' in range) {
		const middle = Math.ceil(range.uids.length / 2);
		if (range.uids.length < 2) return [];
		return [{ uids: range.uids.slice(0, middle) }, { uids: range.uids.slice(middle) }];
	}
	const middle = Math.floor((range.from + range.to) / 2);
	if (range.from === range.to) return [];
	return [
		{ from: range.from, to: middle },
		{ from: middle + 1, to: range.to },
	];
}

async function fetchRows(
	client: ImapClient,
	range: Selection,
	wanted: { headers?: true | string[]; bodyStructure?: true },
): Promise<Row[]> {
	const uids = 'uids' in range ? new Set(range.uids) : null;
	const set = 'uids' in range ? toSequenceSet(range.uids) : `${range.from}:${range.to}`;
	const query = { uid: true, flags: true, size: true, internalDate: true, ...wanted };
	return await client.command('reading a list of messages', async (flow) => {
		const rows = new Map<number, Row>();
		for await (const row of flow.fetch(set, query, { uid: uids !== null })) {
			// Other clients' flag changes arrive as rows too; only what was asked for counts.
			if ((wanted.headers && !row.headers) || row.size === undefined || (uids && !uids.has(row.uid)))
				continue;
			const date = row.internalDate === undefined ? null : new Date(row.internalDate);
			rows.set(row.uid, {
				uid: row.uid,
				flags: [...(row.flags ?? [])].filter((flag) => flag !== '\\Recent').sort(),
				size: row.size,
				receivedAt: date && !Number.isNaN(date.getTime()) ? date : null,
				header: row.headers ?? Buffer.alloc(0),
				structure: row.bodyStructure ?? null,
			});
			if (rows.size > PAGE) break;
		}
		return [...rows.values()];
	});
}

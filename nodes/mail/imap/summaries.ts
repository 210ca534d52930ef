/** What a list of messages shows: header fields, flags and the names of files; no body is fetched for it. */
import { parseMessage } from '../message/parse';
import type { ParsedMail, ReceivedMessage } from '../message/parsed';
import type { ImapClient } from './client';
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
	for (const range of rangesOf(selection)) {
		const rows = await fetchRows(client, range, wholeHeader);
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

interface Range {
	set: string;
	uids: ReadonlySet<number> | null;
}

interface Row {
	uid: number;
	flags: string[];
	size: number;
	receivedAt: Date | null;
	header: Buffer;
	structure: Structure | null;
}

function rangesOf(selection: Selection): Range[] {
	if ('uids' in selection) {
		return commandSized(selection.uids).flatMap((uids) =>
			Array.from({ length: Math.ceil(uids.length / PAGE) }, (_none, page) => {
				const part = uids.slice(page * PAGE, (page + 1) * PAGE);
				return { set: toSequenceSet(part), uids: new Set(part) };
			}),
		);
	}
	const ranges: Range[] = [];
	for (let { from } = selection; from <= selection.to; from += PAGE)
		ranges.push({ set: `${from}:${Math.min(from + PAGE - 1, selection.to)}`, uids: null });
	return ranges;
}

async function fetchRows(client: ImapClient, { set, uids }: Range, wholeHeader: boolean): Promise<Row[]> {
	const query = {
		uid: true,
		flags: true,
		size: true,
		internalDate: true,
		bodyStructure: true,
		headers: wholeHeader ? true : FIELDS,
	};
	return await client.command('reading a list of messages', async (flow) => {
		const rows = new Map<number, Row>();
		for await (const row of flow.fetch(set, query, { uid: uids !== null })) {
			// Other clients' flag changes arrive as rows too; only what was asked for counts.
			if (!row.headers || row.size === undefined || (uids && !uids.has(row.uid))) continue;
			const date = row.internalDate === undefined ? null : new Date(row.internalDate);
			rows.set(row.uid, {
				uid: row.uid,
				flags: [...(row.flags ?? [])].filter((flag) => flag !== '\\Recent').sort(),
				size: row.size,
				receivedAt: date && !Number.isNaN(date.getTime()) ? date : null,
				header: row.headers,
				structure: row.bodyStructure ?? null,
			});
			if (rows.size > PAGE) break;
		}
		return [...rows.values()];
	});
}

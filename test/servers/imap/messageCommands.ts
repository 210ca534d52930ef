/** The commands of the embedded IMAP server that concern messages. Each also exists as UID command. */
import { type Handler, mailboxArgument, textArgument } from './commands';
import { fetchItems, fetchRow, marksSeen, parseInternalDate } from './fetch';
import { searchTest } from './search';
import type { Session, View } from './session';
import { normalFlag, type StoredMessage } from './store';
import { Answer, type Command, inSequenceSet, itemsOf, join, textOf } from './wire';

interface Row {
	number: number;
	message: StoredMessage;
}

function viewOf(session: Session): View {
	if (!session.view) throw new Answer('BAD', 'no mailbox selected');
	return session.view;
}

function writableView(session: Session): View {
	const view = viewOf(session);
	if (view.readOnly) throw new Answer('NO', '[READ-ONLY] Mailbox is read-only');
	return view;
}

function greatestUid(view: View): number {
	return view.rows.reduce((greatest, row) => Math.max(greatest, row.message.uid), 0);
}

/** The messages that a sequence set names; those removed meanwhile are left out. */
function rowsIn(view: View, command: Command, set: string): Row[] {
	const byUid = command.name.startsWith('UID ');
	const inSet = inSequenceSet(set, byUid ? greatestUid(view) : view.rows.length);
	return view.rows
		.map(({ message }, index) => ({ number: index + 1, message }))
		.filter((row) => inSet(byUid ? row.message.uid : row.number) && !row.message.removed);
}

/** Changes flags; this session is told by the command itself, the others by `sync`. */
function changeFlags(view: View, row: Row, flags: Iterable<string>): void {
	view.mailbox.setFlags(row.message, flags);
	const known = view.rows[row.number - 1];
	if (known) known.toldVersion = row.message.version;
}

function sendRow(session: Session, row: Row, items: string[]): void {
	session.send(join(`* ${row.number} FETCH `, fetchRow(row.message, items), '\r\n'));
}

const fetch: Handler = (session, command) => {
	const view = viewOf(session);
	const asked = fetchItems(command.args[1]);
	const withUid = command.name === 'UID FETCH' && !asked.some((item) => item.toUpperCase() === 'UID');
	const items = withUid ? ['UID', ...asked] : asked;
	const marks = !view.readOnly && items.some(marksSeen);
	for (const row of rowsIn(view, command, textArgument(command, 0))) {
		const mark = marks && !row.message.flags.has('\\Seen');
		if (mark) changeFlags(view, row, [...row.message.flags, '\\Seen']);
		const withFlags = mark && !items.some((item) => item.toUpperCase() === 'FLAGS');
		sendRow(session, row, withFlags ? [...items, 'FLAGS'] : items);
	}
	return undefined;
};

function changedFlags(have: Set<string>, sign: string, flags: string[]): string[] {
	if (sign === '+') return [...new Set([...have, ...flags])];
	return sign === '-' ? [...have].filter((flag) => !flags.includes(flag)) : flags;
}

const store: Handler = (session, command) => {
	const view = writableView(session);
	const [, sign = '', silent] = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(textArgument(command, 1)) ?? [];
	const flags = command.args
		.slice(2)
		.flatMap(itemsOf)
		.map((item) => normalFlag(textOf(item) ?? ''));
	for (const row of rowsIn(view, command, textArgument(command, 0))) {
		changeFlags(view, row, changedFlags(row.message.flags, sign, flags));
		if (!silent) sendRow(session, row, command.name.startsWith('UID ') ? ['UID', 'FLAGS'] : ['FLAGS']);
	}
	return undefined;
};

const search: Handler = (session, command) => {
	const view = viewOf(session);
	const numbers = new Map(view.rows.map((row, index) => [row.message, index + 1]));
	const test = searchTest(command.args, {
		numberOf: (message) => numbers.get(message) ?? 0,
		count: view.rows.length,
		greatestUid: greatestUid(view),
	});
	const found = view.rows.map((row) => row.message).filter((message) => !message.removed && test(message));
	const results = found.map((message) =>
		command.name === 'UID SEARCH' ? message.uid : numbers.get(message),
	);
	session.send(`* SEARCH${results.map((result) => ` ${result}`).join('')}\r\n`);
	return undefined;
};

/** Copies and says under which UIDs (RFC 4315). */
function copyRows(session: Session, command: Command): { rows: Row[]; code: string } {
	const rows = rowsIn(viewOf(session), command, textArgument(command, 0));
	const target = mailboxArgument(session, command, 1, 'TRYCREATE');
	const copies = rows.map(({ message: { raw, flags, internalDate } }) =>
		target.add({ raw, flags, internalDate }),
	);
	const uids = (messages: StoredMessage[]): string => messages.map((message) => message.uid).join(',');
	const from = uids(rows.map((row) => row.message));
	return { rows, code: rows.length === 0 ? '' : `[COPYUID ${target.uidValidity} ${from} ${uids(copies)}] ` };
}

const copy: Handler = (session, command) => `${copyRows(session, command).code}${command.name} completed`;

const move: Handler = (session, command) => {
	const view = writableView(session);
	const { rows, code } = copyRows(session, command);
	if (code !== '') session.send(`* OK ${code}Moved\r\n`);
	view.mailbox.remove(rows.map((row) => row.message));
	return `${command.name} completed`;
};

const expunge: Handler = (session, command) => {
	const view = writableView(session);
	const rows = rowsIn(view, command, command.name === 'UID EXPUNGE' ? textArgument(command, 0) : '1:*');
	const deleted = rows.map((row) => row.message).filter((message) => message.flags.has('\\Deleted'));
	view.mailbox.remove(deleted);
	return undefined;
};

const append: Handler = (session, command) => {
	const mailbox = mailboxArgument(session, command, 0, 'TRYCREATE');
	const options = command.args.slice(1, -1);
	const raw = command.args[command.args.length - 1];
	if (raw?.kind !== 'string') throw new Answer('BAD', 'APPEND lacks a message');
	const date = options.map((option) => parseInternalDate(textOf(option) ?? '')).find(Boolean);
	const flags = options.filter((option) => option.kind === 'list').flatMap(itemsOf);
	const { uid } = mailbox.add({
		raw: raw.bytes,
		flags: flags.map((flag) => textOf(flag) ?? ''),
		...(date ? { internalDate: date } : {}),
	});
	return `[APPENDUID ${mailbox.uidValidity} ${uid}] APPEND completed`;
};

export const messageCommands: Record<string, Handler> = {
	FETCH: fetch,
	'UID FETCH': fetch,
	STORE: store,
	'UID STORE': store,
	SEARCH: search,
	'UID SEARCH': search,
	COPY: copy,
	'UID COPY': copy,
	MOVE: move,
	'UID MOVE': move,
	EXPUNGE: expunge,
	'UID EXPUNGE': expunge,
	APPEND: append,
};

/** FETCH (RFC 3501 §6.4.5): from the items asked for to the answer about one message. */
import { envelope } from './envelope';
import { bodyStructure, type MimePart, parseMime, section } from './mime';
import type { StoredMessage } from './store';
import { type Argument, itemsOf, join, list, literal, textOf } from './wire';

const MACROS: Record<string, string[]> = {
	ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
	FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
	FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
};
/** Items that are other words for a BODY section. */
const SECTIONS: Record<string, string> = { RFC822: '', 'RFC822.HEADER': 'HEADER', 'RFC822.TEXT': 'TEXT' };
const BODY = /^BODY(\.PEEK)?\[(.*)\](?:<(\d+)(?:\.(\d+))?>)?$/is;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @returns the names of the items asked for, macros spelled out */
export function fetchItems(argument: Argument | undefined): string[] {
	return itemsOf(argument).flatMap((item) => {
		const name = textOf(item) ?? '';
		return MACROS[name.toUpperCase()] ?? [name];
	});
}

/** Whether reading this item marks the message as read. */
export function marksSeen(item: string): boolean {
	const body = BODY.exec(item);
	return body ? body[1] === undefined : ['RFC822', 'RFC822.TEXT'].includes(item.toUpperCase());
}

/** Date and time as INTERNALDATE has them, always in UTC. */
export function internalDate(date: Date): string {
	const two = (value: number): string => String(value).padStart(2, '0');
	const day = String(date.getUTCDate()).padStart(2, ' ');
	const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
	return `${day}-${MONTHS[date.getUTCMonth()] ?? ''}-${date.getUTCFullYear()} ${time} +0000`;
}

/** @returns the date in an APPEND command, or undefined when it is not one */
export function parseInternalDate(text: string): Date | undefined {
	const parts = /^ ?(\d{1,2})-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(text);
	const date = parts
		? new Date(`${parts[1]} ${parts[2]} ${parts[3]} ${parts[4]} ${parts[5]}`)
		: new Date(NaN);
	return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The whole message needs no parsing, which matters for big ones. */
function sectionBytes(message: StoredMessage, parsed: () => MimePart, name: string): Buffer | undefined {
	if (name === '') return message.raw;
	const text = section(parsed(), message.raw.toString('latin1'), name.toUpperCase());
	return text === undefined ? undefined : Buffer.from(text, 'latin1');
}

function bodyItem(message: StoredMessage, parsed: () => MimePart, match: RegExpExecArray): Buffer {
	const [, , name = '', from, count] = match;
	const bytes = sectionBytes(message, parsed, name);
	const label = `BODY[${name}]${from === undefined ? '' : `<${from}>`} `;
	if (!bytes) return join(label, 'NIL');
	const start = Number(from ?? 0);
	const end = count === undefined ? bytes.length : start + Number(count);
	return join(label, literal(bytes.subarray(start, end)));
}

function oneItem(message: StoredMessage, parsed: () => MimePart, item: string): Buffer {
	const name = item.toUpperCase();
	const body = BODY.exec(item);
	if (body) return bodyItem(message, parsed, body);
	const other = SECTIONS[name];
	if (other !== undefined) {
		return join(`${name} `, literal(sectionBytes(message, parsed, other) ?? Buffer.alloc(0)));
	}
	switch (name) {
		case 'UID':
			return join(`UID ${message.uid}`);
		case 'FLAGS':
			return join('FLAGS ', list([...message.flags]));
		case 'INTERNALDATE':
			return join(`INTERNALDATE "${internalDate(message.internalDate)}"`);
		case 'RFC822.SIZE':
			return join(`RFC822.SIZE ${message.raw.length}`);
		case 'ENVELOPE':
			return join('ENVELOPE ', envelope(parsed().header));
		// Asked for where X-GM-EXT-1 or OBJECTID (RFC 8474) is announced; which mails belong together a test says itself.
		case 'X-GM-MSGID':
			return join(`${name} ${1_000_000 + message.uid}`);
		case 'EMAILID':
			return join(`${name} (M${message.uid})`);
		case 'BODY':
		case 'BODYSTRUCTURE':
			return join(`${name} `, bodyStructure(parsed(), envelope));
		default:
			throw new Error(`unknown FETCH item ${item}`);
	}
}

/** @returns the list in brackets that follows `* <number> FETCH` */
export function fetchRow(message: StoredMessage, items: string[]): Buffer {
	let root: MimePart | undefined;
	const parsed = (): MimePart => (root ??= parseMime(message.raw.toString('latin1')));
	return list(items.map((item) => oneItem(message, parsed, item)));
}

/** SEARCH (RFC 3501 §6.4.4): the client's keys become one function that says yes or no to a message. */
import { headerField } from './mime';
import type { StoredMessage } from './store';
import { type Argument, inSequenceSet, textOf } from './wire';

/** What a search is about: the messages as the session sees them. */
export interface SearchView {
	/** Sequence number of a message. */
	numberOf(message: StoredMessage): number;
	count: number;
	greatestUid: number;
}

type Test = (message: StoredMessage) => boolean;

const FLAG_KEYS: Record<string, string> = {
	ANSWERED: '\\Answered',
	DELETED: '\\Deleted',
	DRAFT: '\\Draft',
	FLAGGED: '\\Flagged',
	SEEN: '\\Seen',
};
const HEADER_KEYS = ['FROM', 'TO', 'CC', 'BCC', 'SUBJECT'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const HEADER_LIMIT_BYTES = 256 * 1024;

/** Walks through the arguments of one search. */
class Keys {
	private at = 0;

	constructor(private readonly args: Argument[]) {}

	get done(): boolean {
		return this.at >= this.args.length;
	}

	next(): Argument {
		const argument = this.args[this.at++];
		if (!argument) throw new Error('a search key lacks its value');
		return argument;
	}

	text(): string {
		const text = textOf(this.next());
		if (text === undefined) throw new Error('a search key has a list where text belongs');
		return text;
	}
}

/** A day as the number YYYYMMDD, in UTC like the INTERNALDATE that we answer with. */
function dayNumber(date: Date): number {
	return date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}

function parseDay(text: string): number {
	const [, day = '', month = '', year = ''] = /^(\d{1,2})-(\w{3})-(\d{4})$/.exec(text) ?? [];
	const index = MONTHS.indexOf(month.toLowerCase());
	if (index < 0) throw new Error(`not a date: ${text}`);
	return Number(year) * 10_000 + (index + 1) * 100 + Number(day);
}

/** Encoded words (RFC 2047) to text; what cannot be decoded stays as it is. */
function decodeWords(value: string): string {
	const joined = value.replace(/(=\?[^?]+\?[bq]\?[^?]*\?=)\s+(?==\?[^?]+\?[bq]\?)/gi, '$1');
	return joined.replace(
		/=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi,
		(whole, charset: string, kind: string, data: string) => {
			const quotedPrintable = (): string =>
				data
					.replaceAll('_', ' ')
					.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
			const bytes =
				kind.toLowerCase() === 'b' ? Buffer.from(data, 'base64') : Buffer.from(quotedPrintable(), 'latin1');
			try {
				return new TextDecoder(charset).decode(bytes);
			} catch {
				return whole;
			}
		},
	);
}

function headerOf(message: StoredMessage): string {
	const end = message.raw.indexOf('\r\n\r\n');
	return message.raw.subarray(0, end < 0 ? HEADER_LIMIT_BYTES : end + 4).toString('latin1');
}

/** Search strings come as bytes of UTF-8 (with CHARSET) or plain ASCII. */
function contains(haystack: Buffer | string, needle: string): boolean {
	const text = typeof haystack === 'string' ? haystack : haystack.toString('utf8');
	return text.toLowerCase().includes(Buffer.from(needle, 'latin1').toString('utf8').toLowerCase());
}

function headerTest(name: string, needle: string): Test {
	return (message) => {
		const value = headerField(headerOf(message), name);
		return (
			value !== undefined && contains(decodeWords(Buffer.from(value, 'latin1').toString('utf8')), needle)
		);
	};
}

function bodyOf(message: StoredMessage): Buffer {
	const end = message.raw.indexOf('\r\n\r\n');
	return end < 0 ? Buffer.alloc(0) : message.raw.subarray(end + 4);
}

const compare: Record<string, (have: number, wanted: number) => boolean> = {
	SINCE: (have, wanted) => have >= wanted,
	BEFORE: (have, wanted) => have < wanted,
	ON: (have, wanted) => have === wanted,
};

function dateTest(key: string, day: number): Test {
	const sent = key.startsWith('SENT');
	const test = compare[sent ? key.slice(4) : key];
	return (message) => {
		const date = sent ? new Date(headerField(headerOf(message), 'date') ?? '') : message.internalDate;
		return test?.(dayNumber(date), day) ?? false;
	};
}

function oneKey(keys: Keys, view: SearchView): Test {
	const argument = keys.next();
	if (argument.kind === 'list') return allKeys(new Keys(argument.items), view);
	const key = (textOf(argument) ?? '').toUpperCase();
	const positive = key.startsWith('UN') ? key.slice(2) : key;
	const flag = FLAG_KEYS[positive] ?? (positive === 'KEYWORD' ? keys.text() : undefined);
	if (flag !== undefined) {
		const wanted = positive === key;
		return (message) =>
			[...message.flags].some((each) => each.toLowerCase() === flag.toLowerCase()) === wanted;
	}
	if (/^(SENT)?(SINCE|BEFORE|ON)$/.test(key)) return dateTest(key, parseDay(keys.text()));
	if (HEADER_KEYS.includes(key)) return headerTest(key, keys.text());
	switch (key) {
		case 'ALL':
		case 'OLD':
			return () => true;
		case 'NEW':
		case 'RECENT':
			return () => false;
		case 'HEADER':
			return headerTest(keys.text(), keys.text());
		case 'BODY': {
			const needle = keys.text();
			return (message) => contains(bodyOf(message), needle);
		}
		case 'TEXT': {
			const needle = keys.text();
			return (message) => contains(message.raw, needle);
		}
		case 'LARGER': {
			const size = Number(keys.text());
			return (message) => message.raw.length > size;
		}
		case 'SMALLER': {
			const size = Number(keys.text());
			return (message) => message.raw.length < size;
		}
		case 'UID': {
			const inSet = inSequenceSet(keys.text(), view.greatestUid);
			return (message) => inSet(message.uid);
		}
		case 'NOT': {
			const test = oneKey(keys, view);
			return (message) => !test(message);
		}
		case 'OR': {
			const [one, other] = [oneKey(keys, view), oneKey(keys, view)];
			return (message) => one(message) || other(message);
		}
		default: {
			const inSet = inSequenceSet(key, view.count);
			return (message) => inSet(view.numberOf(message));
		}
	}
}

function allKeys(keys: Keys, view: SearchView): Test {
	const tests: Test[] = [];
	while (!keys.done) tests.push(oneKey(keys, view));
	return (message) => tests.every((test) => test(message));
}

/**
 * @param args the arguments of SEARCH, with or without CHARSET
 * @throws Error for an unknown key or a bad value, to be answered with BAD
 */
export function searchTest(args: Argument[], view: SearchView): Test {
	const withCharset = textOf(args[0])?.toUpperCase() === 'CHARSET';
	return allKeys(new Keys(withCharset ? args.slice(2) : args), view);
}

/** Reads searches written in IMAP's own language, such as `FROM "bob" OR UNSEEN FLAGGED` (RFC 3501 §6.4.4). */
import { MailError } from '../errors';
import type { SearchCriteria } from './types';

/** Longest search and deepest nesting that a person could mean. */
const MAX_LENGTH = 2_000;
const MAX_DEPTH = 20;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const FLAGS: Record<string, SearchCriteria> = {
	ALL: { all: true },
	ANSWERED: { answered: true },
	DELETED: { deleted: true },
	DRAFT: { draft: true },
	FLAGGED: { flagged: true },
	SEEN: { seen: true },
	UNANSWERED: { answered: false },
	UNDELETED: { deleted: false },
	UNDRAFT: { draft: false },
	UNFLAGGED: { flagged: false },
	UNSEEN: { seen: false },
};

const TEXTS: Record<string, (text: string) => SearchCriteria> = {
	BCC: (bcc) => ({ bcc }),
	BODY: (body) => ({ body }),
	CC: (cc) => ({ cc }),
	FROM: (from) => ({ from }),
	KEYWORD: (keyword) => ({ keyword }),
	SUBJECT: (subject) => ({ subject }),
	TEXT: (text) => ({ text }),
	TO: (to) => ({ to }),
	UNKEYWORD: (unKeyword) => ({ unKeyword }),
	'X-GM-RAW': (gmraw) => ({ gmraw }),
};

const SIZES: Record<string, (bytes: number) => SearchCriteria> = {
	LARGER: (larger) => ({ larger }),
	SMALLER: (smaller) => ({ smaller }),
};

const DATES: Record<string, (date: Date) => SearchCriteria> = {
	BEFORE: (before) => ({ before }),
	ON: (on) => ({ on }),
	SENTBEFORE: (sentBefore) => ({ sentBefore }),
	SENTON: (sentOn) => ({ sentOn }),
	SENTSINCE: (sentSince) => ({ sentSince }),
	SINCE: (since) => ({ since }),
};

/**
 * @returns criteria that all have to hold
 * @throws MailError `COMMAND` naming the word that is not understood
 */
export function parseSearch(search: string): SearchCriteria[] {
	if (search.length > MAX_LENGTH) throw wrong('it is too long');
	const words = tokenize(search);
	const criteria: SearchCriteria[] = [];
	while (words.length > 0) criteria.push(...readKey(words, 0));
	return criteria;
}

interface Word {
	text: string;
	/** A quoted word is always a value, never a key or a bracket. */
	quoted: boolean;
}

function tokenize(search: string): Word[] {
	const words: Word[] = [];
	const pattern = /\s+|"((?:[^"\\]|\\.)*)"|([()])|([^\s()"]+)|(.)/gsy;
	for (const [whole, quoted, bracket, atom] of search.matchAll(pattern)) {
		if (quoted !== undefined) words.push({ text: quoted.replace(/\\(.)/g, '$1'), quoted: true });
		else if (bracket ?? atom) words.push({ text: whole, quoted: false });
		else if (whole.trim() !== '') throw wrong('a quotation mark is not closed');
	}
	return words;
}

function readKey(words: Word[], depth: number): SearchCriteria[] {
	if (depth > MAX_DEPTH) throw wrong('it is nested too deeply');
	const word = words.shift();
	if (!word) throw wrong('something is missing at its end');
	if (word.text === '(' && !word.quoted) return readGroup(words, depth);
	const key = word.text.toUpperCase();
	if (key === 'NOT') return [{ not: one(readKey(words, depth + 1)) }];
	if (key === 'OR') return [{ or: [one(readKey(words, depth + 1)), one(readKey(words, depth + 1))] }];
	if (key === 'HEADER') {
		const name = value(words, key);
		return [{ header: { [name]: value(words, key) } }];
	}
	if (key === 'UID') return [{ uid: sequenceSet(words, key) }];
	const flag = FLAGS[key];
	if (flag) return [flag];
	const text = TEXTS[key];
	if (text) return [text(value(words, key))];
	const bytes = SIZES[key];
	if (bytes) return [bytes(size(words, key))];
	const day = DATES[key];
	if (day) return [day(date(words, key))];
	throw wrong(`"${word.text}" is no search key`);
}

function readGroup(words: Word[], depth: number): SearchCriteria[] {
	const group: SearchCriteria[] = [];
	while (words[0] && (words[0].text !== ')' || words[0].quoted)) group.push(...readKey(words, depth + 1));
	if (!words.shift()) throw wrong('a bracket is not closed');
	if (group.length === 0) throw wrong('a pair of brackets is empty');
	return group;
}

/** Several criteria as one: `a AND b` is `NOT (NOT a OR NOT b)`, which needs no second criterion of the same name. */
function one(criteria: SearchCriteria[]): SearchCriteria {
	const [first, ...rest] = criteria;
	if (!first) throw wrong('a pair of brackets is empty');
	if (rest.length === 0) return first;
	return { not: { or: [{ not: first }, { not: one(rest) }] } };
}

function value(words: Word[], key: string): string {
	const word = words.shift();
	if (!word || (!word.quoted && /^[()]$/.test(word.text))) throw wrong(`${key} needs something to look for`);
	return word.text;
}

function size(words: Word[], key: string): number {
	const text = value(words, key);
	if (!/^\d{1,12}$/.test(text)) throw wrong(`${key} needs a number of bytes, not "${text}"`);
	return Number(text);
}

function sequenceSet(words: Word[], key: string): string {
	const text = value(words, key);
	if (text.split(',').every((part) => /^(\d{1,10}|\*)(:(\d{1,10}|\*))?$/.test(part))) return text;
	throw wrong(`${key} needs numbers such as 7 or 100:200, not "${text}"`);
}

function date(words: Word[], key: string): Date {
	const text = value(words, key);
	const [, day, month = '', year] = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text) ?? [];
	const index = MONTHS.indexOf(month.toLowerCase());
	if (index < 0) throw wrong(`${key} needs a date such as 31-Jan-2026, not "${text}"`);
	return new Date(Date.UTC(Number(year), index, Number(day)));
}

function wrong(why: string): MailError {
	return new MailError('COMMAND', `The IMAP search cannot be used: ${why}.`, {
		side: 'imap',
		retry: 'configuration',
		nextStep: 'Write it as in RFC 3501, for example: FROM "bob" UNSEEN SINCE 31-Jan-2026.',
	});
}

/** The wire format of IMAP (RFC 3501 §4 and §9): bytes to commands, values to bytes. */

/** An argument of a command. Strings are bytes: the charset is the command's business. */
export type Argument =
	{ kind: 'atom'; text: string } | { kind: 'string'; bytes: Buffer } | { kind: 'list'; items: Argument[] };

/** Lines of text (latin1, without CRLF) and the literals between them, as they came. */
export type Unit = Array<string | Buffer>;

export interface Command {
	tag: string;
	/** In capitals; `UID FETCH` and its like are one name. */
	name: string;
	args: Argument[];
	/** The command without its tag, literals put in as text: for tests that look at what was said. */
	text: string;
}

const LITERAL = /\{(\d+)(\+?)\}$/;

/** Cuts the client's bytes into units and answers literals that wait for a go-ahead. */
export class UnitReader {
	private line: Buffer[] = [];
	private unit: Unit = [];
	private literal: { chunks: Buffer[]; missing: number } | undefined;

	constructor(
		private readonly onUnit: (unit: Unit) => void,
		private readonly goAhead: () => void,
	) {}

	push(chunk: Buffer): void {
		let rest = chunk;
		while (rest.length > 0) rest = this.literal ? this.takeLiteral(this.literal, rest) : this.takeLine(rest);
	}

	private takeLiteral(literal: { chunks: Buffer[]; missing: number }, bytes: Buffer): Buffer {
		const taken = bytes.subarray(0, literal.missing);
		literal.chunks.push(taken);
		literal.missing -= taken.length;
		if (literal.missing === 0) this.endLiteral(literal.chunks);
		return bytes.subarray(taken.length);
	}

	private endLiteral(chunks: Buffer[]): void {
		this.unit.push(Buffer.concat(chunks));
		this.literal = undefined;
	}

	private takeLine(bytes: Buffer): Buffer {
		const end = bytes.indexOf('\n');
		if (end < 0) {
			this.line.push(bytes);
			return Buffer.alloc(0);
		}
		const line = Buffer.concat([...this.line, bytes.subarray(0, end)])
			.toString('latin1')
			.replace(/\r$/, '');
		this.line = [];
		const literal = LITERAL.exec(line);
		if (literal) {
			this.unit.push(line.slice(0, literal.index));
			this.literal = { chunks: [], missing: Number(literal[1]) };
			if (literal[2] !== '+') this.goAhead();
			if (this.literal.missing === 0) this.endLiteral([]);
		} else {
			const unit = [...this.unit, line];
			this.unit = [];
			this.onUnit(unit);
		}
		return bytes.subarray(end + 1);
	}
}

/** Reads an atom from `start`; what stands in brackets belongs to it, as in `BODY[HEADER.FIELDS (DATE)]<0.9>`. */
function atomEnd(text: string, start: number): number {
	let depth = 0;
	let at = start;
	for (; at < text.length; at++) {
		const char = text[at] ?? '';
		if (char === '[') depth++;
		else if (char === ']') depth--;
		else if (depth <= 0 && ' ()'.includes(char)) break;
	}
	return at;
}

function quotedEnd(text: string, start: number): number {
	let at = start + 1;
	while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
	return at;
}

function parseText(text: string, stack: Argument[][]): void {
	const add = (argument: Argument): void => void stack[stack.length - 1]?.push(argument);
	let at = 0;
	while (at < text.length) {
		const char = text[at];
		if (char === ' ') at++;
		else if (char === '(') {
			stack.push([]);
			at++;
		} else if (char === ')') {
			const items = stack.length > 1 ? stack.pop() : undefined;
			if (!items) throw new Error('a closing bracket without an opening one');
			add({ kind: 'list', items });
			at++;
		} else if (char === '"') {
			const end = quotedEnd(text, at);
			if (end >= text.length) throw new Error('a quotation mark is not closed');
			const value = text.slice(at + 1, end).replace(/\\(.)/g, '$1');
			add({ kind: 'string', bytes: Buffer.from(value, 'latin1') });
			at = end + 1;
		} else {
			const end = atomEnd(text, at);
			add({ kind: 'atom', text: text.slice(at, end) });
			at = end;
		}
	}
}

/** @throws Error with a reason, to be answered with BAD */
export function parseCommand(unit: Unit): Command {
	const first = typeof unit[0] === 'string' ? unit[0] : '';
	const head = /^(\S+) +((?:UID +)?[A-Za-z]+)(?: |$)/i.exec(first);
	const [all, tag, name] = head ?? [];
	if (all === undefined || tag === undefined || name === undefined) throw new Error('not a command');
	const rest: Unit = [first.slice(all.length), ...unit.slice(1)];
	const stack: Argument[][] = [[]];
	for (const part of rest) {
		if (typeof part === 'string') parseText(part, stack);
		else stack[stack.length - 1]?.push({ kind: 'string', bytes: part });
	}
	if (stack.length !== 1) throw new Error('an opening bracket is not closed');
	const text = unit.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))).join('');
	return {
		tag,
		name: name.toUpperCase().replace(/ +/, ' '),
		args: stack[0] ?? [],
		text: text.slice(tag.length).trimStart(),
	};
}

/** @returns the text of an atom or string (latin1), or undefined for a list or a missing argument */
export function textOf(argument: Argument | undefined): string | undefined {
	if (argument?.kind === 'atom') return argument.text;
	return argument?.kind === 'string' ? argument.bytes.toString('latin1') : undefined;
}

/** @returns the items of a list, or the argument alone */
export function itemsOf(argument: Argument | undefined): Argument[] {
	if (!argument) return [];
	return argument.kind === 'list' ? argument.items : [argument];
}

export function literal(bytes: Buffer): Buffer {
	return Buffer.concat([Buffer.from(`{${bytes.length}}\r\n`), bytes]);
}

/** A string for the client: quoted when that is allowed, else a literal; null becomes NIL. */
export function nstring(value: string | null | undefined): Buffer {
	if (value === null || value === undefined) return Buffer.from('NIL');
	return /^[\x20-\x7e]*$/.test(value)
		? Buffer.from(`"${value.replace(/["\\]/g, '\\$&')}"`)
		: literal(Buffer.from(value, 'latin1'));
}

/** Joins text (latin1) and bytes. */
export function join(...parts: Array<string | Buffer>): Buffer {
	return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

/** A list in brackets, its items separated by blanks. */
export function list(items: Array<string | Buffer>): Buffer {
	return join('(', ...items.flatMap((item, index) => (index === 0 ? [item] : [' ', item])), ')');
}

/**
 * Which of `numbers` a sequence set such as `1:3,7,10:*` names (RFC 3501 §9): `*` is the greatest one there is,
 * a range may be written backwards, and so `n:*` names the last one even when n is greater.
 */
export function inSequenceSet(set: string, greatest: number): (value: number) => boolean {
	const number = (text: string): number => (text === '*' ? greatest : Number(text));
	const ranges = set.split(',').map((range): [number, number] => {
		if (!/^(\d+|\*)(:(\d+|\*))?$/.test(range)) throw new Error(`not a sequence set: ${set}`);
		const [from = '', to = from] = range.split(':');
		const ends: [number, number] = [number(from), number(to)];
		return ends[0] <= ends[1] ? ends : [ends[1], ends[0]];
	});
	return (value) => ranges.some(([low, high]) => value >= low && value <= high);
}

/** A mailbox name as people write it, to its form on the wire: modified UTF-7 (RFC 3501 §5.1.3). */
export function encodeMailboxName(name: string): string {
	return name.replace(/&|[^\x20-\x7e]+/g, (part) => {
		if (part === '&') return '&-';
		const base64 = Buffer.from(part, 'utf16le').swap16().toString('base64');
		return `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`;
	});
}

/** Answers to a command; thrown as an error they end it. */
export class Answer extends Error {
	constructor(
		readonly status: 'OK' | 'NO' | 'BAD',
		text: string,
	) {
		super(text);
	}
}

/** Values with parameters, such as Content-Type (RFC 2045 §5.1) with long or foreign values in pieces (RFC 2231). */
import { decodeBytes, decodeRaw } from './charset';
import { decodeWords } from './encodedWord';

export type Parameters = Partial<Record<string, string>>;

export interface ParameterizedValue {
	value: string;
	/** By lower-case name, decoded. */
	parameters: Parameters;
}

/** Characters of a field that are read. */
const MAX_LENGTH = 64 * 1024;
/** Parameters that are read, pieces included. */
const MAX_PARAMETERS = 1_000;

interface Piece {
	index: number;
	encoded: boolean;
	value: string;
}

/**
 * @param field the raw value, a character for each byte
 * @param hint what the text of the message is in, for values of raw bytes
 */
export function parseParameters(field: string, hint = ''): ParameterizedValue {
	const [first = '', ...rest] = splitOutsideQuotes(field.slice(0, MAX_LENGTH));
	// Some leave out the value and begin with the first parameter.
	const isParameter = /^\s*(?:charset|name|filename|boundary)\*?\s*=/i.test(first);
	const value = isParameter ? '' : first;
	if (isParameter) rest.unshift(first);
	const parameters = Object.create(null) as Parameters;
	const pieces = new Map<string, Piece[]>();
	for (const entry of rest.slice(0, MAX_PARAMETERS)) {
		const equals = entry.indexOf('=');
		if (equals < 1) continue;
		const name = entry.slice(0, equals).trim().toLowerCase();
		const written = unquote(entry.slice(equals + 1).trim());
		const extended = /^([^*]+)(?:\*(\d{1,4}))?(\*)?$/.exec(name);
		if (extended?.[1] !== undefined && (extended[2] !== undefined || extended[3] !== undefined)) {
			const list = pieces.get(extended[1]) ?? [];
			pieces.set(extended[1], list);
			list.push({ index: Number(extended[2] ?? 0), encoded: extended[3] !== undefined, value: written });
		} else parameters[name] ??= decodeWords(decodeRaw(written, hint));
	}
	for (const [name, list] of pieces) parameters[name] = joinPieces(list);
	return { value: unquote(value.trim()), parameters };
}

/** Splits at semicolons that are neither in quotes nor in a comment, and drops comments. */
function splitOutsideQuotes(text: string): string[] {
	// Most fields have neither, and this is the hottest line of a header.
	if (!/["(]/.test(text)) return text.split(';');
	const entries: string[] = [];
	let entry: string[] = [];
	/** The last character that is no blank. */
	let last = '';
	let quoted = false;
	let comments = 0;
	const lastQuote = text.lastIndexOf('"');
	const push = (character: string) => {
		entry.push(character);
		if (character !== ' ' && character !== '\t') last = character;
	};
	for (let i = 0; i < text.length; i++) {
		const character = text.charAt(i);
		if (quoted) {
			// A backslash before an ordinary letter is a path of Windows that nobody escaped.
			if (character === '\\' && /["\\]/.test(text.charAt(i + 1))) push(character + text.charAt(++i));
			else {
				if (character === '"') quoted = false;
				push(character);
			}
		} else if (comments > 0) {
			if (character === '(') comments++;
			else if (character === ')') comments--;
		} else if (character === '(' && !/[=*'\w)]/.test(last)) comments++;
		else if (character === ';') {
			entries.push(entry.join(''));
			entry = [];
			last = '';
		} else {
			// Only a quote that opens a value counts: a lone one inside a bare value is part of the name of a file.
			if (character === '"' && (last === '' || last === '=')) quoted = i < lastQuote;
			push(character);
		}
	}
	entries.push(entry.join(''));
	return entries;
}

function unquote(text: string): string {
	if (!text.startsWith('"')) return text;
	const inner = text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
	return inner.replace(/\\(["\\])/g, '$1');
}

/** RFC 2231 §3 and §4: `charset'language'percent-encoded`, then the other pieces in their order. */
function joinPieces(pieces: Piece[]): string {
	const ordered = [...pieces].sort((a, b) => a.index - b.index);
	const bytes: Buffer[] = [];
	let charset = '';
	ordered.forEach((piece, position) => {
		let text = piece.value;
		if (position === 0 && piece.encoded) {
			const mark = /^([^']*)'[^']*'/.exec(text);
			if (mark) {
				charset = mark[1] ?? '';
				text = text.slice(mark[0].length);
			}
		}
		bytes.push(piece.encoded ? percentDecoded(text) : Buffer.from(text, 'latin1'));
	});
	const joined = Buffer.concat(bytes);
	const text = charset === '' ? decodeRaw(joined.toString('latin1')) : decodeBytes(joined, charset);
	return decodeWords(text);
}

function percentDecoded(text: string): Buffer {
	const plain = text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
		String.fromCharCode(parseInt(hex, 16)),
	);
	return Buffer.from(plain, 'latin1');
}

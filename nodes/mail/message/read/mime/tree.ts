/**
 * The structure of a message (RFC 2045, RFC 2046): a tree of parts, each a range of the source. Nothing is decoded or
 * copied. Every line is looked at once, so the time is linear however deep or broken the nesting is; and no message is
 * refused, since a workflow is better served by most of a mail than by none.
 */
import { fieldValue, readHeader, type HeaderField } from './header';
import { parseParameters, type Parameters } from './parameters';

/** Parts that are told apart; the rest stays inside the last of them. */
export const MAX_PARTS = 1_000;
/** Multiparts within multiparts; what is deeper is left undivided. */
export const MAX_DEPTH = 50;
/** Longest line that can be a delimiter; RFC 2046 §5.1.1 allows boundaries of 70 characters. */
const MAX_DELIMITER = 300;

const LF = 10;
const CR = 13;
const HYPHEN = 45;

export interface MimePart {
	fields: HeaderField[];
	/** Such as `text/plain`, lower case. */
	type: string;
	parameters: Parameters;
	/** `attachment`, `inline`, or empty when the part does not say. */
	disposition: string;
	dispositionParameters: Parameters;
	/** Content-Transfer-Encoding, lower case. */
	encoding: string;
	/** Range of the body in the source. */
	start: number;
	end: number;
	/** Only of multiparts. */
	children: MimePart[];
}

export interface MimeTree {
	root: MimePart;
	/** What had to be cut or guessed, as sentences. */
	warnings: Set<string>;
}

/** Divides a message, or an embedded one, into its parts. Never throws. */
export function parseTree(source: Buffer): MimeTree {
	const reader = new TreeReader(source);
	return { root: reader.read(), warnings: reader.warnings };
}

/** Reads names of raw bytes once more, now that it is known what the text is in. */
export function applyCharsetHint(part: MimePart, hint: string): void {
	const read = (name: string): Parameters | null => {
		const field = fieldValue(part.fields, name);
		return /[\u0080-\u00ff]/.test(field) ? parseParameters(field, hint).parameters : null;
	};
	part.parameters = read('content-type') ?? part.parameters;
	part.dispositionParameters = read('content-disposition') ?? part.dispositionParameters;
	for (const child of part.children) applyCharsetHint(child, hint);
}

interface Delimiter {
	boundary: string;
	closing: boolean;
	lineStart: number;
	lineEnd: number;
}

class TreeReader {
	readonly warnings = new Set<string>();
	private parts = 0;
	private position = 0;
	/** Bytes that may still be searched for boundaries. */
	private searchBudget: number;
	/** Open boundaries and how often each is open. */
	private readonly open = new Map<string, number>();

	constructor(private readonly source: Buffer) {
		this.searchBudget = source.length * 8 + 65_536;
	}

	read(): MimePart {
		this.position = beginOf(this.source);
		return this.readPart(0, 'text/plain');
	}

	private readPart(depth: number, defaultType: string): MimePart {
		const { source } = this;
		this.parts++;
		const header = readHeader(source, this.position, source.length, (line) => this.matches(line) !== null);
		if (header.truncated) this.warnings.add('The header is too long; fields at its end were left out.');
		const part = describe(header.fields, header.end, defaultType);
		this.position = header.end;
		if (part.type.startsWith('multipart/') && depth < MAX_DEPTH) this.readMultipart(part, depth);
		else {
			if (part.type.startsWith('multipart/')) {
				this.warnings.add(`Parts nested more than ${MAX_DEPTH} deep were left undivided.`);
				part.type = 'application/octet-stream';
			}
			this.readLeaf(part);
		}
		return part;
	}

	private readLeaf(part: MimePart): void {
		const next = this.nextDelimiter();
		part.end = next ? bodyEnd(this.source, part.start, next.lineStart) : this.source.length;
		this.position = next ? next.lineStart : this.source.length;
	}

	private readMultipart(part: MimePart, depth: number): void {
		const { source } = this;
		const boundary = this.boundaryOf(part);
		if (boundary === null) {
			// Declared as a multipart, but it has no parts: what is there is text.
			this.warnings.add('A multipart without a boundary was read as text.');
			part.type = 'text/plain';
			this.readLeaf(part);
			return;
		}
		this.open.set(boundary, (this.open.get(boundary) ?? 0) + 1);
		const defaultType = part.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
		for (;;) {
			const next = this.nextDelimiter();
			if (!next) {
				this.position = source.length;
				break;
			}
			// An outer boundary ends this multipart, whose own end is missing.
			if (next.boundary !== boundary) {
				this.position = next.lineStart;
				break;
			}
			this.position = next.lineEnd;
			if (next.closing) break;
			if (this.parts >= MAX_PARTS) {
				this.warnings.add(`The message has more than ${MAX_PARTS} parts; the rest was left out.`);
				this.position = source.length;
				break;
			}
			part.children.push(this.readPart(depth + 1, defaultType));
		}
		const count = (this.open.get(boundary) ?? 1) - 1;
		if (count > 0) this.open.set(boundary, count);
		else this.open.delete(boundary);
		part.end = this.position;
		// What follows the end (RFC 2046 §5.1.1, epilogue) belongs to nobody.
		const outer = this.nextDelimiter();
		this.position = outer ? outer.lineStart : source.length;
	}

	/** The boundary that really separates the parts; null when nothing does. */
	private boundaryOf(part: MimePart): string | null {
		const { source } = this;
		const declared = (part.parameters['boundary'] ?? '').trimEnd();
		// Single quotes are none (RFC 2045 §5.1), but some take them for such.
		for (const boundary of new Set([declared, declared.replace(/^'(.*)'$/, '$1')]))
			if (boundary !== '' && this.occurs(boundary, part.start)) return boundary;
		// Not declared, or mangled on its way: the first line that looks like one and is followed by a header.
		const head = source.toString('latin1', part.start, Math.min(source.length, part.start + 16_384));
		const guessed = /(?:^|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n(?=content-[a-z-]+:)/i.exec(head)?.[1];
		if (guessed !== undefined && !this.open.has(guessed)) {
			this.warnings.add('The declared boundary of a multipart is not the one that is used.');
			return guessed;
		}
		return null;
	}

	private occurs(boundary: string, from: number): boolean {
		// A thousand multiparts whose boundaries do not exist must not mean a thousand searches of the whole.
		if (this.searchBudget <= 0) return false;
		const index = this.source.indexOf(`--${boundary}`, from, 'latin1');
		this.searchBudget -= (index < 0 ? this.source.length : index) - from;
		return index >= 0;
	}

	/** The next line from the position on that is a delimiter of an open boundary. */
	private nextDelimiter(): Delimiter | null {
		const { source } = this;
		if (this.open.size === 0) return null;
		// The position is always the beginning of a line.
		let from = this.position;
		for (;;) {
			const isHere = source[from] === HYPHEN && source[from + 1] === HYPHEN;
			const lineStart = isHere ? from : source.indexOf('\n--', from, 'latin1') + 1;
			if (lineStart === 0 && !isHere) return null;
			const newline = source.indexOf(LF, lineStart);
			const lineEnd = newline < 0 ? source.length : newline + 1;
			if (lineEnd - lineStart <= MAX_DELIMITER) {
				const found = this.matches(source.toString('latin1', lineStart, lineEnd));
				if (found) return { ...found, lineStart, lineEnd };
			}
			if (newline < 0) return null;
			from = lineEnd;
		}
	}

	private matches(line: string): { boundary: string; closing: boolean } | null {
		const text = line.slice(2).replace(/[ \t\r\n]+$/, '');
		if (this.open.has(text)) return { boundary: text, closing: false };
		const stripped = text.endsWith('--') ? text.slice(0, -2) : null;
		if (stripped !== null && this.open.has(stripped)) return { boundary: stripped, closing: true };
		return null;
	}
}

/** Where the header begins: after a byte order mark, and after empty lines if fields follow. */
function beginOf(source: Buffer): number {
	const head = source.toString('latin1', 0, 1_000);
	return (
		/^(?:\u00ef\u00bb\u00bf)?(?:[ \t]*\r?\n){0,20}(?=(?:from|to|subject|date|received|return-path|message-id|mime-version|content-type|x-[\w-]+|delivered-to):)/i.exec(
			head,
		)?.[0].length ?? 0
	);
}

/** The line break before a delimiter belongs to the delimiter (RFC 2046 §5.1.1). */
function bodyEnd(source: Buffer, start: number, lineStart: number): number {
	let end = lineStart;
	if (end > start && source[end - 1] === LF) end--;
	if (end > start && source[end - 1] === CR) end--;
	return end;
}

function describe(fields: HeaderField[], start: number, defaultType: string): MimePart {
	const content = parseParameters(fieldValue(fields, 'content-type'));
	const disposition = parseParameters(fieldValue(fields, 'content-disposition'));
	const kind = disposition.value.toLowerCase();
	return {
		fields,
		type: mediaType(content.value, defaultType, kind),
		parameters: content.parameters,
		disposition: kind === '' || kind === 'inline' ? kind : 'attachment',
		dispositionParameters: disposition.parameters,
		encoding: (fieldValue(fields, 'content-transfer-encoding').match(/^[^\s;(]+/)?.[0] ?? '').toLowerCase(),
		start,
		end: start,
		children: [],
	};
}

function mediaType(written: string, defaultType: string, disposition: string): string {
	const type = written.toLowerCase().replace(/\s+/g, '');
	if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type)) return type;
	if (type === '') return disposition === 'attachment' ? 'application/octet-stream' : defaultType;
	if (type === 'text' || type === 'text/') return 'text/plain';
	if (type === 'html') return 'text/html';
	if (/^multipart\/?$/.test(type)) return 'multipart/mixed';
	return 'application/octet-stream';
}

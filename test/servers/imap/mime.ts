/** The structure of a message, as far as FETCH needs it (RFC 3501 §7.4.2). Bytes are kept as latin1 text. */
import { join, list, nstring } from './wire';

const MAX_DEPTH = 100;

/** A message or a part of one; `header` includes the empty line that ends it. */
export interface MimePart {
	header: string;
	body: string;
	type: string;
	subtype: string;
	parameters: Map<string, string>;
	/** Parts of a multipart. */
	children: MimePart[];
	/** The message inside a message/rfc822 part. */
	message?: MimePart;
}

/** @returns the value of the first such header field, unfolded, or undefined */
export function headerField(header: string, name: string): string | undefined {
	const wanted = `${name.toLowerCase()}:`;
	const field = headerFields(header).find((line) => line.toLowerCase().startsWith(wanted));
	return field
		?.slice(wanted.length)
		.replace(/\r\n(?=[ \t])/g, '')
		.trim();
}

/** @returns the fields of a header as they stand, each with its folded lines and final CRLF */
export function headerFields(header: string): string[] {
	return header.match(/[^\r\n][^\n]*\n(?:[ \t][^\n]*\n)*/g) ?? [];
}

function parseParameters(value: string): Map<string, string> {
	const found = new Map<string, string>();
	for (const match of value.matchAll(/;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g)) {
		found.set((match[1] ?? '').toLowerCase(), match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
	}
	return found;
}

/** Cuts the body of a multipart at its boundary lines. */
function splitAtBoundary(body: string, boundary: string): string[] {
	const parts: string[] = [];
	const escaped = boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	const line = new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)`, 'g');
	let start = -1;
	for (let match = line.exec(body); match; match = line.exec(body)) {
		if (start >= 0) parts.push(body.slice(start, match.index));
		if (match[1]) return parts;
		start = line.lastIndex + (/^\r?\n/.exec(body.slice(line.lastIndex, line.lastIndex + 2))?.[0].length ?? 0);
		// The line break after a boundary may also begin the next boundary line.
		line.lastIndex = Math.max(line.lastIndex, start - 2);
	}
	if (start >= 0) parts.push(body.slice(start));
	return parts;
}

/** Parses a message or part; broken structures become text parts, never an error. */
export function parseMime(raw: string, depth = 0): MimePart {
	const end = raw.startsWith('\r\n') ? 0 : raw.indexOf('\r\n\r\n') + 2;
	const headerEnd = end === 1 ? raw.length : end + 2;
	const header = raw.slice(0, headerEnd);
	const body = raw.slice(headerEnd);
	const contentType = headerField(header, 'content-type') ?? 'text/plain; charset=us-ascii';
	const [, type = 'text', subtype = 'plain'] = /^([^\s/;]+)\/([^\s;]+)/.exec(contentType) ?? [];
	const parameters = parseParameters(contentType);
	const part: MimePart = {
		header,
		body,
		type: type.toLowerCase(),
		subtype: subtype.toLowerCase(),
		parameters,
		children: [],
	};
	const boundary = parameters.get('boundary');
	if (depth < MAX_DEPTH && part.type === 'multipart' && boundary) {
		part.children = splitAtBoundary(body, boundary).map((child) => parseMime(child, depth + 1));
	} else if (depth < MAX_DEPTH && part.type === 'message' && part.subtype === 'rfc822') {
		part.message = parseMime(body, depth + 1);
	}
	return part;
}

/** Selects the header fields that are (or, with `not`, are not) named, as BODY[HEADER.FIELDS (…)] does. */
function someFields(header: string, names: string[], not: boolean): string {
	const wanted = new Set(names.map((name) => name.toLowerCase()));
	const fields = headerFields(header).filter(
		(field) => wanted.has((field.split(':', 1)[0] ?? '').trim().toLowerCase()) !== not,
	);
	return `${fields.join('')}\r\n`;
}

/**
 * Finds what stands between the brackets of BODY[…].
 *
 * @returns its bytes as latin1 text, or undefined when the message has no such part
 */
export function section(root: MimePart, raw: string, name: string): string | undefined {
	const [, numbers = '', what = ''] = /^(\d+(?:\.\d+)*)?\.?([A-Z].*)?$/is.exec(name) ?? [];
	let part: MimePart | undefined = root;
	for (const number of numbers.split('.').filter(Boolean).map(Number)) {
		const inside: MimePart = part.message ?? part;
		part = inside.children.length === 0 && number === 1 ? inside : inside.children[number - 1];
		if (!part) return undefined;
	}
	if (what === '') return numbers === '' ? raw : part.body;
	if (what === 'MIME') return part.header;
	// HEADER and TEXT of a numbered part are those of the message inside it.
	const message = numbers === '' ? part : part.message;
	if (!message) return undefined;
	if (what === 'HEADER') return message.header;
	if (what === 'TEXT') return message.body;
	const fields = /^HEADER\.FIELDS(\.NOT)? \((.*)\)$/is.exec(what);
	if (!fields) throw new Error(`unknown section ${name}`);
	const names = (fields[2] ?? '').split(/\s+/).map((field) => field.replace(/^"|"$/g, ''));
	return someFields(message.header, names, fields[1] !== undefined);
}

function parameterList(parameters: Map<string, string>): Buffer {
	if (parameters.size === 0) return Buffer.from('NIL');
	return list([...parameters].flatMap(([name, value]) => [nstring(name), nstring(value)]));
}

function disposition(header: string): Buffer {
	const value = headerField(header, 'content-disposition');
	const kind = value?.split(';')[0]?.trim();
	if (!value || !kind) return Buffer.from('NIL');
	return list([nstring(kind), parameterList(parseParameters(value))]);
}

/** The value of BODYSTRUCTURE. `envelope` is passed in to keep the two apart. */
export function bodyStructure(part: MimePart, envelope: (header: string) => Buffer): Buffer {
	const field = (name: string): Buffer => nstring(headerField(part.header, name));
	if (part.children.length > 0) {
		return join(
			'(',
			...part.children.map((child) => bodyStructure(child, envelope)),
			' ',
			join(nstring(part.subtype), ' ', parameterList(part.parameters), ' '),
			join(disposition(part.header), ' NIL NIL)'),
		);
	}
	const lines = String(part.body.split('\n').length - 1);
	const basic = [
		nstring(part.type === 'multipart' ? 'text' : part.type),
		nstring(part.type === 'multipart' ? 'plain' : part.subtype),
		parameterList(part.parameters),
		field('content-id'),
		field('content-description'),
		nstring(headerField(part.header, 'content-transfer-encoding') ?? '7bit'),
		String(part.body.length),
	];
	if (part.message) {
		basic.push(envelope(part.message.header), bodyStructure(part.message, envelope), lines);
	} else if (part.type === 'text' || part.type === 'multipart') {
		basic.push(lines);
	}
	return list([...basic, field('content-md5'), disposition(part.header), 'NIL', 'NIL']);
}

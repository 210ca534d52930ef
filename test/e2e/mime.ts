/**
 * A small reader of MIME messages that shares no code with the libraries under test, so that a fault they have in
 * common cannot hide. It reads what our own sender makes; it is no parser for mail from the wild.
 */

export interface MimePart {
	/** Lower-case name → unfolded value; the last one wins. */
	headers: Record<string, string>;
	/** Lower-case `type/subtype`. */
	type: string;
	/** Parameters of Content-Type, names in lower case. */
	parameters: Record<string, string>;
	/** The body's bytes with the transfer encoding undone; empty for a multipart. */
	content: Buffer;
	/** The parts of a multipart, in order. */
	parts: MimePart[];
}

/** Reads a message or a part of one (RFC 2045, RFC 2046). @throws Error when a multipart has no boundary or end */
export function readMime(raw: Buffer): MimePart {
	const text = raw.toString('latin1');
	const split = text.indexOf('\r\n\r\n');
	if (split < 0) throw new Error('no empty line after the header');
	const headers = readHeaders(text.slice(0, split));
	const body = text.slice(split + 4);
	const [type = '', ...rest] = (headers['content-type'] ?? 'text/plain').split(';');
	const parameters = readParameters(rest.join(';'));
	const part: MimePart = {
		headers,
		type: type.trim().toLowerCase(),
		parameters,
		content: Buffer.alloc(0),
		parts: [],
	};
	if (part.type.startsWith('multipart/')) part.parts = splitParts(body, parameters['boundary']);
	else part.content = decode(body, headers['content-transfer-encoding'] ?? '7bit');
	return part;
}

/** The part itself and all parts below it, depth first. */
export function allParts(part: MimePart): MimePart[] {
	return [part, ...part.parts.flatMap(allParts)];
}

function readHeaders(block: string): Record<string, string> {
	const headers: Record<string, string> = {};
	for (const line of block.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
		const colon = line.indexOf(':');
		headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
	}
	return headers;
}

function readParameters(text: string): Record<string, string> {
	const parameters: Record<string, string> = {};
	for (const [, name = '', quoted, plain] of text.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;]+))/g)) {
		parameters[name.toLowerCase()] = quoted ?? plain ?? '';
	}
	return parameters;
}

function splitParts(body: string, boundary: string | undefined): MimePart[] {
	if (!boundary) throw new Error('multipart without a boundary');
	const [inside, end] = `\r\n${body}`.split(`\r\n--${boundary}--`);
	if (end === undefined) throw new Error('multipart without its closing boundary');
	const [, ...parts] = (inside as string).split(`\r\n--${boundary}\r\n`);
	return parts.map((part) => readMime(Buffer.from(part, 'latin1')));
}

function decode(body: string, encoding: string): Buffer {
	switch (encoding.toLowerCase()) {
		case 'base64':
			return Buffer.from(body, 'base64');
		case 'quoted-printable':
			return Buffer.from(
				body
					.replace(/=\r\n/g, '')
					.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
				'latin1',
			);
		default:
			return Buffer.from(body, 'latin1');
	}
}

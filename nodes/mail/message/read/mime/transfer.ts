/** Content transfer encodings (RFC 2045 §6), read as leniently as mail programs do. */

import { decodeUu } from './uuencode';

const EQUALS = 61;
const LF = 10;
const CR = 13;

/** Decodes a body. Unknown encodings are taken as they are. */
export function decodeTransfer(body: Buffer, encoding: string): Buffer {
	switch (encoding) {
		case 'base64':
			return decodeBase64(body);
		case 'quoted-printable':
			return decodeQuotedPrintable(body);
		case 'x-uuencode':
		case 'x-uue':
		case 'uuencode':
			return decodeUu(body) ?? body;
		default:
			return body;
	}
}

/** Whether text that is said to be base64 is just text: its first line has what base64 never has. */
export function isPlainDespiteBase64(body: Buffer): boolean {
	const head = body.toString('latin1', 0, 1_000).trim();
	const line = head.split(/[\r\n]/, 1)[0] ?? '';
	// Blanks come into base64 in transit; with other marks among the words they are those of a sentence.
	return /[^A-Za-z0-9+/=\s]/.test(line.includes(' ') ? head : line);
}

/** Also where pieces that each have their own padding were joined, or where a list server appended its footer. */
export function decodeBase64(body: Buffer): Buffer {
	const text = body.toString('latin1');
	const padding = text.indexOf('=');
	// Without padding inside, Node's own decoder skips line breaks and all else by itself.
	if (padding < 0 || !/[^=\s]/.test(text.slice(padding, padding + 256))) return Buffer.from(text, 'base64');
	const pieces: Buffer[] = [];
	for (const piece of text.split(/=+/)) {
		// After the end: anything that is not base64 was added by somebody else.
		if (pieces.length > 0 && /[^A-Za-z0-9+/\s]/.test(piece)) break;
		pieces.push(Buffer.from(piece, 'base64'));
	}
	return Buffer.concat(pieces);
}

/** @param isWord inside an encoded word, where trailing blanks count and there are no lines */
export function decodeQuotedPrintable(body: Buffer, isWord = false): Buffer {
	const out = Buffer.allocUnsafe(body.length);
	let length = 0;
	/** Length up to the last character that is no blank: blanks at the end of a line were added in transit. */
	let solid = 0;
	for (let i = 0; i < body.length; i++) {
		const byte = body[i] ?? 0;
		if (byte === EQUALS) {
			const value = hexPair(body[i + 1], body[i + 2]);
			if (value >= 0) {
				out[length++] = value;
				solid = length;
				i += 2;
				continue;
			}
			const next = afterSoftBreak(body, i + 1);
			if (next >= 0) {
				// The blanks before a soft break are text.
				solid = length;
				i = next - 1;
				continue;
			}
			out[length++] = byte;
			solid = length;
		} else if (byte === LF && !isWord) {
			length = solid;
			if (body[i - 1] === CR) out[length++] = CR;
			out[length++] = byte;
			solid = length;
		} else if (byte !== CR || isWord || body[i + 1] !== LF) {
			out[length++] = byte;
			if (byte !== 32 && byte !== 9) solid = length;
		}
	}
	return out.subarray(0, length);
}

function hexPair(high: number | undefined, low: number | undefined): number {
	const a = hexDigit(high);
	const b = hexDigit(low);
	return a < 0 || b < 0 ? -1 : a * 16 + b;
}

function hexDigit(byte: number | undefined): number {
	if (byte === undefined) return -1;
	if (byte >= 48 && byte <= 57) return byte - 48;
	const letter = byte | 32;
	return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** The index after `=`, blanks and a line break; -1 when it is no soft break. */
function afterSoftBreak(body: Buffer, from: number): number {
	let i = from;
	while (body[i] === 32 || body[i] === 9) i++;
	if (i >= body.length) return i;
	if (body[i] === CR && body[i + 1] === LF) return i + 2;
	return body[i] === LF ? i + 1 : -1;
}

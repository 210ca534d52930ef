/** Files as text in the old way (POSIX.1 uuencode): as a transfer encoding, or between the lines of a letter. */

const LF = 10;
const CR = 13;
const GRAVE = 96;
const LETTER_B = 98;
const BLANK = 32;
const BEGIN = /^begin [0-7]{3,4} (\S.{0,199}?)\s*$/;
/** Files that are taken out of one text. */
const MAX_FILES = 100;

export interface UuFile {
	name: string;
	bytes: Buffer;
}

/** The first file in a body, from its `begin` line on; null when there is none. */
export function decodeUu(body: Buffer): Buffer | null {
	for (let at = 0; at < body.length; at = lineEnd(body, at)) {
		const first = lineEnd(body, at);
		if (nameIn(body, at, first) !== null) return decoded(body, first, extentOf(body, first, false));
	}
	return null;
}

/** Takes the files out of a text. What only looks like one, because a line is none of its kind, stays text. */
export function takeOutUuFiles(text: Buffer): { rest: Buffer; files: UuFile[] } {
	const files: UuFile[] = [];
	const rest: Buffer[] = [];
	let kept = 0;
	for (
		let at = text.indexOf('begin ');
		at >= 0 && files.length < MAX_FILES;
		at = text.indexOf('begin ', at + 1)
	) {
		if (at > 0 && text[at - 1] !== LF) continue;
		const first = lineEnd(text, at);
		const name = nameIn(text, at, first);
		if (name === null) continue;
		const extent = extentOf(text, first, true);
		if (!extent.isWhole) continue;
		files.push({ name, bytes: decoded(text, first, extent) });
		rest.push(text.subarray(kept, at));
		kept = extent.end;
		at = extent.end - 1;
	}
	return files.length === 0
		? { rest: text, files }
		: { rest: Buffer.concat([...rest, text.subarray(kept)]), files };
}

/** The name in a `begin` line; null for any other line. */
function nameIn(body: Buffer, at: number, end: number): string | null {
	if (body[at] !== LETTER_B) return null;
	return BEGIN.exec(body.toString('utf8', at, Math.min(end, at + 300)))?.[1] ?? null;
}

interface Extent {
	/** Where the line "end" ends, or the reading. */
	end: number;
	/** Bytes after decoding. */
	size: number;
	/** Whether all lines were as they have to be, up to the line "end". */
	isWhole: boolean;
}

/** @param strict whether the first line of another kind ends the reading */
function extentOf(body: Buffer, from: number, strict: boolean): Extent {
	let size = 0;
	for (let at = from; at < body.length;) {
		const next = lineEnd(body, at);
		const end = withoutBreak(body, at, next);
		if (end - at === 3 && body.toString('latin1', at, end) === 'end')
			return { end: next, size, isWhole: true };
		const count = end > at ? value(body[at]) : 0;
		// Blanks at the end may have been lost in transit; one more character may be a checksum.
		if (strict && (end - at > Math.ceil(count / 3) * 4 + 2 || !isUuLine(body, at, end))) break;
		size += count;
		at = next;
	}
	return { end: body.length, size, isWhole: false };
}

function decoded(body: Buffer, from: number, { end, size }: Extent): Buffer {
	const out = Buffer.alloc(size);
	let length = 0;
	for (let at = from; at < end && length < size; at = lineEnd(body, at)) {
		const lineStop = withoutBreak(body, at, lineEnd(body, at));
		const count = lineStop > at ? value(body[at]) : 0;
		const bits = (index: number) => (index < lineStop ? value(body[index]) : 0);
		for (let i = 0; i < count; i++) {
			const group = at + 1 + Math.floor(i / 3) * 4 + (i % 3);
			const shift = (i % 3) * 2 + 2;
			out[length++] = ((bits(group) << shift) | (bits(group + 1) >> (6 - shift))) & 255;
		}
	}
	return out;
}

function withoutBreak(body: Buffer, from: number, to: number): number {
	let end = to;
	while (end > from && (body[end - 1] === LF || body[end - 1] === CR)) end--;
	return end;
}

function isUuLine(body: Buffer, from: number, to: number): boolean {
	for (let i = from; i < to; i++) if ((body[i] ?? 0) < BLANK || (body[i] ?? 0) > GRAVE) return false;
	return true;
}

function value(byte: number | undefined): number {
	return ((byte ?? BLANK) - BLANK) & 63;
}

function lineEnd(body: Buffer, from: number): number {
	const newline = body.indexOf(LF, from);
	return newline < 0 ? body.length : newline + 1;
}

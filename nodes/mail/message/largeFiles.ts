/**
 * Keeps large files out of memory while their message arrives: a base64 body longer than a limit is measured and let go,
 * and only where it lies is kept. What is left is a message with empty bodies in these places, small enough to be read
 * like any other; the files are read from the server once more when somebody wants them.
 */
import { createHash, type Hash } from 'crypto';
import type { ParsedAttachment, ParsedMail } from './parsed';
import { isTnef } from './read/tnefFile';

/** Encoded bytes of a body from which on it is let go. */
export const LARGE_BODY_BYTES = 1024 * 1024;
/** Bytes looked at in one step: no long pause for n8n, and little garbage. */
const STEP_BYTES = 64 * 1024;

/** Longest line of a message (RFC 5322 §2.1.1). */
const MAX_LINE_BYTES = 1_000;

const LF = 10;
const CR = 13;
const EQUALS = 61;
/** Bytes of which base64 bodies consist, their line breaks included. No delimiter (RFC 2046) can be among them. */
const IN_BASE64 = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n')
	IN_BASE64[character.charCodeAt(0)] = 1;

/** A body that was let go. */
export interface LargeBody {
	/** Where it would begin in the bytes that were kept. */
	keptAt: number;
	/** Its range in the message on the server. */
	start: number;
	end: number;
	/** Bytes after decoding, and their SHA-256 in hex. */
	size: number;
	checksum: string;
}

/** Takes the bytes of a message in order, in pieces of any length. */
export class LargeFileSieve {
	readonly bodies: LargeBody[] = [];
	/** Bytes seen and bytes kept so far. */
	private seen = 0;
	private length = 0;
	/** Where the bytes kept last might be a base64 body: everything since a blank line. In kept bytes. */
	private candidate: number | null = null;
	private body: OpenBody | null = null;

	/** @param kept room for the whole message, should there be no large file in it */
	constructor(private readonly kept: Buffer) {}

	push(piece: Buffer): void {
		for (let from = 0; from < piece.length; from += STEP_BYTES)
			this.step(piece.subarray(from, from + STEP_BYTES));
	}

	/** @returns the bytes that were kept */
	end(): Buffer {
		if (this.body) this.close(this.body);
		return this.kept.subarray(0, this.length);
	}

	private step(piece: Buffer): void {
		const rest = this.body ? this.goOn(this.body, piece) : piece;
		if (rest.length === 0) return;
		const at = this.length;
		this.length += rest.copy(this.kept, at);
		this.seen += rest.length;
		this.candidate = candidateIn(rest, at, this.candidate);
		if (this.candidate === null || this.length - this.candidate < LARGE_BODY_BYTES) return;
		if (!hasLines(this.kept.subarray(this.candidate, this.length))) {
			this.candidate = null;
			return;
		}
		this.body = new OpenBody(this.candidate, this.seen - (this.length - this.candidate));
		this.body.add(this.kept.subarray(this.candidate, this.length));
		this.length = this.candidate;
		this.candidate = null;
	}

	/** @returns what no longer belongs to the body */
	private goOn(body: OpenBody, piece: Buffer): Buffer {
		let end = 0;
		while (end < piece.length && IN_BASE64[piece[end] ?? 0] === 1) end++;
		body.add(piece.subarray(0, end));
		if (end === piece.length) {
			this.seen += end;
			return piece.subarray(end);
		}
		while (end < piece.length && piece[end] === EQUALS) end++;
		this.seen += end;
		this.close(body);
		return piece.subarray(end);
	}

	private close(body: OpenBody): void {
		this.bodies.push(body.close(this.seen));
		this.body = null;
	}
}

/** A body that is being let go. */
class OpenBody {
	private readonly hash: Hash = createHash('sha256');
	private size = 0;
	/** Up to three characters that wait for the rest of their group of four. */
	private rest = '';

	constructor(
		private readonly keptAt: number,
		private readonly start: number,
	) {}

	add(encoded: Buffer): void {
		for (let from = 0; from < encoded.length; from += STEP_BYTES) {
			const text = this.rest + encoded.toString('latin1', from, from + STEP_BYTES).replace(/[\r\n]+/g, '');
			const whole = text.length - (text.length % 4);
			this.rest = text.slice(whole);
			this.decoded(text.slice(0, whole));
		}
	}

	close(end: number): LargeBody {
		this.decoded(this.rest);
		const { keptAt, start, size } = this;
		return { keptAt, start, end, size, checksum: this.hash.digest('hex') };
	}

	private decoded(text: string): void {
		const bytes = Buffer.from(text, 'base64');
		this.hash.update(bytes);
		this.size += bytes.length;
	}
}

/** Encoded files come in lines (RFC 2045 §6.8: 76 characters); one endless line is something else. */
function hasLines(body: Buffer): boolean {
	return body.subarray(0, MAX_LINE_BYTES).includes(LF);
}

/**
 * Where a base64 body that lasts to the end of a piece might begin.
 *
 * @param at where the piece lies in what was kept
 * @param before where one began that lasted to the end of the piece before
 */
function candidateIn(piece: Buffer, at: number, before: number | null): number | null {
	let from = piece.length;
	while (from > 0 && IN_BASE64[piece[from - 1] ?? 0] === 1) from--;
	if (from === 0 && before !== null) return before;
	for (let newline = piece.indexOf(LF, from); newline >= 0; newline = piece.indexOf(LF, newline + 1)) {
		const next = piece[newline + 1] === CR ? newline + 2 : newline + 1;
		if (piece[next] === LF) return at + next + 1;
	}
	return null;
}

/**
 * Says of the files whose bodies were let go where they are.
 *
 * @param mail read from `kept`
 * @returns null when a body turns out to be more or other than a file, so that the mail has to be read with it
 */
export function withFilesOnServer(
	mail: ParsedMail,
	kept: Buffer,
	bodies: readonly LargeBody[],
): ParsedMail | null {
	const attachments = [...mail.attachments];
	for (const body of bodies) {
		const index = attachments.findIndex((file) => isBodyOf(file, kept, body));
		const file = attachments[index];
		if (!file) return null;
		const { start, end, size, checksum } = body;
		attachments[index] = {
			...file,
			size,
			checksum,
			content: { kind: 'server', start, end, encoding: 'base64' },
		};
	}
	return { ...mail, attachments };
}

/** Calendars are read, also where they are called something else. */
const MAY_BE_CALENDAR = /\.ics$/i;

/** Whether a file is exactly a body that was let go: what was kept of it are blank lines. */
function isBodyOf(file: ParsedAttachment, kept: Buffer, { keptAt }: LargeBody): boolean {
	const { content, role } = file;
	return (
		content.kind === 'source' &&
		role === 'file' &&
		!isTnef(file) &&
		!MAY_BE_CALENDAR.test(file.fileName) &&
		content.encoding === 'base64' &&
		content.start === keptAt &&
		kept.toString('latin1', content.start, content.end).trim() === ''
	);
}

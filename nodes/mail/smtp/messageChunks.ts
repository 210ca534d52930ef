/** Reads a message in pieces of a bounded size, so that a large attachment is never in memory as a whole. */
import type { Readable } from 'stream';
import { MailError } from '../errors';
import { WireLines } from '../message/wireLines';

/** A piece of the message; with BDAT the server answers each one. */
export const CHUNK_BYTES = 256 * 1024;

const LINE_END_BYTES = 2;

export interface MessageChunk {
	/** Ready for the line: all lines end in CRLF. */
	bytes: Buffer;
	/** Whether nothing follows; the message ends in CRLF then. */
	last: boolean;
}

export class MessageChunks {
	private readonly source: AsyncIterator<Buffer | string>;
	private readonly lines: WireLines;
	private rest: Buffer[] = [];
	private restBytes = 0;
	private ended = false;

	/** @param stuffDots see {@link WireLines} */
	constructor(message: Readable, stuffDots: boolean) {
		this.source = message[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
		this.lines = new WireLines(stuffDots);
	}

	/**
	 * The next piece, {@link CHUNK_BYTES} long except for the last one, which has the whole last line end.
	 *
	 * @throws MailError `MESSAGE` when the message cannot be read
	 */
	async next(): Promise<MessageChunk> {
		while (!this.ended && this.restBytes < CHUNK_BYTES + LINE_END_BYTES) {
			const { done, value } = await this.source.next().catch(unreadable);
			if (done) this.ended = true;
			this.add(done ? this.lines.end() : this.lines.push(Buffer.from(value as Buffer)));
		}
		const all = Buffer.concat(this.rest);
		const whole = all.length < CHUNK_BYTES + LINE_END_BYTES;
		const bytes = whole ? all : all.subarray(0, CHUNK_BYTES);
		const left = all.subarray(bytes.length);
		this.rest = [];
		this.restBytes = 0;
		this.add(left);
		return { bytes, last: this.ended && left.length === 0 };
	}

	private add(bytes: Buffer): void {
		if (bytes.length === 0) return;
		this.rest.push(bytes);
		this.restBytes += bytes.length;
	}
}

function unreadable(error: unknown): never {
	if (error instanceof MailError) throw error;
	const why = error instanceof Error ? error.message : String(error);
	throw new MailError('MESSAGE', `The message could not be read while it was being sent: ${why}`, {
		nextStep: 'Look at its attachments: n8n may have deleted the stored file of an old execution.',
	});
}

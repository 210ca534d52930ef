/**
 * The bytes of a message as they go over the line. Every line ends in CRLF: a lone CR or LF is completed, because
 * servers differ in what they take for the end of a line, and that is how mails are smuggled into mails
 * (CVE-2023-51764). With DATA, a dot that begins a line is doubled (RFC 5321 §4.5.2).
 */

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** Turns chunks of a message into chunks for the line; keeps what it needs to know of the last chunk. */
export class WireLines {
	/** What came last: at the start of a message as after a line end. */
	private last = LF;

	/** @param stuffDots for DATA; BDAT takes the bytes as they are */
	constructor(private readonly stuffDots: boolean) {}

	push(chunk: Buffer): Buffer {
		const pieces: Buffer[] = [];
		let from = 0;
		for (let at = 0; at < chunk.length; at++) {
			const byte = chunk[at] as number;
			const insert = this.before(byte);
			this.last = byte;
			if (insert === null) continue;
			pieces.push(chunk.subarray(from, at), insert);
			from = at;
		}
		return pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk.subarray(from)]);
	}

	/** What has to follow the last chunk so that the last line is complete. */
	end(): Buffer {
		if (this.last === LF) return NOTHING;
		return this.last === CR ? LINE_FEED : LINE_END;
	}

	private before(byte: number): Buffer | null {
		if (this.last === CR && byte !== LF) return byte === DOT && this.stuffDots ? LINE_FEED_DOT : LINE_FEED;
		if (byte === LF && this.last !== CR) return CARRIAGE_RETURN;
		return byte === DOT && this.last === LF && this.stuffDots ? FULL_STOP : null;
	}
}

const NOTHING = Buffer.alloc(0);
const LINE_FEED = Buffer.from('\n');
const LINE_FEED_DOT = Buffer.from('\n.');
const CARRIAGE_RETURN = Buffer.from('\r');
const LINE_END = Buffer.from('\r\n');
const FULL_STOP = Buffer.from('.');

/** The bytes of attachments, decoded when somebody wants them and not before. */
import { Readable } from 'stream';
import { decodeTransfer } from './read/mime/transfer';
import type { AttachmentContent, MessageOnServer, ReceivedMessage } from './parsed';

/** Bytes of the source that are decoded at a time: little garbage, and no pause worth speaking of. */
const STEP_BYTES = 64 * 1024;

/** A message as far as its attachments are concerned. */
export type SourceOfFiles = Pick<ReceivedMessage, 'source' | 'onServer'>;

/** @param source the message that the attachment belongs to */
export function attachmentBytes(source: Buffer, content: AttachmentContent): Buffer {
	if (content.kind === 'bytes') return asBuffer(content.bytes);
	if (content.kind === 'server') throw new TypeError('A file on the server is read as a stream');
	return decodeTransfer(source.subarray(content.start, content.end), content.encoding);
}

/** The same piece by piece, so that a large file neither blocks nor is held twice. */
export function attachmentStream({ source, onServer }: SourceOfFiles, content: AttachmentContent): Readable {
	const pieces =
		content.kind === 'server' ? serverPieces(onServer, content) : attachmentPieces(source, content);
	return Readable.from(pieces, { objectMode: false });
}

/** The whole message, also where a part of it was left on the server. @throws MailError */
export async function wholeSource({ source, onServer }: SourceOfFiles): Promise<Buffer> {
	if (!onServer) return source;
	const whole = Buffer.from(new SharedArrayBuffer(onServer.length));
	let length = 0;
	for await (const piece of onServer.read(0, onServer.length)) length += piece.copy(whole, length);
	return whole.subarray(0, length);
}

async function* serverPieces(
	onServer: MessageOnServer | undefined,
	{ start, end, encoding }: AttachmentContent & { kind: 'server' },
): AsyncGenerator<Buffer> {
	if (!onServer) throw new TypeError('The message does not say where its files are');
	let rest = '';
	for await (const window of onServer.read(start, end)) {
		if (encoding === '8bit') {
			yield window;
			continue;
		}
		for (let from = 0; from < window.length; from += STEP_BYTES) {
			const text = rest + window.toString('latin1', from, from + STEP_BYTES).replace(/[\r\n=]+/g, '');
			const whole = text.length - (text.length % 4);
			rest = text.slice(whole);
			yield Buffer.from(text.slice(0, whole), 'base64');
		}
	}
	if (rest !== '') yield Buffer.from(rest, 'base64');
}

/** Pieces of up to {@link STEP_BYTES}. */
export function* attachmentPieces(source: Buffer, content: AttachmentContent): Generator<Buffer> {
	if (content.kind !== 'source') {
		yield attachmentBytes(source, content);
		return;
	}
	const { start, end, encoding } = content;
	const isBase64 = encoding === 'base64' && hasPaddingAtEndOnly(source, start, end);
	if (end - start <= STEP_BYTES || !(isBase64 || isLineByLine(encoding))) {
		yield attachmentBytes(source, content);
		return;
	}
	let rest = '';
	for (let from = start; from < end;) {
		const to = pieceEnd(source, from, end);
		if (isBase64) {
			// Lines need not be multiples of four characters long.
			const text = rest + source.toString('latin1', from, to).replace(/[^A-Za-z0-9+/]/g, '');
			const whole = to < end ? text.length - (text.length % 4) : text.length;
			rest = text.slice(whole);
			yield Buffer.from(text.slice(0, whole), 'base64');
		} else yield decodeTransfer(source.subarray(from, to), encoding);
		from = to;
	}
}

/** Whether a piece that ends with a line can be decoded by itself. */
function isLineByLine(encoding: string): boolean {
	return encoding !== 'base64' && !encoding.includes('uu');
}

/** Not several encoded files one after the other. */
function hasPaddingAtEndOnly(source: Buffer, start: number, end: number): boolean {
	const padding = source.indexOf(61, start);
	return padding < 0 || padding >= end - 16;
}

/** The end of the last whole line within one step; of the next line when that one is longer. */
function pieceEnd(source: Buffer, from: number, end: number): number {
	const limit = from + STEP_BYTES;
	if (limit >= end) return end;
	const last = source.lastIndexOf(10, limit);
	if (last > from) return last + 1;
	const next = source.indexOf(10, limit);
	return next < 0 || next >= end ? end : next + 1;
}

function asBuffer(bytes: Uint8Array): Buffer {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Parts of a report that are written for programs (RFC 6522): blocks of fields, and the mail it is about. */
import { decodeHeaderText } from './mime/encodedWord';
import { fieldValue, readHeader, type HeaderField } from './mime/header';
import { decodeTransfer } from './mime/transfer';
import type { MimePart } from './mime/tree';
import { messageIdIn } from './headerFields';

/** Bytes of one part that are read. */
const MAX_BYTES = 512 * 1024;
/** Blocks of fields, one for each recipient. */
const MAX_BLOCKS = 1_000;

/** The first part of that type, however deep. */
export function findPart(root: MimePart, type: RegExp): MimePart | null {
	if (type.test(root.type)) return root;
	for (const child of root.children) {
		const found = findPart(child, type);
		if (found) return found;
	}
	return null;
}

export function partBytes(source: Buffer, part: MimePart): Buffer {
	return decodeTransfer(
		source.subarray(part.start, Math.min(part.end, part.start + MAX_BYTES)),
		part.encoding,
	);
}

/** Blocks of fields with empty lines between them; empty blocks are left out. */
export function fieldBlocks(source: Buffer, part: MimePart): HeaderField[][] {
	const bytes = partBytes(source, part);
	const blocks: HeaderField[][] = [];
	for (let at = 0; at < bytes.length && blocks.length < MAX_BLOCKS;) {
		const block = readHeader(bytes, at, bytes.length, () => false);
		if (block.fields.length > 0) blocks.push(block.fields);
		// A line that is no field would stop the reading for ever.
		const next = block.end > at ? block.end : bytes.indexOf(10, at) + 1;
		if (next <= at) break;
		at = next;
	}
	return blocks;
}

/** A field's readable value; null when missing or empty. */
export function field(fields: readonly HeaderField[], name: string): string | null {
	const text = decodeHeaderText(fieldValue(fields, name)).replace(/\s+/g, ' ').trim();
	return text === '' ? null : text;
}

/** The value behind its type, such as `rfc822; user@example.com` (RFC 3464 §2.1.2). */
export function typedField(fields: readonly HeaderField[], name: string): string | null {
	const text = field(fields, name);
	if (text === null) return null;
	const value = text.slice(text.indexOf(';') + 1).trim();
	return value === '' ? null : value;
}

/** An address out of such a value; null for what is none. */
export function addressField(fields: readonly HeaderField[], name: string): string | null {
	const value = typedField(fields, name)?.replace(/^<|>$/g, '') ?? '';
	return /^[^\s@<>]+@[^\s@<>]+$/.test(value) ? value : (/<([^\s<>]+@[^\s<>]+)>/.exec(value)?.[1] ?? null);
}

export interface OriginalMail {
	messageId: string | null;
	subject: string | null;
	to: string | null;
}

/** What the report carries of the mail it is about: all of it, its header, or nothing. */
export function originalMail(source: Buffer, root: MimePart, text: string): OriginalMail {
	const part = findPart(
		root,
		/^message\/(?:rfc822|global)$|^text\/rfc822-headers$|^message\/global-headers$/,
	);
	const bytes = part && part !== root ? partBytes(source, part) : Buffer.from(originalInText(text));
	const { fields } = readHeader(bytes, 0, bytes.length, () => false);
	return {
		messageId: messageIdIn(field(fields, 'message-id') ?? undefined),
		subject: field(fields, 'subject'),
		to: field(fields, 'to'),
	};
}

/** The header of the original within the words of a report, from its first field on. */
function originalInText(text: string): string {
	const start =
		/^[> ]*(?:Return-Path|Received|Message-ID|DKIM-Signature|X-[\w-]+|From|Date|To|Subject|MIME-Version):[ \t]\S.*\n(?:[> ]*(?:[\w-]{2,60}:[ \t].*|[ \t]+\S.*)\n){2}/im.exec(
			text.slice(0, 100_000),
		);
	if (!start) return '';
	return text.slice(start.index, start.index + 20_000).replace(/^[> ]+(?=[\w-]+:)/gm, '');
}

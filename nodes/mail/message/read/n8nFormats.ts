/**
 * Messages as n8n's own Email Trigger (IMAP) 2.2 gives them, so that workflows made for it run unchanged. The only file
 * that names mailparser, which that node uses too; everything else here reads mail with readMail.ts.
 */
import { simpleParser } from 'mailparser';
import { attachmentBytes } from '../attachmentContent';
import type { N8nFile, N8nMail } from '../operations';
import { decodeBytes, decodeRaw } from './mime/charset';
import { decodeWords } from './mime/encodedWord';
import { decodeTransfer } from './mime/transfer';
import { parseTree, type MimePart } from './mime/tree';
import { fileNameOf } from './body';

/** Fields that its format "Simple" has at the top; all others are under `metadata`. */
const TOP_LEVEL = ['cc', 'date', 'from', 'subject', 'to'];
/** n8n's node has no limit here; a thousand parts are an attack. */
const MAX_PARTS = 1_000;

/** Format "Resolved": what mailparser makes of the message, its header lines by name (the last of each). */
export async function resolvedMail(source: Buffer): Promise<N8nMail> {
	const {
		attachments,
		headerLines,
		headers: _headers,
		...mail
	} = await simpleParser(source, { maxChildNodes: MAX_PARTS });
	const headers: Record<string, string> = {};
	for (const { key, line } of headerLines ?? []) if (key !== '__proto__') headers[key] = line;
	const files = (attachments ?? []).map(({ content, filename, contentType }): N8nFile => {
		return { bytes: new Uint8Array(content), fileName: filename ?? null, mimeType: contentType };
	});
	return { json: JSON.parse(JSON.stringify({ ...mail, headers })) as Record<string, unknown>, files };
}

/** Format "Simple": the first text and the first HTML part, header fields, files that are called attachments. */
export async function simpleMail(source: Buffer): Promise<N8nMail> {
	const { root } = parseTree(source);
	const leaves = leavesOf(root);
	const text = (type: string): string => {
		const part = leaves.find((leaf) => leaf.type === type);
		if (!part) return '';
		const bytes = decodeTransfer(source.subarray(part.start, part.end), part.encoding);
		return decodeBytes(bytes, part.parameters['charset'] ?? '');
	};
	const metadata: Record<string, string> = {};
	const top: Record<string, string> = {};
	for (const { name, value } of root.fields) {
		if (name === '__proto__') continue;
		const target = TOP_LEVEL.includes(name) ? top : metadata;
		target[name] ??= decodeWords(decodeRaw(value));
	}
	const files = leaves
		.filter(({ disposition }) => disposition === 'attachment')
		.map((part): N8nFile => {
			const content = { kind: 'source', start: part.start, end: part.end, encoding: part.encoding } as const;
			return {
				bytes: new Uint8Array(attachmentBytes(source, content)),
				fileName: fileNameOf(part),
				mimeType: part.type,
			};
		});
	return { json: { textHtml: text('text/html'), textPlain: text('text/plain'), metadata, ...top }, files };
}

function leavesOf(part: MimePart): MimePart[] {
	return part.type.startsWith('multipart/') ? part.children.flatMap(leavesOf) : [part];
}

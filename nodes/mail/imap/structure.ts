/** The parts of a message as the server describes them (BODYSTRUCTURE, RFC 3501 §7.4.2), without their content. Pure. */
import { safeFileName } from '../message/fileName';
import type { AttachmentRole, ParsedAttachment } from '../message/parsed';

/** What is used of the library's description of a part. */
export interface Structure {
	part?: string | undefined;
	type: string;
	parameters?: Record<string, string> | undefined;
	id?: string | undefined;
	encoding?: string | undefined;
	size?: number | undefined;
	disposition?: string | undefined;
	dispositionParameters?: Record<string, string> | undefined;
	childNodes?: Structure[] | undefined;
}

/** A file in a message. */
export interface Part {
	/** Names it to the server, such as `2` or `2.1`. */
	number: string;
	fileName: string;
	mimeType: string;
	/** Transfer encoding, lower case. */
	encoding: string;
	/** Bytes as they are transferred: a third more than the file has, in base64. */
	encodedBytes: number;
	disposition: string;
	contentId: string | null;
	/** Whether it belongs to a text that shows it in its place. */
	inline: boolean;
}

/** Parts looked at; more has no honest mail. */
const MAX_PARTS = 1_000;

/** Everything in a message that is a file, and not its text. */
export function filesOf(structure: Structure | null): Part[] {
	const files: Part[] = [];
	let seen = 0;
	const walk = (node: Structure, parent: string): void => {
		if (++seen > MAX_PARTS) return;
		if (node.childNodes && node.type !== 'message/rfc822') {
			for (const child of node.childNodes) walk(child, node.type);
			return;
		}
		const name = node.dispositionParameters?.['filename'] ?? node.parameters?.['name'] ?? null;
		if (isText(node, name)) return;
		const contentId = node.id?.replace(/^<|>$/g, '') || null;
		files.push({
			// A message that is nothing but a file has no numbered parts, and its content is part 1.
			number: node.part ?? '1',
			fileName: safeFileName(name, `attachment-${files.length + 1}${extensionOf(node.type)}`),
			mimeType: node.type.toLowerCase(),
			encoding: node.encoding?.toLowerCase() ?? '7bit',
			encodedBytes: node.size ?? 0,
			disposition: node.disposition ?? '',
			contentId,
			inline: contentId !== null && node.disposition !== 'attachment' && parent === 'multipart/related',
		});
	};
	if (structure) walk(structure, '');
	return files;
}

function isText(node: Structure, name: string | null): boolean {
	return /^text\/(plain|html)$/i.test(node.type) && node.disposition !== 'attachment' && name === null;
}

function extensionOf(type: string): string {
	return type === 'message/rfc822' ? '.eml' : '';
}

/** As a filter looks at it. Size and content are not known. */
export function asAttachment(part: Part): ParsedAttachment {
	const { fileName, mimeType, disposition, contentId, inline } = part;
	return {
		...{ fileName, mimeType, disposition, contentId, inline },
		size: part.encodedBytes,
		role: roleOf(mimeType),
		subject: null,
		checksum: '',
		content: { kind: 'bytes', bytes: new Uint8Array() },
	};
}

function roleOf(mimeType: string): AttachmentRole {
	if (mimeType === 'text/calendar') return 'calendar';
	if (mimeType === 'message/rfc822') return 'message';
	if (/^application\/(x-)?(pkcs7|pgp)-signature$/.test(mimeType)) return 'signature';
	return /^(message\/|text\/rfc822-headers)/.test(mimeType) ? 'report' : 'file';
}

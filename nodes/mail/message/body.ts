/** Text, HTML and files of a mail: which files are shown within the HTML, and what text stands beside it. */
import type { Readable } from 'stream';
import { safeFileName } from './fileName';
import { textOf } from './htmlText';
import { pointTo, refersTo, takeOutImages } from './inlineImages';

export interface OutgoingAttachment {
	fileName: string;
	mimeType: string;
	/** How the HTML refers to it after `cid:`; when it does, it is shown there. Null for what is always a file. */
	reference: string | null;
	/** Opened anew for every attempt. */
	open(): Promise<Buffer | Readable>;
}

const MAX_TYPE_LENGTH = 500;

interface Content {
	text?: string;
	html?: string;
	attachments?: readonly OutgoingAttachment[];
	textAlternative?: boolean;
}

/** Parts as the composing library takes them. */
export interface Body {
	text?: string;
	html?: string;
	attachments: { open(): Promise<ComposerPart> }[];
}

interface ComposerPart {
	filename: string;
	contentType: string;
	content: Buffer | Readable;
	cid?: string;
	contentDisposition?: 'inline' | 'attachment';
}

/**
 * @param mailKey makes Content-IDs unlike those of any other mail: programs that show a conversation mix them up else
 * @throws MailError `MESSAGE`
 */
export async function bodyOf(content: Content, mailKey: string): Promise<Body> {
	for (const part of [content.text, content.html]) {
		// The composing library takes an object with a path or URL for a file to read.
		if (part !== undefined && typeof part !== 'string') throw new TypeError('The content of a mail is text');
	}
	const attachments: Body['attachments'] = [];
	let { html } = content;
	for (const [index, file] of (content.attachments ?? []).entries()) {
		const inline = html !== undefined && file.reference !== null && refersTo(html, file.reference);
		const cid = `${index + 1}.${mailKey}@mailroom`;
		if (inline && html !== undefined) html = pointTo(html, file.reference ?? '', cid);
		attachments.push({
			open: async () => ({
				filename: safeFileName(file.fileName, `attachment-${index + 1}`),
				contentType: safeMimeType(file.mimeType),
				content: await file.open(),
				...(inline
					? { cid, contentDisposition: 'inline' as const }
					: { contentDisposition: 'attachment' as const }),
			}),
		});
	}
	if (html !== undefined) {
		const taken = takeOutImages(html, `${mailKey}@mailroom`);
		({ html } = taken);
		for (const { fileName, mimeType, contentId, content: bytes } of taken.images) {
			const part = { filename: fileName, contentType: mimeType, content: bytes, cid: contentId };
			attachments.push({ open: async () => ({ ...part, contentDisposition: 'inline' as const }) });
		}
	}
	const text = content.text ?? (await alternativeTo(html, content.textAlternative ?? true));
	return { attachments, ...(text !== undefined && { text }), ...(html !== undefined && { html }) };
}

async function alternativeTo(html: string | undefined, wanted: boolean): Promise<string | undefined> {
	return html === undefined || html.trim() === '' || !wanted ? undefined : await textOf(html);
}

/** Parameters of a type that say how to read the file (RFC 2045 §5.1); `method` makes a calendar an invitation (RFC 6047). */
const KEPT_PARAMETERS = /;\s*(charset|method|component)\s*=\s*("?)([a-z0-9_.-]{1,40})\2\s*(?=;|$)/gi;

/** A type that is none would end up in a header as it is; a file has no parts, whatever it is called. */
function safeMimeType(type: string): string {
	const plain = type.split(';')[0]?.trim().toLowerCase() ?? '';
	if (!/^(?!multipart\/)[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(plain))
		return 'application/octet-stream';
	const parameters = [...type.slice(0, MAX_TYPE_LENGTH).matchAll(KEPT_PARAMETERS)];
	return [plain, ...parameters.map(([, name = '', , value = '']) => `${name.toLowerCase()}=${value}`)].join(
		'; ',
	);
}

/** Whether a file goes as it is, since a message within a message must not be encoded (RFC 2046 §5.2.1). */
export function isUnencoded({ mimeType }: OutgoingAttachment): boolean {
	return safeMimeType(mimeType).startsWith('message/');
}

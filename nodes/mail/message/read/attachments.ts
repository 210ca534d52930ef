/** From the parts that are no body text to attachments with safe names, sizes and checksums. */
import { createHash } from 'crypto';
import { attachmentBytes, attachmentPieces } from '../attachmentContent';
import { contentIdOf, fileNameOf } from './body';
import { safeFileName } from '../fileName';
import { decodeHeaderText } from './mime/encodedWord';
import { fieldValue, readHeader } from './mime/header';
import type { MimePart } from './mime/tree';
import type { AttachmentContent, AttachmentRole, ParsedAttachment } from '../parsed';

const EXTENSIONS: Partial<Record<string, string>> = {
	'message/rfc822': '.eml',
	'message/global': '.eml',
	'text/calendar': '.ics',
	'text/x-vcalendar': '.ics',
	'text/vcard': '.vcf',
	'text/x-vcard': '.vcf',
	'text/html': '.html',
	'text/plain': '.txt',
	'text/csv': '.csv',
	'text/rfc822-headers': '.txt',
	'message/delivery-status': '.txt',
	'message/disposition-notification': '.txt',
	'message/feedback-report': '.txt',
	'application/pgp-signature': '.asc',
	'application/pgp-encrypted': '.asc',
	'application/pkcs7-signature': '.p7s',
	'application/x-pkcs7-signature': '.p7s',
	'application/pkcs7-mime': '.p7m',
	'application/x-pkcs7-mime': '.p7m',
	'application/ics': '.ics',
	'application/pdf': '.pdf',
	'application/zip': '.zip',
	'image/jpeg': '.jpg',
	'image/png': '.png',
	'image/gif': '.gif',
	'image/webp': '.webp',
	'image/svg+xml': '.svg',
	'image/tiff': '.tiff',
	'audio/mpeg': '.mp3',
	'audio/wav': '.wav',
	'video/mp4': '.mp4',
};
const ROLES: readonly [RegExp, AttachmentRole][] = [
	[
		/^application\/(?:pgp-signature|x-pkcs7-signature|pkcs7-signature)$|^application\/pgp-encrypted$/,
		'signature',
	],
	[
		/^message\/(?:global-)?(?:delivery-status|disposition-notification)$|^message\/feedback-report$|^text\/rfc822-headers$/,
		'report',
	],
	[/^text\/(?:x-v)?calendar$|^application\/ics$/, 'calendar'],
	[/^message\/(?:rfc822|global)$/, 'message'],
];
/** Bytes of an attached mail in which its subject is looked for. */
const EMBEDDED_HEADER_BYTES = 256 * 1024;

/**
 * Describes one attachment.
 *
 * @param shown Content-IDs and names that the HTML refers to (RFC 2392, RFC 2557)
 * @param position from 1, for parts without a name
 */
export function describeAttachment(
	source: Buffer,
	part: MimePart,
	shown: ReadonlySet<string>,
	position: number,
): ParsedAttachment {
	const content: AttachmentContent = {
		kind: 'source',
		start: part.start,
		end: part.end,
		encoding: part.encoding,
	};
	const role = ROLES.find(([types]) => types.test(part.type))?.[1] ?? 'file';
	const contentId = contentIdOf(part);
	const location = fieldValue(part.fields, 'content-location').trim();
	const subject = role === 'message' ? embeddedSubject(source, content) : null;
	return {
		...named(fileNameOf(part) ?? subject, part.type, position),
		...measured(source, content),
		mimeType: part.type,
		contentId,
		inline: (contentId !== null && shown.has(contentId)) || (location !== '' && shown.has(location)),
		disposition: part.disposition,
		role,
		subject,
		content,
	};
}

/** An attachment that was inside something else. Its bytes are copied: what goes to another thread goes whole. */
export function unpackedAttachment(
	bytes: Uint8Array,
	file: { fileName: string | null; mimeType: string; contentId: string | null },
	shown: ReadonlySet<string>,
	position: number,
): ParsedAttachment {
	const content: AttachmentContent = { kind: 'bytes', bytes: new Uint8Array(bytes) };
	return {
		...named(file.fileName, file.mimeType, position),
		...measured(Buffer.alloc(0), content),
		mimeType: file.mimeType,
		contentId: file.contentId,
		inline: file.contentId !== null && shown.has(file.contentId),
		disposition: 'attachment',
		role: 'file',
		subject: null,
		content,
	};
}

function named(name: string | null, mimeType: string, position: number): Pick<ParsedAttachment, 'fileName'> {
	const extension = EXTENSIONS[mimeType] ?? '';
	const fileName = safeFileName(name, `attachment-${position}${extension}`);
	// A subject or a bare word gets the ending that tells programs what it is.
	return {
		fileName: /\.[A-Za-z0-9]{1,10}$/.test(fileName) ? fileName : safeFileName(fileName + extension, fileName),
	};
}

/** Size and checksum, without holding all of it decoded. */
function measured(source: Buffer, content: AttachmentContent): Pick<ParsedAttachment, 'size' | 'checksum'> {
	const hash = createHash('sha256');
	let size = 0;
	for (const piece of attachmentPieces(source, content)) {
		hash.update(piece);
		size += piece.length;
	}
	return { size, checksum: hash.digest('hex') };
}

function embeddedSubject(source: Buffer, content: AttachmentContent): string | null {
	if (content.kind !== 'source') return null;
	const end = Math.min(content.end, content.start + EMBEDDED_HEADER_BYTES);
	const head = attachmentBytes(source, { ...content, end });
	const { fields } = readHeader(head, 0, head.length, () => false);
	const subject = decodeHeaderText(fieldValue(fields, 'subject')).trim();
	return subject === '' ? null : subject;
}

/** Content-IDs and locations that HTML refers to. */
export function referencesIn(html: string | null): Set<string> {
	const found = new Set<string>();
	for (const match of (html ?? '').matchAll(/cid:([^"'\s>)\\]{1,500})/gi)) {
		const id = match[1] ?? '';
		found.add(id);
		found.add(
			id.replace(/&amp;/g, '&').replace(/&#(\d{1,3});/g, (_all, code) => String.fromCharCode(Number(code))),
		);
		try {
			found.add(decodeURIComponent(id));
		} catch {
			// Not percent-encoded; it is there as it stands.
		}
	}
	for (const match of (html ?? '').matchAll(
		/\ssrc\s?=\s?(?:"([^"]{1,500})"|'([^']{1,500})'|([^\s"'>]{1,500}))/gi,
	))
		found.add(match[1] ?? match[2] ?? match[3] ?? '');
	return found;
}

/** From the bytes of a mail to its parts. The only file that knows mailparser. Never throws: a mail that cannot be parsed says so. */
import type { AddressObject, EmailAddress, HeaderLines, ParsedMail as LibraryMail } from 'mailparser';
import { safeFileName } from './fileName';
import type { Address, ParsedAttachment, ParsedMail } from './parsed';

/** Longest HTML from which plain text is made; beyond it the conversion would block n8n for seconds. */
const MAX_HTML_TO_TEXT = 500_000;
/** Parts of a message; more is an attack, and the library refuses it. */
const MAX_PARTS = 1_000;
/** Header fields read when the parser has failed. */
const MAX_FALLBACK_HEADER_BYTES = 64 * 1024;

/**
 * Parses a message.
 *
 * @param source the message as it came, lines ending in CRLF or LF
 * @returns always a value: when parsing failed it has the raw header fields and `parseError`
 */
export async function parseMessage(source: Buffer): Promise<ParsedMail> {
	try {
		const { simpleParser } = await import('mailparser');
		const mail = await simpleParser(source, {
			keepCidLinks: true,
			skipTextToHtml: true,
			skipTextLinks: true,
			maxHtmlLengthToParse: MAX_HTML_TO_TEXT,
			maxChildNodes: MAX_PARTS,
			checksumAlgo: 'sha256',
		});
		return toParsedMail(mail);
	} catch (error) {
		return unparsedMail(source, error instanceof Error ? error.message : String(error));
	}
}

/** What can be said of a message that no parser accepts: its header fields, read line by line. */
export function unparsedMail(source: Buffer, reason: string): ParsedMail {
	const head = source.subarray(0, MAX_FALLBACK_HEADER_BYTES).toString('utf8');
	const end = /\r?\n\r?\n/.exec(head)?.index ?? head.length;
	const fields = head.slice(0, end).split(/\r?\n(?![ \t])/);
	const headers = collectHeaders(
		fields.map((line) => ({ key: line.split(':', 1)[0]?.trim().toLowerCase() ?? '', line })),
	);
	return {
		messageId: headers['message-id']?.[0] ?? null,
		inReplyTo: headers['in-reply-to']?.[0] ?? null,
		references: messageIds(headers['references']?.[0]),
		date: dateOf(headers),
		subject: headers['subject']?.[0] ?? '',
		from: [],
		to: [],
		cc: [],
		bcc: [],
		replyTo: [],
		text: '',
		html: null,
		headers,
		attachments: [],
		parseError: reason,
	};
}

function toParsedMail(mail: LibraryMail): ParsedMail {
	const headers = collectHeaders(mail.headerLines ?? []);
	const html = typeof mail.html === 'string' ? mail.html : null;
	return {
		messageId: mail.messageId ?? null,
		inReplyTo: mail.inReplyTo ?? null,
		references: [mail.references ?? []].flat().flatMap(messageIds),
		date: dateOf(headers),
		subject: mail.subject ?? '',
		from: addresses(mail.from),
		to: addresses(mail.to),
		cc: addresses(mail.cc),
		bcc: addresses(mail.bcc),
		replyTo: addresses(mail.replyTo),
		text: mail.text ?? '',
		html,
		headers,
		attachments: mail.attachments.map((part, index) => toAttachment(part, index, html)),
		parseError: null,
	};
}

function toAttachment(
	part: LibraryMail['attachments'][number],
	index: number,
	html: string | null,
): ParsedAttachment {
	const contentId = part.cid ?? null;
	return {
		fileName: safeFileName(part.filename, `attachment-${index + 1}${extensionFor(part.contentType)}`),
		mimeType: part.contentType,
		size: part.content.length,
		contentId,
		inline: contentId !== null && refersTo(html, contentId),
		checksum: part.checksum ?? '',
		content: part.content,
	};
}

/** Whether the HTML shows the part (RFC 2392): then, and only then, it is inline. */
function refersTo(html: string | null, contentId: string): boolean {
	if (html === null) return false;
	return html.includes(`cid:${contentId}`) || html.includes(`cid:${encodeURIComponent(contentId)}`);
}

/** Only for parts that name no file. */
function extensionFor(mimeType: string): string {
	if (mimeType === 'message/rfc822') return '.eml';
	const subtype = /^(?:image|audio|video|application)\/(png|gif|jpeg|pdf|zip|mp3|mp4)$/.exec(mimeType)?.[1];
	return subtype === undefined ? '' : `.${subtype}`;
}

/** Flattens groups (RFC 5322 §3.4) into their members. */
function addresses(field: AddressObject | AddressObject[] | undefined): Address[] {
	const flat = (list: readonly EmailAddress[]): Address[] =>
		list.flatMap((entry) =>
			entry.group ? flat(entry.group) : [{ address: entry.address ?? '', name: entry.name }],
		);
	return [field ?? []].flat().flatMap((part) => flat(part.value));
}

/** Field values by lower-case name, unfolded (RFC 5322 §2.2.3). Without prototype, since names come from strangers. */
function collectHeaders(lines: HeaderLines): Record<string, string[]> {
	const headers = Object.create(null) as Record<string, string[]>;
	for (const { key, line } of lines) {
		if (key === '' || key === '__proto__') continue;
		const value = line
			.slice(line.indexOf(':') + 1)
			.replace(/\r?\n(?=[ \t])/g, '')
			.trim();
		(headers[key] ??= []).push(value);
	}
	return { ...headers };
}

/** The Date field as the sender wrote it. The library would turn a bad one into the present time. */
function dateOf(headers: Record<string, string[]>): Date | null {
	const written = headers['date']?.[0]?.replace(/\([^)]*\)/g, '').trim();
	if (!written) return null;
	const date = new Date(written);
	return Number.isNaN(date.getTime()) ? null : date;
}

function messageIds(field: string | undefined): string[] {
	return field?.match(/<[^<>\s]+>/g) ?? [];
}

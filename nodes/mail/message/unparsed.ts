/** What can be said of a message that could not be parsed. Needs no library and cannot fail. */
import { fieldValue, readHeader } from './read/mime/header';
import type { ParsedMail } from './parsed';

/** Bytes in which header fields are looked for. */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Header fields as they came, and nothing else.
 *
 * @param reason becomes `parseError`
 */
export function unparsedMail(source: Buffer, reason: string): ParsedMail {
	const end = Math.min(source.length, MAX_HEADER_BYTES);
	const { fields } = readHeader(source, 0, end, () => false);
	const headers = Object.create(null) as Record<string, string[]>;
	for (const { name, value } of fields) {
		if (name === '__proto__') continue;
		(headers[name] ??= []).push(Buffer.from(value, 'latin1').toString('utf8'));
	}
	const ids = (name: string) => fieldValue(fields, name).match(/<[^<>\s]+>/g) ?? [];
	const messageId = ids('message-id')[0] ?? null;
	const inReplyTo = ids('in-reply-to')[0] ?? null;
	const references = ids('references');
	const subject = headers['subject']?.[0] ?? '';
	return {
		messageId,
		inReplyTo,
		references,
		date: null,
		subject,
		from: [],
		to: [],
		cc: [],
		bcc: [],
		replyTo: [],
		text: '',
		textSource: null,
		html: null,
		replyText: '',
		headers: { ...headers },
		attachments: [],
		thread: {
			rootId: references[0] ?? inReplyTo ?? messageId,
			parentId: inReplyTo ?? references.at(-1) ?? null,
			isReply: inReplyTo !== null,
			isForward: false,
			subject,
		},
		automatic: null,
		bounce: null,
		complaint: null,
		receipt: null,
		list: null,
		priority: 'normal',
		calendar: [],
		protection: { signed: null, encrypted: null },
		sender: {
			fromCount: 0,
			addressInName: null,
			domain: null,
			domainAscii: null,
			mixedScripts: false,
			replyToDiffers: false,
		},
		warnings: [],
		parseError: reason,
	};
}

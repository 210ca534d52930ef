/**
 * From the bytes of a message to everything a workflow needs from it. Synchronous; runs in the worker (parseWorker.ts),
 * where it may take its time. Throws only for faults of its own: broken mail is read as far as it goes.
 */
import type { CalendarEvent } from '../meaning';
import type { Address, ParsedAttachment, ParsedMail } from '../parsed';
import { attachmentBytes } from '../attachmentContent';
import { automaticOf } from './automatic';
import { describeAttachment, referencesIn, unpackedAttachment } from './attachments';
import { MAX_TEXT, readBody, type Body } from './body';
import { bounceOf } from './bounce';
import { readCalendar } from './calendar';
import { collectHeaders, first, messageIdIn, messageIdsIn, type Headers } from './headerFields';
import { htmlToText, MAX_HTML_LENGTH } from './html/toText';
import { mailingListOf } from './mailingList';
import { readAddressList } from './mime/address';
import { decodeBytes, normalize } from './mime/charset';
import { readDate } from './mime/date';
import type { HeaderField } from './mime/header';
import { applyCharsetHint, parseTree, type MimePart } from './mime/tree';
import { complaintOf, receiptOf } from './otherReports';
import { priorityOf } from './priority';
import { protectionOf } from './protection';
import { replyTextOf } from './replyText';
import { checkSender } from './sender';
import { threadOf } from './thread';
import { readTnef } from './tnef';
import { isTnef } from './tnefFile';

/** Calendar parts that are read, and bytes of one. */
const MAX_CALENDARS = 20;
const MAX_CALENDAR_BYTES = 1024 * 1024;
/** References that are kept: the first, and the last ones. */
const MAX_REFERENCES = 200;

/** @param source the message as it came, lines ending in CRLF or LF */
export function readMail(source: Buffer): ParsedMail {
	const { root, warnings } = parseTree(source);
	const hint = charsetHint(root);
	if (hint !== '') applyCharsetHint(root, hint);
	const headers = collectHeaders(root.fields, hint);
	const body = readBody(source, root, hint, warnings);
	const html = htmlOf(body);
	const plain = plainOf(body);
	const files = filesOf(source, body, html);
	const finalHtml = html ?? files.html;
	const text = textOf(plain ?? files.text, finalHtml, warnings);
	const ids = idsOf(headers);
	const addresses = (name: string): Address[] => addressesOf(root.fields, name, hint);
	const from = addresses('from').length > 0 ? addresses('from') : addresses('sender');
	const replyTo = addresses('reply-to');
	const subject = first(headers, 'subject').replace(/\s+/g, ' ').trim();
	const complaint = complaintOf(source, root, { from, subject, text: text.text });
	const receipt = receiptOf(source, root);
	const bounce =
		complaint || receipt ? null : bounceOf(source, root, { headers, from, subject, text: text.text });
	const thread = threadOf(ids, subject);
	const isAnswer = thread.isReply || thread.isForward;
	const list = mailingListOf(headers);
	const evidence = {
		isBounce: bounce !== null,
		isComplaint: complaint !== null,
		isReceipt: receipt !== null,
		isList: list !== null,
		from,
		subject,
	};
	return {
		...ids,
		date: readDate(first(headers, 'date')),
		subject,
		from,
		to: addresses('to'),
		cc: addresses('cc'),
		bcc: addresses('bcc'),
		replyTo,
		...text,
		html: finalHtml,
		replyText: replyTextOf(plain ?? files.text, finalHtml, text.text, isAnswer),
		headers,
		attachments: files.attachments,
		thread,
		automatic: automaticOf(headers, evidence),
		bounce,
		complaint,
		receipt,
		list,
		priority: priorityOf(headers),
		calendar: calendarOf(source, root, files.attachments),
		protection: protectionOf(root, text.text),
		sender: checkSender(from, replyTo),
		warnings: [...warnings],
		parseError: null,
	};
}

/** What the text parts are in, for header fields and parts that do not say what they are in. */
function charsetHint(root: MimePart): string {
	const charset = root.type.startsWith('text/') ? normalize(root.parameters['charset'] ?? '') : '';
	if (charset !== '') return charset;
	for (const child of root.children) {
		const found = charsetHint(child);
		if (found !== '') return found;
	}
	return '';
}

function addressesOf(fields: readonly HeaderField[], name: string, hint: string): Address[] {
	return fields.filter((field) => field.name === name).flatMap(({ value }) => readAddressList(value, hint));
}

function idsOf(headers: Headers): Pick<ParsedMail, 'messageId' | 'inReplyTo' | 'references'> {
	const all = messageIdsIn(headers['references']?.join(' '));
	const tail = all.slice(1).slice(-MAX_REFERENCES + 1);
	return {
		messageId: messageIdIn(headers['message-id']?.[0]),
		inReplyTo: messageIdIn(headers['in-reply-to']?.[0]),
		references: [...all.slice(0, 1), ...tail],
	};
}

/** All plain pieces in a row; a piece that exists only as HTML is not left out. */
function plainOf({ pieces }: Body): string | null {
	if (pieces.every(({ plain }) => plain === null || plain.trim() === '')) return null;
	const texts = pieces.map(({ plain, html }) => plain ?? htmlToText(html ?? '').text);
	return texts.map((text) => text.replace(/\n+$/, '')).join('\n');
}

/** All HTML pieces in a row; among them plain ones, such as the footer of a list, as HTML. */
function htmlOf({ pieces }: Body): string | null {
	if (pieces.every(({ html }) => html === null)) return null;
	return pieces
		.map(
			({ plain, html }) =>
				html ?? ((plain ?? '').trim() === '' ? '' : `<pre>${escapeHtml(plain ?? '')}</pre>`),
		)
		.filter((piece) => piece !== '')
		.join('\n');
}

function escapeHtml(text: string): string {
	return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function textOf(
	plain: string | null,
	html: string | null,
	warnings: Set<string>,
): Pick<ParsedMail, 'text' | 'textSource'> {
	if (plain !== null && plain.trim() !== '') return { text: plain.trimEnd(), textSource: 'plain' };
	if (html === null) return { text: '', textSource: null };
	const { text, truncated } = htmlToText(html);
	if (text.length > MAX_TEXT) {
		warnings.add(`The text made from the HTML is longer than ${MAX_TEXT} characters and was cut.`);
		return { text: text.slice(0, MAX_TEXT), textSource: 'html' };
	}
	if (truncated) warnings.add(`Text was made from the first ${MAX_HTML_LENGTH} characters of the HTML only.`);
	return { text, textSource: 'html' };
}

interface Files {
	attachments: ParsedAttachment[];
	/** Body text that was inside winmail.dat. */
	text: string | null;
	html: string | null;
}

function filesOf(source: Buffer, body: Body, html: string | null): Files {
	const result: Files = { attachments: [], text: null, html: null };
	const shown = referencesIn(html);
	for (const part of body.files) {
		const position = result.attachments.length + 1;
		const described = describeAttachment(source, part, shown, position);
		const unpacked = isTnef(described) ? readTnef(attachmentBytes(source, described.content)) : null;
		if (!unpacked) {
			result.attachments.push(described);
			continue;
		}
		result.text ??= unpacked.text;
		result.html ??= unpacked.html;
		const shownInside = referencesIn(unpacked.html);
		for (const { fileName, mimeType, contentId, content } of unpacked.files) {
			const file = { fileName, mimeType: mimeType ?? 'application/octet-stream', contentId };
			const next = result.attachments.length + 1;
			result.attachments.push(
				unpackedAttachment(
					content,
					file,
					contentId !== null && shown.has(contentId) ? shown : shownInside,
					next,
				),
			);
		}
	}
	for (const { name, bytes } of body.uuFiles) {
		const file = { fileName: name, mimeType: 'application/octet-stream', contentId: null };
		result.attachments.push(unpackedAttachment(bytes, file, shown, result.attachments.length + 1));
	}
	return result;
}

/** Calendars among the parts, the same invitation once though most programs send it twice. */
function calendarOf(
	source: Buffer,
	root: MimePart,
	attachments: readonly ParsedAttachment[],
): CalendarEvent[] {
	const found = new Map<string, CalendarEvent>();
	const method = calendarMethod(root);
	const parts = attachments.filter(
		({ role, fileName, mimeType }) =>
			role === 'calendar' || (/\.ics$/i.test(fileName) && /octet-stream|text\/plain/.test(mimeType)),
	);
	for (const { content, size } of parts.slice(0, MAX_CALENDARS)) {
		if (size > MAX_CALENDAR_BYTES) continue;
		const charset = content.kind === 'source' ? charsetAt(root, content.start) : '';
		const text = decodeBytes(attachmentBytes(source, content), charset || 'utf-8');
		for (const event of readCalendar(text, method)) {
			const key = JSON.stringify([event.uid, event.recurrenceId, event.start, event.summary]);
			if (!found.has(key)) found.set(key, event);
		}
	}
	return [...found.values()];
}

/** What the part whose body begins there says it is in. */
function charsetAt(part: MimePart, start: number): string {
	if (part.children.length === 0) return part.start === start ? (part.parameters['charset'] ?? '') : '';
	for (const child of part.children) {
		const found = charsetAt(child, start);
		if (found !== '') return found;
	}
	return '';
}

/** RFC 6047 §2.4: the type of the part repeats the method. */
function calendarMethod(part: MimePart): string | null {
	if (part.type === 'text/calendar' || part.type === 'application/ics')
		return part.parameters['method'] ?? null;
	for (const child of part.children) {
		const found = calendarMethod(child);
		if (found !== null) return found;
	}
	return null;
}

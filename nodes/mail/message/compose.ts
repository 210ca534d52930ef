/**
 * From what a workflow wants to say to the bytes that are sent. Lines end in CRLF, text is UTF-8 and declared so, and
 * nothing in a field can add a header, a recipient, a file or a URL.
 */
import { randomBytes } from 'crypto';
import type { Readable } from 'stream';
import { MailError } from '../errors';
import { MAX_RECIPIENTS, readAddresses, type AddressInput } from './address';
import type { Address } from './parsed';

export interface OutgoingAttachment {
	fileName: string;
	mimeType: string;
	/** Content-ID without angle brackets, when the HTML refers to it; else the attachment is a file. */
	contentId: string | null;
	/** Opened anew for every attempt. */
	open(): Promise<Buffer | Readable>;
}

export interface MailRequest {
	from: AddressInput;
	to: AddressInput;
	cc?: AddressInput;
	bcc?: AddressInput;
	replyTo?: AddressInput;
	subject: string;
	text?: string;
	html?: string;
	attachments?: readonly OutgoingAttachment[];
	/** The same key gives the same Message-ID, so that a mail tried again can be recognised; null for a random one. */
	uniqueKey?: string | null;
}

export interface Envelope {
	from: string;
	to: string[];
	/** Whether an address needs SMTPUTF8 (RFC 6531): letters outside ASCII before the @. */
	utf8?: boolean;
}

export interface ComposedMail {
	messageId: string;
	envelope: Envelope;
	/** The message as a stream, the same each time. */
	open(): Promise<Readable>;
}

/**
 * Checks a message and makes it ready to send.
 *
 * @throws MailError `ADDRESS` or `MESSAGE` before anything is sent
 */
export async function compose(request: MailRequest): Promise<ComposedMail> {
	const [{ default: MailComposer }, { default: parseList }] = await Promise.all([
		import('nodemailer/lib/mail-composer'),
		import('nodemailer/lib/addressparser'),
	]);
	const read = (input: AddressInput, field: string): Address[] =>
		readAddresses(input, field, (list) => parseList(list));
	const from = oneSender(read(request.from, 'From Email'));
	const to = read(request.to, 'To Email');
	const cc = read(request.cc, 'CC');
	const bcc = read(request.bcc, 'BCC');
	const replyTo = read(request.replyTo, 'Reply To');
	const recipients = [...new Set([...to, ...cc, ...bcc].map((entry) => toAsciiDomain(entry.address)))];
	checkRecipients(recipients);
	const messageId = makeMessageId(from.address, request.uniqueKey ?? null);
	const date = new Date();
	const boundary = `mailroom-${randomBytes(12).toString('hex')}`;
	return {
		messageId,
		envelope: { from: toAsciiDomain(from.address), to: recipients },
		async open() {
			const attachments = await Promise.all((request.attachments ?? []).map(toComposerAttachment));
			const composer = new MailComposer({
				from,
				to,
				cc,
				replyTo,
				subject: request.subject,
				...(request.text !== undefined && { text: request.text }),
				...(request.html !== undefined && { html: request.html }),
				attachments,
				messageId,
				date,
				baseBoundary: boundary,
				disableFileAccess: true,
				disableUrlAccess: true,
			});
			return composer.compile().createReadStream();
		},
	};
}

/** The domain in its ASCII form (RFC 5891), which every server accepts. */
export function toAsciiDomain(address: string): string {
	const at = address.lastIndexOf('@');
	const domain = address.slice(at + 1);
	return `${address.slice(0, at)}@${domain.startsWith('[') ? domain : new URL(`http://${domain}`).hostname}`;
}

async function toComposerAttachment(attachment: OutgoingAttachment) {
	return {
		filename: attachment.fileName,
		contentType: attachment.mimeType,
		content: await attachment.open(),
		...(attachment.contentId !== null ? { cid: attachment.contentId, contentDisposition: 'inline' } : {}),
	};
}

function oneSender(senders: Address[]): Address {
	const [sender] = senders;
	if (sender && senders.length === 1) return sender;
	const what = sender ? `"From Email" names ${senders.length} senders.` : 'The mail has no sender.';
	throw new MailError('ADDRESS', what, { nextStep: 'Give exactly one address in "From Email".' });
}

function checkRecipients(recipients: readonly string[]): void {
	if (recipients.length === 0) {
		throw new MailError('ADDRESS', 'The mail has no recipient.', {
			nextStep:
				'Fill in "To Email", or CC or BCC in the options. An expression there may have given an empty value.',
		});
	}
	if (recipients.length > MAX_RECIPIENTS) {
		throw new MailError(
			'ADDRESS',
			`The mail has ${recipients.length} recipients; at most ${MAX_RECIPIENTS} are sent in one message.`,
			{
				nextStep: 'Split the list into several items.',
			},
		);
	}
}

/** RFC 5322 §3.6.4. */
function makeMessageId(from: string, key: string | null): string {
	const domain =
		toAsciiDomain(from)
			.split('@')
			.at(-1)
			?.replace(/[[\]:]/g, '') ?? 'localhost';
	return `<${key?.slice(0, 40) ?? randomBytes(16).toString('hex')}@${domain}>`;
}

/**
 * From what a workflow wants to say to the bytes that are sent. Lines end in CRLF, text is UTF-8 and declared so, and
 * nothing in a field can add a header, a recipient, a file or a URL.
 */
import { createHash, randomBytes } from 'crypto';
import { Readable, Transform } from 'stream';
import { MailError } from '../errors';
import { lazy } from '../lazy';
import { MAX_RECIPIENTS, readAddresses, toAsciiDomain, type AddressInput } from './address';
import { bodyOf, isUnencoded, type OutgoingAttachment } from './body';
import {
	besides,
	checkHeaders,
	checkLine,
	longestWord,
	MAX_WORD_LENGTH,
	priorityHeaders,
	unsubscribeHeaders,
	type HeaderField,
	type Priority,
	type Unsubscribe,
} from './headers';
import type { Address } from './parsed';
import { checkAllowed, redirectHeaders, type AllowList } from './recipients';
import { WireLines } from './wireLines';

export type { OutgoingAttachment } from './body';

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
	/** Message-IDs with angle brackets: what this answers, and the conversation so far. */
	inReplyTo?: string;
	references?: readonly string[];
	headers?: readonly HeaderField[];
	priority?: Priority;
	unsubscribe?: Unsubscribe;
	/** Where bounces go, if not to From; `<>` for nowhere. */
	envelopeFrom?: string;
	/** Gets the mail instead of everybody it names. */
	redirectTo?: AddressInput;
	allowedRecipients?: AllowList;
	/** Whether HTML alone gets a plain text beside it; yes unless false. */
	textAlternative?: boolean;
	/** A draft may lack recipients and shows its Bcc. */
	draft?: boolean;
}

export interface Envelope {
	from: string;
	to: string[];
	/** Whether an address needs SMTPUTF8 (RFC 6531): letters outside ASCII before the @. */
	utf8?: boolean;
	/** Whether the message may have bytes over 127 (8BITMIME, RFC 6152). */
	eightBit?: boolean;
}

export interface ComposedMail {
	messageId: string;
	envelope: Envelope;
	/** The message as a stream, the same bytes each time. */
	open(): Promise<Readable>;
}

const ENCODED_WORD_LENGTH = 52;
/** References kept of a long conversation: the first and the latest (RFC 5322 §3.6.4 lets programs shorten). */
const MAX_REFERENCES = 30;

const libraries = lazy(async () => {
	const [{ default: MailComposer }, { default: parseList }, { encodeWord }] = await Promise.all([
		import('nodemailer/lib/mail-composer'),
		import('nodemailer/lib/addressparser'),
		import('nodemailer/lib/mime-funcs'),
	]);
	return { MailComposer, parseList, encodeWord };
});

/**
 * Checks a message and makes it ready to send.
 *
 * @throws MailError `ADDRESS` or `MESSAGE` before anything is sent
 */
export async function compose(request: MailRequest): Promise<ComposedMail> {
	const { MailComposer, parseList, encodeWord } = await libraries();
	const read = (input: AddressInput, field: string): Address[] =>
		readAddresses(input, field, (list) => parseList(list));
	const from = oneSender(read(request.from, 'From Email'));
	const to = read(request.to, 'To Email');
	const cc = read(request.cc, 'CC');
	const bcc = read(request.bcc, 'BCC');
	const replyTo = read(request.replyTo, 'Reply To');
	const redirectTo = redirectOf(request.redirectTo, read);
	const wanted = addressesOf([...to, ...cc, ...bcc]);
	if (!request.draft) checkRecipients(wanted);
	const recipients = redirectTo.length > 0 ? addressesOf(redirectTo) : wanted;
	checkAllowed(recipients, request.allowedRecipients ?? []);
	const subject = typeof request.subject === 'string' ? request.subject.trim() : request.subject;
	checkLine(subject, 'subject');
	const messageId = makeMessageId(from.address, request.uniqueKey ?? null);
	const headers = besides(checkHeaders(request.headers ?? []), [
		...priorityHeaders(request.priority),
		...unsubscribeHeaders(request.unsubscribe),
		...(redirectTo.length > 0 ? redirectHeaders(wanted) : []),
	]);
	const body = await bodyOf(request, createHash('sha256').update(messageId).digest('hex').slice(0, 16));
	const boundary = `mailroom-${randomBytes(12).toString('hex')}`;
	const date = new Date();
	const envelope: Envelope = { from: envelopeSender(request.envelopeFrom, from, read), to: recipients };
	if (needsUtf8([from, ...to, ...cc, ...replyTo], [envelope.from, ...recipients])) envelope.utf8 = true;
	if (request.attachments?.some(isUnencoded)) envelope.eightBit = true;
	return {
		messageId,
		envelope,
		async open() {
			const attachments = await opened(body.attachments);
			const composer = new MailComposer({
				from,
				to,
				cc,
				...(request.draft && { bcc }),
				replyTo,
				subject: fittingSubject(subject, encodeWord),
				...(body.text !== undefined && { text: body.text }),
				...(body.html !== undefined && { html: body.html }),
				attachments,
				messageId,
				...(request.inReplyTo && { inReplyTo: request.inReplyTo }),
				...(request.references && { references: shortened(request.references) }),
				headers: headers.map(({ name, value }) => ({ key: name, value })),
				date,
				baseBoundary: boundary,
				disableFileAccess: true,
				disableUrlAccess: true,
			});
			const message = composer.compile();
			if (request.draft) message.keepBcc = true;
			const sources = attachments
				.map(({ content }) => content)
				.filter((content) => content instanceof Readable);
			return written((output, done) => message.stream(output, {}, done), sources);
		},
	};
}

/** Opens all parts; when one cannot be opened, or breaks before all are open, none stays open. */
async function opened<T extends { content: Buffer | Readable }>(
	parts: readonly { open(): Promise<T> }[],
): Promise<T[]> {
	const open: T[] = [];
	const streams: Readable[] = [];
	try {
		for (const part of parts) {
			const piece = await part.open();
			const { content } = piece;
			open.push(piece);
			if (!(content instanceof Readable)) continue;
			// The others take their time to open, and an error without a listener would end the whole n8n process.
			content.on('error', () => undefined);
			streams.push(content);
		}
		const broken = streams.find(({ errored }) => errored !== null);
		if (broken) throw unreadable(broken.errored);
		return open;
	} catch (error) {
		for (const stream of streams) stream.destroy();
		throw error instanceof MailError ? error : unreadable(error);
	}
}

function unreadable(error: unknown): MailError {
	const why = error instanceof Error ? error.message : String(error);
	return new MailError('MESSAGE', `A file of the mail could not be read: ${why}`, {
		nextStep: 'Look at its attachments: n8n may have deleted the stored file of an old execution.',
	});
}

/**
 * A message as a stream whose lines all end in CRLF: the composing library leaves the line ends of texts as they were
 * given. The library's own stream would do too, but its chain of streams costs more than a small mail itself.
 *
 * @param sources streams that the message is made from; they end when the reader leaves
 */
function written(
	write: (output: Transform, done: (error?: Error | null) => void) => void,
	sources: readonly Readable[],
): Readable {
	const lines = new WireLines(false);
	const output = new Transform({
		transform: (chunk: Buffer, _encoding, done) => done(null, lines.push(chunk)),
		flush: (done) => done(null, lines.end()),
	});
	// Whoever reads hears of errors; without a listener one would end the whole n8n process.
	output.on('error', () => undefined);
	output.once('close', () => {
		for (const source of sources) source.destroy();
	});
	write(output, (error) => {
		if (error) output.destroy(error);
		else output.end();
	});
	return output;
}

/** Reads a composed message as a whole. */
export async function readMessage(mail: ComposedMail): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of await mail.open()) chunks.push(Buffer.from(chunk as Buffer));
	return Buffer.concat(chunks);
}

function addressesOf(list: readonly Address[]): string[] {
	const unique = new Map<string, string>();
	for (const address of list.map((entry) => toAsciiDomain(entry.address))) {
		if (!unique.has(address.toLowerCase())) unique.set(address.toLowerCase(), address);
	}
	return [...unique.values()];
}

function needsUtf8(headers: readonly Address[], envelope: readonly string[]): boolean {
	const all = [...headers.map(({ address }) => address), ...envelope];
	return all.some((address) => /[^\u0000-\u007f]/.test(address.slice(0, address.lastIndexOf('@'))));
}

function envelopeSender(
	field: string | undefined,
	from: Address,
	read: (input: AddressInput, field: string) => Address[],
): string {
	const given = field?.trim() ?? '';
	if (given === '') return toAsciiDomain(from.address);
	return given === '<>' ? '' : toAsciiDomain(oneSender(read(given, 'Envelope Sender')).address);
}

/** A redirection that names nobody must not let the mail go to everybody. */
function redirectOf(given: AddressInput, read: (input: AddressInput, field: string) => Address[]): Address[] {
	const redirectTo = read(given, 'Redirect All Mail To');
	if (given === undefined || redirectTo.length > 0) return redirectTo;
	throw new MailError(
		'ADDRESS',
		'"Redirect All Mail To" is set, but its value names nobody, so nothing was sent.',
		{
			nextStep: 'Check its value or expression, or remove the option.',
		},
	);
}

function oneSender(senders: Address[]): Address {
	const [sender] = senders;
	if (sender && senders.length === 1) return sender;
	const what = sender ? `The mail names ${senders.length} senders.` : 'The mail has no sender.';
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
			{ nextStep: 'Split the list into several items.' },
		);
	}
}

/** A word too long for a line is written encoded, which can be folded (RFC 2047 §2). */
function fittingSubject(
	subject: string,
	encodeWord: (text: string, encoding: 'B', length: number) => string,
): string {
	return longestWord(subject) > MAX_WORD_LENGTH ? encodeWord(subject, 'B', ENCODED_WORD_LENGTH) : subject;
}

function shortened(references: readonly string[]): string[] {
	const sound = references.filter((id) => /^<[^<>\s]{1,500}>$/.test(id));
	return sound.length <= MAX_REFERENCES ? sound : [...sound.slice(0, 1), ...sound.slice(1 - MAX_REFERENCES)];
}

/** RFC 5322 §3.6.4. */
function makeMessageId(from: string, key: string | null): string {
	const domain = toAsciiDomain(from)
		.slice(from.lastIndexOf('@') + 1)
		.replace(/[[\]:]/g, '');
	const name = key === null ? randomBytes(16).toString('hex') : key.slice(0, 40);
	return `<${name}@${domain || 'localhost'}>`;
}

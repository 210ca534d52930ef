/**
 * The one error of the mail core. Everything that goes wrong with a server, an account or a message becomes a
 * MailError: a sentence that says what happened and why, what to do next, and the server's own words.
 */
import type { Diagnosis } from './account/refusals';

/** What was being done when it went wrong. */
export const MAIL_ERROR_CODES = {
	ACCOUNT: 'The account lacks something that is needed before any connection can be made',
	CONNECT: 'The server was not reached, or no secure connection with it could be agreed on',
	LOGIN: 'The server did not let us in',
	MAILBOX: 'The mailbox does not exist, or the server will not open it',
	COMMAND: 'The server refused a command',
	LOST: 'The connection ended in the middle of something',
	TIMEOUT: 'The server did not answer in time',
	ADDRESS: 'An e-mail address cannot be used as it is written',
	MESSAGE: 'The message cannot be built or sent as it is',
	REFUSED: 'The mail server did not accept the message',
	UNKNOWN:
		'The connection was lost when it may have been done already: nobody can say whether a message was accepted, filed or copied',
	CANCELLED: 'The caller gave up',
} as const;

export type MailErrorCode = keyof typeof MAIL_ERROR_CODES;

/** How soon, if ever, it makes sense to try again. The back-off rules (delivery.md D20) and the sender's retry depend on it. */
export type RetryClass = Diagnosis['class'];

/** A server's answer, kept verbatim (control characters removed, at most {@link MAX_REPLY_LENGTH} characters). */
export interface ServerReply {
	text: string;
	/** SMTP reply code such as `550`, or the IMAP response code such as `AUTHENTICATIONFAILED` (RFC 5321 §4.2, RFC 5530). */
	code?: string;
	/** Enhanced mail system status code such as `5.7.1` (RFC 3463). */
	enhancedCode?: string;
}

export interface MailErrorDetails {
	/** How soon a new attempt makes sense; `permanent` when left out. */
	retry?: RetryClass;
	/** What the person should do, a sentence. */
	nextStep?: string;
	/** The provider's page about it. */
	url?: string;
	reply?: ServerReply;
	side?: 'imap' | 'smtp';
	diagnosis?: Diagnosis;
	/** Milliseconds the server asked us to wait. */
	waitMs?: number;
}

/** Longest server text that is kept: enough for every real answer, too little to fill a log. */
export const MAX_REPLY_LENGTH = 600;

export class MailError extends Error {
	override readonly name = 'MailError';
	readonly retry: RetryClass;
	readonly nextStep: string | undefined;
	readonly url: string | undefined;
	readonly reply: ServerReply | undefined;
	readonly side: 'imap' | 'smtp' | undefined;
	readonly diagnosis: Diagnosis | undefined;
	readonly waitMs: number | undefined;

	/**
	 * @param code what was being done
	 * @param message what happened and why, one plain sentence without the server's words
	 */
	constructor(
		readonly code: MailErrorCode,
		message: string,
		details: MailErrorDetails = {},
	) {
		super(message);
		this.retry = details.retry ?? 'permanent';
		this.nextStep = details.nextStep;
		this.url = details.url;
		this.reply = details.reply;
		this.side = details.side;
		this.diagnosis = details.diagnosis;
		this.waitMs = details.waitMs;
	}

	/** The server's words and what to do next, for the second line of an error. Empty when there is neither. */
	get description(): string {
		const said = this.reply?.text ? `The server said: ${this.reply.text}` : '';
		const page = this.url ? `See ${this.url}` : '';
		return [said, this.nextStep, page].filter(Boolean).join('\n');
	}

	/** Everything in one line, for a log. */
	get line(): string {
		// A server's words mostly end without a full stop.
		const rest = this.description.replace(/([^.!?])\n/g, '$1. ').replace(/\n/g, ' ');
		return [this.message, rest].filter(Boolean).join(' ');
	}
}

/**
 * Makes text that a server or a message supplied safe to show: control and bidirectional characters become spaces,
 * secrets become `***`, and the length is bounded.
 *
 * @param secrets passwords and tokens that must not appear, also not quoted or in base64 (a server may echo what it was sent)
 */
export function cleanServerText(text: string, secrets: readonly string[] = []): string {
	let clean = text
		.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
		.trim();
	for (const secret of secrets.filter((value) => value.length >= 4)) {
		for (const form of [secret, quoted(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')])
			clean = clean.split(form).join('***');
	}
	return clean.length > MAX_REPLY_LENGTH ? `${clean.slice(0, MAX_REPLY_LENGTH)}…` : clean;
}

/** As an IMAP command carries it (RFC 3501 §4.3). */
function quoted(text: string): string {
	return text.replace(/["\\]/g, '\\$&');
}

/** The enhanced status code at the start of an SMTP reply (RFC 3463), such as `5.7.1`. */
export function enhancedCodeOf(reply: string): string | undefined {
	return /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1];
}

/** Turns what imapflow throws into a MailError: a sentence, the server's words, and whether to try again. */
import { secretsOf, type Account } from '../account/account';
import { loginFacts } from '../account/tokenFaults';
import type { AccessToken } from '../account/token';
import { diagnose, UNKNOWN_REFUSAL, type Diagnosis } from '../account/refusals';
import { cleanServerText, MailError, type MailErrorCode, type RetryClass, type ServerReply } from '../errors';
import type { MailboxInfo } from './types';

/** The fields of the library's errors that are used. */
export interface ImapFailure extends Error {
	code?: string | undefined;
	responseStatus?: string | undefined;
	responseText?: string | undefined;
	serverResponseCode?: string | undefined;
	/** The parsed answer where the library did not look for a response code in it (FETCH); else text. */
	response?: string | ParsedAnswer | undefined;
	/** The server's words when it closed the connection (BYE). */
	reason?: string | undefined;
	/** Why a token was refused, in the server's JSON (RFC 7628 §3.2.2). */
	oauthError?: unknown;
	mailboxMissing?: boolean | undefined;
	/** Milliseconds to wait, when the server asks for that. */
	throttleReset?: number | undefined;
}

interface ParsedAnswer {
	attributes?: { section?: { value?: unknown }[] }[];
}

const NOT_OPENED = 'The mailbox does not exist, or the server will not open it.';
/** Diagnoses that say no more than that. */
const OF_A_MAILBOX = ['mailbox-missing', 'no-permission', UNKNOWN_REFUSAL];
const isExplained = ({ id }: Diagnosis): boolean => !OF_A_MAILBOX.includes(id);

/** What the connection was doing. */
export type ImapStep = 'connect' | 'select' | 'command';

/** Codes of the library that mean the line is gone, as opposed to a server that answered. */
const LINE_CODES = new Set([
	'NoConnection',
	'EConnectionClosed',
	'ECONNRESET',
	'EPIPE',
	'ETIMEOUT',
	'ETIMEDOUT',
	'UnexpectedTag',
]);

/** Answers too long for the limits set on the connection; the library closes it then. */
const TOO_LARGE_CODES = new Set(['LiteralTooLarge', 'LineTooLarge', 'ResponseTooLarge', 'TooManyTokens']);

/**
 * @param what what was being done, to complete "The mail server refused …"; needed for commands only
 * @param token what the login was tried with, if it was a token
 */
export function imapError(
	error: ImapFailure,
	account: Account,
	step: ImapStep,
	what = 'a command',
	token: AccessToken | null = null,
): MailError {
	const reply = replyOf(error, secretsOf(account));
	const endpoint = account.imap;
	const diagnosis = diagnose({
		side: 'imap',
		provider: account.provider,
		...loginFacts(account, 'imap', token, error.oauthError),
		...(endpoint && { host: endpoint.host, port: endpoint.port, security: endpoint.security }),
		...(error.code !== undefined && { code: error.code }),
		...(reply?.code !== undefined && { responseCode: reply.code }),
		text: reply?.text ?? cleanServerText(error.message, secretsOf(account)),
	});
	const details = {
		side: 'imap' as const,
		diagnosis,
		retry: diagnosis.class,
		nextStep: diagnosis.nextStep,
		...(diagnosis.url !== undefined && { url: diagnosis.url }),
		...(reply && { reply }),
		...(error.throttleReset !== undefined && { waitMs: error.throttleReset }),
	};
	const code = codeOf(error, step);
	switch (code) {
		case 'MAILBOX':
			// No server has such a name, and none was asked.
			if (isBadValue(error)) return new MailError(code, NOT_OPENED, { side: 'imap', retry: 'configuration' });
			return new MailError(code, isExplained(diagnosis) ? diagnosis.cause : NOT_OPENED, {
				...details,
				retry: error.mailboxMissing ? 'configuration' : diagnosis.class,
			});
		case 'LOST':
			return new MailError(code, lostSentence(error), { ...details, retry: retryAfterLoss(diagnosis.class) });
		case 'COMMAND':
			if (isBadValue(error) || isTooLong(error)) {
				const { reply: _none, ...rest } = details;
				return new MailError(code, unsent(error, what), { ...rest, retry: 'configuration' });
			}
			if (!reply) return new MailError(code, `${error.message}.`, { ...details, retry: 'configuration' });
			return new MailError(code, `The mail server refused ${what}.`, {
				...details,
				// A refused login of unknown cause may be a limit; in mid-session a reason that nobody knows is none to pause for.
				retry: diagnosis.id === UNKNOWN_REFUSAL ? 'transient' : diagnosis.class,
			});
		default:
			return new MailError(code, diagnosis.cause, details);
	}
}

/** A mailbox that cannot be opened, and those that exist; the error as it is when the mailbox is not to blame. */
export function missingMailbox(path: string, error: MailError, existing: readonly MailboxInfo[]): MailError {
	if (error.diagnosis && isExplained(error.diagnosis)) return error;
	const names = existing.filter((entry) => entry.selectable).map((entry) => `"${entry.path}"`);
	const what = `The mailbox "${path}" does not exist, or the server will not open it.`;
	return new MailError('MAILBOX', what, {
		retry: error.retry,
		side: 'imap',
		...(error.reply && { reply: error.reply }),
		nextStep: names.length > 0 ? `Choose one of these: ${names.slice(0, 50).join(', ')}.` : 'Check its name.',
	});
}

/** The error of a login that the caller's signal ended. */
export function givenUp(): MailError {
	return new MailError('CANCELLED', 'Connecting was given up.', { side: 'imap' });
}

/** The library refused before anything was sent: the line is in order. */
const LOCAL_CODES = new Set(['MissingServerExtension', 'InvalidSearchQuery']);
/** The same for values that no command can carry: a name with a line break, a set of messages that is none. */
const VALUE_CODES = new Set([
	'InvalidStringValue',
	'InvalidTokenValue',
	'InvalidTextValue',
	'InvalidSequenceSet',
]);
/** The library knows the limit and did not send the message (RFC 7889). */
const TOO_LONG = 'APPENDLIMIT';

function codeOf(error: ImapFailure, step: ImapStep): MailErrorCode {
	if (error.code !== undefined && LOCAL_CODES.has(error.code)) return 'COMMAND';
	if (isBadValue(error) && step !== 'connect') return step === 'select' ? 'MAILBOX' : 'COMMAND';
	if (isTooLong(error)) return 'COMMAND';
	if (error.responseStatus === 'NO' || error.responseStatus === 'BAD') {
		if (step === 'connect') return 'LOGIN';
		return step === 'select' ? 'MAILBOX' : 'COMMAND';
	}
	if (step === 'connect') return 'CONNECT';
	return 'LOST';
}

function isBadValue({ code }: ImapFailure): boolean {
	return code !== undefined && VALUE_CODES.has(code);
}

function isTooLong({ responseStatus, serverResponseCode }: ImapFailure): boolean {
	return responseStatus === undefined && serverResponseCode === TOO_LONG;
}

function unsent(error: ImapFailure, what: string): string {
	if (isTooLong(error))
		return `The mail server was not asked for ${what}: the message is larger than it takes (${error.message.replace(/^.*=/, '')} bytes).`;
	return `The mail server was not asked for ${what}: a value has characters that no command can carry, such as a line break.`;
}

/** What the server said while it closed the connection counts when it asked for a pause. */
function retryAfterLoss(said: RetryClass): RetryClass {
	return said === 'limit' || said === 'throttled' ? said : 'transient';
}

function lostSentence(error: ImapFailure): string {
	if (error.code !== undefined && TOO_LARGE_CODES.has(error.code)) {
		return 'The mail server sent an answer larger than allowed, so the connection was dropped.';
	}
	if (error.reason) return 'The mail server closed the connection.';
	if (error.code === undefined || LINE_CODES.has(error.code))
		return 'The connection to the mail server was lost.';
	return `The connection to the mail server was lost (${error.code}).`;
}

function replyOf(error: ImapFailure, secrets: readonly string[]): ServerReply | undefined {
	// What a server refuses right after the login comes as a failed login with nothing but the words.
	const words = typeof error.response === 'string' ? error.response : undefined;
	const text = error.responseText ?? error.reason ?? words;
	const code = error.serverResponseCode ?? responseCodeIn(error.response);
	if (!text && !code) return undefined;
	return {
		text: cleanServerText([error.responseStatus, text].filter(Boolean).join(' '), secrets),
		...(code !== undefined && { code }),
	};
}

/** The response code (RFC 3501 §7.1) of an answer, such as `UNAVAILABLE`. */
function responseCodeIn(answer: ImapFailure['response']): string | undefined {
	if (typeof answer !== 'object') return undefined;
	const code = answer.attributes?.[0]?.section?.[0]?.value;
	return typeof code === 'string' && code !== '' ? code.toUpperCase() : undefined;
}

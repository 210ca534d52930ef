/** Turns what nodemailer's connection throws into a MailError: a sentence, the server's full words, whether to try again. */
import { secretsOf, type Account } from '../account/account';
import { loginFacts } from '../account/tokenFaults';
import type { AccessToken } from '../account/token';
import { diagnose } from '../account/refusals';
import {
	cleanServerText,
	enhancedCodeOf,
	MailError,
	type MailErrorCode,
	type RetryClass,
	type ServerReply,
} from '../errors';

/** The fields of nodemailer's errors that are used. */
export interface SmtpFailure extends Error {
	code?: string;
	originalCode?: string;
	command?: string;
	response?: string;
	responseCode?: number;
	recipient?: string;
	/** Why a token was refused, in the server's JSON (RFC 7628 §3.2.2). */
	oauthError?: string;
	rejectedErrors?: SmtpFailure[];
}

export type SmtpStep = 'connect' | 'login' | 'send';

/**
 * @param committed whether the whole message had been handed over: without an answer nobody can say what became of it
 * @param token what the login was tried with, if it was a token
 */
export function smtpError(
	error: Error,
	account: Account,
	step: SmtpStep,
	committed: boolean,
	token: AccessToken | null = null,
): MailError {
	const failure = error as SmtpFailure;
	const reply = replyOf(failure, secretsOf(account));
	const endpoint = account.smtp;
	if (step === 'send' && committed && !reply) {
		return new MailError(
			'UNKNOWN',
			'The connection was lost after the whole message had been handed over, so it may or may not have been accepted.',
			{
				side: 'smtp',
				nextStep:
					'It is not sent again by itself. Ask the recipient, or look it up by its Message-ID, before you send it again.',
			},
		);
	}
	const libraryCode = failure.originalCode ?? failure.code;
	const diagnosis = diagnose({
		side: 'smtp',
		provider: account.provider,
		...loginFacts(account, 'smtp', token, failure.oauthError),
		...(endpoint && { host: endpoint.host, port: endpoint.port, security: endpoint.security }),
		...(libraryCode !== undefined && { code: libraryCode }),
		...(reply?.code !== undefined && { responseCode: reply.code }),
		...(reply?.enhancedCode !== undefined && { enhancedCode: reply.enhancedCode }),
		text: reply?.text ?? cleanServerText(failure.message, secretsOf(account)),
	});
	const code = codeOf(step, reply);
	const sentence = code === 'LOST' ? lostSentence(failure) : diagnosis.cause;
	return new MailError(code, sentence, {
		side: 'smtp',
		diagnosis,
		retry: retryOf(reply, code, diagnosis.class),
		nextStep: diagnosis.nextStep,
		...(diagnosis.url !== undefined && { url: diagnosis.url }),
		...(reply && { reply }),
	});
}

function lostSentence({ code, message }: SmtpFailure): string {
	if (code === 'ETIMEDOUT')
		return 'The mail server stopped answering before the message had been handed over.';
	if (code === 'EPROTOCOL') return `${cleanServerText(message)}, before the message had been handed over.`;
	return 'The connection to the mail server was lost before the message had been handed over.';
}

function codeOf(step: SmtpStep, reply: ServerReply | undefined): MailErrorCode {
	if (step === 'connect') return 'CONNECT';
	if (step === 'login') return 'LOGIN';
	return reply ? 'REFUSED' : 'LOST';
}

/** The first digit of a reply decides whether to come back (RFC 5321 §4.2.1); the diagnosis says how soon. */
function retryOf(reply: ServerReply | undefined, code: MailErrorCode, diagnosed: RetryClass): RetryClass {
	if (code === 'LOST') return 'transient';
	if (!reply?.code) return diagnosed;
	if (reply.code.startsWith('4'))
		return diagnosed === 'limit' || diagnosed === 'throttled' ? diagnosed : 'transient';
	if (reply.code.startsWith('5') && diagnosed === 'transient') return 'permanent';
	return diagnosed;
}

function replyOf(failure: SmtpFailure, secrets: readonly string[]): ServerReply | undefined {
	if (!failure.response) return undefined;
	const text = cleanServerText(failure.response, secrets);
	const code = failure.responseCode ?? /^\d{3}/.exec(text)?.[0];
	const enhancedCode = enhancedCodeOf(text);
	return {
		text,
		...(code !== undefined && { code: String(code) }),
		...(enhancedCode !== undefined && { enhancedCode }),
	};
}

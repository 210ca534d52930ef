/** Sends one message: as often as is surely safe, and never again once it may have been accepted. */
import type { Account } from '../account/account';
import { sleep, systemClock, type Clock } from '../clock';
import { MailError } from '../errors';
import type { ComposedMail } from '../message/compose';
import { smtpError, type SmtpFailure } from './smtpErrors';
import { smtpPool, type SmtpPool } from './pool';

/** Attempts at a message that was surely not accepted. */
export const DEFAULT_ATTEMPTS = 3;
/** Waits before the second, third … attempt; each is shortened by up to half at random. */
export const ATTEMPT_WAITS_MS = [2_000, 8_000, 20_000];

/**
 * - `accepted`: by the server, for every recipient.
 * - `partial`: for some; the others were refused.
 * - `refused`: for nobody, and surely so.
 * - `unknown`: the line was lost after the final dot. Never repeated by itself.
 */
export type SendOutcome = 'accepted' | 'partial' | 'refused' | 'unknown';

export interface RecipientResult {
	address: string;
	status: 'accepted' | 'refused' | 'unknown';
	code: string | null;
	enhancedCode: string | null;
	/** The server's words. */
	text: string;
	/** Whether trying again is pointless. */
	permanent: boolean;
}

export interface SendResult {
	outcome: SendOutcome;
	messageId: string;
	/** The server's last words to the message. */
	response: string;
	/** The server's name for the message, when it tells. */
	queueId: string | null;
	envelope: { from: string; to: string[] };
	recipients: RecipientResult[];
	attempts: number;
	/** Why not everything was accepted; null for `accepted`. */
	error: MailError | null;
}

export interface SendOptions {
	attempts?: number;
	signal?: AbortSignal;
	clock?: Clock;
	pool?: Pick<SmtpPool, 'send'>;
}

/**
 * Sends a composed message and says what is known. Refusals are a result, not an exception.
 *
 * @throws only what is no MailError
 */
export async function sendMail(
	account: Account,
	mail: ComposedMail,
	options: SendOptions = {},
): Promise<SendResult> {
	const { attempts: maxAttempts = DEFAULT_ATTEMPTS, clock = systemClock, pool = smtpPool(account) } = options;
	const signal = options.signal ?? new AbortController().signal;
	const results = new Map<string, RecipientResult>();
	let pending = mail.envelope.to;
	let response = '';
	let error: MailError | null = null;
	let attempt = 0;
	while (pending.length > 0) {
		attempt++;
		try {
			const reply = await pool.send({ from: mail.envelope.from, to: pending }, mail.open, signal);
			response = reply.response;
			for (const address of reply.accepted) results.set(address, accepted(address, reply.response));
			error = refuse(reply.rejected, account, results) ?? error;
		} catch (caught) {
			if (!(caught instanceof MailError)) throw caught;
			error = caught;
			response = caught.reply?.text ?? response;
			for (const address of pending) results.set(address, failed(address, caught));
		}
		pending = pending.filter((address) => mayTryAgain(results.get(address)));
		if (attempt >= maxAttempts || pending.length === 0 || error?.code === 'CANCELLED') break;
		const wait =
			(ATTEMPT_WAITS_MS[Math.min(attempt, ATTEMPT_WAITS_MS.length) - 1] ?? 0) * (1 - Math.random() / 2);
		if (!(await sleep(clock, wait, signal))) break;
	}
	const recipients = mail.envelope.to
		.map((address) => results.get(address))
		.filter((result) => result !== undefined);
	return {
		outcome: outcomeOf(recipients),
		messageId: mail.messageId,
		response,
		queueId: queueIdOf(response),
		envelope: mail.envelope,
		recipients,
		attempts: attempt,
		error: recipients.every(({ status }) => status === 'accepted') ? null : error,
	};
}

function outcomeOf(recipients: readonly RecipientResult[]): SendOutcome {
	if (recipients.some(({ status }) => status === 'unknown')) return 'unknown';
	const count = recipients.filter(({ status }) => status === 'accepted').length;
	if (count === recipients.length) return 'accepted';
	return count > 0 ? 'partial' : 'refused';
}

function mayTryAgain(result: RecipientResult | undefined): boolean {
	return result === undefined || (result.status === 'refused' && !result.permanent);
}

function accepted(address: string, response: string): RecipientResult {
	return {
		address,
		status: 'accepted',
		code: response.slice(0, 3),
		enhancedCode: null,
		text: response,
		permanent: false,
	};
}

function failed(address: string, error: MailError): RecipientResult {
	return {
		address,
		status: error.code === 'UNKNOWN' ? 'unknown' : 'refused',
		code: error.reply?.code ?? null,
		enhancedCode: error.reply?.enhancedCode ?? null,
		text: error.reply?.text ?? error.message,
		permanent: !['transient', 'limit', 'throttled'].includes(error.retry),
	};
}

/** Notes the recipients that the server refused one by one. */
function refuse(
	rejected: readonly SmtpFailure[],
	account: Account,
	results: Map<string, RecipientResult>,
): MailError | null {
	let last: MailError | null = null;
	for (const failure of rejected) {
		last = smtpError(failure, account, 'send', false);
		if (failure.recipient !== undefined) results.set(failure.recipient, failed(failure.recipient, last));
	}
	return last;
}

/** Servers name the message in their last answer, each in its own way. */
function queueIdOf(response: string): string | null {
	const match = /queued as ([\w.-]+)|\bid=([\w.-]+)|<([^<>\s]+)> Queued/i.exec(response);
	return match?.[1] ?? match?.[2] ?? match?.[3] ?? null;
}

/** Sends one message: as often as is surely safe, and never again once it may have been accepted. */
import { secretsOf, type Account } from '../account/account';
import { sleep, systemClock, type Clock } from '../clock';
import { enhancedCodeOf, MailError } from '../errors';
import type { ComposedMail, Envelope } from '../message/compose';
import { cancelled } from './dial';
import { errorOf, queueIdOf, refusedResult, type RecipientResult, type SendOutcome } from './outcome';
import { smtpPool, type SmtpPool } from './pool';
import { takeTurn } from './rate';
import { smtpError, type SmtpFailure } from './smtpErrors';
import { Transcript } from './transcript';

/** Attempts at a message that was surely not accepted. */
export const DEFAULT_ATTEMPTS = 3;
/** No attempt begins later than this after the first one. */
export const DEFAULT_TOTAL_TIME_MS = 5 * 60_000;
/** Wait before the second attempt; doubled for each further one, up to the last, and shortened by up to half at random. */
export const FIRST_WAIT_MS = 2_000;
export const LONGEST_WAIT_MS = 10 * 60_000;

export interface SendResult {
	outcome: SendOutcome;
	messageId: string;
	/** The server's last words to the message. */
	response: string;
	/** The server's name for the message, when it tells. */
	queueId: string | null;
	envelope: Envelope;
	recipients: RecipientResult[];
	attempts: number;
	/** Why not everything was accepted; null for `accepted`. */
	error: MailError | null;
	/** What was said on the line, secrets masked. */
	transcript: string[];
}

export interface SendOptions {
	attempts?: number;
	totalTimeMs?: number;
	/** Shortest time between the starts of two mails of this account; 0 for no limit. */
	intervalMs?: number;
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
	const giveUpAt = clock.now() + (options.totalTimeMs ?? DEFAULT_TOTAL_TIME_MS);
	const transcript = new Transcript(() => secretsOf(account));
	const results = new Map<string, RecipientResult>();
	const errors: MailError[] = [];
	let pending = mail.envelope.to;
	let response = '';
	let attempt = 0;
	while (pending.length > 0) {
		attempt++;
		errors.length = 0;
		try {
			if (!(await takeTurn(account, options.intervalMs ?? 0, clock, signal))) throw cancelled();
			const envelope = { ...mail.envelope, to: pending };
			const reply = await pool.send(envelope, mail.open, signal, transcript);
			response = reply.response;
			for (const address of reply.accepted) results.set(address, acceptedResult(address, reply.response));
			for (const failure of reply.rejected) errors.push(refuse(failure, account, results));
		} catch (caught) {
			if (!(caught instanceof MailError)) throw caught;
			errors.push(caught);
			response = caught.reply?.text ?? response;
			for (const address of pending) results.set(address, refusedResult(address, caught));
		}
		pending = pending.filter((address) => mayTryAgain(results.get(address)));
		if (attempt >= maxAttempts || pending.length === 0 || signal.aborted) break;
		const waitMs = waitBefore(attempt + 1, Math.random());
		if (clock.now() + waitMs > giveUpAt) break;
		transcript.add(null, `waiting ${(waitMs / 1000).toFixed(1)} s before attempt ${attempt + 1}`);
		if (!(await sleep(clock, waitMs, signal))) break;
	}
	const recipients = mail.envelope.to
		.map((address) => results.get(address))
		.filter((result) => result !== undefined);
	const { outcome, error } = errorOf(recipients, errors);
	return {
		outcome,
		messageId: mail.messageId,
		response,
		queueId: queueIdOf(response),
		envelope: mail.envelope,
		recipients,
		attempts: attempt,
		error,
		transcript: transcript.lines,
	};
}

/**
 * @param attempt the one to come, from 2
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function waitBefore(attempt: number, random: number): number {
	const wait = Math.min(FIRST_WAIT_MS * 4 ** (attempt - 2), LONGEST_WAIT_MS);
	return wait * (1 - random / 2);
}

function mayTryAgain(result: RecipientResult | undefined): boolean {
	return result === undefined || (result.status === 'refused' && !result.permanent);
}

function acceptedResult(address: string, response: string): RecipientResult {
	return {
		address,
		status: 'accepted',
		code: response.slice(0, 3),
		enhancedCode: enhancedCodeOf(response) ?? null,
		text: response,
		permanent: false,
		nextStep: null,
	};
}

/** Notes a recipient that the server refused. */
function refuse(failure: SmtpFailure, account: Account, results: Map<string, RecipientResult>): MailError {
	const error = smtpError(failure, account, 'send', false);
	if (failure.recipient !== undefined)
		results.set(failure.recipient, refusedResult(failure.recipient, error));
	return error;
}

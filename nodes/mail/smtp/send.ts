/** Sends one message: as often as is surely safe, and never again once it may have been accepted. */
import { secretsOf, type Account } from '../account/account';
import { sleep, systemClock, type Clock } from '../clock';
import { cleanServerText, enhancedCodeOf, MailError } from '../errors';
import type { ComposedMail, Envelope } from '../message/compose';
import { cancelled } from './dial';
import { errorOf, queueIdOf, refusedResult, type RecipientResult, type SendOutcome } from './outcome';
import { smtpPool, type SmtpPool } from './pool';
import { takeTurn } from './rate';
import { smtpError } from './smtpErrors';
import type { SmtpReply } from './transaction';
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
	/** The server's last words to the message; where it took it for some recipients, its words to that. */
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
	const { totalTimeMs = DEFAULT_TOTAL_TIME_MS, intervalMs = 0 } = options;
	const signal = options.signal ?? new AbortController().signal;
	const secrets = () => secretsOf(account);
	const transcript = new Transcript(secrets);
	const results = new Map<string, RecipientResult>();
	/** Why each recipient was not accepted. */
	const errors = new Map<string, MailError>();
	/** The server's last words, and its last words to a message that it took. */
	const said = { last: '', taken: '' };
	/** When the first attempt began: waiting for a turn is none. */
	let startedAt: number | null = null;
	const handOver = async (to: string[]): Promise<SmtpReply> => {
		try {
			if (!(await takeTurn(account, intervalMs, clock, signal))) throw cancelled();
			startedAt ??= clock.now();
			return await pool.send({ ...mail.envelope, to }, mail.open, signal, transcript);
		} catch (caught) {
			if (!(caught instanceof MailError)) throw caught;
			return { response: caught.reply?.text ?? '', accepted: [], rejected: [], failure: caught };
		}
	};
	let pending = mail.envelope.to;
	let attempt = 1;
	while (pending.length > 0) {
		const reply = await handOver(pending);
		const response = cleanServerText(reply.response, secrets());
		said.last = response || said.last;
		if (reply.accepted.length > 0) said.taken = response;
		for (const address of reply.accepted) {
			errors.delete(address);
			results.set(address, acceptedResult(address, response));
		}
		for (const [address, error] of refusalsOf(reply, pending, account)) {
			errors.set(address, error);
			results.set(address, refusedResult(address, error));
		}
		if (reply.failure?.code === 'UNKNOWN' || signal.aborted) break;
		const open = mail.envelope.to.filter((address) => mayTryAgain(results.get(address)));
		const further =
			reply.accepted.length > 0 ? open.filter((address) => isOneTooMany(errors.get(address))) : [];
		pending = further.length > 0 ? further : open;
		// Those that did not fit into this message get one of their own, which is no further attempt.
		if (further.length > 0) continue;
		if (attempt >= maxAttempts || pending.length === 0) break;
		const waitMs = waitBefore(attempt + 1, Math.random());
		if (clock.now() + waitMs > (startedAt ?? clock.now()) + totalTimeMs) break;
		transcript.add(null, `waiting ${(waitMs / 1000).toFixed(1)} s before attempt ${attempt + 1}`);
		if (!(await sleep(clock, waitMs, signal))) break;
		attempt++;
	}
	const recipients = mail.envelope.to
		.map((address) => results.get(address))
		.filter((result) => result !== undefined);
	const { outcome, error } = errorOf(recipients, [...new Set(errors.values())]);
	const response = said.taken || said.last;
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

/** Why each of those was not accepted that were not. */
function refusalsOf(reply: SmtpReply, asked: readonly string[], account: Account): Map<string, MailError> {
	const refusals = new Map<string, MailError>();
	const accepted = new Set(reply.accepted);
	if (reply.failure) {
		for (const address of asked) if (!accepted.has(address)) refusals.set(address, reply.failure);
	}
	for (const failure of reply.rejected) {
		if (failure.recipient !== undefined)
			refusals.set(failure.recipient, smtpError(failure, account, 'send', false));
	}
	return refusals;
}

/** Whether the server takes fewer recipients in one message (RFC 5321 §4.5.3.1.10, RFC 3463 X.5.3). */
function isOneTooMany(error: MailError | undefined): boolean {
	const { code, enhancedCode, text = '' } = error?.reply ?? {};
	return code === '452' && (enhancedCode === '4.5.3' || /too many recipients/i.test(text));
}

/** One SMTP connection: opens, hands over one message at a time, rests between them, and says what it knows when it breaks. */
import type { Readable } from 'stream';
import { secretsOf, type Account } from '../account/account';
import { MailError } from '../errors';
import type { Envelope } from '../message/compose';
import type { LineStage } from '../net/dial';
import { SmtpChannel } from './channel';
import { cancelled } from './dial';
import { logIn, type OpenConnection } from './login';
import { smtpError } from './smtpErrors';
import { ANSWER_LIMITS, deliver, type AnswerLimits, type Progress, type SmtpReply } from './transaction';
import { Transcript } from './transcript';

/** Messages over one connection, after which servers tend to close it themselves. */
export const MAX_MESSAGES_PER_CONNECTION = 100;
/** RSET; also what follows a refusal. */
const RESET_TIMEOUT_MS = 30_000;

/**
 * Connects, logs in and says goodbye.
 *
 * @throws MailError `ACCOUNT`, `CONNECT` or `LOGIN`
 */
export async function verifySmtp(account: Account, signal?: AbortSignal): Promise<void> {
	const line = await SmtpLine.open(account, signal);
	line.quit();
}

/** One connection that is logged in. */
export class SmtpLine {
	messages = 0;
	/** How far the current or last message got. */
	progress: Progress = nothingDone();
	dropped = false;
	private readonly channel: SmtpChannel;
	private transcript: Transcript;
	private cancelRest: () => void = () => undefined;
	private onEnd: () => void = () => undefined;

	readonly #account: Account;

	private constructor(
		account: Account,
		private readonly connection: OpenConnection,
		transcript: Transcript,
		private readonly limits: AnswerLimits,
	) {
		this.#account = account;
		this.transcript = transcript;
		this.channel = new SmtpChannel(
			connection.socket,
			(side, text) => this.transcript.add(side, text),
			() => this.onEnd(),
		);
	}

	/** @throws MailError `ACCOUNT`, `CONNECT`, `LOGIN` or `CANCELLED`; nothing stays open then */
	static async open(
		account: Account,
		signal?: AbortSignal,
		transcript?: Transcript,
		limits: AnswerLimits = ANSWER_LIMITS,
		onStage?: (stage: LineStage) => void,
	): Promise<SmtpLine> {
		const heard = transcript ?? new Transcript(() => secretsOf(account));
		return new SmtpLine(account, await logIn(account, heard, signal, onStage), heard, limits);
	}

	get usable(): boolean {
		return !this.channel.failure && !this.channel.unasked && this.messages < MAX_MESSAGES_PER_CONNECTION;
	}

	/** Whether it has carried a message before. */
	get warm(): boolean {
		return this.messages > 0;
	}

	/**
	 * Hands one message over.
	 *
	 * @returns what failed too, when some recipients had been refused before: what is known of them is not lost
	 * @throws MailError; code `UNKNOWN` when the line was lost after the message had been handed over
	 */
	async send(
		envelope: Envelope,
		message: Readable,
		signal?: AbortSignal,
		transcript?: Transcript,
	): Promise<SmtpReply> {
		// Whoever reads it hears of its errors; without a listener one would end the whole n8n process.
		message.on('error', () => undefined);
		this.messages++;
		const progress = nothingDone();
		this.progress = progress;
		if (transcript && transcript !== this.transcript) {
			this.transcript = transcript;
			transcript.add(null, 'over a connection that was open already');
		}
		const abort = () => {
			message.destroy();
			this.channel.fail(new Error('Cancelled'));
		};
		signal?.addEventListener('abort', abort, { once: true });
		try {
			if (signal?.aborted) throw cancelled();
			const reply = await deliver(this.channel, this.connection, envelope, message, progress, this.limits);
			if (reply.accepted.length === 0) await this.reset();
			return reply;
		} catch (error) {
			if (signal?.aborted && !progress.committed) {
				this.channel.fail(cancelled());
				throw cancelled();
			}
			const failure = toMailError(error, this.#account, progress);
			if (isAnswered(failure)) await this.reset();
			else if (progress.answered || ['REFUSED', 'LOST', 'UNKNOWN'].includes(failure.code))
				this.channel.fail(failure);
			if (progress.rejected.length === 0) throw failure;
			return { response: failure.reply?.text ?? '', accepted: [], rejected: progress.rejected, failure };
		} finally {
			signal?.removeEventListener('abort', abort);
			message.destroy();
			this.transcript = new Transcript(() => secretsOf(this.#account));
		}
	}

	/**
	 * Asks whether the server takes mail from this address, and takes the question back.
	 *
	 * @throws MailError `REFUSED` or `LOST`
	 */
	async askSender(address: string): Promise<void> {
		try {
			const answer = await this.channel.ask(`MAIL FROM:<${address}>`, RESET_TIMEOUT_MS);
			if (answer.code < 300) return;
			const said = { response: answer.text, responseCode: answer.code };
			throw smtpError(Object.assign(new Error(answer.text), said), this.#account, 'send', false);
		} catch (error) {
			throw toMailError(error, this.#account, nothingDone());
		} finally {
			await this.reset();
		}
	}

	/** Lets the process end while the connection is unused, and closes it after a while. */
	rest(ms: number, onTimeout: () => void): void {
		this.connection.tcp.unref();
		const timer = setTimeout(onTimeout, ms);
		timer.unref();
		this.onEnd = onTimeout;
		this.cancelRest = () => {
			clearTimeout(timer);
			this.onEnd = () => undefined;
		};
	}

	wake(): void {
		this.cancelRest();
		this.connection.tcp.ref();
	}

	/** Says goodbye without waiting for the answer to it. */
	quit(): void {
		this.cancelRest();
		this.channel.quit();
	}

	/** Clears a refused message from the session (RSET, RFC 5321 §4.1.1.5), so that the connection can go on. */
	private async reset(): Promise<void> {
		if (this.channel.failure) return;
		try {
			const answer = await this.channel.ask('RSET', RESET_TIMEOUT_MS);
			if (answer.code >= 300) this.channel.fail(new Error(answer.text));
		} catch {
			// The connection is gone, which its next user will see.
		}
	}
}

function nothingDone(): Progress {
	return { answered: false, rejected: [], committed: false };
}

function toMailError(error: unknown, account: Account, progress: Progress): MailError {
	if (error instanceof MailError) return error;
	const failure = error instanceof Error ? error : new Error(String(error));
	return smtpError(failure, account, 'send', progress.committed);
}

/** Whether the server answered, so that the session is still in step. 421 announces that it closes (RFC 5321 §3.8). */
function isAnswered(error: MailError): boolean {
	return error.reply?.code !== undefined && error.reply.code !== '421';
}

/**
 * One SMTP connection: opens, logs in, hands over one message at a time, and always knows whether the final dot had been
 * written. The only file that knows nodemailer's connection.
 */
import type { Socket } from 'net';
import type { Readable } from 'stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { endpointOf, MIN_TLS_VERSION, refusePlainTextLogin, type Account } from '../account/account';
import { MailError } from '../errors';
import type { Envelope } from '../message/compose';
import { cancelled, CONNECT_TIMEOUT_MS, dial } from './dial';
import { smtpError, type SmtpFailure } from './smtpErrors';

export const GREETING_TIMEOUT_MS = 30_000;
/** RFC 5321 §4.5.3.2.6 gives a server ten minutes to answer the final dot. */
export const SOCKET_TIMEOUT_MS = 600_000;
/** Messages over one connection, after which servers tend to close it themselves. */
export const MAX_MESSAGES_PER_CONNECTION = 100;

/** What the server said to one message. */
export interface SmtpReply {
	response: string;
	accepted: string[];
	rejected: SmtpFailure[];
}

type Done<T> = (error: Error | null | undefined, value?: T) => void;

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
	/** Whether a byte of the failed message had been read for sending. */
	begun = false;
	dropped = false;
	/** Whether the final dot of the current message was written. */
	private dotWritten = false;
	private ended = false;
	private cancelRest: () => void = () => undefined;

	readonly #account: Account;

	private constructor(
		account: Account,
		private readonly connection: SMTPConnection,
		private readonly socket: Socket,
	) {
		this.#account = account;
	}

	static async open(account: Account, signal?: AbortSignal): Promise<SmtpLine> {
		const endpoint = endpointOf(account, 'smtp');
		refusePlainTextLogin(account, endpoint, 'smtp');
		const { default: Connection } = await import('nodemailer/lib/smtp-connection');
		const socket = await dial(account, endpoint, signal);
		const heard: { line?: SmtpLine } = {};
		const note = (entry: { tnx?: string }) => {
			if (entry.tnx === 'message' && heard.line) heard.line.dotWritten = true;
		};
		const ignore = () => undefined;
		const connection = new Connection({
			host: endpoint.host,
			port: endpoint.port,
			secure: endpoint.security === 'tls',
			requireTLS: endpoint.security === 'starttls',
			ignoreTLS: endpoint.security === 'none',
			connection: socket,
			connectionTimeout: CONNECT_TIMEOUT_MS,
			greetingTimeout: GREETING_TIMEOUT_MS,
			socketTimeout: SOCKET_TIMEOUT_MS,
			tls: { minVersion: MIN_TLS_VERSION, rejectUnauthorized: !account.ignoreCertificateErrors },
			logger: {
				level: ignore,
				trace: ignore,
				debug: ignore,
				info: note,
				warn: ignore,
				error: ignore,
				fatal: ignore,
			},
		});
		const line = new SmtpLine(account, connection, socket);
		heard.line = line;
		try {
			await line.call<unknown>((done) => connection.connect(done), 'connect', signal);
			if (account.password !== '') {
				const credentials = { user: account.user, pass: account.password };
				await line.call<unknown>(
					(done) => connection.login({ user: account.user, credentials }, done),
					'login',
					signal,
				);
			}
		} catch (error) {
			connection.close();
			socket.destroy();
			throw error;
		}
		connection.on('error', () => (line.ended = true));
		connection.on('end', () => (line.ended = true));
		return line;
	}

	get usable(): boolean {
		return !this.ended && this.messages < MAX_MESSAGES_PER_CONNECTION;
	}

	async send(envelope: Envelope, message: Readable, signal?: AbortSignal): Promise<SmtpReply> {
		this.messages++;
		this.dotWritten = false;
		try {
			const info = await this.call<SendInfo>(
				(done) => this.connection.send(envelope, message, perRecipient(done)),
				'send',
				signal,
			);
			if (info.accepted.length === 0) await this.reset();
			return {
				response: info.response,
				accepted: info.accepted,
				rejected: (info.rejectedErrors ?? []) as SmtpFailure[],
			};
		} catch (error) {
			this.begun = message.readableDidRead;
			message.destroy();
			if (!(error instanceof MailError) || !isAnswered(error) || this.ended) this.end();
			else await this.reset();
			throw error;
		}
	}

	/** Lets the process end while the connection is unused, and closes it after a while. */
	rest(ms: number, onTimeout: () => void): void {
		this.socket.unref();
		const timer = setTimeout(onTimeout, ms);
		timer.unref();
		const onEnd = () => onTimeout();
		this.connection.once('end', onEnd);
		this.cancelRest = () => {
			clearTimeout(timer);
			this.connection.removeListener('end', onEnd);
		};
	}

	wake(): void {
		this.cancelRest();
		this.socket.ref();
	}

	/** Says goodbye without waiting for the answer to it. */
	quit(): void {
		this.cancelRest();
		if (this.ended) return this.end();
		this.ended = true;
		this.connection.quit();
		this.socket.unref();
	}

	private end(): void {
		this.ended = true;
		this.connection.close();
		this.socket.destroy();
	}

	/** Clears a refused message from the session (RSET, RFC 5321 §4.1.1.5), so that the connection can go on. */
	private async reset(): Promise<void> {
		await this.call<boolean>((done) => this.connection.reset(done), 'reset').catch(() => this.end());
	}

	private async call<T>(
		start: (done: Done<T>) => void,
		step: Parameters<typeof smtpError>[2],
		signal?: AbortSignal,
	): Promise<T> {
		return await new Promise<T>((resolve, reject) => {
			const finish = () => {
				signal?.removeEventListener('abort', onAbort);
				this.connection.removeListener('error', onError);
			};
			const onError = (error: Error) => {
				finish();
				reject(smtpError(error, this.#account, step, this.dotWritten));
			};
			const onAbort = () => {
				finish();
				const error = this.dotWritten
					? smtpError(new Error('cancelled'), this.#account, step, true)
					: cancelled();
				this.end();
				reject(error);
			};
			if (signal?.aborted) return onAbort();
			signal?.addEventListener('abort', onAbort, { once: true });
			this.connection.once('error', onError);
			start((error, value) => {
				if (error) return onError(error);
				finish();
				resolve(value as T);
			});
		});
	}
}

/** A message refused for each of its recipients is an answer about recipients, not a failure of the connection. */
function perRecipient(done: Done<SendInfo>): Done<SendInfo> {
	return (error, info) => {
		const failure = error as SmtpFailure | null | undefined;
		if (!failure?.rejectedErrors?.length) return done(error, info);
		done(null, { response: failure.response ?? '', accepted: [], rejectedErrors: failure.rejectedErrors });
	};
}

interface SendInfo {
	response: string;
	accepted: string[];
	rejectedErrors?: Error[] | undefined;
}

/** Whether the server answered, so that the session is still in step. 421 announces that it closes (RFC 5321 §3.8). */
function isAnswered(error: MailError): boolean {
	return error.reply?.code !== undefined && error.reply.code !== '421';
}

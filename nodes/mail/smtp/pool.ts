/** An account's SMTP connections, kept warm between executions and shared by all nodes that use the account. */
import type { Readable } from 'stream';
import { accountFingerprint, type Account } from '../account/account';
import { systemClock, type Clock } from '../clock';
import { MailError } from '../errors';
import type { Envelope } from '../message/compose';
import { cancelled } from './dial';
import { isRefusedLogin, loginWorked, refusedLately, rememberLogin } from './lastLogin';
import { ANSWER_LIMITS, type AnswerLimits, type SmtpReply } from './transaction';
import type { Transcript } from './transcript';
import { SmtpLine } from './transport';

/**
 * Connections of one account at a time. A mail takes two round trips on its connection, so over a line of 50 ms eight
 * carry up to 80 mails a second; a server that wants fewer says so, and gets fewer.
 */
export const MAX_CONNECTIONS = 8;
/** How long an unused connection is kept. */
export const IDLE_MS = 30_000;
/** After a refused connection one more is tried this late: a server that was crowded, or gone, is not so for ever. */
export const RAISE_LIMIT_MS = 60_000;

const pools = new Map<string, SmtpPool>();

/** The warm connections of an account; made on first use, shared by every node that uses the same account. */
export function smtpPool(account: Account): SmtpPool {
	const key = accountFingerprint(account);
	const known = pools.get(key);
	if (known) {
		known.useAccount(account);
		return known;
	}
	const pool: SmtpPool = new SmtpPool(account, () => {
		if (pools.get(key) === pool) pools.delete(key);
	});
	pools.set(key, pool);
	return pool;
}

/** Who waits for a connection; null to see for itself. */
interface Waiting {
	take(line: SmtpLine | null): void;
	fail(error: MailError): void;
}

export class SmtpPool {
	#account: Account;
	private readonly idle: SmtpLine[] = [];
	private readonly waiting: Waiting[] = [];
	private count = 0;
	/** One login at a time until it is known how it goes: eight wrong ones at once are what locks an account. */
	private isProven: boolean;
	/** Lowered when the server refuses a further connection while it serves others, and raised again with time. */
	private limit = MAX_CONNECTIONS;
	private limitChangedAt = 0;

	constructor(
		account: Account,
		private readonly onEmpty: () => void = () => undefined,
		private readonly limits: AnswerLimits = ANSWER_LIMITS,
		private readonly clock: Pick<Clock, 'now'> = systemClock,
	) {
		this.#account = account;
		this.isProven = loginWorked(account);
	}

	/** From now on logs in with an equal account that was read later: a token is had through the run that reads it. */
	useAccount(account: Account): void {
		this.#account = account;
	}

	/** Connections open or being opened. */
	get connections(): number {
		return this.count;
	}

	/**
	 * Hands one message to the server.
	 *
	 * @param open gives the message's bytes; called again when a warm connection turns out to be dead
	 * @returns see {@link SmtpLine.send}
	 * @throws MailError; code `UNKNOWN` when the line was lost after the message had been handed over
	 */
	async send(
		envelope: Envelope,
		open: () => Promise<Readable>,
		signal?: AbortSignal,
		transcript?: Transcript,
	): Promise<SmtpReply> {
		for (;;) {
			const line = await this.acquire(signal, transcript);
			const { warm } = line;
			try {
				const reply = await line.send(envelope, await open(), signal, transcript);
				if (isCrowded(reply.failure)) this.changeLimit(Math.min(this.limit, this.count) - 1);
				return reply;
			} catch (error) {
				if (isCrowded(error)) this.changeLimit(Math.min(this.limit, this.count) - 1);
				if (!warm || signal?.aborted || !(error instanceof MailError) || !wasStale(error, line)) throw error;
			} finally {
				this.release(line);
			}
		}
	}

	private changeLimit(connections: number): void {
		this.limit = Math.min(MAX_CONNECTIONS, Math.max(1, connections));
		this.limitChangedAt = this.clock.now();
	}

	/** Says goodbye on every connection that is not in use. */
	closeIdle(): void {
		for (const line of [...this.idle]) this.drop(line);
	}

	private async acquire(signal?: AbortSignal, transcript?: Transcript): Promise<SmtpLine> {
		if (this.limit < MAX_CONNECTIONS && this.clock.now() - this.limitChangedAt >= RAISE_LIMIT_MS)
			this.changeLimit(this.limit + 1);
		for (;;) {
			const line = this.idle.pop();
			if (line?.usable) {
				line.wake();
				return line;
			}
			if (line) this.drop(line);
			else if (this.count < (this.isProven ? this.limit : 1)) {
				const opened = await this.open(signal, transcript);
				if (opened) return opened;
			} else {
				const next = await this.turn(signal);
				if (next) return next;
			}
		}
	}

	private async open(signal?: AbortSignal, transcript?: Transcript): Promise<SmtpLine | null> {
		this.count++;
		try {
			const known = await refusedLately(this.#account);
			if (known) {
				transcript?.add(null, 'the login was refused a moment ago, so it was not tried again');
				throw known;
			}
			const line = await SmtpLine.open(this.#account, signal, transcript, this.limits);
			await rememberLogin(this.#account, null);
			this.prove();
			return line;
		} catch (error) {
			if (isRefusedLogin(error)) await rememberLogin(this.#account, error);
			this.count--;
			if (isRefusedLogin(error)) {
				this.isProven = false;
				// Who can be served by a connection that is open goes on waiting for it.
				if (this.count === 0) for (const { fail } of this.waiting.splice(0)) fail(error);
				this.closeIfEmpty();
				throw error;
			}
			const slowDown = error instanceof MailError && (error.retry === 'limit' || error.retry === 'throttled');
			const crowded = slowDown || (error instanceof MailError && error.retry === 'transient');
			if (!slowDown && !signal?.aborted) this.prove();
			if (!crowded || this.count === 0 || signal?.aborted) {
				this.waiting.shift()?.take(null);
				this.closeIfEmpty();
				throw error;
			}
			this.changeLimit(this.count);
			return null;
		}
	}

	/** The first login was not refused, so those who waited for it may connect as well. */
	private prove(): void {
		if (this.isProven) return;
		this.isProven = true;
		for (const { take } of this.waiting.splice(0, this.limit - this.count)) take(null);
	}

	private async turn(signal?: AbortSignal): Promise<SmtpLine | null> {
		return await new Promise((resolve, reject) => {
			const entry: Waiting = {
				take: (line) => {
					signal?.removeEventListener('abort', onAbort);
					resolve(line);
				},
				fail: (error) => {
					signal?.removeEventListener('abort', onAbort);
					reject(error);
				},
			};
			const onAbort = () => {
				this.waiting.splice(this.waiting.indexOf(entry), 1);
				reject(cancelled());
			};
			if (signal?.aborted) return reject(cancelled());
			signal?.addEventListener('abort', onAbort, { once: true });
			this.waiting.push(entry);
		});
	}

	private release(line: SmtpLine): void {
		if (!line.usable) {
			this.drop(line);
			this.waiting.shift()?.take(null);
			return;
		}
		const next = this.waiting.shift();
		if (next) return next.take(line);
		this.idle.push(line);
		line.rest(IDLE_MS, () => this.drop(line));
	}

	private drop(line: SmtpLine): void {
		if (line.dropped) return;
		line.dropped = true;
		const at = this.idle.indexOf(line);
		if (at >= 0) this.idle.splice(at, 1);
		line.quit();
		this.count--;
		this.closeIfEmpty();
	}

	private closeIfEmpty(): void {
		if (this.count === 0 && this.waiting.length === 0) this.onEmpty();
	}
}

/** Whether the server counts connections only when a mail comes over one too many, as Microsoft's does. */
function isCrowded(error: unknown): boolean {
	if (!(error instanceof MailError) || error.code !== 'REFUSED') return false;
	return (
		error.reply?.code === '432' ||
		/concurrent connections|too many connections/i.test(error.reply?.text ?? '')
	);
}

/**
 * Whether the server had closed a warm connection while nobody looked, so that trying again on another one is no
 * attempt of its own: no answer at all, or 421 (RFC 5321 §3.8) as the first.
 */
function wasStale(error: MailError, line: SmtpLine): boolean {
	if (line.progress.committed || line.progress.answered) return false;
	return error.code === 'LOST' || error.reply?.code === '421';
}

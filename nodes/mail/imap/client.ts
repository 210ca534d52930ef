/**
 * One IMAP connection, from connect to close. The only file that knows imapflow: every await has a deadline that ends
 * the socket, every `false` that means failure becomes a MailError with the server's words.
 */
import type { ImapFlow, ListResponse } from 'imapflow';
import { endpointOf, refusePlainTextLogin, type Account } from '../account/account';
import { sessionEnd, type AccessToken } from '../account/token';
import { logInWithToken } from '../account/tokenLogin';
import { systemClock, type Clock } from '../clock';
import { withDeadline } from '../deadline';
import { MailError } from '../errors';
import { connectOptions } from './connectOptions';
export { WINDOW_BYTES } from './connectOptions';
import { LineBelow } from './lineBelow';
import { givenUp, imapError, missingMailbox, type ImapFailure, type ImapStep } from './imapErrors';
import type { ImapClientEvents, MailboxInfo, SelectedMailbox } from './types';

export type { ImapClientEvents } from './types';

/** From the first packet to a finished login; the library has no limit of its own for what follows the greeting. */
export const SETUP_DEADLINE_MS = 45_000;
/** One command and its answer. */
export const COMMAND_DEADLINE_MS = 60_000;
/** A NOOP that only asks whether the line is alive. */
export const PROBE_DEADLINE_MS = 12_000;
/** An IDLE that the server itself ends sooner than this is no IDLE worth the name. */
const SHORTEST_IDLE_MS = 1_000;
const LOGIN_COMMAND = / (AUTHENTICATE|LOGIN) /;
/** How long a polite LOGOUT may take before the socket is dropped. */
const LOGOUT_DEADLINE_MS = 1_000;

export class ImapClient {
	private lastRefusal: ImapFailure | null = null;
	private failure: ImapFailure | null = null;
	/** Monotonic time of the server's last answer to a command. */
	lastAnswerAt = 0;
	/** Monotonic time at which the login's token is about to run out, so that a new session should take over; null for never. */
	readonly renewAt: number | null;
	/** The IDLE that runs; null as soon as a command takes its place. */
	private idling: Promise<boolean> | null = null;

	// Private to the language, not only to the compiler: both hold the password, and an object may end up in a log.
	readonly #account: Account;
	readonly #flow: ImapFlow;
	readonly #token: AccessToken | null;

	private constructor(
		account: Account,
		token: AccessToken | null,
		flow: ImapFlow,
		private readonly clock: Clock,
	) {
		this.#account = account;
		this.#token = token;
		this.#flow = flow;
		this.renewAt = sessionEnd(token, clock);
	}

	/**
	 * Connects and logs in.
	 *
	 * @throws MailError `ACCOUNT`, `CANCELLED`, `CONNECT`, `LOGIN`, `TIMEOUT` or `LOST`; nothing stays open then
	 */
	static async connect(
		account: Account,
		events: ImapClientEvents = {},
		clock = systemClock,
	): Promise<ImapClient> {
		return await logInWithToken(
			account,
			'imap',
			async (token) => await ImapClient.connectOnce(account, token, events, clock),
		);
	}

	private static async connectOnce(
		account: Account,
		token: AccessToken | null,
		events: ImapClientEvents,
		clock: Clock,
	): Promise<ImapClient> {
		const endpoint = endpointOf(account, 'imap');
		refusePlainTextLogin(account, endpoint, 'imap');
		const { ImapFlow: Flow } = await import('imapflow');
		if (events.signal?.aborted) throw givenUp();
		// The library reports the refusal of some commands only to its logger, so that is where we listen.
		const heard: { client?: ImapClient } = {};
		const listen = (entry: { err?: ImapFailure; src?: string; msg?: unknown }) => {
			if (entry.src === 's') events.onStage?.('greeting');
			if (entry.src === 'c' && LOGIN_COMMAND.test(String(entry.msg))) events.onStage?.('capabilities');
			if (!heard.client || !entry.err?.responseStatus) return;
			heard.client.lastRefusal = entry.err;
			// The library would wait for minutes on the open connection; how long to stay away is decided elsewhere.
			if (entry.err.throttleReset !== undefined) queueMicrotask(() => heard.client?.close());
		};
		const logger = { debug: listen, info: listen, warn: listen, error: listen };
		const line = new LineBelow(account, endpoint, events.onStage);
		const { transport } = line;
		const flow = new Flow({ ...connectOptions(account, endpoint, token), transport, logger });
		const client = new ImapClient(account, token, flow, clock);
		heard.client = client;
		// Both listeners must stand before connect(): an `error` event without one ends the whole n8n process.
		flow.on('error', (error: ImapFailure) => (client.failure = error));
		flow.on('exists', () => events.onChange?.());
		flow.on('flags', () => events.onFlags?.());
		const abort = () => {
			line.drop();
			flow.close();
		};
		events.signal?.addEventListener('abort', abort, { once: true });
		flow.once('close', () => events.signal?.removeEventListener('abort', abort));
		try {
			await client.run(SETUP_DEADLINE_MS, 'connecting and logging in', 'connect', async () => {
				await line.open();
				await flow.connect();
			});
		} catch (error) {
			abort();
			throw events.signal?.aborted ? givenUp() : error;
		}
		flow.once('close', () => events.onClose?.(client.closeReason()));
		return client;
	}

	/** Whether the server announced an extension, such as `IDLE` or `MOVE`. */
	supports(capability: string): boolean {
		return Boolean(this.#flow.capabilities.get(capability));
	}

	/** A path as the server knows it: with the prefix of its namespace, such as `INBOX.` (RFC 2342). */
	fullPath(path: string): string {
		if (path.toUpperCase() === 'INBOX') return 'INBOX';
		const prefix = this.#flow.namespace?.prefix ?? '';
		return path.startsWith(prefix) ? path : prefix + path;
	}

	/** Whether the connection can still be used. */
	get alive(): boolean {
		return this.#flow.usable;
	}

	/**
	 * Selects a mailbox (a real SELECT or EXAMINE each time, RFC 3501 §6.3.1).
	 *
	 * @throws MailError `MAILBOX` naming the mailboxes that do exist
	 */
	async select(path: string, readOnly = false): Promise<SelectedMailbox> {
		const opening = `opening the mailbox "${path}"`;
		const box = await this.command(
			opening,
			async (flow) => await flow.mailboxOpen(path, { readOnly }),
			'select',
		).catch(async (error: unknown) => {
			if (!(error instanceof MailError) || error.code !== 'MAILBOX' || !this.alive) throw error;
			throw missingMailbox(path, error, await this.list().catch(() => []));
		});
		return {
			path: box.path,
			uidValidity: box.uidValidity ? String(box.uidValidity) : null,
			uidNext: box.uidNext || null,
			mailboxId: box.mailboxId ?? null,
			exists: box.exists,
			readOnly: box.readOnly === true,
			allowsKeywords: box.permanentFlags?.has('\\*') ?? false,
			settableFlags: box.permanentFlags?.has('\\*') ? null : (box.permanentFlags ?? null),
		};
	}

	/** Every mailbox of the account, with its role; counts only when asked, since they cost a STATUS each on old servers. */
	async list(withCounts = false): Promise<MailboxInfo[]> {
		const options = withCounts ? { statusQuery: { messages: true, unseen: true } } : {};
		const listed = await this.command('listing the mailboxes', async (flow) => await flow.list(options));
		return listed.map((entry: ListResponse) => ({
			path: entry.path,
			role: entry.specialUse ?? null,
			selectable: !entry.flags.has('\\Noselect') && !entry.flags.has('\\NonExistent'),
			messages: entry.status?.messages ?? null,
			unseen: entry.status?.unseen ?? null,
		}));
	}

	/**
	 * Starts IDLE (RFC 2177), or goes on with the one that runs. The next command ends it by itself.
	 *
	 * @returns settles when IDLE ended: false when the server refused it, or ended it itself at once, which is no IDLE
	 * worth the name
	 */
	async idle(): Promise<boolean> {
		const idling = (this.idling ??= this.startIdle());
		const worked = await idling;
		// It ended by a command of ours, however soon.
		if (this.idling !== idling) return true;
		this.idling = null;
		return worked;
	}

	/** The library answers a second call at once, as if IDLE had ended; hence the promise of the first is kept. */
	private async startIdle(): Promise<boolean> {
		const startedAt = this.clock.now();
		const idle = this.#flow.idle().catch(() => Promise.reject(this.closeReason()));
		const accepted = (await idle) !== false;
		return accepted && this.clock.now() - startedAt >= SHORTEST_IDLE_MS;
	}

	/** Asks whether the line is alive. @throws MailError `TIMEOUT` or `LOST`; the connection is closed then */
	async probe(): Promise<void> {
		await this.run(
			PROBE_DEADLINE_MS,
			'checking that the line is alive',
			'command',
			async () => await this.#flow.noop(),
		);
		if (!this.alive) throw this.closeReason();
	}

	/** Says goodbye and closes, within {@link LOGOUT_DEADLINE_MS} whatever the server does. Never throws. */
	async logout(): Promise<void> {
		if (this.alive) {
			const bye = async () => await this.#flow.logout();
			await withDeadline(this.clock, LOGOUT_DEADLINE_MS, 'saying goodbye', bye, () => this.close()).catch(
				() => undefined,
			);
		}
		this.close();
	}

	/** While nobody waits for this connection it must not keep the process alive. */
	holdProcess(hold: boolean): void {
		const { socket } = this.#flow as unknown as { socket?: { ref?(): void; unref?(): void } };
		if (hold) socket?.ref?.();
		else socket?.unref?.();
	}

	/** Drops the connection at once. */
	close(): void {
		this.#flow.close();
	}

	/**
	 * Runs one command with the deadline of commands.
	 *
	 * @param what what is being done, in words that complete "The server did not answer while …"
	 * @param operation gets the library's client; used by the files beside this one only
	 * @param ms the deadline, where a command may take longer
	 * @throws MailError
	 */
	async command<T>(
		what: string,
		operation: (flow: ImapFlow) => Promise<T>,
		step: ImapStep = 'command',
		ms = COMMAND_DEADLINE_MS,
	): Promise<T> {
		return await this.run(ms, what, step, async () => await operation(this.#flow));
	}

	/** Why the connection ended. */
	private closeReason(): MailError {
		const throttled = this.throttling();
		if (throttled) return imapError(throttled, this.#account, 'command');
		if (this.failure) return imapError(this.failure, this.#account, 'command');
		const said = this.#flow.byeReason;
		const ended = Object.assign(new Error('Connection closed'), {
			code: 'NoConnection',
			...(said && { reason: said }),
		});
		return imapError(ended, this.#account, 'command');
	}

	private async run<T>(ms: number, what: string, step: ImapStep, operation: () => Promise<T>): Promise<T> {
		if (!this.throttling()) this.lastRefusal = null;
		this.idling = null;
		try {
			const answer = await withDeadline(this.clock, ms, what, operation, () => this.#flow.close());
			this.lastAnswerAt = this.clock.now();
			return answer;
		} catch (error) {
			if (error instanceof MailError) throw error;
			throw imapError(this.throttling() ?? (error as ImapFailure), this.#account, step, what, this.#token);
		}
	}

	/** The answer by which the server asked to be left alone for a while, if that is how the last command ended. */
	private throttling(): ImapFailure | null {
		return this.lastRefusal?.throttleReset === undefined ? null : this.lastRefusal;
	}

	/** The error behind a `false`: what the server answered, or that the connection is gone. */
	refusal(what: string): MailError {
		if (!this.alive) return this.closeReason();
		if (this.lastRefusal) return imapError(this.lastRefusal, this.#account, 'command', what);
		return new MailError(
			'COMMAND',
			`The mail server did not do what was asked (${what}) and gave no reason.`,
			{ side: 'imap' },
		);
	}
}

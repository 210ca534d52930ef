/**
 * One IMAP connection, from connect to close. The only file that knows imapflow: every await has a deadline that ends
 * the socket, every `false` that means failure becomes a MailError with the server's words.
 */
import type { FetchMessageObject, ImapFlow, ImapFlowError, ListResponse } from 'imapflow';
import { endpointOf, MIN_TLS_VERSION, refusePlainTextLogin, type Account } from '../account/account';
import { systemClock, type Clock } from '../clock';
import { withDeadline } from '../deadline';
import { MailError } from '../errors';
import { imapError, type ImapStep } from './imapErrors';
import type { FetchedMessage, MailboxInfo, SearchCriteria, SelectedMailbox } from './types';
import { toSequenceSet } from './uidSet';

/** DNS, TCP and TLS together. */
export const CONNECT_TIMEOUT_MS = 20_000;
/** From the first packet to a finished login; the library has no limit of its own for what follows the greeting. */
export const SETUP_DEADLINE_MS = 45_000;
/** One command and its answer. */
export const COMMAND_DEADLINE_MS = 60_000;
/** A NOOP that only asks whether the line is alive. */
export const PROBE_DEADLINE_MS = 12_000;
/** Silence on the socket after which the library itself gives up. Above COMMAND_DEADLINE_MS so that ours speaks first. */
const SOCKET_TIMEOUT_MS = 150_000;
/** Bytes asked for at once of one message; keeps a slow line inside COMMAND_DEADLINE_MS above 17 KB/s. */
export const WINDOW_BYTES = 1024 * 1024;
/** A SEARCH answer is one line of about 8 bytes a UID: room for two million. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_LITERAL_BYTES = WINDOW_BYTES + 64 * 1024;
const MAX_RESPONSE_BYTES = MAX_LITERAL_BYTES + 1024 * 1024;
/** Rows a server may send beyond those asked for (other clients change flags) before it is taken for hostile. */
const SPARE_ROWS = 10_000;
/** How long a polite LOGOUT may take before the socket is dropped. */
const LOGOUT_DEADLINE_MS = 1_000;

export interface ImapClientEvents {
	/** Something in the mailbox may have changed. A hint only: what changed is asked by SEARCH. */
	onChange?: () => void;
	/** The connection has ended, for whatever reason. Called once. */
	onClose?: (reason: MailError) => void;
	/** Ends the connection, also while it is being made. */
	signal?: AbortSignal;
}

export class ImapClient {
	private lastRefusal: ImapFlowError | null = null;
	private failure: ImapFlowError | null = null;

	// Private to the language, not only to the compiler: both hold the password, and an object may end up in a log.
	readonly #account: Account;
	readonly #flow: ImapFlow;

	private constructor(
		account: Account,
		flow: ImapFlow,
		private readonly clock: Clock,
	) {
		this.#account = account;
		this.#flow = flow;
	}

	/**
	 * Connects and logs in.
	 *
	 * @throws MailError `ACCOUNT`, `CONNECT`, `LOGIN`, `TIMEOUT` or `LOST`; nothing stays open then
	 */
	static async connect(account: Account, events: ImapClientEvents = {}, clock = systemClock): Promise<ImapClient> {
		const endpoint = endpointOf(account, 'imap');
		refusePlainTextLogin(account, endpoint, 'imap');
		const { ImapFlow: Flow } = await import('imapflow');
		// The library reports the refusal of some commands only to its logger, so that is where we listen.
		const heard: { client?: ImapClient } = {};
		const listen = (entry: { err?: ImapFlowError }) => {
			if (heard.client && entry.err?.responseStatus) heard.client.lastRefusal = entry.err;
		};
		const flow = new Flow({
			host: endpoint.host,
			port: endpoint.port,
			secure: endpoint.security === 'tls',
			doSTARTTLS: endpoint.security === 'tls' ? undefined : endpoint.security === 'starttls',
			auth: { user: account.user, pass: account.password },
			tls: {
				minVersion: MIN_TLS_VERSION,
				rejectUnauthorized: !account.ignoreCertificateErrors,
				// n8n switches this off for the whole process; without it a dead IPv6 address blocks the connection.
				...({ autoSelectFamily: true } as object),
			},
			clientInfo: { name: 'n8n-nodes-mailroom', vendor: 'n8n-nodes-mailroom' },
			logger: { debug: listen, info: listen, warn: listen, error: listen },
			disableAutoIdle: true,
			disableCompression: true,
			disableIMAP4rev2: true,
			connectionTimeout: CONNECT_TIMEOUT_MS,
			greetingTimeout: CONNECT_TIMEOUT_MS,
			socketTimeout: SOCKET_TIMEOUT_MS,
			maxLineLength: MAX_LINE_BYTES,
			maxLiteralSize: MAX_LITERAL_BYTES,
			maxResponseSize: MAX_RESPONSE_BYTES,
		});
		const client = new ImapClient(account, flow, clock);
		heard.client = client;
		// Both listeners must stand before connect(): an `error` event without one ends the whole n8n process.
		flow.on('error', (error: ImapFlowError) => (client.failure = error));
		flow.on('exists', () => events.onChange?.());
		flow.on('expunge', () => events.onChange?.());
		const abort = () => flow.close();
		events.signal?.addEventListener('abort', abort, { once: true });
		flow.once('close', () => events.signal?.removeEventListener('abort', abort));
		try {
			await client.run(SETUP_DEADLINE_MS, 'connecting and logging in', 'connect', async () => await flow.connect());
		} catch (error) {
			flow.close();
			throw error;
		}
		flow.once('close', () => events.onClose?.(client.closeReason()));
		return client;
	}

	/** Whether the server announced an extension, such as `IDLE` or `MOVE`. */
	supports(capability: string): boolean {
		return Boolean(this.#flow.capabilities.get(capability));
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
		const box = await this.command(`opening the mailbox "${path}"`, 'select', async () => {
			return await this.#flow.mailboxOpen(path, { readOnly });
		}).catch(async (error: unknown) => {
			if (!(error instanceof MailError) || error.code !== 'MAILBOX' || !this.alive) throw error;
			const existing = await this.list().catch(() => []);
			const names = existing.filter((entry) => entry.selectable).map((entry) => `"${entry.path}"`);
			throw new MailError('MAILBOX', `The mailbox "${path}" does not exist, or the server will not open it.`, {
				retry: 'configuration',
				side: 'imap',
				...(error.reply && { reply: error.reply }),
				nextStep: names.length > 0 ? `Choose one of these: ${names.slice(0, 50).join(', ')}.` : 'Check its name.',
			});
		});
		return {
			path: box.path,
			uidValidity: box.uidValidity ? String(box.uidValidity) : null,
			uidNext: box.uidNext || null,
			mailboxId: box.mailboxId ?? null,
			exists: box.exists,
			readOnly: box.readOnly === true,
			allowsKeywords: box.permanentFlags?.has('\\*') ?? false,
		};
	}

	/** Every mailbox of the account, with its role; counts only when asked, since they cost a STATUS each on old servers. */
	async list(withCounts = false): Promise<MailboxInfo[]> {
		const options = withCounts ? { statusQuery: { messages: true, unseen: true } } : {};
		const listed = await this.command('listing the mailboxes', 'command', async () => await this.#flow.list(options));
		return listed.map((entry: ListResponse) => ({
			path: entry.path,
			role: entry.specialUse ?? null,
			selectable: !entry.flags.has('\\Noselect') && !entry.flags.has('\\NonExistent'),
			messages: entry.status?.messages ?? null,
			unseen: entry.status?.unseen ?? null,
		}));
	}

	/** UIDs of the messages that meet the criteria, ascending. */
	async search(criteria: SearchCriteria): Promise<number[]> {
		const found = await this.command('searching the mailbox', 'command', async () => {
			return await this.#flow.search({ ...criteria }, { uid: true });
		});
		if (Array.isArray(found)) return found;
		throw this.refusal('searching the mailbox');
	}

	/**
	 * Reads size, flags, date and the first bytes of messages, without marking them read.
	 * A message that vanished meanwhile is missing from the answer, or has no source.
	 */
	async fetch(uids: readonly number[], firstBytes: number): Promise<FetchedMessage[]> {
		const asked = new Set(uids);
		return await this.command('reading messages', 'command', async () => {
			const found: FetchedMessage[] = [];
			let rows = 0;
			const query = { uid: true, size: true, flags: true, internalDate: true, source: { start: 0, maxLength: firstBytes } };
			for await (const row of this.#flow.fetch(toSequenceSet(uids), query, { uid: true })) {
				if (++rows > uids.length + SPARE_ROWS) throw this.tooManyRows();
				// Other clients' flag changes arrive as rows too; only what was asked for counts.
				if (asked.has(row.uid) && row.size !== undefined) {
					asked.delete(row.uid);
					found.push(toFetched(row));
				}
			}
			return found;
		});
	}

	/** When the server got messages (INTERNALDATE), by UID. */
	async fetchDates(uids: readonly number[]): Promise<Map<number, Date>> {
		return await this.command('reading the dates of messages', 'command', async () => {
			const dates = new Map<number, Date>();
			for await (const row of this.#flow.fetch(toSequenceSet(uids), { uid: true, internalDate: true }, { uid: true })) {
				const { receivedAt } = toFetched(row);
				if (receivedAt) dates.set(row.uid, receivedAt);
			}
			return dates;
		});
	}

	/** Reads bytes `start`… of one message, at most {@link WINDOW_BYTES}. Null when the message is gone. */
	async fetchWindow(uid: number, start: number, length: number): Promise<Buffer | null> {
		const row = await this.command('reading a large message', 'command', async () => {
			const source = { start, maxLength: Math.min(length, WINDOW_BYTES) };
			return await this.#flow.fetchOne(String(uid), { uid: true, source }, { uid: true });
		});
		return row ? (row.source ?? null) : null;
	}

	/** Adds or removes flags and keywords. @throws MailError `COMMAND` when the server refuses */
	async changeFlags(uids: readonly number[], change: 'add' | 'remove', flags: readonly string[]): Promise<void> {
		const done = await this.command('marking messages', 'command', async () => {
			const store = change === 'add' ? 'messageFlagsAdd' : 'messageFlagsRemove';
			return await this.#flow[store](toSequenceSet(uids), [...flags], { uid: true });
		});
		if (!done) throw this.refusal(`marking messages with ${flags.join(', ')}`);
	}

	/** Moves messages (MOVE, RFC 6851, else COPY and UID EXPUNGE). */
	async move(uids: readonly number[], destination: string): Promise<void> {
		const done = await this.command('moving messages', 'command', async () => {
			return await this.#flow.messageMove(toSequenceSet(uids), destination, { uid: true });
		});
		if (!done) throw this.refusal(`moving messages to "${destination}"`);
	}

	/** Deletes messages for good. */
	async delete(uids: readonly number[]): Promise<void> {
		const done = await this.command('deleting messages', 'command', async () => {
			return await this.#flow.messageDelete(toSequenceSet(uids), { uid: true });
		});
		if (!done) throw this.refusal('deleting messages');
	}

	/**
	 * Starts IDLE (RFC 2177). The next command ends it by itself.
	 *
	 * @returns settles when IDLE ended: true when it ran, false when the server refuses it
	 */
	async idle(): Promise<boolean> {
		return (await this.#flow.idle()) !== false;
	}

	/** Asks whether the line is alive. @throws MailError `TIMEOUT` or `LOST`; the connection is closed then */
	async probe(): Promise<void> {
		await this.run(PROBE_DEADLINE_MS, 'checking that the line is alive', 'command', async () => await this.#flow.noop());
		if (!this.alive) throw this.closeReason();
	}

	/** Says goodbye and closes, within {@link LOGOUT_DEADLINE_MS} whatever the server does. Never throws. */
	async logout(): Promise<void> {
		if (this.alive) {
			const bye = async () => await this.#flow.logout();
			await withDeadline(this.clock, LOGOUT_DEADLINE_MS, 'saying goodbye', bye, () => this.close()).catch(() => undefined);
		}
		this.close();
	}

	/** Drops the connection at once. */
	close(): void {
		this.#flow.close();
	}

	/** Why the connection ended. */
	private closeReason(): MailError {
		if (this.failure) return imapError(this.failure, this.#account, 'command');
		const said = this.#flow.byeReason;
		const ended = Object.assign(new Error('Connection closed'), { code: 'NoConnection', ...(said && { reason: said }) });
		return imapError(ended, this.#account, 'command');
	}

	private async command<T>(what: string, step: ImapStep, operation: () => Promise<T>): Promise<T> {
		return await this.run(COMMAND_DEADLINE_MS, what, step, operation);
	}

	private async run<T>(ms: number, what: string, step: ImapStep, operation: () => Promise<T>): Promise<T> {
		this.lastRefusal = null;
		try {
			return await withDeadline(this.clock, ms, what, operation, () => this.#flow.close());
		} catch (error) {
			throw error instanceof MailError ? error : imapError(error as ImapFlowError, this.#account, step);
		}
	}

	/** The error behind a `false`: what the server answered, or that the connection is gone. */
	private refusal(what: string): MailError {
		if (!this.alive) return this.closeReason();
		if (this.lastRefusal) return imapError(this.lastRefusal, this.#account, 'command', what);
		return new MailError('COMMAND', `The mail server did not do what was asked (${what}) and gave no reason.`, { side: 'imap' });
	}

	private tooManyRows(): MailError {
		this.#flow.close();
		return new MailError('LOST', 'The mail server sent far more than was asked for, so the connection was dropped.', {
			retry: 'transient',
			side: 'imap',
		});
	}

}

function toFetched(row: FetchMessageObject): FetchedMessage {
	const received = row.internalDate === undefined ? null : new Date(row.internalDate);
	return {
		uid: row.uid,
		size: row.size ?? 0,
		flags: [...(row.flags ?? [])],
		receivedAt: received && !Number.isNaN(received.getTime()) ? received : null,
		source: row.source ?? null,
	};
}

/**
 * The connections of one account (D18): so many mailboxes have one of their own and idle on it; the others share one that
 * goes from mailbox to mailbox. Also remembers a refused login for all of them, so that many triggers do not lock the
 * account (D19, D20).
 */
import type { Account } from '../account/account';
import { PerAccount } from '../account/perAccount';
import { REFUSED_STEPS_MS } from '../backoff';
import type { Clock } from '../clock';
import { MailError } from '../errors';
import { connectionOf } from '../account/tokenLogin';
import { ImapClient, type ImapClientEvents } from './client';

/** Providers allow 10 to 15 connections of an account; this leaves some for people. */
export const MAX_OWN_LINES = 8;
/** How often a mailbox without a connection of its own is visited, when nothing calls for it. */
export const VISIT_INTERVAL_MS = 60_000;
/** How long the shared connection is kept after a visit. */
export const SHARED_IDLE_MS = 90_000;

/** How long a server that allowed no more connections is not asked for another one. */
export const FULL_FOR_MS = 60 * 60_000;
const TOO_MANY_CONNECTIONS = 'too-many-connections';

/** Who waited as long as told must not find the account still shut. */
const EARLIER_MS = 1_000;

const known = new PerAccount<AccountLines>(({ isIdle }) => isIdle);

/** The connections of an account; the same for everybody whose account is equal in every field. */
export function linesOf(account: Account, clock: Clock): AccountLines {
	return known.of(account, () => new AccountLines(clock));
}

export class AccountLines {
	private refusal: { error: MailError; until: number; count: number; connection: string } | null = null;
	/** Connections that are logged in. */
	private live = 0;
	/** The login that shows whether the account can be used, while there is no connection: null when it went well. */
	private trial: Promise<MailError | null> | null = null;
	/** Who has a connection of its own, each with what makes it give that up; the oldest first. */
	private readonly own = new Set<() => void>();
	/** How many may have one, as long as the server has shown lately that it allows no more. */
	private allowed: { lines: number; until: number } | null = null;
	private shared: ImapClient | null = null;
	private last: Promise<unknown> = Promise.resolve();
	private cancelIdle: () => void = () => undefined;

	constructor(private readonly clock: Clock) {}

	/**
	 * Connects and logs in. As long as there is no connection, one tries for all who ask at the same time: a password that
	 * the server does not take any more is not shown to it once for each mailbox.
	 *
	 * @param account equal to the one these lines are of; each trigger reads its own, and a token is had through it
	 * @throws MailError, also the last refusal again while it is too early to ask the server
	 */
	async connect(account: Account, events: ImapClientEvents): Promise<ImapClient> {
		while (this.live === 0 && this.trial) {
			const failure = await this.trial;
			// Who gave up says nothing about the account.
			if (failure && failure.code !== 'CANCELLED') throw failure;
		}
		const login = this.logIn(account, events);
		if (this.live > 0) return await login;
		const trial = login.then(
			() => null,
			(error: unknown) => (error instanceof MailError ? error : null),
		);
		this.trial = trial;
		return await login.finally(() => {
			if (this.trial === trial) this.trial = null;
		});
	}

	/** The next login asks the server, although it refused one lately: a person tries, who may have mended it there. */
	askAgain(): void {
		if (this.refusal) this.refusal.until = 0;
	}

	/** Connects for a watched mailbox, as {@link connect}. Where the server allows no more connections, mailboxes share one. */
	async connectMailbox(account: Account, events: ImapClientEvents): Promise<ImapClient> {
		try {
			return await this.connect(account, events);
		} catch (error) {
			if (error instanceof MailError && error.diagnosis?.id === TOO_MANY_CONNECTIONS) this.full();
			throw error;
		}
	}

	private async logIn(account: Account, events: ImapClientEvents): Promise<ImapClient> {
		if (this.refusal && this.clock.now() < this.refusal.until) {
			if (this.refusal.connection === (await connectionOf(account))) throw this.refusal.error;
		}
		try {
			const client = await ImapClient.connect(account, this.counted(events), this.clock);
			this.refusal = null;
			this.live++;
			return client;
		} catch (error) {
			if (error instanceof MailError && error.code === 'LOGIN' && error.retry === 'credentials')
				this.refused(error, await connectionOf(account));
			throw error;
		}
	}

	private counted(events: ImapClientEvents): ImapClientEvents {
		const onClose = (reason: MailError) => {
			this.live--;
			events.onClose?.(reason);
		};
		return { ...events, onClose };
	}

	/** Whether nobody uses them and nothing has to be remembered. */
	get isIdle(): boolean {
		const now = this.clock.now();
		const isRefused = this.refusal !== null && now < this.refusal.until;
		const isFull = this.allowed !== null && now < this.allowed.until;
		return this.own.size === 0 && this.live === 0 && this.trial === null && !isRefused && !isFull;
	}

	/**
	 * Takes a connection of its own for a mailbox.
	 *
	 * @param giveUp called when it has to be given up for the one that mailboxes share
	 * @returns false when all are taken
	 */
	tryOwn(giveUp: () => void): boolean {
		const { allowed } = this;
		const most = allowed && this.clock.now() < allowed.until ? allowed.lines : MAX_OWN_LINES;
		if (this.own.size >= most) return false;
		this.own.add(giveUp);
		return true;
	}

	releaseOwn(giveUp: () => void): void {
		this.own.delete(giveUp);
	}

	/** The server allows no more connections than there are. One of them is to be shared by those that get none. */
	private full(): void {
		const lines = Math.min(this.live - 1, MAX_OWN_LINES);
		if (lines < 0) return;
		this.allowed = { lines, until: this.clock.now() + FULL_FOR_MS };
		for (const giveUp of [...this.own].slice(lines)) giveUp();
	}

	/**
	 * Does something on the shared connection, when those that came before are done.
	 *
	 * @param connect makes it when there is none
	 * @throws what `connect` or `work` throws; the connection is given up then
	 */
	async visit(
		connect: () => Promise<ImapClient>,
		work: (client: ImapClient) => Promise<void>,
	): Promise<void> {
		const turn = this.last.then(async () => {
			this.cancelIdle();
			if (this.shared && !this.isGood(this.shared)) this.drop();
			const client = this.shared ?? (await connect());
			this.shared = client;
			try {
				await work(client);
				this.cancelIdle = this.clock.after(SHARED_IDLE_MS, () => this.drop());
			} catch (error) {
				this.drop();
				throw error;
			}
		});
		this.last = turn.catch(() => undefined);
		await turn;
	}

	/** A session on a connection whose token is about to run out would end before it has looked at anything. */
	private isGood({ alive, renewAt }: ImapClient): boolean {
		return alive && (renewAt === null || this.clock.now() < renewAt);
	}

	private refused(error: MailError, connection: string): void {
		const count = this.refusal?.count ?? 0;
		const wait = REFUSED_STEPS_MS[Math.min(count, REFUSED_STEPS_MS.length - 1)] ?? 0;
		this.refusal = { error, until: this.clock.now() + wait - EARLIER_MS, count: count + 1, connection };
	}

	private drop(): void {
		this.cancelIdle();
		void this.shared?.logout();
		this.shared = null;
	}
}

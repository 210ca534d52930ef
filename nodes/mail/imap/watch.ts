/**
 * Keeps one mailbox of one account watched for as long as a trigger wants it: connects, runs a session, and when the
 * line breaks waits and connects again, without end. Triggers with the very same account share one connection (D15).
 */
import { accountFingerprint, accountIdentity, type Account } from '../account/account';
import { FRESH, nextDelay, type BackoffState } from '../backoff';
import { sleep, systemClock, type Clock } from '../clock';
import { MailError } from '../errors';
import { linesOf, VISIT_INTERVAL_MS, type AccountLines } from './accountLines';
import type { ImapClient } from './client';
import { LineBreakers } from './lineBreakers';
import { downFor, transition, type Line, type LineEvent } from './line';
import type { SelectedMailbox } from './types';
import type { MailboxDelivery } from './delivery';
import { OutageReports } from './outage';
import { waitForCredential } from './credentialWait';
import { Session } from './session';
import { endingOfLine, isLineError, LineLost, unexpected } from './lineLost';
import { Settler } from './settle';
import { watchProgress } from './watchdog';

/** How long trigger activation waits for the first SELECT (D2); within it what is in the mailbox was there before. */
export const FRESH_MS = 8_000;
/** A session this long counts as progress even if no mail was marked. */
const PROGRESS_AFTER_MS = 60_000;

interface Member {
	joinedAt: number;
	/** An attempt has failed since it joined: what the mailbox then holds may have come after it (D2). */
	waited: boolean;
	/** Told how the first attempt went: null for well. */
	first: (error: MailError | null) => void;
}

const watches = new Map<string, MailboxWatch>();

/**
 * Watches a mailbox for a trigger, over the connection of others with the same account if there is one.
 *
 * @param isNew whether the trigger was switched on this very moment, so that what is in the mailbox was there before it
 * @returns `first`: null once the mailbox is open, or what went wrong at first; it goes on until `leave` is called
 */
export function watchMailbox(
	account: Account,
	delivery: MailboxDelivery,
	isNew: boolean,
	clock: Clock = systemClock,
): { first: Promise<MailError | null>; leave: () => void } {
	const home = watchFor(account, delivery.options.mailbox, clock);
	const first = new Promise<MailError | null>((resolve) => {
		home.join(delivery, { joinedAt: clock.now(), waited: !isNew, first: resolve });
	});
	// The trigger may have moved to another watch when its credential changed.
	return { first, leave: () => [home, ...watches.values()].forEach((watch) => watch.leave(delivery)) };
}

/** Connections held now; for tests and diagnostics. */
export function openWatches(): number {
	return watches.size;
}

function watchFor(account: Account, mailbox: string, clock: Clock): MailboxWatch {
	const key = `${accountFingerprint(account)}:${mailbox}`;
	const existing = watches.get(key);
	if (existing) return existing;
	const watch = new MailboxWatch(account, mailbox, clock, () => {
		if (watches.get(key) === watch) watches.delete(key);
	});
	watches.set(key, watch);
	return watch;
}

class MailboxWatch {
	#account: Account;
	private readonly members = new Map<MailboxDelivery, Member>();
	private readonly deliveries = new Set<MailboxDelivery>();
	private readonly settler: Settler;
	private readonly breakers = new LineBreakers();
	private readonly lines: AccountLines;
	private readonly outages: OutageReports;
	private readonly closing = new AbortController();
	private session: Session | null = null;
	private client: ImapClient | null = null;
	private line: Line;
	private backoff: BackoffState = FRESH;
	/** Ends a wait between visits. */
	private callBack: () => void = () => undefined;
	private started = false;
	/** Ends the session, because the connection is to be shared. */
	private readonly giveUp = () => this.session?.stop();

	constructor(
		account: Account,
		private readonly mailbox: string,
		private readonly clock: Clock,
		private readonly onEmpty: () => void,
	) {
		this.#account = account;
		this.settler = new Settler(clock);
		this.lines = linesOf(account, clock);
		this.outages = new OutageReports(clock);
		this.line = { state: 'connecting', downSince: clock.now() };
	}

	join(delivery: MailboxDelivery, member: Member): void {
		this.members.set(delivery, member);
		this.deliveries.add(delivery);
		delivery.attach(this.settler, () => this.wake());
		if (this.line.state === 'waiting') keepWaiting(member, this.line.because);
		this.wake();
		if (!this.started) {
			this.started = true;
			void this.run();
		}
	}

	/** The last one to leave closes the connection at once. */
	leave(delivery: MailboxDelivery): void {
		if (!this.deliveries.delete(delivery)) return;
		this.members.delete(delivery);
		this.settler.leave(delivery);
		this.outages.forget(delivery.options);
		if (this.deliveries.size > 0) return this.wake();
		this.happened({ kind: 'left' });
		this.onEmpty();
		this.outages.stop();
		this.closing.abort();
		this.session?.stop();
		this.callBack();
		void this.client?.logout();
	}

	private async run(): Promise<void> {
		while (!this.isClosed()) {
			this.happened({ kind: 'attempt', now: this.clock.now() });
			try {
				if (this.lines.tryOwn(this.giveUp)) await this.workOnOwnLine();
				else await this.visit();
			} catch (error) {
				const known = error instanceof MailError || error instanceof LineLost;
				await this.recover(known ? error : unexpected(error));
			}
		}
	}

	private async workOnOwnLine(): Promise<void> {
		try {
			await this.checkAccounts();
			if (this.isClosed()) return;
			this.client = await this.connect();
			await this.work(this.client, false);
		} finally {
			const { client } = this;
			this.client = null;
			// Another may wait for the place among the connections that the server allows.
			await client?.logout();
			this.lines.releaseOwn(this.giveUp);
		}
	}

	/** One look over the account's shared connection, and a wait for the next. */
	private async visit(): Promise<void> {
		await this.checkAccounts();
		if (this.isClosed()) return;
		await this.lines.visit(
			async () => await this.connect(),
			async (client) => await this.work(client, true),
		);
		const nap = new AbortController();
		this.callBack = () => nap.abort();
		if (!this.isClosed()) await sleep(this.clock, VISIT_INTERVAL_MS, nap.signal);
	}

	private async work(client: ImapClient, isVisit: boolean): Promise<void> {
		if (this.isClosed()) return;
		const liveAt = this.clock.now();
		const { settled } = this.settler;
		let isSelected = false;
		try {
			const mailbox = await client.select(this.mailbox);
			isSelected = true;
			this.session = this.newSession(client, mailbox, isVisit);
			const unwatch = watchProgress(this.clock, this.session, () => client.close());
			await this.session.run().finally(unwatch);
			this.backoff = FRESH;
		} catch (error) {
			if (!isSelected && !isLineError(error)) throw error;
			const progress = this.settler.settled > settled || this.clock.now() - liveAt > PROGRESS_AFTER_MS;
			throw new LineLost(error, progress);
		} finally {
			this.session = null;
		}
	}

	private async connect(): Promise<ImapClient> {
		return await this.lines.connectMailbox(this.#account, {
			onChange: () => this.session?.changed(),
			onFlags: () => this.session?.flagged(),
			signal: this.closing.signal,
		});
	}

	private newSession(client: ImapClient, mailbox: SelectedMailbox, isVisit: boolean): Session {
		return new Session({
			isVisit,
			client,
			mailbox,
			settler: this.settler,
			breakers: this.breakers,
			clock: this.clock,
			deliveries: this.deliveries,
			isFresh: (delivery) => this.isFresh(delivery),
			onOpened: (delivery) => this.members.get(delivery)?.first(null),
			onWorking: () => this.lineWorks(),
			checkAccounts: async () => await this.checkAccounts(),
		});
	}

	/** Whether a trigger was switched on only now, so that what is in the mailbox was there before it. */
	private isFresh(delivery: MailboxDelivery): boolean {
		const member = this.members.get(delivery);
		return member !== undefined && !member.waited && this.clock.now() - member.joinedAt < FRESH_MS;
	}

	private async recover(error: MailError | LineLost): Promise<void> {
		if (this.isClosed()) return;
		const cause = error instanceof LineLost ? error.reason : error;
		const next = nextDelay(this.backoff, endingOfLine(error), Math.random());
		this.backoff = next.state;
		this.happened({ kind: 'lost', now: this.clock.now(), because: cause });
		for (const [delivery, member] of this.members) {
			delivery.setLine(false);
			keepWaiting(member, cause);
		}
		const listeners = [...this.deliveries].map(({ options }) => options);
		this.outages.down(listeners, cause, downFor(this.line, this.clock.now()));
		await waitForCredential(this.clock, next.delayMs, this.closing.signal, listeners);
	}

	/** The session has done a whole round: a server that refuses the first command after SELECT is not back. */
	private lineWorks(): void {
		if (this.line.state === 'live') return;
		this.outages.up();
		this.happened({ kind: 'opened', now: this.clock.now() });
	}

	/**
	 * Reads every trigger's credential again; who has another account by now moves to its own watch (D15).
	 *
	 * @throws what reading threw, when no trigger's credential could be read
	 */
	private async checkAccounts(): Promise<void> {
		const mine = accountFingerprint(this.#account);
		const failures: unknown[] = [];
		for (const [delivery, member] of [...this.members]) {
			try {
				const account = await delivery.options.account();
				if (!this.deliveries.has(delivery)) continue;
				if (accountFingerprint(account) !== mine) this.move(delivery, member, account);
				// Who lent it before may have left, and a token is had through it.
				else this.#account = account;
			} catch (error) {
				failures.push(error);
			}
		}
		if (failures.length > 0 && failures.length >= this.members.size) throw failures[0];
	}

	/** Joins the new watch first, so that the trigger is never without one, and takes what waits to be marked along. */
	private move(delivery: MailboxDelivery, member: Member, account: Account): void {
		const identity = accountIdentity(account);
		const sameMailbox = identity === delivery.cursor.account;
		const votes = sameMailbox ? this.settler.takeVotes(delivery) : [];
		if (!sameMailbox) delivery.restart(identity, this.clock.wallTime());
		const watch = watchFor(account, this.mailbox, this.clock);
		watch.join(delivery, member);
		for (const [uid, vote] of votes) watch.settler.vote(delivery, uid, vote);
		this.outages.handOver(delivery.options, watch.outages);
		if (watch.line.state === 'live') watch.outages.up();
		this.leave(delivery);
	}

	private wake(): void {
		this.session?.wake();
		this.callBack();
	}

	private happened(event: LineEvent): void {
		this.line = transition(this.line, event);
	}

	private isClosed(): boolean {
		return this.line.state === 'closed';
	}
}

function keepWaiting(member: Member, because: MailError): void {
	member.waited = true;
	member.first(because);
}

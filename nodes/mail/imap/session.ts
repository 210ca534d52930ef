/**
 * One live connection at work: lists, fetches, hands over, marks, rests in IDLE, and starts again. Everything that
 * happens on the connection happens in {@link Session.run}, one thing at a time.
 */
import type { Clock } from '../clock';
import { AUDIT_INTERVAL_MS, offerLate, offerPutBack } from './audit';
import { openCursor } from './baseline';
import type { ImapClient } from './client';
import type { SelectedMailbox } from './types';
import type { MailboxDelivery } from './delivery';
import { FilesOnServer } from './filesOnServer';
import { Intake } from './intake';
import type { LineBreakers } from './lineBreakers';
import { listFor } from './listing';
import { searchMessages } from './messages';
import { restOnLine } from './rest';
import type { Settler, Voter } from './settle';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Longest rest in IDLE before the line is tried; with the probe's limit a dead line is noticed within 130 s. */
export const IDLE_RENEWAL_MS = 110 * SECOND_MS;
/** How often a server without IDLE is asked. */
export const POLL_INTERVAL_MS = 60 * SECOND_MS;
/**
 * A session can be alive and blind; SELECT is what opens its eyes (facts: a lost index went unseen by NOOP and SEARCH).
 * With the rest that may come before it, within 15 minutes.
 */
export const RESELECT_INTERVAL_MS = 13 * MINUTE_MS;
/** Age at which a connection is replaced by a new one; sooner when its token runs out. */
export const SESSION_MAX_AGE_MS = 6 * 60 * MINUTE_MS;
/** A trigger that has not listed the mailbox yet has not decided on anything in it. */
const NOT_ASKED_YET: Voter = { isUndecided: () => true };

export interface SessionParts {
	client: ImapClient;
	mailbox: SelectedMailbox;
	settler: Settler;
	/** Mails that ended earlier connections. */
	breakers: LineBreakers;
	clock: Clock;
	/** Whether to leave as soon as there is nothing to do, because others wait for the connection. */
	isVisit: boolean;
	/** The triggers; may change while the session runs. */
	deliveries: ReadonlySet<MailboxDelivery>;
	/** Whether a trigger was switched on only seconds ago (D2). */
	isFresh(delivery: MailboxDelivery): boolean;
	onOpened(delivery: MailboxDelivery): void;
	/** The server does what it is asked: a message was read, or a whole round worked. */
	onWorking(): void;
	checkAccounts(): Promise<void>;
}

export class Session {
	private readonly opened = new WeakSet<MailboxDelivery>();
	/** Who joins later than SELECT cannot go by what SELECT answered. */
	private isJustSelected = true;
	private readonly intake: Intake;
	private dirty = true;
	/** Flags changed, or it is time to look below the low mark. */
	private auditDue = true;
	private flagsChanged = false;
	/** The clock jumped, or the machine slept: the line may be dead without anybody having noticed. */
	private suspect = false;
	private auditedAt: number;
	private idleRefused = false;
	private readonly files: FilesOnServer;
	private stopped = false;
	/** Something happened since the loop last looked; without it a run that ends during a command would go unnoticed. */
	private woken = false;
	private awake: () => void = () => undefined;
	private readonly endsAt: number;
	private selectedAt: number;
	private lastRoundAt: number;

	constructor(private readonly parts: SessionParts) {
		this.selectedAt = this.lastRoundAt = this.auditedAt = parts.clock.now();
		this.endsAt = Math.min(this.selectedAt + SESSION_MAX_AGE_MS, parts.client.renewAt ?? Infinity);
		this.files = new FilesOnServer(parts, () => this.wake());
		this.intake = new Intake(parts, this.files, () => this.present);
		parts.settler.selected(parts.mailbox);
	}

	/** Monotonic time of the last thing that worked; one round may take long, as long as the server answers. */
	get lastProgressAt(): number {
		return Math.max(this.lastRoundAt, this.parts.client.lastAnswerAt);
	}

	/** Something may have changed on the server. */
	changed(): void {
		this.dirty = true;
		this.wake();
	}

	/** Somebody changed flags: a mail may have been put back. */
	flagged(): void {
		this.flagsChanged = true;
		this.wake();
	}

	/** The line should be tried before it is relied on. */
	doubt(): void {
		this.suspect = true;
		this.wake();
	}

	/** A run ended, a trigger came. */
	wake(): void {
		this.woken = true;
		this.awake();
	}

	stop(): void {
		this.stopped = true;
		this.wake();
	}

	/** Ends when it has grown old, or nobody wants it any more. @throws MailError when the line broke */
	async run(): Promise<void> {
		const { client, settler, clock, deliveries } = this.parts;
		while (!this.stopped && deliveries.size > 0) {
			this.woken = false;
			if (clock.now() >= this.endsAt && !this.files.isReading) return;
			if (this.suspect && !this.files.isReading) await this.probe();
			if (clock.now() - this.selectedAt > RESELECT_INTERVAL_MS) await this.reselect();
			await this.openNewcomers();
			if (this.dirty) await this.list();
			await this.audit();
			this.intake.offerAll();
			const page = this.intake.nextPage();
			if (page.length > 0) await this.intake.read(page);
			const voters = [...deliveries].map((one) => (this.opened.has(one) ? one : NOT_ASKED_YET));
			const marks = settler.hasWork(voters, page.length === 0);
			if (marks) await settler.apply(client, this.parts.mailbox, voters, page.length === 0);
			this.lastRoundAt = clock.now();
			this.parts.onWorking();
			// What was marked has freed its places, so the next runs may start.
			if (page.length > 0 || marks || this.dirty || this.woken) continue;
			if (this.parts.isVisit) return;
			await this.rest();
		}
	}

	/** The triggers that know the mailbox as it is now. */
	private get present(): MailboxDelivery[] {
		return [...this.parts.deliveries].filter((delivery) => this.opened.has(delivery));
	}

	private async probe(): Promise<void> {
		await this.parts.client.probe();
		this.suspect = false;
		this.dirty = true;
	}

	/** Looks for what a pass above the low mark cannot see. */
	private async audit(): Promise<void> {
		const { client, clock, mailbox } = this.parts;
		const late = this.auditDue || clock.now() - this.auditedAt > AUDIT_INTERVAL_MS;
		if (!late && !this.flagsChanged) return;
		this.auditDue = this.flagsChanged = false;
		let isMore = false;
		if (late) this.auditedAt = clock.now();
		for (const delivery of this.present) {
			if (late) await offerLate(client, delivery);
			if (await offerPutBack(client, mailbox, delivery)) isMore = true;
		}
		this.flagsChanged ||= isMore;
	}

	private async reselect(): Promise<void> {
		await this.parts.checkAccounts();
		const before = this.parts.mailbox;
		this.parts.mailbox = await this.parts.client.select(before.path);
		this.parts.settler.selected(this.parts.mailbox);
		this.selectedAt = this.parts.clock.now();
		this.isJustSelected = true;
		if (this.parts.mailbox.uidValidity !== before.uidValidity) this.intake.clear();
		for (const delivery of this.parts.deliveries) this.opened.delete(delivery);
		this.dirty = true;
	}

	private async openNewcomers(): Promise<void> {
		const { client, clock, mailbox, settler } = this.parts;
		const current = this.isJustSelected;
		this.isJustSelected = false;
		for (const delivery of this.parts.deliveries) {
			if (this.opened.has(delivery)) continue;
			const fresh = this.parts.isFresh(delivery);
			const how = await openCursor(delivery.cursor, client, mailbox, fresh, current, clock.wallTime());
			if (how === 'renumbered') {
				settler.forget(delivery, delivery.proof);
				this.intake.clear();
				delivery.forget();
				delivery.options.report(
					`The server renumbered the mailbox "${mailbox.path}" (new UIDVALIDITY). Mail of the last days was compared with what ran before; nothing was skipped.`,
				);
			}
			this.opened.add(delivery);
			delivery.setLine(true);
			delivery.options.save();
			this.parts.onOpened(delivery);
			this.dirty = true;
			this.auditDue = true;
		}
	}

	/** Asks which messages there are above the lowest mark, and tells every trigger those above its own. */
	private async list(): Promise<void> {
		// Cleared before the question: what arrives from now on sets it again.
		this.dirty = false;
		const deliveries = this.present;
		if (deliveries.length === 0) return;
		const lowest = Math.min(...deliveries.map(({ cursor }) => cursor.low ?? 0));
		// `n:*` names the last message even when its UID is below n (RFC 3501 §6.4.8), hence the filter.
		const uids = (await searchMessages(this.parts.client, { uid: `${lowest + 1}:*` })).filter(
			(uid) => uid > lowest,
		);
		for (const delivery of deliveries) {
			await listFor(this.parts.client, delivery, uids);
			delivery.cursor.sawGood(this.parts.clock.wallTime());
		}
	}

	/** Rests until there is something to do; afterwards, if nothing was, tries the line and looks again. */
	private async rest(): Promise<void> {
		const { client, clock } = this.parts;
		const idles =
			client.supports('IDLE') &&
			!this.idleRefused &&
			!this.files.isReading &&
			![...this.parts.deliveries].some((d) => d.options.forcePolling);
		// A file that is read is read to its end, however old the connection has grown.
		const left = this.files.isReading ? Infinity : this.endsAt - clock.now();
		const maxMs = Math.min(idles ? IDLE_RENEWAL_MS : POLL_INTERVAL_MS, left);
		const ended = await restOnLine(client, clock, maxMs, idles, (awake) => (this.awake = awake));
		if (ended === 'refused') this.idleRefused = true;
		if (ended === 'woken') return;
		// Pieces of a file show that the line is alive; behind them on a slow line the probe would come too late.
		if (this.files.isReading) this.dirty = true;
		else await this.probe();
	}
}

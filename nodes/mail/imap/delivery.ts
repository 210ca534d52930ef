/**
 * One trigger on one mailbox: which messages it wants next, when a run may start, and what a run's end means. Knows no
 * server and no n8n; the session feeds it, the trigger's emitter runs for it. Rules D5–D12 of docs/delivery.md.
 */
import type { MailError } from '../errors';
import type { ReceivedMessage } from '../message/parsed';
import { Timers } from '../timers';
import { LateFinder } from './audit';
import type { Cursor, Unit } from './cursor';
import { DeliveryReports } from './deliveryReports';
import { Doubts } from './doubts';
import { fingerprint, proofKeyword } from './identity';
import type { DeliveryOptions } from './outcome';
import { Places, type PlaceUser } from './places';
import { unitOf, withoutEnd } from './putBack';
import { RunEnds } from './runEnds';
import { Runs } from './runs';
import { Screen } from './screen';
import type { Settler, Voter } from './settle';
import { UnitQueue } from './unitQueue';
import { Voting } from './voting';

export class MailboxDelivery implements Voter, PlaceUser {
	private readonly voting: Voting;
	private onWake: () => void = () => undefined;
	private readonly queue = new UnitQueue();
	private readonly runs: Runs;
	private readonly undecided = new Set<number>();
	private readonly timers: Timers;
	lateFinder = new LateFinder();
	private readonly doubts: Doubts;
	private readonly screen: Screen;
	private readonly places: Places;
	private hasLine = false;
	private closed = false;
	private readonly reports: DeliveryReports;
	readonly proof: string;

	constructor(readonly options: DeliveryOptions) {
		const { policy, cursor, workflowId, nodeId, mailbox } = options;
		this.reports = new DeliveryReports(mailbox, options.report);
		this.timers = new Timers(options.clock);
		this.doubts = new Doubts(cursor.loadedHigh, policy.parallel * policy.batchSize);
		this.proof = proofKeyword(workflowId, nodeId);
		this.screen = new Screen(cursor, options.filter, this.doubts, this.proof);
		this.voting = new Voting(this, this.proof);
		const parts = { doubts: this.doubts, voting: this.voting, reports: this.reports };
		const ends = new RunEnds(options, parts, {
			again: (unit, by, waitMs) => this.runInstead(unit, by, waitMs),
			decided: ({ uids }) => uids.forEach((uid) => this.undecided.delete(uid)),
			settled: () => this.places.changed(this),
		});
		this.runs = new Runs(options, {
			ended: (unit, outcome) => ends.ended(unit, outcome),
			endless: () => this.reports.endless(),
			over: () => this.freed(),
		});
		this.places = options.places ?? new Places(policy.parallel);
		this.places.join(this);
		for (const unit of cursor.takeRecovered()) {
			this.queue.putBack([unit]);
			this.doubts.add(unit);
			for (const uid of unit.uids) this.undecided.add(uid);
		}
	}

	get cursor(): Cursor {
		return this.options.cursor;
	}

	attach(settler: Settler, onWake: () => void): void {
		this.voting.attach(settler);
		this.onWake = onWake;
	}

	/** There is something to do that the line to the server does not tell of. */
	wake(): void {
		this.onWake();
	}

	/** Whether there is a line over which mail can be fetched. */
	setLine(hasLine: boolean): void {
		this.hasLine = hasLine;
		this.places.changed(this);
	}

	get taken(): number {
		return this.runs.size + this.voting.places;
	}

	get canStart(): boolean {
		return this.hasLine && !this.closed && this.queue.next(this.newAtOnce(), () => 0) !== undefined;
	}

	/** Those of the listed messages that the trigger sees for the first time. */
	unseen(uids: readonly number[]): number[] {
		return this.cursor.list(uids).filter((uid) => !this.queue.has(uid));
	}

	/** Messages that the filter leaves out: done without a run and without a mark (D13). */
	leaveOut(uids: readonly number[]): void {
		this.cursor.leaveOut(uids);
		if (uids.length > 0) this.options.save();
	}

	/** The server does not understand the filter. Nothing is lost by it: the mail waits until the filter is mended. */
	cannotFilter(error: MailError, uids: readonly number[]): void {
		for (const uid of uids) this.undecided.add(uid);
		if (!this.closed) this.reports.badFilter(error);
	}

	/** Messages the server lists above the low mark and the filter lets through (D5). */
	list(uids: readonly number[]): void {
		const low = this.cursor.low ?? 0;
		const fresh = this.cursor.list(uids);
		this.queue.setFresh(fresh);
		this.lateFinder.note(uids, low);
		for (const uid of fresh) this.undecided.add(uid);
	}

	/** UIDs to have ready next, in the order of their runs; `ahead` also while all runs that may be under way are. */
	upcoming(limit: number, ahead = false): number[] {
		return this.mayStart(ahead) ? this.queue.upcoming(limit, this.newAtOnce()) : [];
	}

	/** Whether a message is still wanted, so that it is worth keeping once parsed. */
	wants(uid: number): boolean {
		return this.queue.has(uid);
	}

	/** Units offered again that wait for their runs. */
	get waitingAgain(): number {
		return this.queue.waitingAgain;
	}

	isUndecided(uid: number): boolean {
		return !this.closed && this.undecided.has(uid);
	}

	/** Old mail that counts because it is unread does so until its run has begun. */
	wantsUnread(uid: number): boolean {
		const { old, baseline } = this.cursor;
		return !this.closed && old.kind === 'unread' && uid <= baseline && this.queue.has(uid);
	}

	/**
	 * Starts what can be started.
	 *
	 * @param ready gives a message that has been fetched and parsed
	 */
	offer(ready: (uid: number) => ReceivedMessage | undefined): void {
		while (this.mayStart()) {
			const unit = this.queue.next(this.newAtOnce(), (uid) => ready(uid)?.size ?? 0);
			if (!unit) return;
			const messages = unit.uids.map(ready).filter((message) => message !== undefined);
			if (messages.length < unit.uids.length) return;
			if (this.thinOut(unit, messages)) continue;
			if (this.queue.take(unit)) this.doubts.startNew(unit);
			if (!this.isDone(unit, messages)) this.run(unit, messages);
		}
	}

	/** A person put these back: they run once more, as the next attempt (D11). */
	offerAgain(uids: readonly number[]): void {
		if (uids.length === 0 || this.closed) return;
		for (const uid of uids) {
			const unit = unitOf(this.cursor.ends, uid);
			this.cursor.ends = withoutEnd(this.cursor.ends, uid);
			this.cursor.start(unit);
			this.undecided.add(uid);
			this.voting.forgetProof(uid);
			this.queue.putBack([unit]);
		}
		this.options.save();
	}

	/** Messages below the low mark that are there now, and those of them that run: they were not there before (D5). */
	offerLate(listed: readonly number[], late: readonly number[]): void {
		this.lateFinder.saw(listed, this.cursor.low ?? 0);
		const units = late.map((uid) => ({ uids: [uid], attempt: 1 }));
		// Below the low mark nothing else would tell after a crash that they have not run.
		for (const unit of units) this.cursor.start(unit);
		for (const uid of late) this.undecided.add(uid);
		this.queue.putBack(units);
	}

	/** The server did not give this message: the others go on, it comes again later. */
	defer(uid: number, waitMs: number): void {
		this.queue.defer(uid);
		this.later(waitMs, () => this.queue.undefer(uid));
	}

	/** The message no longer exists on the server, or is not wanted: there is nothing to run. */
	gone(uid: number): void {
		const removed = this.queue.remove(uid);
		if (removed) {
			this.cursor.replace(removed.unit, removed.left);
			this.doubts.replace(removed.unit, removed.left);
		}
		this.cursor.settle([uid]);
		this.undecided.delete(uid);
		this.options.save();
		this.places.changed(this);
	}

	/**
	 * The mailbox is not the one it was (renumbered, or another account's): UIDs known so far name other messages now, so
	 * nothing is done with them any more. Runs under way end on their own.
	 */
	forget(): void {
		this.runs.forget();
		this.queue.clear();
		this.lateFinder = new LateFinder();
		this.timers.cancelAll();
		this.undecided.clear();
		this.doubts.clear();
		this.voting.reset();
		this.places.changed(this);
	}

	/** The credential now names another account: what is known of the old one's mailbox is void (D3). */
	restart(account: string, wallTime: number): void {
		this.forget();
		this.cursor.restart(account, wallTime);
		this.options.save();
	}

	/** Starts nothing from now on. Outcomes that come later are no longer ours to act on. */
	close(): void {
		this.closed = true;
		this.runs.close();
		this.timers.cancelAll();
		this.places.changed(this);
	}

	/** `ended` settles when no run is under way, `marked` when no decided mail waits for its marks. */
	async when(what: 'ended' | 'marked'): Promise<void> {
		await (what === 'marked' ? this.voting.whenMarked() : this.runs.whenEnded());
	}

	private mayStart(ahead = false): boolean {
		return !this.closed && (ahead || this.places.isFreeFor(this));
	}

	private freed(): void {
		this.wake();
		this.places.changed(this);
	}

	private newAtOnce(): number {
		return this.cursor.newAtOnce(this.queue.oldestFresh, this.runs.size, this.options.policy.batchSize);
	}

	/** @returns whether anything was taken out, so that a batch has to be put together anew */
	private thinOut(unit: Unit, messages: readonly ReceivedMessage[]): boolean {
		const { uids, proven } = this.screen.leaveOut(unit, messages, this.queue.isNew(unit));
		for (const uid of uids) this.gone(uid);
		this.voting.foundProven(proven);
		return uids.length > 0;
	}

	/** Settles a unit without a run, if it needs none. @returns whether it did */
	private isDone(unit: Unit, messages: readonly ReceivedMessage[]): boolean {
		const needless = this.screen.allOf(unit, messages);
		if (!needless) return false;
		this.doubts.delete(unit);
		for (const uid of unit.uids) this.undecided.delete(uid);
		this.cursor.settle(unit.uids);
		this.voting.foundProven(needless.proven);
		return true;
	}

	private run(unit: Unit, messages: ReceivedMessage[]): void {
		this.cursor.start(unit);
		for (const message of messages) this.cursor.remember(fingerprint(message));
		this.voting.cursorIsStored();
		this.runs.start(unit, messages);
		this.places.started(this);
	}

	private runInstead(unit: Unit, by: Unit[], waitMs: number): void {
		this.cursor.replace(unit, by);
		this.later(waitMs, () => this.queue.putBack(by));
	}

	private later(waitMs: number, action: () => void): void {
		this.timers.after(waitMs, () => {
			action();
			this.wake();
		});
	}
}

/**
 * One trigger on one mailbox: which messages it wants next, when a run may start, and what a run's end means. Knows no
 * server and no n8n; the session feeds it, the trigger's emitter runs for it. Rules D5–D12 of docs/delivery.md.
 */
import type { MailError } from '../errors';
import type { ReceivedMessage } from '../message/parsed';
import { Timers } from '../timers';
import { LateFinder } from './audit';
import type { Cursor, Unit } from './cursor';
import { Doubts } from './doubts';
import { fingerprint, proofKeyword, runKey } from './identity';
import { ENDLESS_RUN, FAILED_MARKS, type DeliveryOptions, type Marks, type Outcome } from './outcome';
import { unitOf, withEnd, withoutEnd } from './putBack';
import type { Settler, Voter } from './settle';
import { UnitQueue } from './unitQueue';
import { UNCLEAR_WAITS_MS, verdictOn } from './verdict';
import { Voting } from './voting';

export class MailboxDelivery implements Voter {
	private readonly voting: Voting;
	private wake: () => void = () => undefined;
	private readonly queue = new UnitQueue();
	private readonly executing = new Map<Unit, Promise<void>>();
	private readonly undecided = new Set<number>();
	private readonly timers: Timers;
	lateFinder = new LateFinder();
	private readonly doubts: Doubts;
	private closed = false;
	/** What was reported, once each. */
	private readonly told = new Set<string>();
	/** Counts how often the UIDs known so far became void. */
	private generation = 0;
	readonly proof: string;

	constructor(readonly options: DeliveryOptions) {
		const { policy, cursor, workflowId, nodeId } = options;
		this.timers = new Timers(options.clock);
		this.doubts = new Doubts(cursor.loadedHigh, policy.parallel * policy.batchSize);
		this.proof = proofKeyword(workflowId, nodeId);
		this.voting = new Voting(this, this.proof);
		for (const unit of cursor.takeRecovered()) {
			this.queue.putBack([unit]);
			this.doubts.add(unit);
			for (const uid of unit.uids) this.undecided.add(uid);
		}
	}

	get cursor(): Cursor {
		return this.options.cursor;
	}

	attach(settler: Settler, wake: () => void): void {
		this.voting.attach(settler);
		this.wake = wake;
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
		this.tellOnce(`The filter cannot be used, so no mail starts the workflow for now. ${error.line}`);
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

	isUndecided(uid: number): boolean {
		return !this.closed && this.undecided.has(uid);
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
			const unwanted = this.unwanted(unit, messages);
			for (const { uid } of unwanted) this.gone(uid);
			if (unwanted.length > 0) continue;
			this.take(unit);
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
	}

	/**
	 * The mailbox is not the one it was (renumbered, or another account's): UIDs known so far name other messages now, so
	 * nothing is done with them any more. Runs under way end on their own.
	 */
	forget(): void {
		this.generation++;
		this.queue.clear();
		this.lateFinder = new LateFinder();
		this.timers.cancelAll();
		this.undecided.clear();
		this.doubts.clear();
		this.voting.reset();
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
		this.timers.cancelAll();
	}

	/** `ended` settles when no run is under way, `marked` when no decided mail waits for its marks. */
	async when(what: 'ended' | 'marked'): Promise<void> {
		await (what === 'marked' ? this.voting.whenMarked() : Promise.all(this.executing.values()));
	}

	private mayStart(ahead = false): boolean {
		const places = this.options.policy.parallel - this.executing.size - this.voting.places;
		return !this.closed && (ahead || places > 0);
	}

	private newAtOnce(): number {
		return this.cursor.newAtOnce(this.queue.oldestFresh, this.executing.size, this.options.policy.batchSize);
	}

	/** What the filter leaves out only after a look inside. What was offered before has passed it. */
	private unwanted(unit: Unit, messages: readonly ReceivedMessage[]): ReceivedMessage[] {
		if (unit.attempt > 1 || this.doubts.has(unit)) return [];
		return messages.filter((message) => !this.options.filter.accepts(message));
	}

	private take(unit: Unit): void {
		if (this.queue.take(unit)) this.doubts.startNew(unit);
	}

	/** Settles without a run what ran before (our keyword proves it, or a fingerprint after a renumbering) or is too old. */
	private isDone(unit: Unit, messages: readonly ReceivedMessage[]): boolean {
		const proven = this.doubts.has(unit) && messages.every((message) => message.flags.includes(this.proof));
		const known = messages.every((message) =>
			this.cursor.ranBeforeRenumbering(message.uid, fingerprint(message)),
		);
		if (!proven && !known && !messages.every(({ uid, receivedAt }) => this.cursor.isTooOld(uid, receivedAt)))
			return false;
		this.doubts.delete(unit);
		for (const uid of unit.uids) this.undecided.delete(uid);
		this.cursor.settle(unit.uids);
		if (proven) this.voting.foundProven(unit.uids);
		return true;
	}

	private run(unit: Unit, messages: ReceivedMessage[]): void {
		const { cursor, policy, start, save } = this.options;
		cursor.start(unit);
		for (const message of messages) cursor.remember(fingerprint(message));
		this.voting.cursorIsStored();
		const { generation } = this;
		const isVoid = () => this.generation !== generation;
		const isStopped = () => this.closed || isVoid();
		const key = runKey(this.options, unit);
		const noLongerLate = this.options.clock.after(this.options.runLimitMs, () => this.tellOnce(ENDLESS_RUN));
		const ended = start({ messages, attempt: unit.attempt, key, save, isStopped }).then((outcome) => {
			noLongerLate();
			this.executing.delete(unit);
			const handedOver = policy.acknowledge === 'started';
			const settle = (end: Outcome) => this.ended(unit, handedOver ? { kind: 'unconfirmed' } : end);
			if (outcome && !isVoid() && this.closed) this.options.onLateEnd(() => settle(outcome));
			else if (outcome && !isVoid()) settle(outcome);
			this.wake();
		});
		this.executing.set(unit, ended);
	}

	private ended(unit: Unit, outcome: Outcome): void {
		const { policy, report } = this.options;
		const tries = this.doubts.unclearTries(unit);
		const verdict = verdictOn(outcome, unit, policy, this.doubts.has(unit), tries);
		if (outcome.kind === 'unclear') {
			this.doubts.unclear(unit);
			const reason = `n8n cannot start the workflow (${outcome.reason}). The mail is kept and offered again.`;
			if (tries === UNCLEAR_WAITS_MS.length) report(reason);
		} else {
			this.doubts.delete(unit);
		}
		if (verdict.kind === 'settle') this.decide(unit, verdict.marks, verdict.failed);
		else this.runInstead(unit, verdict.units, verdict.waitMs);
	}

	private runInstead(unit: Unit, by: Unit[], waitMs: number): void {
		this.cursor.replace(unit, by);
		this.later(waitMs, () => this.queue.putBack(by));
	}

	private tellOnce(text: string): void {
		if (this.told.has(text) || this.closed) return;
		this.told.add(text);
		this.options.report(text);
	}

	private later(waitMs: number, action: () => void): void {
		this.timers.after(waitMs, () => {
			action();
			this.wake();
		});
	}

	private decide(unit: Unit, marks: Marks, failed: boolean): void {
		const { cursor, mailbox, policy, report, save } = this.options;
		for (const uid of unit.uids) this.undecided.delete(uid);
		this.voting.cast({
			unit,
			marks,
			failed,
			onProven: () => {
				cursor.settle(unit.uids);
				save();
			},
			onMarked: (uid, flags) => {
				// Only a mark that is there can be taken away.
				if (!policy.fireAgainWhenMarkedUnread && !failed) return;
				if (!flags.some((flag) => (failed ? FAILED_MARKS.includes(flag) : flag === '\\Seen'))) return;
				cursor.ends = withEnd(cursor.ends, uid, unit.attempt, failed ? 'failed' : 'succeeded');
			},
			onRefused: (uid, error) =>
				report(`Mail ${uid} in "${mailbox}" ran, but could not be marked. ${error.line}`),
		});
	}
}

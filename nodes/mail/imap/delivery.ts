/**
 * One trigger on one mailbox: which messages it wants next, when a run may start, and what a run's end means. Knows no
 * server and no n8n; the session feeds it, the trigger's emitter runs for it. Rules D5–D12 of docs/delivery.md.
 */
import type { MailError } from '../errors';
import type { ReceivedMessage } from '../message/parsed';
import type { Cursor, Unit } from './cursor';
import { fingerprint, proofKeyword, runKey } from './identity';
import type { DeliveryOptions, Marks, Outcome } from './outcome';
import type { Settler, Voter } from './settle';
import { UnitQueue } from './unitQueue';
import { UNCLEAR_WAITS_MS, verdictOn } from './verdict';

export class MailboxDelivery implements Voter {
	private settler: Settler | null = null;
	private wake: () => void = () => undefined;
	private readonly queue = new UnitQueue();
	private readonly executing = new Set<Unit>();
	/** Recovered, or started so close to the cursor's last save that the save may have been missed (D7). */
	private readonly doubtful = new Set<Unit>();
	private readonly undecided = new Set<number>();
	private readonly timers = new Set<() => void>();
	private readonly unclearTries = new Map<Unit, number>();
	private unproven: number[] = [];
	private proven: number[] = [];
	/** How many first starts after loading may have been made before the process died (D7). */
	private raceAllowance: number;
	private closed = false;
	private filterTold = false;
	/** Counts how often the UIDs known so far became void. */
	private generation = 0;
	/** Runs that have ended and whose mails are not marked yet. */
	private unmarked = 0;
	private onMarked: () => void = () => undefined;
	readonly proof: string;

	constructor(readonly options: DeliveryOptions) {
		const { policy, cursor, workflowId, nodeId } = options;
		this.raceAllowance = policy.parallel * policy.batchSize;
		this.proof = proofKeyword(workflowId, nodeId);
		for (const unit of cursor.takeRecovered()) {
			this.queue.putBack([unit]);
			this.doubtful.add(unit);
			for (const uid of unit.uids) this.undecided.add(uid);
		}
	}

	get cursor(): Cursor {
		return this.options.cursor;
	}

	/** Joins a mailbox that is being watched. */
	attach(settler: Settler, wake: () => void): void {
		this.settler = settler;
		this.wake = wake;
	}

	/** Those of the listed messages that the trigger sees for the first time. */
	unseen(uids: readonly number[]): number[] {
		return this.cursor.list(uids).filter((uid) => !this.queue.has(uid));
	}

	/** Messages that the filter leaves out: done without a run and without a mark (D13). */
	leaveOut(uids: readonly number[]): void {
		if (uids.length === 0) return;
		this.cursor.settle(uids);
		this.options.save();
	}

	/** The server does not understand the filter. Nothing is lost by it: the mail waits until the filter is mended. */
	cannotFilter(error: MailError): void {
		if (this.filterTold) return;
		this.filterTold = true;
		this.options.report(`The filter cannot be used, so no mail starts the workflow for now. ${error.line}`);
	}

	/** Messages the server lists above the low mark and the filter lets through (D5). */
	list(uids: readonly number[]): void {
		const fresh = this.cursor.list(uids);
		this.queue.setFresh(fresh);
		for (const uid of fresh) this.undecided.add(uid);
	}

	/** UIDs to have ready next, in the order of their runs; none while nothing may start. */
	upcoming(limit: number): number[] {
		return this.mayStart() ? this.queue.upcoming(limit) : [];
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
			const unit = this.queue.next(this.options.policy.batchSize, (uid) => ready(uid)?.size ?? 0);
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
			if (this.doubtful.delete(removed.unit)) for (const unit of removed.left) this.doubtful.add(unit);
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
		for (const cancel of this.timers) cancel();
		this.timers.clear();
		this.undecided.clear();
		this.doubtful.clear();
		this.proven = [];
		this.unproven = [];
		this.unmarked = 0;
	}

	/** Runs that have not ended. */
	get running(): number {
		return this.executing.size;
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
		for (const cancel of this.timers) cancel();
		this.timers.clear();
	}

	/** Settles when no decided mail waits for its marks. */
	async whenMarked(): Promise<void> {
		if (this.unmarked === 0) return;
		await new Promise<void>((resolve) => (this.onMarked = resolve));
	}

	private mayStart(): boolean {
		return !this.closed && this.executing.size < this.options.policy.parallel && !this.cursor.isFull;
	}

	/** What the filter leaves out only after a look inside. What was offered before has passed it. */
	private unwanted(unit: Unit, messages: readonly ReceivedMessage[]): ReceivedMessage[] {
		if (unit.attempt > 1 || this.doubtful.has(unit)) return [];
		return messages.filter((message) => !this.options.filter.accepts(message));
	}

	private take(unit: Unit): void {
		const isNew = this.queue.take(unit);
		const beyond = unit.uids.some((uid) => uid > this.cursor.loadedHigh);
		if (isNew && beyond && this.raceAllowance > 0) {
			this.raceAllowance -= unit.uids.length;
			this.doubtful.add(unit);
		}
	}

	/** Settles without a run what ran before (our keyword proves it, or a fingerprint after a renumbering) or is too old. */
	private isDone(unit: Unit, messages: readonly ReceivedMessage[]): boolean {
		const proven = this.doubtful.has(unit) && messages.every((message) => message.flags.includes(this.proof));
		const known = messages.every((message) =>
			this.cursor.ranBeforeRenumbering(message.uid, fingerprint(message)),
		);
		if (!proven && !known && !messages.every((message) => this.isTooOld(message))) return false;
		this.doubtful.delete(unit);
		for (const uid of unit.uids) this.undecided.delete(uid);
		this.cursor.settle(unit.uids);
		if (proven) this.unproven.push(...unit.uids);
		return true;
	}

	/** SEARCH SINCE knows only days; the moment the user chose is kept here. */
	private isTooOld(message: ReceivedMessage): boolean {
		const { old, baseline } = this.cursor;
		if (old.kind !== 'since' || message.uid > baseline || !message.receivedAt) return false;
		return message.receivedAt.getTime() < old.wallTime;
	}

	private run(unit: Unit, messages: ReceivedMessage[]): void {
		const { cursor, policy, start, save } = this.options;
		cursor.start(unit);
		for (const message of messages) cursor.remember(fingerprint(message));
		this.executing.add(unit);
		this.dropStoredProofs();
		const confirmed = policy.acknowledge !== 'started';
		const { generation } = this;
		const isStopped = () => this.closed || this.generation !== generation;
		const key = runKey(this.options, unit);
		void start({ messages, attempt: unit.attempt, key, save, isStopped }).then((outcome) => {
			this.executing.delete(unit);
			if (!isStopped()) this.ended(unit, confirmed ? outcome : { kind: 'unconfirmed' });
			this.wake();
		});
	}

	private ended(unit: Unit, outcome: Outcome): void {
		const { policy, report } = this.options;
		const tries = this.unclearTries.get(unit) ?? 0;
		const verdict = verdictOn(outcome, unit, policy, this.doubtful.has(unit), tries);
		this.unclearTries.delete(unit);
		if (outcome.kind === 'unclear') {
			// Whether a row exists is not known, so what n8n says next proves nothing either.
			this.doubtful.add(unit);
			this.unclearTries.set(unit, tries + 1);
			const reason = `n8n cannot start the workflow (${outcome.reason}). The mail is kept and offered again.`;
			if (tries === UNCLEAR_WAITS_MS.length) report(reason);
		} else {
			this.doubtful.delete(unit);
		}
		if (verdict.kind === 'settle') this.decide(unit, verdict.marks, verdict.failed);
		else this.runInstead(unit, verdict.units, verdict.waitMs);
	}

	private runInstead(unit: Unit, by: Unit[], waitMs: number): void {
		this.cursor.replace(unit, by);
		this.later(waitMs, () => this.queue.putBack(by));
	}

	private later(waitMs: number, action: () => void): void {
		const cancel = this.options.clock.after(waitMs, () => {
			this.timers.delete(cancel);
			action();
			this.wake();
		});
		this.timers.add(cancel);
	}

	private decide(unit: Unit, marks: Marks, failed: boolean): void {
		let open = unit.uids.length;
		this.unmarked++;
		for (const uid of unit.uids) {
			this.undecided.delete(uid);
			this.settler?.vote(this, uid, {
				marks,
				failed,
				proof: this.proof,
				applied: () => {
					if (--open > 0) return;
					this.cursor.settle(unit.uids);
					this.unproven.push(...unit.uids);
					this.options.save();
					if (--this.unmarked === 0) this.onMarked();
				},
				refused: (error: MailError) =>
					this.options.report(
						`Mail ${uid} in "${this.options.mailbox}" ran, but could not be marked. ${error.line}`,
					),
			});
		}
	}

	/** What was settled before the last save is stored by now, so its proof on the server may go. */
	private dropStoredProofs(): void {
		if (this.proven.length > 0) this.settler?.dropProof(this.proven, this.proof);
		this.proven = this.unproven;
		this.unproven = [];
	}
}

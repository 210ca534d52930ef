/**
 * What a trigger knows about one mailbox: which messages are done, which are under way. Pure: no clock, no server.
 * Rules D1–D5, D7, D8 and D14 of the delivery contract (docs/delivery.md) are about this value.
 */
import { newCursor, type CursorState, type OldMail, type Unit } from './cursorState';
import type { Numbering } from './identity';
import { NOTHING_TO_PUT_BACK, type PutBackState } from './putBack';
import { fromSequenceSet, toSequenceSet } from './uidSet';

export { newCursor, type CursorState, type OldMail, type Unit };

/** Fingerprints kept, each of {@link FINGERPRINT_LENGTH} characters. */
export const RING_SIZE = 120;
export const FINGERPRINT_LENGTH = 8;
/** Longest stored set of done UIDs above `low`. Beyond it nothing new starts, except what the others wait for. */
export const MAX_SETTLED_LENGTH = 900;
/** Units written down as under way beside those that run: they wait for their next attempt. Beyond it nothing new starts. */
export const MAX_WAITING_UNITS = 100;

export class Cursor {
	private readonly done: Set<number>;
	/** Left out by the filter above `low`; stored only as far as there is room, since the filter can be asked again. */
	private readonly leftOut = new Set<number>();
	private readonly running = new Map<string, number>();
	/** Listed by the server, ascending; those before `head` are below `low`. */
	private listed: number[] = [];
	private head = 0;
	/** In flight when the cursor was loaded: how those runs ended is not known (D8). */
	private readonly recovered: Map<string, Unit>;
	private state: CursorState;
	/** Highest UID the loaded cursor knew of. */
	readonly loadedHigh: number;

	/** @param state is taken over and changed; read it back with {@link toState} */
	constructor(state: CursorState) {
		const { failures = {}, successes = {} } = state.putBack as Partial<PutBackState>;
		this.state = { ...state, putBack: { failures, successes } };
		this.done = new Set(fromSequenceSet(state.settled));
		this.recovered = new Map(
			Object.entries(state.inFlight).map(([set, attempt]) => [set, { uids: fromSequenceSet(set), attempt }]),
		);
		const known = [...this.done, ...[...this.recovered.values()].flatMap((unit) => unit.uids)];
		this.loadedHigh = known.reduce((high, uid) => Math.max(high, uid), state.low ?? 0);
	}

	/** Null until a baseline was set. */
	get low(): number | null {
		return this.state.low;
	}

	get baseline(): number {
		return this.state.baseline;
	}

	get old(): OldMail {
		return this.state.old;
	}

	get since(): number {
		return this.state.since;
	}

	get lastGoodAt(): number {
		return this.state.lastGoodAt;
	}

	get uidValidity(): string | null {
		return this.state.uidValidity;
	}

	get mailboxId(): string | null {
		return this.state.mailboxId;
	}

	get epoch(): number {
		return this.state.epoch;
	}

	get account(): string {
		return this.state.account;
	}

	/** Sets where the mailbox stood when the trigger came (D2). With `old` of kind `none` what is below never counts. */
	setBaseline(highestUid: number, uidValidity: string | null, mailboxId: string | null): void {
		const low = this.state.old.kind === 'none' ? highestUid : 0;
		this.state = { ...this.state, low, baseline: highestUid, uidValidity, mailboxId };
	}

	/**
	 * The server renumbered the mailbox (D14): everything known about UIDs is void.
	 *
	 * @param low where to go on from in the new numbering
	 * @param highestUid highest UID of the new numbering; up to it fingerprints are compared
	 * @param wallTime what the server got before is old: numbers need not follow age
	 */
	renumber(low: number, highestUid: number, { uidValidity, mailboxId }: Numbering, wallTime: number): void {
		this.forget();
		this.state = {
			...this.state,
			putBack: NOTHING_TO_PUT_BACK,
			low,
			baseline: highestUid,
			old: { kind: 'since', wallTime },
			uidValidity,
			mailboxId,
			recheckUpTo: highestUid,
		};
	}

	/** Another account's mailbox: only what comes from now on counts. */
	restart(account: string, wallTime: number): void {
		this.forget();
		this.state = newCursor(account, wallTime, { kind: 'none' }, this.state.epoch);
	}

	/** Notes that the mailbox was seen in good order. */
	sawGood(wallTime: number): void {
		this.state = { ...this.state, lastGoodAt: wallTime };
	}

	/**
	 * Takes the server's answer to SEARCH above `low` (D5): only over these UIDs `low` may move.
	 *
	 * @returns those that are neither done nor under way, ascending
	 */
	list(uids: readonly number[]): number[] {
		const low = this.state.low ?? 0;
		this.listed = uids.filter((uid) => uid > low).sort((a, b) => a - b);
		this.head = 0;
		this.advance();
		const busy = new Set([...this.running.keys(), ...this.recovered.keys()].flatMap(fromSequenceSet));
		return this.listed.filter((uid) => !this.isDone(uid) && !busy.has(uid));
	}

	/** Whether it came before the moment that the user chose to start from; SEARCH SINCE knows only days. */
	isTooOld(uid: number, receivedAt: Date | null): boolean {
		const { old, baseline } = this.state;
		return (
			old.kind === 'since' && uid <= baseline && receivedAt !== null && receivedAt.getTime() < old.wallTime
		);
	}

	/** Writes a run down before it starts, so that after a crash it is known to have been under way (D4). */
	start(unit: Unit): void {
		const set = toSequenceSet(unit.uids);
		this.recovered.delete(set);
		this.running.set(set, unit.attempt);
	}

	/** Puts other units in the place of one: its next attempt, its members one by one, or what is left of it. */
	replace(unit: Unit, by: readonly Unit[]): void {
		const set = toSequenceSet(unit.uids);
		this.running.delete(set);
		this.recovered.delete(set);
		for (const next of by) this.running.set(toSequenceSet(next.uids), next.attempt);
	}

	/** The messages are dealt with for good. */
	settle(uids: readonly number[]): void {
		const set = toSequenceSet(uids);
		this.running.delete(set);
		this.recovered.delete(set);
		for (const uid of uids) if (uid > (this.state.low ?? 0)) this.done.add(uid);
		this.advance();
	}

	/** The filter does not want these: done without a run. */
	leaveOut(uids: readonly number[]): void {
		for (const uid of uids) if (uid > (this.state.low ?? 0)) this.leftOut.add(uid);
		this.advance();
	}

	/** Runs that were under way when the process died, oldest first (D8). */
	takeRecovered(): Unit[] {
		return [...this.recovered.values()].sort((a, b) => (a.uids[0] ?? 0) - (b.uids[0] ?? 0));
	}

	/**
	 * How many new messages may start together. None while too much is written down, except the one that holds up the
	 * others. What is offered again may always start: it is written down already, and mostly what the others wait for.
	 *
	 * @param oldest the oldest new message
	 * @param executing how many units run now
	 */
	newAtOnce(oldest: number | undefined, executing: number, batchSize: number): number {
		const waiting = this.running.size + this.recovered.size - executing;
		const isFull = waiting > MAX_WAITING_UNITS || toSequenceSet([...this.done]).length > MAX_SETTLED_LENGTH;
		if (!isFull) return batchSize;
		return oldest !== undefined && this.listed[this.head] === oldest ? 1 : 0;
	}

	/** How the last runs ended (D11). */
	get ends(): PutBackState {
		return this.state.putBack;
	}

	set ends(putBack: PutBackState) {
		this.state = { ...this.state, putBack };
	}

	/** Remembers a message, to recognise it after a renumbering. */
	remember(fingerprint: string): void {
		if (this.remembers(fingerprint)) return;
		const ring = `${this.state.ring}${fingerprint}`.slice(-RING_SIZE * FINGERPRINT_LENGTH);
		this.state = { ...this.state, ring };
	}

	/** Whether this is a message that ran before the server renumbered the mailbox. */
	ranBeforeRenumbering(uid: number, fingerprint: string): boolean {
		return uid <= this.state.recheckUpTo && this.remembers(fingerprint);
	}

	/** A new value for storing; nothing in it is shared with the cursor. */
	toState(): CursorState {
		const units = [
			...this.running,
			...[...this.recovered].map(([set, unit]) => [set, unit.attempt] as const),
		];
		return {
			...this.state,
			old: { ...this.state.old },
			settled: this.settledSet(),
			inFlight: Object.fromEntries(units),
		};
	}

	private settledSet(): string {
		const done = toSequenceSet([...this.done]);
		if (this.leftOut.size > MAX_SETTLED_LENGTH) return done;
		const both = toSequenceSet([...this.done, ...this.leftOut]);
		return both.length > MAX_SETTLED_LENGTH ? done : both;
	}

	private isDone(uid: number): boolean {
		return this.done.has(uid) || this.leftOut.has(uid);
	}

	private remembers(fingerprint: string): boolean {
		const { ring } = this.state;
		for (let i = 0; i < ring.length; i += FINGERPRINT_LENGTH)
			if (ring.startsWith(fingerprint, i)) return true;
		return false;
	}

	private forget(): void {
		this.done.clear();
		this.leftOut.clear();
		this.running.clear();
		this.recovered.clear();
		this.listed = [];
		this.head = 0;
	}

	private advance(): void {
		let low = this.state.low ?? 0;
		for (; this.head < this.listed.length; this.head++) {
			const uid = this.listed[this.head] ?? 0;
			if (!this.isDone(uid)) break;
			this.leftOut.delete(uid);
			low = uid;
		}
		if (low === this.state.low) return;
		this.state = { ...this.state, low };
		for (const uid of this.done) if (uid <= low) this.done.delete(uid);
	}
}

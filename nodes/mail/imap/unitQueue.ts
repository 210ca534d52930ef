/** The order in which one trigger's messages run: what is offered again first, then new messages, oldest first. Pure. */
import type { Unit } from './cursor';

/** Bytes of one batch. */
export const MAX_BATCH_BYTES = 16 * 1024 * 1024;

export class UnitQueue {
	/** New messages, ascending; those before `head` are taken. */
	private fresh: number[] = [];
	private head = 0;
	private freshSet = new Set<number>();
	/** Units offered again. */
	private readonly again: Unit[] = [];
	/** Listed, but not given by the server; out of the way until asked for again. */
	private readonly deferred = new Map<number, Unit>();

	/** Replaces the new messages by what the server lists now; what is queued otherwise stays where it is. */
	setFresh(uids: readonly number[]): void {
		const queued = new Set([...this.again, ...this.deferred.values()].flatMap((unit) => unit.uids));
		this.fresh = uids.filter((uid) => !queued.has(uid));
		this.head = 0;
		this.freshSet = new Set(this.fresh);
	}

	/** Puts units before all new messages. */
	putBack(units: readonly Unit[]): void {
		this.again.push(...units);
	}

	/**
	 * The next UIDs in the order of their runs, at most `limit`, but always all that the first run may want.
	 *
	 * @param batchSize new messages of one run; none count when it is 0
	 */
	upcoming(limit: number, batchSize: number): number[] {
		const again = this.again.flatMap((unit) => unit.uids);
		const atLeast = Math.max(limit, this.again[0]?.uids.length ?? batchSize);
		const end = this.head + (batchSize > 0 ? Math.max(0, atLeast - again.length) : 0);
		return [...again, ...this.fresh.slice(this.head, end)].slice(0, atLeast);
	}

	/** Units offered again that wait. */
	get waitingAgain(): number {
		return this.again.length;
	}

	/** The oldest new message. */
	get oldestFresh(): number | undefined {
		return this.fresh[this.head];
	}

	/** Whether a message waits here, so that it is worth keeping once parsed. */
	has(uid: number): boolean {
		return this.freshSet.has(uid) || this.deferred.has(uid) || this.unitWith(uid) !== undefined;
	}

	/**
	 * The unit that runs next; it stays in the queue until {@link take}.
	 *
	 * @param batchSize new messages of one run; none are given when it is 0
	 * @param sizeOf bytes of a message, 0 while unknown
	 */
	next(batchSize: number, sizeOf: (uid: number) => number): Unit | undefined {
		if (this.again[0]) return this.again[0];
		const uids: number[] = [];
		let bytes = 0;
		for (const uid of this.fresh.slice(this.head, this.head + batchSize)) {
			bytes += sizeOf(uid);
			if (uids.length > 0 && bytes > MAX_BATCH_BYTES) break;
			uids.push(uid);
		}
		return uids.length > 0 ? { uids, attempt: 1 } : undefined;
	}

	/** Whether what {@link next} gave is made of new messages. */
	isNew(unit: Unit): boolean {
		return this.again[0] !== unit;
	}

	/** Removes what {@link next} gave. @returns whether it was made of new messages */
	take(unit: Unit): boolean {
		if (!this.isNew(unit)) {
			this.again.shift();
			return false;
		}
		this.head += unit.uids.length;
		for (const uid of unit.uids) this.freshSet.delete(uid);
		return true;
	}

	/** Takes a message out of the way; the others go on. A unit goes as a whole. */
	defer(uid: number): void {
		const unit = this.unitWith(uid) ?? { uids: [uid], attempt: 1 };
		this.drop(unit);
		this.dropFresh(uid);
		this.deferred.set(uid, unit);
	}

	/** Brings a deferred message back, before all new ones. */
	undefer(uid: number): void {
		const unit = this.deferred.get(uid);
		this.deferred.delete(uid);
		if (unit) this.again.push(unit);
	}

	/**
	 * The message no longer exists. The rest of its batch goes on without it.
	 *
	 * @returns the unit it was in, and what is left of that
	 */
	remove(uid: number): { unit: Unit; left: Unit[] } | undefined {
		this.dropFresh(uid);
		const unit = this.unitWith(uid);
		if (!unit) return undefined;
		const uids = unit.uids.filter((other) => other !== uid);
		const left = uids.length > 0 ? [{ ...unit, uids }] : [];
		this.again.splice(this.again.indexOf(unit), 1, ...left);
		return { unit, left };
	}

	clear(): void {
		this.fresh = [];
		this.head = 0;
		this.freshSet.clear();
		this.again.length = 0;
		this.deferred.clear();
	}

	private unitWith(uid: number): Unit | undefined {
		return this.again.find((unit) => unit.uids.includes(uid));
	}

	private dropFresh(uid: number): void {
		if (!this.freshSet.delete(uid)) return;
		// Mostly the next one, which costs nothing.
		if (this.fresh[this.head] === uid) this.head++;
		else this.fresh.splice(this.fresh.indexOf(uid, this.head), 1);
	}

	private drop(unit: Unit): void {
		const at = this.again.indexOf(unit);
		if (at >= 0) this.again.splice(at, 1);
	}
}

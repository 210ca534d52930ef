/** One trigger's decisions on their way to the server: what a crash could still undo, and what is not marked yet. */
import type { MailError } from '../errors';
import type { Unit } from './cursor';
import type { Marks } from './outcome';
import type { Settler, Voter } from './settle';

export interface Ballot {
	unit: Unit;
	marks: Marks;
	failed: boolean;
	/** All of the unit is safe from running again. */
	onProven(): void;
	/** Done to one mail, which has these flags by it; not called for a mail whose marks the server refused. */
	onMarked(uid: number, flags: readonly string[]): void;
	onRefused(uid: number, error: MailError): void;
}

export class Voting {
	private settler: Settler | null = null;
	/** Runs that have ended, but a crash would make them run again; they still hold their place. */
	private unproved = 0;
	private unmarked = 0;
	/** Who waits until all is marked. */
	private waiting: (() => void)[] = [];
	/** Settled since the cursor was last stored, and before that: their proof on the server is still needed, or no more. */
	private unstored: number[] = [];
	private stored: number[] = [];

	/** @param proof the keyword by which the trigger knows what it has dealt with */
	constructor(
		private readonly voter: Voter,
		private readonly proof: string,
	) {}

	attach(settler: Settler): void {
		this.settler = settler;
	}

	/** Runs that hold a place although they have ended. */
	get places(): number {
		return this.unproved;
	}

	cast({ unit, marks, failed, ...on }: Ballot): void {
		let unproven = unit.uids.length;
		let unapplied = unit.uids.length;
		this.unproved++;
		this.unmarked++;
		for (const uid of unit.uids) {
			let refused = false;
			this.settler?.vote(this.voter, uid, {
				marks,
				failed,
				proof: this.proof,
				proven: () => {
					if (--unproven > 0) return;
					this.unproved--;
					this.unstored.push(...unit.uids);
					on.onProven();
				},
				applied: (flags) => {
					if (!refused) on.onMarked(uid, flags);
					if (--unapplied === 0 && --this.unmarked === 0) this.allMarked();
				},
				refused: (error) => {
					refused = true;
					on.onRefused(uid, error);
				},
			});
		}
	}

	/** These carry our proof and were settled by it; it may go when the cursor has been stored. */
	foundProven(uids: readonly number[]): void {
		this.unstored.push(...uids);
	}

	/** This mail runs again, so a proof that it ran before is to prove nothing. */
	forgetProof(uid: number): void {
		this.unstored = this.unstored.filter((other) => other !== uid);
		this.stored = this.stored.filter((other) => other !== uid);
	}

	/** The cursor is about to be stored; what was settled before the last time is stored by now, so its proof may go. */
	cursorIsStored(): void {
		if (this.stored.length > 0) this.settler?.dropProof(this.stored, this.proof);
		this.stored = this.unstored;
		this.unstored = [];
	}

	/** Settles when nothing waits for its marks. */
	async whenMarked(): Promise<void> {
		if (this.unmarked === 0) return;
		await new Promise<void>((resolve) => this.waiting.push(resolve));
	}

	/** What was decided names other messages now. */
	reset(): void {
		this.unproved = this.unmarked = 0;
		this.unstored = [];
		this.stored = [];
		this.allMarked();
	}

	private allMarked(): void {
		for (const resolve of this.waiting.splice(0)) resolve();
	}
}

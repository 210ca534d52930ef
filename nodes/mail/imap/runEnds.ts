/** What the end of a run does to its mails: another attempt, or votes for their marks on the server (D7, D11). */
import type { Unit } from './cursor';
import type { DeliveryReports } from './deliveryReports';
import type { Doubts } from './doubts';
import { FAILED_MARKS, type DeliveryOptions, type Marks, type Outcome } from './outcome';
import { withEnd } from './putBack';
import { UNCLEAR_WAITS_MS, verdictOn } from './verdict';
import type { Voting } from './voting';

export interface EndEvents {
	/** These run in its place, after a wait (ms). */
	again(unit: Unit, by: Unit[], waitMs: number): void;
	/** The mails need no further run. */
	decided(unit: Unit): void;
	/** They are settled, and their place is free. */
	settled(): void;
}

export class RunEnds {
	constructor(
		private readonly options: DeliveryOptions,
		private readonly parts: { doubts: Doubts; voting: Voting; reports: DeliveryReports },
		private readonly on: EndEvents,
	) {}

	ended(unit: Unit, outcome: Outcome): void {
		const { doubts, reports } = this.parts;
		const tries = doubts.unclearTries(unit);
		const verdict = verdictOn(outcome, unit, this.options.policy, doubts.has(unit), tries);
		if (outcome.kind === 'unclear') {
			doubts.unclear(unit);
			if (tries === UNCLEAR_WAITS_MS.length) reports.notStarted(outcome.reason);
		} else {
			doubts.delete(unit);
		}
		if (verdict.kind === 'again') return this.on.again(unit, verdict.units, verdict.waitMs);
		if (outcome.kind === 'duplicate' && verdict.failed) reports.leftAfterCrash(unit);
		this.on.decided(unit);
		this.vote(unit, verdict.marks, verdict.failed);
	}

	private vote(unit: Unit, marks: Marks, failed: boolean): void {
		const { cursor, policy, save } = this.options;
		this.parts.voting.cast({
			unit,
			marks,
			failed,
			onProven: () => {
				cursor.settle(unit.uids);
				save();
				this.on.settled();
			},
			onMarked: (uid, flags) => {
				// Only a mark that is there can be taken away.
				if (!policy.fireAgainWhenMarkedUnread && !failed) return;
				if (!flags.some((flag) => (failed ? FAILED_MARKS.includes(flag) : flag === '\\Seen'))) return;
				cursor.ends = withEnd(cursor.ends, uid, unit.attempt, failed ? 'failed' : 'succeeded');
			},
			onRefused: (uid, error) => this.parts.reports.notMarked(uid, error),
		});
	}
}

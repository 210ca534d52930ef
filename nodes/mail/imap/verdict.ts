/** What the end of a run means for its mails (D7, D8, D10–D12). Pure. */
import type { Unit } from './cursor';
import { NO_MARKS, RETRY_WAITS_MS, type DeliveryPolicy, type Marks, type Outcome } from './outcome';

/** Waits before the same start is tried again when n8n could not say what became of it. */
export const UNCLEAR_WAITS_MS = [1_000, 5_000, 15_000, 60_000];

export type Verdict =
	/** Dealt with, and marked so. */
	| { kind: 'settle'; marks: Marks; failed: boolean }
	/** These run in its place, after a wait (ms). */
	| { kind: 'again'; units: Unit[]; waitMs: number };

/**
 * @param doubtful whether the unit may have run before this process knew of it: then a duplicate proves nothing
 * @param tries how often n8n could not say before
 */
export function verdictOn(
	outcome: Outcome,
	unit: Unit,
	policy: DeliveryPolicy,
	doubtful: boolean,
	tries: number,
): Verdict {
	switch (outcome.kind) {
		case 'succeeded':
		case 'unconfirmed':
			return { kind: 'settle', marks: policy.onSuccess, failed: false };
		case 'failed':
			return onFailure(unit, policy);
		case 'unclear':
			return { kind: 'again', units: [unit], waitMs: at(UNCLEAR_WAITS_MS, tries) };
		case 'duplicate':
			if (!doubtful) return { kind: 'settle', marks: NO_MARKS, failed: false };
			if (policy.afterCrash === 'leave') return { kind: 'settle', marks: NO_MARKS, failed: true };
			return { kind: 'again', units: [{ ...unit, attempt: unit.attempt + 1 }], waitMs: 0 };
	}
}

function onFailure(unit: Unit, policy: DeliveryPolicy): Verdict {
	if (policy.acknowledge !== 'succeeded') return { kind: 'settle', marks: policy.onSuccess, failed: false };
	if (unit.attempt > policy.retries) return { kind: 'settle', marks: policy.onFailure, failed: true };
	// The members of a failed batch run alone, so that one of them cannot fail the others again (D12).
	const units = unit.uids.map((uid) => ({ uids: [uid], attempt: unit.attempt + 1 }));
	return { kind: 'again', units, waitMs: at(RETRY_WAITS_MS, unit.attempt - 1) };
}

function at(waits: readonly number[], index: number): number {
	return waits[Math.min(index, waits.length - 1)] ?? 0;
}

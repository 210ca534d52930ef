/**
 * What has to outlive a trigger: n8n may start a trigger twice, replace it, or load a new version of this package beside
 * the old one. Kept on `globalThis`, because each copy of the package has its own modules.
 */
import type { Outcome } from '../mail/imap/outcome';
import type { StoredCursors } from './cursorStore';

/** Outcomes of ended runs kept for a successor, beside the runs under way. */
const OUTCOMES_KEPT = 500;

export interface TriggerRecord {
	/** The cursors as they are, which is newer than what n8n has stored. */
	cursors: StoredCursors | null;
	/** Runs by key: under way, or ended. The successor of a closed trigger takes their outcomes instead of running again (D9). */
	runs: Map<string, Promise<Outcome>>;
	/** Closes the live trigger; null when there is none. */
	close: (() => Promise<void>) | null;
	/** The trigger that came last; only it may write the cursors. */
	owner: object | null;
}

const SLOT = Symbol.for('n8n-nodes-mailroom.triggers.v1');

type Slot = Map<string, TriggerRecord>;

/** The record of a trigger, by workflow and node. */
export function triggerRecord(workflowId: string, nodeId: string): TriggerRecord {
	const holder = globalThis as { [SLOT]?: Slot };
	const slot = (holder[SLOT] ??= new Map());
	const key = `${workflowId}:${nodeId}`;
	const record = slot.get(key) ?? { cursors: null, runs: new Map(), close: null, owner: null };
	slot.set(key, record);
	return record;
}

/** The records of all triggers that a workflow has had in this process, by node id. */
export function triggerRecordsOf(workflowId: string): Array<[nodeId: string, record: TriggerRecord]> {
	const { [SLOT]: slot } = globalThis as { [SLOT]?: Slot };
	const prefix = `${workflowId}:`;
	return [...(slot ?? [])]
		.filter(([key]) => key.startsWith(prefix))
		.map(([key, record]) => [key.slice(prefix.length), record]);
}

const ended = new WeakSet<Promise<Outcome>>();

/** Notes a run, and forgets the oldest that have ended when there are too many. */
export function rememberRun(record: TriggerRecord, key: string, outcome: Promise<Outcome>): void {
	record.runs.set(key, outcome);
	void outcome.then(() => ended.add(outcome));
	for (const [oldest, its] of record.runs) {
		if (record.runs.size <= OUTCOMES_KEPT) break;
		// What still runs would be run again by a successor that does not know of it.
		if (ended.has(its)) record.runs.delete(oldest);
	}
}

/**
 * What has to outlive a trigger: n8n may start a trigger twice, replace it, or load a new version of this package beside
 * the old one. Kept on `globalThis`, because each copy of the package has its own modules.
 */
import type { Outcome } from '../mail/imap/outcome';
import type { StoredCursors } from './cursorStore';

/** Outcomes kept for a successor; what is in flight at a time is far less. */
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

/** Notes a run, and forgets the oldest when there are too many. */
export function rememberRun(record: TriggerRecord, key: string, outcome: Promise<Outcome>): void {
	record.runs.set(key, outcome);
	for (const oldest of record.runs.keys()) {
		if (record.runs.size <= OUTCOMES_KEPT) break;
		record.runs.delete(oldest);
	}
}

/** Where the trigger's cursors live: in the workflow's global static data, under the node's id, which survives a rename (D1). */
import type { IDataObject, ITriggerFunctions } from 'n8n-workflow';
import { isDynamic, MAX_MAILBOXES } from '../mail/imap/mailboxNames';
import { newCursor, type Cursor, type CursorState } from '../mail/imap/cursor';
import { triggerRecordsOf, type TriggerRecord } from './registry';
import type { TriggerSettings } from './settings';

/** Everything a trigger stores: plain JSON. */
export interface StoredCursors {
	v: 1;
	/** A duplicated workflow brings this along, and then starts anew. */
	workflowId: string;
	/** The choice of where to start from that these cursors were made with. */
	startFrom: string;
	mailboxes: Record<string, CursorState>;
}

type Context = Pick<ITriggerFunctions, 'getWorkflowStaticData'>;

/** The name of a trigger's cursors in the workflow's global static data. */
function keyOf(nodeId: string): string {
	return `mailroom:${nodeId}`;
}

export class CursorStore {
	private readonly key: string;
	private readonly cursors = new Map<string, Cursor>();
	private readonly loaded: StoredCursors | null;
	private begun: number | null = null;
	/** What was written last, by key. */
	private readonly written = new Map<string, StoredCursors>();

	constructor(
		private readonly context: Context,
		private readonly workflowId: string,
		nodeId: string,
		private readonly record: TriggerRecord,
		private readonly settings: Pick<TriggerSettings, 'startFrom' | 'old' | 'mailboxes'>,
	) {
		this.key = keyOf(nodeId);
		// What this process knows is newer than what n8n stored: it stores only when a workflow is started.
		const stored =
			record.cursors ??
			(context.getWorkflowStaticData('global')[this.key] as unknown as StoredCursors | undefined);
		// What n8n loaded from its database is a proxy, which structuredClone refuses.
		const plain = stored && (JSON.parse(JSON.stringify(stored)) as StoredCursors);
		const isOurs = plain?.v === 1 && plain.workflowId === workflowId && typeof plain.mailboxes === 'object';
		this.loaded = isOurs ? plain : null;
	}

	/** Whether the trigger has watched a mailbox of this account before. */
	knows(account: string): boolean {
		return Object.values(this.loaded?.mailboxes ?? {}).some((stored) => stored.account === account);
	}

	/** Where to go on in a mailbox, or where to start (D3); then `since` is now. */
	open(mailbox: string, account: string, wallTime: number): CursorState {
		const stored = this.stored(mailbox, account);
		// A mailbox that a pattern finds later counts from when the trigger was switched on.
		if (!stored) return newCursor(account, this.begun ?? wallTime, this.settings.old);
		if (this.isSameStart) return stored;
		// A wanted replay: the epoch makes new keys, so that n8n does not drop the mails it has run before.
		return newCursor(account, this.begun ?? wallTime, this.settings.old, stored.epoch + 1);
	}

	/** Whether the trigger goes on in a mailbox: also when it has not been able to open it, it counts from earlier (D2). */
	goesOn(mailbox: string, account: string): boolean {
		return this.isSameStart && this.stored(mailbox, account) !== null;
	}

	private get isSameStart(): boolean {
		return this.loaded?.startFrom === this.settings.startFrom;
	}

	private stored(mailbox: string, account: string): CursorState | null {
		const stored = this.loaded?.mailboxes[mailbox];
		return stored?.account === account ? stored : null;
	}

	/** The trigger is switched on; what is opened from now on was found by a role or a pattern. */
	begin(wallTime: number): void {
		this.begun = wallTime;
	}

	/** From now on the cursor is written with the others. */
	add(mailbox: string, cursor: Cursor): void {
		this.cursors.set(mailbox, cursor);
	}

	/**
	 * Writes all cursors down as one new value: n8n notices only the assignment, not a change inside (D1). n8n stores the
	 * static data of this trigger's copy of the workflow whole, so the cursors of the workflow's other triggers, which
	 * were copied with it when this one was started, are brought up to date too.
	 */
	save(): void {
		const mailboxes = Object.fromEntries(
			[...this.cursors].map(([mailbox, cursor]) => [mailbox, cursor.toState()]),
		);
		const value: StoredCursors = {
			v: 1,
			workflowId: this.workflowId,
			startFrom: this.settings.startFrom,
			mailboxes: { ...this.notFoundYet(), ...mailboxes },
		};
		this.record.cursors = value;
		this.write(this.key, value);
		for (const [nodeId, { cursors, close }] of triggerRecordsOf(this.workflowId)) {
			const key = keyOf(nodeId);
			if (key === this.key || !cursors || this.written.get(key) === cursors) continue;
			// One that was taken out of the workflow is not brought back.
			if (close || key in this.context.getWorkflowStaticData('global')) this.write(key, cursors);
		}
	}

	private write(key: string, cursors: StoredCursors): void {
		this.written.set(key, cursors);
		this.context.getWorkflowStaticData('global')[key] = structuredClone(cursors) as unknown as IDataObject;
	}

	/** Mailboxes that a role or a pattern meant before, and that the server has not been asked for yet. */
	private notFoundYet(): Record<string, CursorState> {
		if (!this.settings.mailboxes.some(isDynamic)) return {};
		const waiting = Object.entries(this.loaded?.mailboxes ?? {}).filter(([path]) => !this.cursors.has(path));
		const states = waiting.map(
			([path, stored]) => [path, this.open(path, stored.account, this.begun ?? stored.since)] as const,
		);
		return Object.fromEntries(states.slice(0, MAX_MAILBOXES));
	}

	/** Takes back what {@link save} wrote: the trigger did not come to life, so the next try finds what this one found. */
	forget(): void {
		this.record.cursors = this.loaded;
		if (this.loaded) this.write(this.key, this.loaded);
		else delete this.context.getWorkflowStaticData('global')[this.key];
	}
}

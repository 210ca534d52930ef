import { CursorStore } from '../../nodes/ImapTrigger/cursorStore';
import { rememberRun, triggerRecord, type TriggerRecord } from '../../nodes/ImapTrigger/registry';
import { Cursor, type OldMail } from '../../nodes/mail/imap/cursor';

const NONE: OldMail = { kind: 'none' };
let nodes = 0;

interface Options {
	global?: Record<string, unknown>;
	workflowId?: string;
	nodeId?: string;
	startFrom?: string;
	old?: OldMail;
	record?: TriggerRecord;
}

/** A store as a trigger makes it; `global` is the workflow's static data. */
function storeOf(options: Options = {}): {
	store: CursorStore;
	global: Record<string, unknown>;
	nodeId: string;
} {
	const { global = {}, workflowId = 'w', nodeId = `n${++nodes}`, startFrom = 'new', old = NONE } = options;
	const record = options.record ?? { cursors: null, runs: new Map(), close: null, owner: null };
	const context = { getWorkflowStaticData: () => global as never };
	const settings = { startFrom, old, mailboxes: ['INBOX'] };
	return { store: new CursorStore(context, workflowId, nodeId, record, settings), global, nodeId };
}

/** Opens INBOX, does some work, stores it. */
function worked(options: Options = {}): { global: Record<string, unknown>; nodeId: string } {
	const { store, global, nodeId } = storeOf(options);
	const cursor = new Cursor(store.open('INBOX', 'ann@x', 1_000));
	cursor.setBaseline(5, '7', null);
	store.add('INBOX', cursor);
	store.save();
	return { global, nodeId };
}

describe('CursorStore', () => {
	it('D2: a new trigger starts now', () => {
		const { store } = storeOf();
		expect(store.knows('ann@x')).toBe(false);
		expect(store.open('INBOX', 'ann@x', 1_000)).toMatchObject({ since: 1_000, low: null, epoch: 0 });
	});

	it('D1: goes on under the node’s id, so a renamed node keeps its place', () => {
		const { global, nodeId } = worked();
		expect(Object.keys(global)).toEqual([`mailroom:${nodeId}`]);
		const { store } = storeOf({ global, nodeId });
		expect(store.knows('ann@x')).toBe(true);
		expect(store.open('INBOX', 'ann@x', 9_000)).toMatchObject({ since: 1_000, low: 5, uidValidity: '7' });
	});

	it('D1: a duplicated workflow, another account or another mailbox starts anew', () => {
		const { global, nodeId } = worked();
		expect(storeOf({ global, nodeId, workflowId: 'copy' }).store.open('INBOX', 'ann@x', 9).low).toBeNull();
		expect(storeOf({ global, nodeId }).store.open('INBOX', 'bob@x', 9).low).toBeNull();
		expect(storeOf({ global, nodeId }).store.open('Sent', 'ann@x', 9).low).toBeNull();
	});

	it('D3: a changed choice replays under new keys; the same choice does not', () => {
		const { global, nodeId } = worked();
		const replay = storeOf({ global, nodeId, startFrom: 'all', old: { kind: 'all' } }).store;
		expect(replay.open('INBOX', 'ann@x', 9)).toMatchObject({ low: null, epoch: 1, old: { kind: 'all' } });
		expect(storeOf({ global, nodeId }).store.open('INBOX', 'ann@x', 9)).toMatchObject({ low: 5, epoch: 0 });
	});

	it('D1: each save is a new value, and shares nothing with the cursor', () => {
		const { store, global, nodeId } = storeOf();
		const cursor = new Cursor(store.open('INBOX', 'ann@x', 0));
		store.add('INBOX', cursor);
		store.save();
		const first = global[`mailroom:${nodeId}`];
		const text = JSON.stringify(first);
		cursor.setBaseline(3, '7', null);
		store.save();
		expect(global[`mailroom:${nodeId}`]).not.toBe(first);
		expect(JSON.stringify(first)).toBe(text);
	});

	it('what the process knows counts more than what n8n has stored', () => {
		const record = triggerRecord('w-known', 'n');
		const { global } = worked({ record, workflowId: 'w-known', nodeId: 'n' });
		const old = structuredClone(global);
		const { store } = storeOf({ record, workflowId: 'w-known', nodeId: 'n', global });
		const cursor = new Cursor(store.open('INBOX', 'ann@x', 0));
		cursor.list([6]);
		cursor.settle([6]);
		store.add('INBOX', cursor);
		store.save();
		const stale = storeOf({ record, workflowId: 'w-known', nodeId: 'n', global: old }).store;
		expect(stale.open('INBOX', 'ann@x', 0).low).toBe(6);
	});

	it('reads what n8n loaded from its database, which is a proxy', () => {
		const { global, nodeId } = worked();
		const deep = (value: object): object =>
			new Proxy(value, {
				get: (target, name) => {
					const inner = Reflect.get(target, name) as unknown;
					return typeof inner === 'object' && inner !== null ? deep(inner) : inner;
				},
			});
		const { store } = storeOf({ global: deep(global) as Record<string, unknown>, nodeId });
		expect(store.open('INBOX', 'ann@x', 0).low).toBe(5);
	});

	it.each([null, 'text', 7, [], { v: 2 }, { v: 1 }, { v: 1, workflowId: 'w' }])(
		'survives static data that is not its own: %j',
		(value) => {
			const nodeId = `n${++nodes}`;
			const { store } = storeOf({ global: { [`mailroom:${nodeId}`]: value }, nodeId });
			expect(store.open('INBOX', 'ann@x', 3)).toMatchObject({ since: 3, low: null });
		},
	);

	it('takes back what it wrote when the trigger did not come to life', () => {
		const { store, global } = storeOf();
		store.save();
		store.forget();
		expect(global).toEqual({});
	});

	it('a try with another account that did not come to life leaves the first account’s place', () => {
		const { global, nodeId } = worked();
		const { store } = storeOf({ global, nodeId });
		store.add('INBOX', new Cursor(store.open('INBOX', 'bob@x', 2_000)));
		store.save();
		store.forget();
		const next = storeOf({ global, nodeId }).store;
		expect(next.open('INBOX', 'ann@x', 9_000)).toMatchObject({ since: 1_000, low: 5 });
	});
});

describe('the registry', () => {
	it('keeps a record by workflow and node', () => {
		expect(triggerRecord('w1', 'n')).toBe(triggerRecord('w1', 'n'));
		expect(triggerRecord('w1', 'n')).not.toBe(triggerRecord('w2', 'n'));
	});

	it('forgets the oldest outcomes', async () => {
		const record = triggerRecord('w-many', 'n');
		for (let i = 0; i < 600; i++) {
			rememberRun(record, `key ${i}`, Promise.resolve({ kind: 'succeeded' }));
			await Promise.resolve();
		}
		expect(record.runs.size).toBeLessThanOrEqual(502);
		expect(record.runs.has('key 97')).toBe(false);
		expect(record.runs.has('key 599')).toBe(true);
	});

	it('keeps a run that goes on for hours, however many others come and go: a successor would run it again', async () => {
		const record = triggerRecord('w-long', 'n');
		rememberRun(record, 'long', new Promise(() => undefined));
		for (let i = 0; i < 600; i++) {
			rememberRun(record, `key ${i}`, Promise.resolve({ kind: 'succeeded' }));
			await Promise.resolve();
		}
		expect(record.runs.has('long')).toBe(true);
		expect(record.runs.size).toBeLessThanOrEqual(502);
	});
});

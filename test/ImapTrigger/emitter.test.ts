import type { INodeExecutionData, IRun } from 'n8n-workflow';
import { createEmitter, type EmitterOptions } from '../../nodes/ImapTrigger/emitter';
import { DEFAULT_ITEM_SETTINGS } from '../../nodes/bridge/formats/itemSettings';
import type { TriggerRecord } from '../../nodes/ImapTrigger/registry';
import type { Outcome, Run } from '../../nodes/mail/imap/outcome';
import { unparsedMail } from '../../nodes/mail/message/unparsed';
import { settled } from '../fakeClock';
import { message } from '../mail/imap/deliveryRig';

interface Emitted {
	items: INodeExecutionData[];
	key: string | undefined;
	done: ReturnType<typeof deferred> | undefined;
}

function deferred() {
	let resolve!: (run: IRun) => void;
	let reject!: (error: Error) => void;
	const promise = new Promise<IRun>((yes, no) => ((resolve = yes), (reject = no)));
	return { promise, resolve, reject };
}

function rig(options: Partial<EmitterOptions> = {}) {
	const emitted: Emitted[] = [];
	const reports: string[] = [];
	const record: TriggerRecord = { cursors: null, runs: new Map(), close: null, owner: null };
	const order: string[] = [];
	const context = {
		emit: (data: INodeExecutionData[][], _response: undefined, done: Emitted['done'], key?: string) => {
			order.push('emit');
			emitted.push({ items: data[0] ?? [], done, key });
		},
		helpers: { createDeferredPromise: deferred },
	};
	const start = createEmitter(context as never, {
		acknowledge: 'succeeded',
		item: DEFAULT_ITEM_SETTINGS,
		record,
		report: (text) => reports.push(text),
		...options,
	});
	const run = (key = 'k', more: Partial<Run> = {}): Promise<Outcome | null> =>
		start({
			messages: [readable(1)],
			attempt: 1,
			key,
			save: () => order.push('save'),
			isStopped: () => false,
			...more,
		});
	return { emitted, reports, record, order, run };
}

/** A message with all that an item is made of. */
function readable(uid: number) {
	return {
		...message(uid),
		mail: unparsedMail(Buffer.from(`Subject: ${uid}\r\n\r\n`), 'not read in this test'),
	};
}

const ended = (status: string, error?: string): IRun =>
	({ status, data: { resultData: { ...(error && { error: { message: error } }) } } }) as never;

describe('the outcome of a run (D7)', () => {
	it.each([
		[ended('success'), { kind: 'succeeded' }],
		[ended('waiting'), { kind: 'succeeded' }],
		[ended('error', 'no such customer'), { kind: 'failed', reason: 'no such customer' }],
		[ended('crashed'), { kind: 'failed', reason: 'crashed' }],
		[ended('canceled'), { kind: 'failed', reason: 'canceled' }],
		[undefined, { kind: 'duplicate' }],
	])('%#: %j', async (result, outcome) => {
		const { emitted, run } = rig();
		const told = run();
		await settled();
		emitted[0]?.done?.resolve(result as IRun);
		expect(await told).toEqual(outcome);
	});

	const rejection = (fields: object): Error => Object.assign(new Error('stopped'), fields);

	it.each([
		['a person stopped it', rejection({ reason: 'manual' }), 'failed'],
		['it took too long', rejection({ reason: 'timeout' }), 'failed'],
		['older n8n: cancelled', rejection({ name: 'ManualExecutionCancelledError' }), 'failed'],
		['the database is down', rejection({}), 'unclear'],
		['no published version', new Error('Workflow has no published version'), 'unclear'],
		['not even an error', 'text', 'unclear'],
		['nothing', undefined, 'unclear'],
	])('rejected because %s', async (_why, error, kind) => {
		const { emitted, run } = rig();
		const told = run();
		await settled();
		emitted[0]?.done?.reject(error as Error);
		expect((await told)?.kind).toBe(kind);
	});

	it.each([
		['n8n stops', rejection({ reason: 'shutdown' })],
		['older n8n stops', rejection({ name: 'SystemShutdownExecutionCancelledError' })],
		['nobody ever says', null],
	])('is not told when %s: the mail stays in flight', async (_why, error) => {
		const { emitted, run } = rig();
		let outcome: Outcome | null | undefined;
		void run().then((value) => (outcome = value));
		await settled();
		if (error) emitted[0]?.done?.reject(error);
		await settled();
		expect(outcome).toBeUndefined();
	});
});

describe('starting', () => {
	it('D1: saves the cursor right before each emit', async () => {
		const { order, run } = rig();
		void run('a');
		void run('b');
		await settled();
		expect(order).toEqual(['save', 'emit', 'save', 'emit']);
	});

	it('keeps the order of the calls', async () => {
		const { emitted, run } = rig();
		for (const key of ['1', '2', '3', '4']) void run(key);
		await settled();
		expect(emitted.map(({ key }) => key)).toEqual(['1', '2', '3', '4']);
	});

	it('starts nothing after closing, and goes on with the next when an item cannot be made', async () => {
		const { emitted, run } = rig();
		expect(await run('closed', { isStopped: () => true })).toBeNull();
		const broken = run('broken', { messages: [null as never] });
		void run('fine');
		expect((await broken)?.kind).toBe('unclear');
		await settled();
		expect(emitted.map(({ key }) => key)).toEqual(['fine']);
	});

	it('D9: a run of the predecessor is adopted, not started again', async () => {
		const { emitted, record, run } = rig();
		record.runs.set('k', Promise.resolve({ kind: 'failed', reason: 'boom' }));
		expect(await run()).toEqual({ kind: 'failed', reason: 'boom' });
		expect(emitted).toEqual([]);
	});

	it.each(['unclear', 'duplicate'] as const)('%s: the same key reaches n8n again', async (kind) => {
		const { emitted, run } = rig();
		const first = run();
		await settled();
		if (kind === 'unclear') emitted[0]?.done?.reject(new Error('SQLITE_BUSY'));
		else emitted[0]?.done?.resolve(undefined as never);
		expect((await first)?.kind).toBe(kind);
		void run();
		await settled();
		expect(emitted).toHaveLength(2);
	});

	it('"At Once" waits for no end', async () => {
		const { emitted, run } = rig({ acknowledge: 'started' });
		expect(await run()).toEqual({ kind: 'unconfirmed' });
		expect(emitted[0]).toMatchObject({ key: 'k', done: undefined });
	});

	it('an engine that cannot tell outcomes is used without, and that is said once', async () => {
		const { emitted, reports, run } = rig();
		const first = run('first');
		await settled();
		emitted[0]?.done?.reject(new Error('Engine 2.0 does not support donePromise'));
		expect(await first).toEqual({ kind: 'unconfirmed' });
		expect(await run('second')).toEqual({ kind: 'unconfirmed' });
		expect(emitted.map(({ key, done }) => [key, done === undefined])).toEqual([
			['first', false],
			['first', true],
			['second', true],
		]);
		expect(reports).toHaveLength(1);
	});
});

it('has no outcome when the trigger was closed while the files were read', async () => {
	const { run, emitted } = rig();
	let asked = 0;
	const isStopped = () => ++asked > 1;
	const closed = { ...readable(1), mail: undefined as never };
	expect(await run('k', { messages: [closed], isStopped })).toBeNull();
	expect(await run('k', { messages: [closed], isStopped: () => false })).toMatchObject({ kind: 'unclear' });
	expect(emitted).toEqual([]);
});

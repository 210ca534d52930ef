/**
 * The rules of the package `n8n` that the trigger is built on, each as a scenario that any engine can be put
 * through: the stand-in (contract.test.ts) and a real n8n (contractReal.ts). A rule that fails on the real one is a
 * fault of the stand-in; change `n8nStandIn/` and this file together.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlServer, RemoteTrigger } from './control';
import type { EngineUnderTest, UnderTestOptions, WorkflowJson } from './underTest';

/** The package that must be installed in the engine under test. */
export const FIXTURE = path.join(__dirname, 'fixture');
const PACKAGE = 'n8n-nodes-mailroom-contract';

/** How long something may take that must happen. */
const SOON_MS = 20_000;
/** How long to look for what must not happen. */
const NOT_MS = 700;
const POLL_MS = 100;
/** Longer than any rule takes, for an execution that must still run when it is looked at. */
const LONG_RUN_MS = 120_000;

export interface Rule extends UnderTestOptions {
	name: string;
	check(n8n: EngineUnderTest, control: ControlServer): Promise<void>;
}

/** A contract trigger and, behind it, a step that does what an item's `action` says. */
export function workflow(
	control: ControlServer,
	trigger: object = {},
	rest: Partial<WorkflowJson> = {},
): WorkflowJson {
	const parameters = { control: control.port, ...trigger };
	const step = {
		action: "={{ $json.action || 'pass' }}",
		ms: '={{ $json.ms || 0 }}',
		value: '={{ $json.value }}',
	};
	return {
		nodes: [
			{ id: 'trigger-1', name: 'Trigger', type: `${PACKAGE}.contractTrigger`, parameters },
			{ id: 'step-1', name: 'Step', type: `${PACKAGE}.contractStep`, parameters: step },
		],
		connections: { Trigger: { main: [[{ node: 'Step', type: 'main', index: 0 }]] } },
		...rest,
	};
}

interface Live {
	id: string;
	remote: RemoteTrigger;
}

async function publish(
	n8n: EngineUnderTest,
	control: ControlServer,
	trigger: object = {},
	rest: Partial<WorkflowJson> = {},
): Promise<Live> {
	const id = await n8n.addWorkflow(workflow(control, trigger, rest));
	await n8n.publish(id);
	return { id, remote: await control.next(id) };
}

let keys = 0;
const newKey = (): string => `contract:${process.pid}:${Date.now()}:${(keys += 1)}`;

/** A workflow's executions as the editor lists them, oldest first: `success error`. */
async function statuses(n8n: EngineUnderTest, id: string): Promise<string> {
	return (await n8n.executions(id)).map(({ status }) => status).join(' ');
}

/** Waits until a workflow's executions stand like this. */
async function untilStatuses(n8n: EngineUnderTest, id: string, wanted: string): Promise<void> {
	let now = '';
	for (const deadline = Date.now() + SOON_MS; Date.now() < deadline; await sleep(POLL_MS)) {
		now = await statuses(n8n, id);
		if (now === wanted) return;
	}
	assert.equal(now, wanted);
}

/** Static data stands like this now, and after a while still. */
async function staysStatic(n8n: EngineUnderTest, id: string, wanted: object): Promise<void> {
	await sleep(NOT_MS);
	assert.equal(JSON.stringify((await n8n.staticData(id))['global'] ?? {}), JSON.stringify(wanted));
}

async function untilStatic(n8n: EngineUnderTest, id: string, wanted: object): Promise<void> {
	let now: object = {};
	for (const deadline = Date.now() + SOON_MS; Date.now() < deadline; await sleep(POLL_MS)) {
		now = ((await n8n.staticData(id))['global'] ?? {}) as object;
		if (JSON.stringify(now) === JSON.stringify(wanted)) return;
	}
	assert.deepEqual(now, wanted);
}

async function outcomeOf(remote: RemoteTrigger, options: Parameters<RemoteTrigger['emit']>[0], ms?: number) {
	return (await (await remote.emit(options)).done(ms)).outcome;
}

async function isTaken(remote: RemoteTrigger, key: string): Promise<void> {
	assert.equal(await outcomeOf(remote, { key }), 'undefined', 'the key should be taken');
}

const LONG = { action: 'delay', ms: LONG_RUN_MS };

/** In groups by `concurrencyLimit`; each rule makes its own workflows and leaves none published. */
export const RULES: Rule[] = [
	{
		name: 'donePromise tells how the run ended: success, error, waiting',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			assert.equal(await outcomeOf(remote, {}), 'success');
			assert.equal(await outcomeOf(remote, { json: { action: 'fail' } }), 'error');
			assert.equal(await outcomeOf(remote, { json: { action: 'wait', ms: LONG_RUN_MS } }), 'waiting');
			await untilStatuses(n8n, id, 'success error waiting');
			await n8n.unpublish(id);
		},
	},
	{
		name: 'a key is unique over the whole instance; a known one resolves to undefined; success and error keep theirs',
		async check(n8n, control) {
			const one = await publish(n8n, control);
			const two = await publish(n8n, control);
			const [good, bad] = [newKey(), newKey()];
			assert.equal(await outcomeOf(one.remote, { key: good }), 'success');
			assert.equal(await outcomeOf(one.remote, { key: bad, json: { action: 'fail' } }), 'error');
			for (const { remote } of [one, two]) {
				await isTaken(remote, good);
				await isTaken(remote, bad);
			}
			assert.equal(await statuses(n8n, one.id), 'success error');
			assert.equal(await statuses(n8n, two.id), '');
			await n8n.unpublish(one.id);
			await n8n.unpublish(two.id);
		},
	},
	{
		name: 'successful runs that are not saved vanish, their key stays taken until n8n clears up (15 min)',
		async check(n8n, control) {
			const settings = { saveDataSuccessExecution: 'none' as const };
			const { id, remote } = await publish(n8n, control, {}, { settings });
			const key = newKey();
			assert.equal(await outcomeOf(remote, { key }), 'success');
			assert.equal(await statuses(n8n, id), '');
			await isTaken(remote, key);
			await n8n.unpublish(id);
		},
	},
	{
		name: 'a run that a user stops rejects donePromise; its row is canceled and keeps its key',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			const key = newKey();
			const { done } = await remote.emit({ key, json: LONG });
			await untilStatuses(n8n, id, 'running');
			const [execution] = await n8n.executions(id);
			await n8n.cancel(execution?.id ?? '');
			assert.equal((await done()).outcome, 'rejected');
			await untilStatuses(n8n, id, 'canceled');
			await isTaken(remote, key);
			await n8n.unpublish(id);
		},
	},
	{
		name: 'a run past the time limit of its workflow rejects donePromise',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control, {}, { settings: { executionTimeout: 1 } });
			assert.equal(await outcomeOf(remote, { json: LONG }), 'rejected');
			await untilStatuses(n8n, id, 'canceled');
			await n8n.unpublish(id);
		},
	},
	{
		name: 'static data is saved at the end of activation and at an emit, at no other time',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control, { keep: 'at start' });
			await untilStatic(n8n, id, { kept: 'at start' });
			await remote.do('setStatic', { value: { uid: 1 } });
			await staysStatic(n8n, id, { kept: 'at start' });
			await remote.emit();
			await untilStatic(n8n, id, { kept: 'at start', value: { uid: 1 } });
			await remote.do('setStatic', { value: { uid: 2 } });
			await n8n.unpublish(id);
			await staysStatic(n8n, id, { kept: 'at start', value: { uid: 1 } });
		},
	},
	{
		name: 'a change inside a value that was assigned is not seen',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			await outcomeOf(remote, { static: { inner: 1 } });
			await untilStatic(n8n, id, { value: { inner: 1 } });
			await remote.do('setNested', { value: 2 });
			await outcomeOf(remote, {});
			await staysStatic(n8n, id, { value: { inner: 1 } });
			await n8n.unpublish(id);
		},
	},
	{
		name: 'a run that changes static data writes it whole; the trigger does not see it and its next save wipes it',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			await outcomeOf(remote, { static: 1 });
			await outcomeOf(remote, { json: { action: 'writeStatic', value: 'mine' } });
			await untilStatic(n8n, id, { value: 1, step: 'mine' });
			assert.equal(await remote.do('getStatic'), 1);
			await outcomeOf(remote, { static: 2 });
			await untilStatic(n8n, id, { value: 2 });
			await n8n.unpublish(id);
		},
	},
	{
		name: 'after trigger() returned, a parameter that is an expression throws, a plain one does not',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control, { value: '={{ 20 + 22 }}' });
			assert.equal(remote.hello.atStart, 42);
			await assert.rejects(remote.do('parameter', { name: 'value' }), /IsolateError/);
			assert.equal(await remote.do('parameter', { name: 'control' }), control.port);
			await n8n.unpublish(id);
		},
	},
	{
		name: 'in a test step, emit throws until trigger() returned; static data is not saved',
		async check(n8n, control) {
			const id = await n8n.addWorkflow(workflow(control));
			const [item] = await n8n.executeStep(id, 'Trigger');
			assert.match(String(item?.['early']), /Overwrite TriggerContext.emit function/);
			await staysStatic(n8n, id, {});
		},
	},
	{
		name: 'publishing leaves an unchanged trigger alone, and its next emit runs the new version',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			assert.equal(remote.hello.activation, 'activate');
			const changed = workflow(control);
			Object.assign(changed.nodes[1]?.parameters ?? {}, { action: 'fail' });
			await n8n.updateWorkflow(id, changed);
			await n8n.publish(id);
			assert.equal(await outcomeOf(remote, {}), 'error');
			await n8n.updateWorkflow(id, workflow(control, { value: 'changed' }));
			await n8n.publish(id);
			const { hello } = await control.next(id);
			assert.deepEqual(
				[hello.activation, hello.atStart, hello.node],
				['update', 'changed', remote.hello.node],
			);
			await remote.closed;
			await n8n.unpublish(id);
		},
	},
	{
		name: 'an emit after unpublishing rejects',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control, { stayOpen: true });
			await n8n.unpublish(id);
			assert.equal(await outcomeOf(remote, {}), 'rejected');
			assert.equal(await statuses(n8n, id), '');
		},
	},
	{
		name: 'a trigger that throws is started five times, then it is dead, over a restart too',
		async check(n8n, control) {
			const id = await n8n.addWorkflow(workflow(control, { throw: 'not today' }));
			await assert.rejects(n8n.publish(id), /not today/);
			for (let call = 1; call <= 5; call++) await control.next(id);
			await n8n.kill();
			await n8n.start();
			await assert.rejects(control.next(id, NOT_MS), /Waited/);
			await n8n.unpublish(id);
		},
	},
	{
		name: 'saveFailedExecution leaves an error and the trigger runs on',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			await remote.do('saveFailedExecution', { message: 'away for a while' });
			await untilStatuses(n8n, id, 'error');
			assert.equal(await outcomeOf(remote, {}), 'success');
			await n8n.unpublish(id);
		},
	},
	{
		name: 'emitError closes the trigger and starts it again',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			await remote.do('emitError', { message: 'gone' });
			await remote.closed;
			const again = await control.next(id);
			assert.equal(await outcomeOf(again, {}), 'success');
			await n8n.unpublish(id);
		},
	},
	{
		name: 'killed in mid-run: the row is crashed at the next start and keeps its key; triggers start in mode init',
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			const key = newKey();
			await remote.emit({ key, json: LONG, static: 'before the run' });
			await untilStatuses(n8n, id, 'running');
			await n8n.kill();
			await n8n.start();
			const again = await control.next(id);
			assert.equal(again.hello.activation, 'init');
			await untilStatuses(n8n, id, 'crashed');
			assert.equal(await again.do('getStatic'), 'before the run');
			await isTaken(again, key);
			await n8n.unpublish(id);
		},
	},
	{
		name: 'beyond the concurrency limit a row stays new; the same key replaces it, from another workflow too',
		concurrencyLimit: 1,
		async check(n8n, control) {
			const one = await publish(n8n, control);
			const two = await publish(n8n, control);
			const key = newKey();
			const first = await one.remote.emit({ json: LONG });
			await untilStatuses(n8n, one.id, 'running');
			const queued = await one.remote.emit({ key });
			await untilStatuses(n8n, one.id, 'running new');
			const again = await two.remote.emit({ key });
			await untilStatuses(n8n, two.id, 'new');
			await untilStatuses(n8n, one.id, 'running');
			const [running] = await n8n.executions(one.id);
			await n8n.cancel(running?.id ?? '');
			assert.equal((await first.done()).outcome, 'rejected');
			// The replaced one had its turn promised: it runs all the same, without a row.
			assert.equal((await queued.done()).outcome, 'success');
			assert.equal((await again.done()).outcome, 'success');
			assert.equal(await statuses(n8n, one.id), 'canceled');
			assert.equal(await statuses(n8n, two.id), 'success');
			await n8n.unpublish(one.id);
			await n8n.unpublish(two.id);
		},
	},
	{
		name: 'a queued run that a user stops never settles',
		concurrencyLimit: 1,
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control);
			await remote.emit({ json: LONG });
			await untilStatuses(n8n, id, 'running');
			const queued = await remote.emit();
			await untilStatuses(n8n, id, 'running new');
			const [running, waiting] = await n8n.executions(id);
			await n8n.cancel(waiting?.id ?? '');
			await n8n.cancel(running?.id ?? '');
			await untilStatuses(n8n, id, 'canceled canceled');
			assert.equal((await queued.done(NOT_MS)).outcome, 'never');
			assert.equal(await outcomeOf(remote, {}), 'success');
			await n8n.unpublish(id);
		},
	},
	{
		name: 'SIGTERM: a run in progress may end, a queued one never settles here and runs at the next start',
		concurrencyLimit: 1,
		async check(n8n, control) {
			const { id, remote } = await publish(n8n, control, { stayOpen: true });
			const running = await remote.emit({ json: { action: 'delay', ms: 2000 } });
			await untilStatuses(n8n, id, 'running');
			const queued = await remote.emit();
			await untilStatuses(n8n, id, 'running new');
			await n8n.terminate();
			assert.equal((await running.done(NOT_MS)).outcome, 'success');
			assert.equal((await queued.done(NOT_MS)).outcome, 'never');
			await n8n.start();
			await control.next(id);
			await untilStatuses(n8n, id, 'success success');
			await n8n.unpublish(id);
		},
	},
];

/** Runs rules one after another; all with the same options share an engine. @returns the failures */
export async function runContract(
	makeEngine: (options: UnderTestOptions) => Promise<EngineUnderTest>,
	control: ControlServer,
	report: (rule: Rule, error: Error | undefined, ms: number) => void,
): Promise<number> {
	let failures = 0;
	for (const limit of new Set(RULES.map(({ concurrencyLimit }) => concurrencyLimit))) {
		const engine = await makeEngine(limit === undefined ? {} : { concurrencyLimit: limit });
		try {
			for (const rule of RULES.filter(({ concurrencyLimit }) => concurrencyLimit === limit)) {
				const startedAt = Date.now();
				const error = await rule.check(engine, control).then(
					() => undefined,
					(reason: Error) => reason,
				);
				if (error) failures += 1;
				report(rule, error, Date.now() - startedAt);
			}
		} finally {
			await engine.stop();
		}
	}
	return failures;
}

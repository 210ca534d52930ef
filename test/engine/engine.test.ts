/** @jest-environment ./test/engine/jestEnvironment.js */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ControlServer } from './control';
import type { Engine, WorkflowJson } from './index';
import { itemsOf, startEngine } from './index';

const FIXTURE = path.join(__dirname, 'fixture');
const STEP = 'n8n-nodes-mailroom-contract.contractStep';
const TRIGGER = 'n8n-nodes-mailroom-contract.contractTrigger';

/** Nodes in a row, each connected to the next. */
function chain(...nodes: WorkflowJson['nodes']): WorkflowJson {
	const connections: WorkflowJson['connections'] = {};
	nodes.slice(1).forEach(({ name }, index) => {
		connections[nodes[index]?.name ?? ''] = { main: [[{ node: name, type: 'main', index: 0 }]] };
	});
	return { nodes, connections };
}
const start = { name: 'Start', type: 'n8n-nodes-base.manualTrigger' };
const step = (parameters: object, extra: object = {}) => ({
	name: 'Step',
	type: STEP,
	parameters: { ...parameters },
	...extra,
});

describe('an engine in this process', () => {
	let engine: Engine;
	const control = new ControlServer();
	const trigger = (extra: object = {}) => ({
		name: 'Trigger',
		type: TRIGGER,
		parameters: { control: control.port, ...extra },
	});

	beforeAll(async () => {
		await control.start();
		engine = await startEngine({ packageDir: FIXTURE, activationFirstDelayMs: 1 });
	});
	afterAll(async () => {
		await engine.stop();
		await control.stop();
	});

	test('runs an action and pairs items', async () => {
		const wf = engine.addWorkflow(
			chain(
				start,
				{ name: 'Set', type: 'test.set', parameters: { fields: '={{ { b: $json.a + 1 } }}' } },
				step({}),
			),
		);
		const run = await wf.run({ items: [{ json: { a: 1 } }, { json: { a: 2 } }] });
		expect(run.status).toBe('success');
		expect(itemsOf(run, 'Step').map(({ json }) => json)).toEqual([
			{ a: 1, b: 2 },
			{ a: 2, b: 3 },
		]);
		expect(itemsOf(run, 'Step').map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	test('a failing action ends the run, or its item when it continues on fail', async () => {
		const failed = await engine.addWorkflow(chain(start, step({ action: 'fail' }))).run();
		expect([failed.status, failed.data.resultData.error?.message]).toEqual(['error', 'failed as asked']);
		const json = chain(start, step({ action: 'fail' }, { onError: 'continueRegularOutput' }));
		const kept = await engine.addWorkflow(json).run();
		expect(kept.status).toBe('success');
		expect(itemsOf(kept, 'Step')[0]?.json).toEqual({ error: 'failed as asked' });
	});

	test('the error output of a node gets its failed items', async () => {
		const json = chain(start, step({ action: 'fail' }, { onError: 'continueErrorOutput' }));
		const run = await engine.addWorkflow(json).run();
		expect([itemsOf(run, 'Step', 0).length, itemsOf(run, 'Step', 1).length]).toEqual([0, 1]);
	});

	test('credentials: encrypted at rest, defaults and expressions resolved, edits seen', async () => {
		const credential = await engine.addCredential('contractApi', 'mine', { password: '={{ "ri" + "ght" }}' });
		const wf = engine.addWorkflow(
			chain(start, step({ action: 'credential' }, { credentials: { contractApi: credential } })),
		);
		expect(itemsOf(await wf.run(), 'Step')[0]?.json).toEqual({ user: 'nobody', password: 'right' });
		await engine.updateCredential(credential.id, { user: 'me' });
		expect(itemsOf(await wf.run(), 'Step')[0]?.json).toEqual({ user: 'me', password: '' });
	});

	test('credential test, options and list search as the editor asks for them', async () => {
		expect(await engine.testCredential('contractApi', { password: '={{ "right" }}' })).toEqual({
			status: 'OK',
			message: 'Fine',
		});
		expect((await engine.testCredential('contractApi', { user: 'eve' })).message).toBe(
			'Wrong password for eve',
		);
		const contractApi = await engine.addCredential('contractApi', 'mine', { user: 'me' });
		expect(await engine.loadOptions(STEP, 'list', { value: 'v' }, { contractApi })).toEqual([
			{ name: 'me', value: 'v' },
		]);
		expect((await engine.listSearch(STEP, 'search', {}, {}, 'x')).results).toEqual([
			{ name: 'found x', value: 'x' },
		]);
	});

	test('binary data is on disk, in and out', async () => {
		const given = { data: Buffer.from('hello').toString('base64'), mimeType: 'text/plain' };
		const wf = engine.addWorkflow(chain(start, step({ action: 'binary', value: 'a note' })));
		const [item] = itemsOf(await wf.run({ items: [{ json: {}, binary: { given } }] }), 'Step');
		expect(item?.json).toEqual({ given: 'hello' });
		const file = item?.binary?.['note']?.id?.replace('filesystem-v2:', '') ?? 'none';
		expect(readFileSync(path.join(engine.binaryDir, file), 'utf8')).toBe('a note');
	});

	test('a trigger wakes its workflow; its test step does not need activation', async () => {
		const wf = engine.addWorkflow(chain(trigger(), { name: 'Collect', type: 'test.collect' }));
		await wf.activate();
		const remote = await control.next(wf.id);
		const { done } = await remote.emit({ json: { n: 1 }, key: 'wakes' });
		const execution = await wf.waitForExecution();
		expect([execution.status, execution.mode, execution.dedupKey]).toEqual(['success', 'trigger', 'wakes']);
		expect(await done()).toEqual({ outcome: 'success' });
		expect(engine.collected.filter(({ workflowId }) => workflowId === wf.id)).toHaveLength(1);
		await wf.deactivate();
		await remote.closed;
		expect(wf.lastCloseMs).toBeLessThan(1000);
		expect(itemsOf(await wf.testStep('Trigger'), 'Trigger')[0]?.json['early']).toMatch(/Overwrite/);
	});

	test('a trigger that throws is tried five times and activate() tells why', async () => {
		const wf = engine.addWorkflow(chain(trigger({ throw: 'no such mailbox' })));
		await expect(wf.activate()).rejects.toThrow('no such mailbox');
		for (let call = 1; call <= 5; call++)
			expect((await control.next(wf.id)).hello.activation).toBe('activate');
		expect(Object.values(wf.triggerStatus())).toEqual(['failed']);
	});

	test('errors reach the error workflow, those of a trigger too', async () => {
		const errors = engine.addWorkflow(
			chain(
				{ name: 'On error', type: 'n8n-nodes-base.errorTrigger' },
				{ name: 'Collect', type: 'test.collect' },
			),
		);
		const settings = { errorWorkflow: errors.id };
		const wf = engine.addWorkflow({ ...chain(trigger(), step({ action: 'fail', value: 'a' })), settings });
		await wf.activate();
		const remote = await control.next(wf.id);
		await remote.emit();
		await errors.waitForExecution();
		await remote.do('saveFailedExecution', { message: 'offline since 5 minutes' });
		await errors.waitForExecution();
		const told = engine.collected.filter(({ workflowId }) => workflowId === errors.id);
		const texts = told.map(({ items }) => JSON.stringify(items[0]?.json));
		expect(texts[0]).toMatch(/failed as asked a/);
		expect(texts[1]).toMatch(/offline since 5 minutes/);
		expect(wf.executions().map(({ status }) => status)).toEqual(['error', 'error']);
		await wf.deactivate();
	});

	test.each([
		{ fault: { insert: 'before' }, outcome: 'rejected', sameKeyAgain: 'success', rows: ['success'] },
		{ fault: { insert: 'after' }, outcome: 'rejected', sameKeyAgain: 'success', rows: ['success'] },
		{ fault: { silence: true }, outcome: 'never', sameKeyAgain: 'undefined', rows: ['success'] },
	] as const)('a fault of the database: $fault', async ({ fault, outcome, sameKeyAgain, rows }) => {
		const wf = engine.addWorkflow(chain(trigger()));
		await wf.activate();
		const remote = await control.next(wf.id);
		Object.assign(engine.faults, fault);
		const key = JSON.stringify(fault);
		expect((await (await remote.emit({ key })).done(300)).outcome).toBe(outcome);
		expect((await (await remote.emit({ key })).done()).outcome).toBe(sameKeyAgain);
		expect(wf.executions().map(({ status }) => status)).toEqual(rows);
		await wf.deactivate();
	});

	test('successful runs that are not saved are still awaited', async () => {
		const settings = { saveDataSuccessExecution: 'none' as const };
		const wf = engine.addWorkflow({ ...chain(trigger()), settings });
		await wf.activate();
		await (await control.next(wf.id)).emit();
		expect((await wf.waitForExecution()).status).toBe('success');
		expect(wf.executions()).toEqual([]);
		await wf.deactivate();
	});

	test('a renamed node keeps its id and its connections; a duplicate has them and the static data, too', async () => {
		const wf = engine.addWorkflow(chain(trigger(), step({})));
		await wf.activate();
		await (await control.next(wf.id)).emit({ static: 1 });
		await wf.waitForExecution();
		wf.rename('Trigger', 'Post "box"');
		await wf.activate();
		const renamed = await control.next(wf.id);
		expect(await renamed.do('getStatic')).toBe(1);
		await renamed.emit();
		expect((await wf.waitForExecution()).data['Step']).toHaveLength(1);
		const copy = wf.duplicate();
		expect([copy.staticData(), copy.node('Step').id]).toEqual([wf.staticData(), wf.node('Step').id]);
		await copy.activate();
		expect((await control.next(copy.id)).hello.node).toBe(renamed.hello.node);
		await copy.deactivate();
		await wf.deactivate();
	});

	test('a waiting execution goes on at its time', async () => {
		const wf = engine.addWorkflow(
			chain(trigger(), { name: 'Wait', type: 'test.wait', parameters: { ms: 200 } }, step({})),
		);
		await wf.activate();
		const { done } = await (await control.next(wf.id)).emit();
		expect((await done()).outcome).toBe('waiting');
		expect((await wf.waitForExecution()).status).toBe('waiting');
		expect((await wf.waitForExecution()).data['Step']).toHaveLength(1);
		await wf.deactivate();
	});

	test('test.fail fails as asked', async () => {
		const fail = (parameters: object) =>
			engine.addWorkflow(chain(start, { name: 'Fail', type: 'test.fail', parameters: { ...parameters } }));
		const twice = fail({ mode: 'first', times: 2 });
		const statuses = [await twice.run(), await twice.run(), await twice.run()].map(({ status }) => status);
		expect(statuses).toEqual(['error', 'error', 'success']);
		const bySubject = fail({ mode: 'subject', subject: 'bad' });
		expect((await bySubject.run({ items: [{ json: { subject: 'a bad one' } }] })).status).toBe('error');
		expect((await bySubject.run({ items: [{ json: { subject: 'fine' } }] })).status).toBe('success');
	});

	test('waiting for what does not come says what happened instead', async () => {
		const wf = engine.addWorkflow({ ...chain(trigger()), name: 'Silent' });
		await expect(wf.waitForExecution(undefined, 20)).rejects.toThrow(
			'No execution of "Silent" ended within 20 ms',
		);
	});
});

test('a state folder carries credentials, workflows and executions over; nothing else is left behind', async () => {
	const stateDir = mkdtempSync(path.join(os.tmpdir(), 'mailroom-engine-test-'));
	try {
		const first = await startEngine({ packageDir: FIXTURE, stateDir });
		const contractApi = await first.addCredential('contractApi', 'mine', { password: 'secret words' });
		const wf = first.addWorkflow(
			chain(start, step({ action: 'credential' }, { credentials: { contractApi } })),
		);
		await wf.run();
		await first.stop();
		expect(readdirSync(stateDir).sort()).toEqual(['journal.jsonl', 'storage']);
		const journal = readFileSync(path.join(stateDir, 'journal.jsonl'), 'utf8');
		const atRest = journal.split('\n').filter((line) => line.includes('"credentials"'));
		expect(atRest.join()).not.toContain('secret words');

		const second = await startEngine({ packageDir: FIXTURE, stateDir });
		const again = second.workflow(wf.id);
		expect(again.executions()).toHaveLength(1);
		expect(itemsOf(await again.run(), 'Step')[0]?.json['password']).toBe('secret words');
		const { binaryDir } = second;
		await second.stop();
		expect(existsSync(binaryDir)).toBe(true);
	} finally {
		rmSync(stateDir, { recursive: true, force: true });
	}
	const left = readdirSync(os.tmpdir()).filter((name) => name.startsWith(`mailroom-engine-${process.pid}-`));
	expect(left).toEqual([]);
});

test('a package that does not load says which file', async () => {
	await expect(startEngine({ packageDir: os.tmpdir() })).rejects.toThrow(/package\.json/);
});

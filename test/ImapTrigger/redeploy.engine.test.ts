/** @jest-environment ./test/engine/jestEnvironment.js */
import { eventually } from '../servers';
import { liveTriggers } from './built';
import { items, NODE, Rig, SOON_MS, subjects } from './rig';

jest.setTimeout(30_000);

describe('publishing again', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterEach(async () => {
		await eventually(SOON_MS, 'no connection left', () => rig.servers.imap.connectionCount === 0);
	});
	afterAll(async () => await rig.stop());

	const slow = { steps: [{ type: 'test.delay', parameters: { ms: 700 } }] };

	test('in the middle of runs: adopted, each ran once, all marked (D9)', async () => {
		const { user, wf } = await rig.live({ ...slow, trigger: { options: { parallelExecutions: 3 } } });
		await rig.deliver(user, 'r1', 'r2', 'r3', 'r4', 'r5');
		await eventually(SOON_MS, 'three runs', () => wf.executions().length === 3);
		await wf.redeploy();
		for (let i = 0; i < 5; i++) await rig.untilFlags(user, ['\\Seen'], i);
		expect(rig.ran(wf)).toEqual({ r1: 1, r2: 1, r3: 1, r4: 1, r5: 1 });
		expect(wf.executions().map(({ status }) => status)).toEqual(Array(5).fill('success'));
		await wf.deactivate();
	});

	test('in the middle of a run that then fails: the adopted outcome counts', async () => {
		const { user, wf } = await rig.live({ steps: [...slow.steps, { type: 'test.fail' }] });
		await rig.deliver(user, 'fails later');
		await eventually(SOON_MS, 'a run', () => wf.executions().length === 1);
		await wf.redeploy();
		await rig.untilFailed(user);
		expect(wf.executions().map(({ status }) => status)).toEqual(['error']);
		await wf.deactivate();
	});

	test('with other settings in the middle of a run: the new settings mark it', async () => {
		const { user, wf } = await rig.live(slow);
		await rig.deliver(user, 'flag me');
		await eventually(SOON_MS, 'a run', () => wf.executions().length === 1);
		wf.setParameters(NODE, { onSuccess: { flag: true } });
		await wf.activate();
		await rig.untilFlags(user, ['\\Flagged']);
		expect(rig.ran(wf)).toEqual({ 'flag me': 1 });
		await wf.deactivate();
	});

	test('right after the end of a run: not twice', async () => {
		const { user, wf } = await rig.live();
		for (let i = 0; i < 10; i++) {
			await rig.deliver(user, `quick ${i}`);
			await wf.waitForExecution();
			await wf.redeploy();
		}
		for (let i = 0; i < 10; i++) await rig.untilFlags(user, ['\\Seen'], i);
		expect(wf.executions()).toHaveLength(10);
		expect(Object.values(rig.ran(wf)).every((count) => count === 1)).toBe(true);
		await wf.deactivate();
	});

	test('again and again while mail flows: none lost, none doubled', async () => {
		const { user, wf } = await rig.live({ steps: [{ type: 'test.delay', parameters: { ms: 30 } }] });
		const names: string[] = [];
		for (let i = 0; i < 12; i++) {
			const few = [0, 1, 2, 3].map((n) => `flow ${i}.${n}`);
			names.push(...few);
			await rig.deliver(user, ...few);
			await wf.redeploy();
		}
		await eventually(20_000, 'all mails to be marked', () =>
			rig.servers.messages(user).every(({ flags }) => flags.includes('\\Seen')),
		);
		expect(rig.ran(wf)).toEqual(Object.fromEntries(names.map((name) => [name, 1])));
		await wf.deactivate();
	});

	test('under another name: the cursor stays', async () => {
		const { user, wf } = await rig.live();
		await rig.deliver(user, 'before');
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
		await rig.deliver(user, 'meanwhile');
		wf.rename(NODE, 'Posteingang');
		await wf.activate();
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen'], 1);
		expect(rig.ran(wf)).toEqual({ before: 1, meanwhile: 1 });
		await wf.deactivate();
	});

	test('a duplicated workflow starts anew, and runs beside the first (D1)', async () => {
		const { user, wf } = await rig.live({ trigger: { startFrom: 'all' } });
		await rig.deliver(user, 'one', 'two');
		await wf.waitForExecution();
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen'], 1);
		await rig.deliver(user, 'three');
		await wf.waitForExecution();
		const copy = wf.duplicate();
		await copy.activate();
		const seen = [
			await copy.waitForExecution(),
			await copy.waitForExecution(),
			await copy.waitForExecution(),
		];
		expect(seen.flatMap(subjects).sort()).toEqual(['one', 'three', 'two']);
		await rig.deliver(user, 'four');
		expect(subjects(await copy.waitForExecution())).toEqual(['four']);
		expect(subjects(await wf.waitForExecution())).toEqual(['four']);
		expect(rig.servers.imap.connectionCount).toBe(1);
		await wf.deactivate();
		await copy.deactivate();
	});

	test('a trigger that n8n starts a second time without closing the first leaves none behind', async () => {
		const { user, wf } = await rig.live();
		// As after a lost lease: n8n has forgotten the trigger and starts what it believes dead.
		const { triggers } = rig.engine.publication as unknown as {
			triggers: { activeTriggersByWorkflowId: Map<string, unknown> };
		};
		expect(triggers.activeTriggersByWorkflowId.delete(wf.id)).toBe(true);
		const accepted = rig.servers.imap.acceptedCount;
		await rig.engine.publication.reconcile();
		expect(rig.servers.imap.acceptedCount).toBe(accepted + 1);
		expect(liveTriggers(wf.id)).toHaveLength(1);
		await rig.deliver(user, 'only once');
		expect(items(await wf.waitForExecution())).toHaveLength(1);
		await rig.untilFlags(user, ['\\Seen']);
		await eventually(SOON_MS, 'one connection', () => rig.servers.imap.connectionCount === 1);
		expect(rig.ran(wf)).toEqual({ 'only once': 1 });
		await wf.deactivate();
	});

	test('a failing activation of one trigger leaves no connection of it behind', async () => {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account, { password: 'not this one' }));
		await expect(wf.activate()).rejects.toThrow();
		expect(liveTriggers(wf.id).every(({ close }) => close === null)).toBe(true);
	});

	test.each(['none', 'all'] as const)('successful runs saved: %s', async (saved) => {
		const { user, wf } = await rig.live({ settings: { saveDataSuccessExecution: saved } });
		await rig.deliver(user, 'a', 'b', 'c');
		for (let i = 0; i < 3; i++) await wf.waitForExecution();
		for (let i = 0; i < 3; i++) await rig.untilFlags(user, ['\\Seen'], i);
		await wf.redeploy();
		rig.engine.executions.hardDelete();
		await wf.redeploy();
		await rig.deliver(user, 'd');
		await wf.waitForExecution();
		expect(rig.ran(wf)).toEqual({ a: 1, b: 1, c: 1, d: 1 });
		await wf.deactivate();
	});
});

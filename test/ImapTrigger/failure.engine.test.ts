/** @jest-environment ./test/engine/jestEnvironment.js */
import { eventually } from '../servers';
import { setConstants } from './built';
import { chain, items, NODE, Rig, SOON_MS, subjects } from './rig';

const BAD = {
	type: 'test.fail',
	parameters: { mode: 'subject', subject: 'bad', message: 'cannot book this' },
};

describe('a workflow that fails', () => {
	let rig: Rig;
	let restore: () => void;
	beforeAll(async () => {
		rig = await Rig.start();
		restore = setConstants('nodes/mail/imap/outcome', { RETRY_WAITS_MS: [30, 60, 90] });
	});
	afterAll(async () => {
		restore();
		await rig.stop();
	});

	test('leaves its mail unread and marked; the next mail flows', async () => {
		const { user, wf } = await rig.live({ steps: [BAD] });
		await rig.deliver(user, 'bad one', 'good one');
		const statuses = [await wf.waitForExecution(), await wf.waitForExecution()].map(({ status }) => status);
		expect(statuses.sort()).toEqual(['error', 'success']);
		await rig.untilFailed(user, 0);
		await rig.untilFlags(user, ['\\Seen'], 1);
		await wf.redeploy();
		await rig.deliver(user, 'good two');
		expect(subjects(await wf.waitForExecution())).toEqual(['good two']);
		expect(wf.executions()).toHaveLength(3);
		await wf.deactivate();
	});

	test('flags the mail where the server allows no keywords', async () => {
		rig.servers.imap.faults.onResponse = (response) => {
			const text = response.toString('latin1');
			return text.includes('PERMANENTFLAGS') ? text.replace(' \\*)', ')') : response;
		};
		try {
			const { user, wf } = await rig.live({
				steps: [BAD],
				trigger: { onSuccess: { markRead: true, addKeyword: 'Done' } },
			});
			await rig.deliver(user, 'bad', 'good');
			await rig.untilFlags(user, ['\\Flagged'], 0);
			await rig.untilFlags(user, ['\\Seen'], 1);
			expect(
				rig.servers
					.messages(user)
					.flatMap(({ flags }) => flags)
					.sort(),
			).toEqual(['\\Flagged', '\\Seen']);
			await wf.deactivate();
		} finally {
			rig.servers.imap.faults.onResponse = undefined;
		}
	});

	test('is run again as often as asked; each run says which attempt it is', async () => {
		const { user, wf } = await rig.live({ steps: [BAD], trigger: { onFailure: { retries: 2 } } });
		await rig.deliver(user, 'bad luck');
		const runs = [await wf.waitForExecution(), await wf.waitForExecution(), await wf.waitForExecution()];
		expect(runs.map((run) => [run.status, items(run)[0]?.['attempt']])).toEqual([
			['error', 1],
			['error', 2],
			['error', 3],
		]);
		expect(runs.map(({ dedupKey }) => dedupKey?.split(':').at(-1))).toEqual(['1', '2', '3']);
		await rig.untilFailed(user);
		expect(wf.executions()).toHaveLength(3);
		await wf.deactivate();
	});

	test('counts as succeeded when a later attempt succeeds', async () => {
		const { user, wf } = await rig.live({
			steps: [{ type: 'test.fail', parameters: { mode: 'first', times: 1 } }],
			trigger: { onFailure: { retries: 5 } },
		});
		await rig.deliver(user, 'second time lucky');
		const statuses = [await wf.waitForExecution(), await wf.waitForExecution()].map(({ status }) => status);
		expect(statuses).toEqual(['error', 'success']);
		await rig.untilFlags(user, ['\\Seen']);
		expect(rig.flags(user)).not.toContain('MailroomFailed');
		await wf.deactivate();
	});

	test('the attempts of a retry survive a restart of the trigger', async () => {
		const { user, wf } = await rig.live({ steps: [BAD], trigger: { onFailure: { retries: 1 } } });
		const put = setConstants('nodes/mail/imap/outcome', { RETRY_WAITS_MS: [600_000] });
		await rig.deliver(user, 'bad day');
		expect((await wf.waitForExecution()).status).toBe('error');
		await rig.deliver(user, 'good day');
		expect((await wf.waitForExecution()).status).toBe('success');
		put();
		await wf.redeploy();
		const again = await wf.waitForExecution();
		expect([subjects(again), items(again)[0]?.['attempt']]).toEqual([['bad day'], 2]);
		await rig.untilFailed(user);
		await wf.deactivate();
	});

	test('a failed batch with retries: its members run alone, only the bad one is marked', async () => {
		const account = rig.newUser();
		await rig.deliver(account.user, 'fine', 'bad', 'fine too');
		const wf = rig.workflow(await rig.credential(account), {
			steps: [BAD],
			trigger: { startFrom: 'all', onFailure: { retries: 1 }, options: { messagesPerExecution: 10 } },
		});
		await wf.activate();
		expect(subjects(await wf.waitForExecution())).toEqual(['fine', 'bad', 'fine too']);
		const alone = [await wf.waitForExecution(), await wf.waitForExecution(), await wf.waitForExecution()];
		expect(alone.map((run) => `${String(subjects(run))} ${run.status}`).sort()).toEqual([
			'bad error',
			'fine success',
			'fine too success',
		]);
		await rig.untilFlags(account.user, ['\\Seen'], 0);
		await rig.untilFailed(account.user, 1);
		await rig.untilFlags(account.user, ['\\Seen'], 2);
		await wf.deactivate();
	});

	test.each([
		{ settings: { executionTimeout: 1 }, stop: false, name: 'that runs past the time limit of its workflow' },
		{ settings: {}, stop: true, name: 'that a person stops' },
	])('a run $name counts as failed (D7)', async ({ settings, stop }) => {
		const { user, wf } = await rig.live({
			settings,
			steps: [{ type: 'test.delay', parameters: { ms: 20_000 } }],
		});
		await rig.deliver(user, 'endless');
		const running = await eventually(SOON_MS, 'a running execution', () =>
			wf.executions().find(({ status }) => status === 'running'),
		);
		if (stop) wf.cancel(running.id);
		await rig.untilFailed(user);
		expect(wf.executions().map(({ status }) => status)).toEqual(['canceled']);
		await wf.deactivate();
	});

	test('two failures of n8n’s database: the mail runs once and is marked', async () => {
		const { user, wf } = await rig.live();
		const put = setConstants('nodes/mail/imap/verdict', { UNCLEAR_WAITS_MS: [20, 20] });
		for (const insert of ['before', 'after'] as const) {
			Object.assign(rig.engine.faults, { insert });
			await rig.deliver(user, `database down ${insert}`);
			expect((await wf.waitForExecution()).status).toBe('success');
		}
		await rig.untilFlags(user, ['\\Seen'], 0);
		await rig.untilFlags(user, ['\\Seen'], 1);
		expect(rig.ran(wf)).toEqual({ 'database down before': 1, 'database down after': 1 });
		put();
		await wf.deactivate();
	});
});

describe('what is done to the mail', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterAll(async () => await rig.stop());

	const inbox = (user: string): number => rig.servers.messages(user).length;

	test.each([
		{ field: 'onSuccess', marks: { flag: true }, wanted: ['\\Flagged'] },
		{ field: 'onSuccess', marks: { markRead: true, flag: true }, wanted: ['\\Seen', '\\Flagged'] },
		{ field: 'onSuccess', marks: { addKeyword: 'Booked' }, wanted: ['Booked'] },
		{ field: 'onSuccess', marks: {}, wanted: [] },
		{ field: 'onFailure', marks: { flag: true }, wanted: ['MailroomFailed', '\\Flagged'] },
		{ field: 'onFailure', marks: { addKeyword: 'ToCheck' }, wanted: ['MailroomFailed', 'ToCheck'] },
		{ field: 'onFailure', marks: { markRead: true }, wanted: ['MailroomFailed', '\\Seen'] },
	])('$field $marks: $wanted', async ({ field, marks, wanted }) => {
		const steps = field === 'onFailure' ? [{ type: 'test.fail' }] : [];
		const { user, wf } = await rig.live({ steps, trigger: { [field]: marks } });
		await rig.deliver(user, 'first', 'second');
		await wf.waitForExecution();
		await wf.waitForExecution();
		// The proof keyword comes with the marks, so it tells that they have been made.
		await eventually(SOON_MS, 'marks', () =>
			rig.servers.messages(user).every(({ flags }) => flags.some((flag) => flag.startsWith('mr-'))),
		);
		await rig.untilFlags(user, wanted, 1);
		await rig.untilFlags(user, wanted, 0);
		await wf.deactivate();
	});

	test.each([
		{ field: 'onSuccess', fails: false },
		{ field: 'onFailure', fails: true },
	])('$field moves', async ({ field, fails }) => {
		const { user, wf } = await rig.live({
			steps: fails ? [{ type: 'test.fail' }] : [],
			trigger: { [field]: { moveTo: 'Archive' } },
		});
		await rig.deliver(user, 'to move', 'to move too');
		await eventually(SOON_MS, 'an empty inbox', () => inbox(user) === 0);
		expect(rig.servers.messages(user, 'Archive')).toHaveLength(2);
		expect(rig.flags(user, 0, 'Archive')).toEqual(fails ? ['MailroomFailed'] : []);
		expect(rig.ran(wf)).toEqual(fails ? {} : { 'to move': 1, 'to move too': 1 });
		expect(wf.executions()).toHaveLength(2);
		await wf.deactivate();
	});

	test.each([
		{ field: 'onSuccess', fails: false },
		{ field: 'onFailure', fails: true },
	])('$field deletes for good', async ({ field, fails }) => {
		const { user, wf } = await rig.live({
			steps: fails ? [{ type: 'test.fail' }] : [],
			trigger: { [field]: { delete: true } },
		});
		await rig.deliver(user, 'to delete');
		await eventually(SOON_MS, 'an empty inbox', () => inbox(user) === 0);
		expect(wf.executions()).toHaveLength(1);
		await wf.deactivate();
	});

	test('a server without MOVE: copied and removed', async () => {
		const plain = await rig.beside({ imapCapabilities: ['IDLE', 'UIDPLUS', 'LITERAL+'] });
		try {
			const { user, wf } = await plain.live({
				trigger: { onSuccess: { markRead: true, moveTo: 'Archive' } },
			});
			await plain.deliver(user, 'old server');
			await wf.waitForExecution();
			await eventually(SOON_MS, 'an empty inbox', () => plain.servers.messages(user).length === 0);
			expect(plain.flags(user, 0, 'Archive')).toEqual(['\\Seen']);
			await wf.deactivate();
		} finally {
			await plain.servers.stop();
		}
	});

	test('what the server refuses is told, with its words; the mail ran once and does not run again', async () => {
		const errors = rig.engine.addWorkflow(
			chain([
				{ name: 'On error', type: 'n8n-nodes-base.errorTrigger' },
				{ name: 'Collect', type: 'test.collect' },
			]),
		);
		const { user, wf } = await rig.live({
			trigger: { onSuccess: { moveTo: 'Nowhere' } },
			settings: { errorWorkflow: errors.id },
		});
		await rig.deliver(user, 'homeless');
		expect((await wf.waitForExecution()).status).toBe('success');
		await errors.waitForExecution();
		const told = rig.engine.collected.filter(({ workflowId }) => workflowId === errors.id);
		expect(told).toHaveLength(1);
		const words = JSON.stringify(told[0]?.items[0]?.json);
		expect(words).toMatch(/could not be marked/);
		expect(words).toMatch(/moving messages to \\"Nowhere\\"/);
		expect(words).toMatch(/Mailbox doesn't exist: Nowhere/);
		await rig.deliver(user, 'next');
		expect(subjects(await wf.waitForExecution(({ status }) => status === 'success'))).toEqual(['next']);
		await wf.redeploy();
		await rig.deliver(user, 'after');
		expect(subjects(await wf.waitForExecution(({ status }) => status === 'success'))).toEqual(['after']);
		expect(rig.ran(wf)).toEqual({ homeless: 1, next: 1, after: 1 });
		await wf.deactivate();
	});

	test('a STORE that the server refuses now and then is tried again', async () => {
		const { user, wf } = await rig.live();
		let refusals = 2;
		rig.servers.imap.faults.onCommand = ({ name }) =>
			name === 'UID STORE' && refusals-- > 0
				? { reply: '%TAG% NO [INUSE] mailbox is locked\r\n' }
				: undefined;
		await rig.deliver(user, 'locked');
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen']);
		rig.servers.imap.faults.onCommand = undefined;
		expect(wf.executions()).toHaveLength(1);
		await wf.deactivate();
	});

	test('a mail that a person removes while its run is under way does no harm', async () => {
		const { user, wf } = await rig.live({ steps: [{ type: 'test.delay', parameters: { ms: 200 } }] });
		await rig.deliver(user, 'removed');
		await eventually(SOON_MS, 'a run', () => wf.executions().length === 1);
		const box = rig.servers.mailbox(user);
		box.remove([...box.messages]);
		await wf.waitForExecution();
		await rig.deliver(user, 'next');
		expect(subjects(await wf.waitForExecution())).toEqual(['next']);
		await rig.untilFlags(user, ['\\Seen']);
		expect(wf.executions().map(({ status }) => status)).toEqual(['success', 'success']);
		expect(wf.node(NODE).name).toBe(NODE);
		await wf.deactivate();
	});
});

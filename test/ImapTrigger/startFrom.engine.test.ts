/** @jest-environment ./test/engine/jestEnvironment.js */
import type { IDataObject } from 'n8n-workflow';
import { mail, NODE, Rig, subjects } from './rig';
import type { WorkflowHandle } from '../engine';

const HOUR_MS = 3_600_000;

describe('where the trigger starts', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterAll(async () => await rig.stop());

	/** An account with four mails of other days, the second of them read, and a workflow that is not published. */
	async function oldMail(trigger: IDataObject = {}): Promise<{ user: string; wf: WorkflowHandle }> {
		const account = rig.newUser();
		[72, 48, 24, 1].forEach((hoursAgo, index) => {
			rig.servers.mailbox(account.user).add({
				raw: Buffer.from(mail(`old ${index}`)),
				internalDate: new Date(Date.now() - hoursAgo * HOUR_MS),
				flags: index === 1 ? ['\\Seen'] : [],
			});
		});
		return { user: account.user, wf: rig.workflow(await rig.credential(account), { trigger }) };
	}

	/** Takes the subjects of the next `count` executions; then delivers a marker, which has to be the very next. */
	async function ranBefore(wf: WorkflowHandle, user: string, marker: string): Promise<unknown[]> {
		await rig.deliver(user, marker);
		const seen: unknown[] = [];
		while (!seen.includes(marker)) seen.push(...subjects(await wf.waitForExecution()));
		return seen.slice(0, -1);
	}

	const day = (hoursAgo: number): string => new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();
	const strict = { options: { parallelExecutions: 1 } };

	test.each([
		{ startFrom: 'new', more: {}, at: '', wanted: [] },
		{ startFrom: 'unread', more: {}, at: '', wanted: ['old 0', 'old 2', 'old 3'] },
		{ startFrom: 'all', more: {}, at: '', wanted: ['old 0', 'old 1', 'old 2', 'old 3'] },
		{ startFrom: 'date', more: { startDate: day(47) }, at: '47 h ago', wanted: ['old 2', 'old 3'] },
		{ startFrom: 'date', more: { startDate: day(1.5) }, at: '90 min ago', wanted: ['old 3'] },
	])('$startFrom $at: $wanted, then what arrives', async ({ startFrom, more, wanted }) => {
		const { user, wf } = await oldMail({ startFrom, ...more, ...strict });
		await wf.activate();
		expect(await ranBefore(wf, user, 'new one')).toEqual(wanted);
		await wf.deactivate();
		expect(Object.values(rig.ran(wf)).every((count) => count === 1)).toBe(true);
	});

	test('switched off and on again it goes on where it stopped, whatever arrived meanwhile (D3)', async () => {
		const { user, wf } = await oldMail({ startFrom: 'all', ...strict });
		await wf.activate();
		expect(await ranBefore(wf, user, 'a')).toHaveLength(4);
		await wf.deactivate();
		await rig.deliver(user, 'while off 1', 'while off 2');
		await wf.activate();
		expect(await ranBefore(wf, user, 'b')).toEqual(['while off 1', 'while off 2']);
		await wf.deactivate();
	});

	test('a changed choice replays once; left alone it does not count again', async () => {
		const { user, wf } = await oldMail({ startFrom: 'new', ...strict });
		await wf.activate();
		expect(await ranBefore(wf, user, 'a')).toEqual([]);
		wf.setParameters(NODE, { startFrom: 'all' });
		await wf.activate();
		expect(await ranBefore(wf, user, 'b')).toEqual(['old 0', 'old 1', 'old 2', 'old 3', 'a']);
		await wf.redeploy();
		expect(await ranBefore(wf, user, 'c')).toEqual([]);
		wf.setParameters(NODE, { startFrom: 'date', startDate: day(25) });
		await wf.activate();
		expect(await ranBefore(wf, user, 'd')).toEqual(['old 2', 'old 3', 'a', 'b', 'c']);
		wf.setParameters(NODE, { startDate: day(23) });
		await wf.activate();
		expect(await ranBefore(wf, user, 'e')).toEqual(['old 3', 'a', 'b', 'c', 'd']);
		await wf.deactivate();
	});

	test('changing another field replays nothing', async () => {
		const { user, wf } = await oldMail({ startFrom: 'all', ...strict });
		await wf.activate();
		expect(await ranBefore(wf, user, 'a')).toHaveLength(4);
		wf.setParameters(NODE, { attachmentMode: 'none', options: { parallelExecutions: 2 } });
		await wf.activate();
		expect(await ranBefore(wf, user, 'b')).toEqual([]);
		await wf.deactivate();
	});

	test('an empty mailbox: the very first mail runs', async () => {
		const { user, wf } = await rig.live();
		await rig.deliver(user, 'first ever');
		expect(subjects(await wf.waitForExecution())).toEqual(['first ever']);
		await wf.deactivate();
	});

	test('restarted before the first mail, it still gets what came while it was off (D2)', async () => {
		const { user, wf } = await oldMail({ startFrom: 'new', ...strict });
		await wf.activate();
		await wf.deactivate();
		await rig.deliver(user, 'between');
		await wf.activate();
		expect(await ranBefore(wf, user, 'later')).toEqual(['between']);
		await wf.deactivate();
	});

	test('the moment of activation is stored although the mailbox could not be opened', async () => {
		const { wf } = await oldMail({ mailboxes: ['Missing'] });
		const before = Date.now();
		await wf.activate();
		const stored = JSON.stringify(wf.staticData());
		const since = Number(/"since":(\d+)/.exec(stored)?.[1]);
		expect(since).toBeGreaterThanOrEqual(before);
		expect(since).toBeLessThanOrEqual(Date.now());
		await wf.deactivate();
	});

	test('mail that a removed message leaves gaps for is not repeated, and highest UIDs are not forgotten', async () => {
		const { user, wf } = await rig.live({ trigger: strict });
		await rig.deliver(user, 'kept', 'removed');
		await wf.waitForExecution();
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen'], 1);
		await wf.deactivate();
		const box = rig.servers.mailbox(user);
		box.remove(box.messages.slice(1));
		await wf.activate();
		expect(await ranBefore(wf, user, 'after')).toEqual([]);
		await wf.deactivate();
	});
});

describe('a server that is away when the trigger is switched on', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterAll(async () => await rig.stop());

	test('mail that arrives before the first SELECT runs, what was there long before does not', async () => {
		const account = rig.newUser();
		rig.servers.mailbox(account.user).add({
			raw: Buffer.from(mail('long ago')),
			internalDate: new Date(Date.now() - 2 * HOUR_MS),
		});
		const wf = rig.workflow(await rig.credential(account));
		await rig.servers.imap.refuse();
		const startedAt = performance.now();
		await wf.activate();
		expect(performance.now() - startedAt).toBeLessThan(8_500);
		await rig.deliver(account.user, 'meanwhile');
		await rig.servers.imap.open();
		expect(subjects(await wf.waitForExecution(undefined, 35_000))).toEqual(['meanwhile']);
		expect(rig.ran(wf)).toEqual({ meanwhile: 1 });
		await wf.deactivate();
	}, 60_000);

	test('started again before the mailbox could be opened, it counts from when it was first switched on (D2)', async () => {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account));
		await rig.servers.imap.refuse();
		await wf.activate();
		await wf.deactivate();
		await rig.servers.imap.open();
		await rig.deliver(account.user, 'meanwhile');
		await wf.activate();
		await rig.deliver(account.user, 'after');
		await wf.waitForExecution((execution) => subjects(execution).includes('after'));
		expect(rig.ran(wf)).toEqual({ meanwhile: 1, after: 1 });
		await wf.deactivate();
	}, 60_000);
});

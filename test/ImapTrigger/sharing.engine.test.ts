/** @jest-environment ./test/engine/jestEnvironment.js */
import { eventually } from '../servers';
import { setConstants } from './built';
import { items, mail, NODE, Rig, SOON_MS, subjects } from './rig';
import type { WorkflowHandle } from '../engine';

jest.setTimeout(30_000);

const FAILS = { steps: [{ type: 'test.fail' }] };

describe('several workflows on one mailbox', () => {
	let rig: Rig;
	const restore: Array<() => void> = [];
	beforeAll(async () => {
		rig = await Rig.start();
		restore.push(
			setConstants('nodes/mail/backoff', {
				REFUSED_STEPS_MS: [300],
				LOST_CAP_MS: 100,
				UNREACHED_CAP_MS: 100,
			}),
		);
	});
	afterEach(async () => {
		await eventually(SOON_MS, 'no connection left', () => rig.servers.imap.connectionCount === 0);
	});
	afterAll(async () => {
		restore.forEach((put) => put());
		await rig.stop();
	});

	async function two(
		first: Parameters<Rig['workflow']>[1] = {},
		second: Parameters<Rig['workflow']>[1] = {},
	): Promise<{ user: string; a: WorkflowHandle; b: WorkflowHandle; off(): Promise<void> }> {
		const account = rig.newUser();
		const credential = await rig.credential(account);
		const [a, b] = [rig.workflow(credential, first), rig.workflow(credential, second)];
		await a.activate();
		await b.activate();
		return {
			user: account.user,
			a,
			b,
			off: async () => void (await Promise.all([a.deactivate(), b.deactivate()])),
		};
	}

	test('both run, over one connection', async () => {
		const { user, a, b, off } = await two();
		await rig.deliver(user, 'for both');
		expect(subjects(await a.waitForExecution())).toEqual(['for both']);
		expect(subjects(await b.waitForExecution())).toEqual(['for both']);
		await rig.untilFlags(user, ['\\Seen']);
		expect(rig.servers.imap.connectionCount).toBe(1);
		await off();
	});

	test('two credentials with the same fields share a connection, too', async () => {
		const account = rig.newUser();
		const a = rig.workflow(await rig.credential(account));
		const b = rig.workflow(await rig.credential(account));
		await a.activate();
		await b.activate();
		await rig.deliver(account.user, 'twins');
		await a.waitForExecution();
		await b.waitForExecution();
		expect(rig.servers.imap.connectionCount).toBe(1);
		await a.deactivate();
		await b.deactivate();
	});

	test('a mail is fetched once for all of them', async () => {
		const { user, a, b, off } = await two();
		const before = rig.servers.imap.commands.length;
		await rig.deliver(user, 'fetched once');
		await a.waitForExecution();
		await b.waitForExecution();
		await rig.untilFlags(user, ['\\Seen']);
		const fetched = rig.servers.imap.commands.slice(before).filter((text) => /^UID FETCH .*BODY/.test(text));
		expect(fetched).toHaveLength(1);
		await off();
	});

	test('a mail on which one of them failed stays unread and is marked (D17)', async () => {
		const { user, a, b, off } = await two({}, FAILS);
		await rig.deliver(user, 'half done');
		expect((await a.waitForExecution()).status).toBe('success');
		expect((await b.waitForExecution()).status).toBe('error');
		await rig.untilFailed(user);
		await off();
	});

	test('a mail is marked only when all have decided', async () => {
		const { user, a, b, off } = await two({}, { steps: [{ type: 'test.delay', parameters: { ms: 500 } }] });
		const statusAtSeen: Array<string | undefined> = [];
		rig.servers.imap.faults.onCommand = ({ text }) => {
			if (text.includes('\\Seen')) statusAtSeen.push(b.executions()[0]?.status);
			return undefined;
		};
		await rig.deliver(user, 'one slow');
		await a.waitForExecution();
		await b.waitForExecution();
		await rig.untilFlags(user, ['\\Seen']);
		rig.servers.imap.faults.onCommand = undefined;
		expect(statusAtSeen).toEqual(['success']);
		await off();
	});

	test('a slow workflow does not hold up the other', async () => {
		const slow = {
			steps: [{ type: 'test.delay', parameters: { ms: 1_500 } }],
			trigger: { options: { parallelExecutions: 1 } },
		};
		const { user, a, b, off } = await two({ trigger: { options: { parallelExecutions: 1 } } }, slow);
		await rig.deliver(user, 'm1', 'm2', 'm3', 'm4');
		for (let i = 0; i < 4; i++) await a.waitForExecution(undefined, 1_400);
		expect(b.executions().filter(({ status }) => status === 'success').length).toBeLessThan(2);
		await off();
	});

	test('one moves what the other still has to get: both get it', async () => {
		const { user, a, b, off } = await two(
			{ trigger: { onSuccess: { moveTo: 'Archive' } } },
			{ steps: [{ type: 'test.delay', parameters: { ms: 200 } }] },
		);
		await rig.deliver(user, 'moved 1', 'moved 2');
		for (const wf of [a, b])
			for (let i = 0; i < 2; i++) expect((await wf.waitForExecution()).status).toBe('success');
		await eventually(SOON_MS, 'an empty inbox', () => rig.servers.messages(user).length === 0);
		expect(rig.flags(user, 0, 'Archive')).toEqual(['\\Seen']);
		await off();
	});

	test('one leaves: the other goes on over the same connection', async () => {
		const { user, a, b } = await two();
		const accepted = rig.servers.imap.acceptedCount;
		await a.deactivate();
		await rig.deliver(user, 'for b only');
		expect(subjects(await b.waitForExecution())).toEqual(['for b only']);
		await rig.untilFlags(user, ['\\Seen']);
		expect(rig.servers.imap.acceptedCount).toBe(accepted);
		await a.activate();
		expect(subjects(await a.waitForExecution())).toEqual(['for b only']);
		await a.deactivate();
		await b.deactivate();
	});

	test('a credential with a wrong password for the same user never gets a mail (D15)', async () => {
		const account = rig.newUser();
		const right = rig.workflow(await rig.credential(account));
		const wrong = rig.workflow(await rig.credential(account, { password: 'guessed-word' }));
		await right.activate();
		await expect(wrong.activate()).rejects.toThrow();
		// Also when it has run before, and so is not switched off by the refusal.
		const once = await rig.credential(account);
		const later = rig.workflow(once);
		await later.activate();
		await later.deactivate();
		await rig.engine.updateCredential(once.id, rig.account(account, { password: 'guessed-word' }));
		await later.activate();
		await rig.deliver(account.user, 'private');
		await right.waitForExecution();
		await rig.untilFlags(account.user, ['\\Seen']);
		expect(rig.ran(wrong)).toEqual({});
		expect(rig.ran(later)).toEqual({});
		await later.deactivate();
		await right.deactivate();
	});

	test('a password changed on the server and in the credential: goes on, nothing twice, nothing lost', async () => {
		const account = rig.newUser();
		const credential = await rig.credential(account);
		const wf = rig.workflow(credential);
		await wf.activate();
		await rig.deliver(account.user, 'before');
		await wf.waitForExecution();
		await rig.untilFlags(account.user, ['\\Seen']);
		await rig.servers.setPassword(account.user, 'new-password');
		rig.servers.imap.drop('reset');
		await rig.deliver(account.user, 'in between');
		await rig.engine.updateCredential(credential.id, rig.account(account, { password: 'new-password' }));
		expect(subjects(await wf.waitForExecution(({ status }) => status === 'success'))).toEqual(['in between']);
		expect(rig.ran(wf)).toEqual({ before: 1, 'in between': 1 });
		await wf.deactivate();
	});

	test('another account in the credential: its old mail does not run, its new mail does, without a restart', async () => {
		const [first, second] = [rig.newUser(), rig.newUser()];
		const credential = await rig.credential(first);
		const wf = rig.workflow(credential);
		await wf.activate();
		rig.servers.mailbox(second.user).add({
			raw: Buffer.from(mail('old mail of the second')),
			internalDate: new Date(Date.now() - 3_600_000),
		});
		await rig.engine.updateCredential(credential.id, rig.account(second));
		const selected = rig.servers.imap.nextCommand(/^IDLE/);
		rig.servers.imap.drop('reset');
		await selected;
		await rig.deliver(first.user, 'for the first');
		await rig.deliver(second.user, 'for the second');
		expect(subjects(await wf.waitForExecution())).toEqual(['for the second']);
		await wf.deactivate();
		expect(rig.ran(wf)).toEqual({ 'for the second': 1 });
	});

	test('two triggers in one workflow keep their own cursors (D1)', async () => {
		const [first, second] = [rig.newUser(), rig.newUser()];
		const [one, other] = [await rig.credential(first), await rig.credential(second)];
		const trigger = (name: string, mailAccountApi: typeof one) => ({
			id: `id-of-${name}`,
			name,
			type: 'n8n-nodes-mailroom.imapTrigger',
			credentials: { mailAccountApi },
		});
		const to = { main: [[{ node: 'Collect', type: 'main' as const, index: 0 }]] };
		const wf = rig.engine.addWorkflow({
			nodes: [trigger(NODE, one), trigger('Second', other), { name: 'Collect', type: 'test.collect' }],
			connections: { [NODE]: to, Second: to },
		});
		await wf.activate();
		for (let i = 0; i < 3; i++) {
			await rig.deliver(first.user, `first ${i}`);
			await rig.deliver(second.user, `second ${i}`);
			await wf.waitForExecution();
			await wf.waitForExecution();
		}
		await rig.untilFlags(first.user, ['\\Seen'], 2);
		await rig.untilFlags(second.user, ['\\Seen'], 2);
		await wf.redeploy();
		await rig.deliver(first.user, 'first 3');
		await rig.deliver(second.user, 'second 3');
		await wf.waitForExecution();
		await wf.waitForExecution();
		const global = wf.staticData()['global'] as Record<string, object>;
		expect(Object.keys(global).sort()).toEqual([`mailroom:id-of-${NODE}`, 'mailroom:id-of-Second']);
		expect(Object.keys(rig.ran(wf))).toHaveLength(8);
		expect(Object.values(rig.ran(wf)).every((count) => count === 1)).toBe(true);
		await wf.deactivate();
	});

	test('a node of the workflow that writes static data itself does no harm', async () => {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account), {
			steps: [{ type: 'test.staticData', parameters: { key: 'mine', value: 'kept' } }],
		});
		await wf.activate();
		for (let i = 0; i < 3; i++) {
			await rig.deliver(account.user, `static ${i}`);
			expect(items(await wf.waitForExecution())).toHaveLength(1);
		}
		await rig.untilFlags(account.user, ['\\Seen'], 2);
		await wf.redeploy();
		await rig.deliver(account.user, 'static 3');
		await wf.waitForExecution();
		expect(rig.ran(wf)).toEqual({ 'static 0': 1, 'static 1': 1, 'static 2': 1, 'static 3': 1 });
		await wf.deactivate();
	});
});

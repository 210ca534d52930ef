/** @jest-environment ./test/engine/jestEnvironment.js */
import type { IDataObject } from 'n8n-workflow';
import { startEngine, type Engine, type WorkflowHandle } from '../engine';
import { describeWith, eventually, startDovecot, startFaultProxy, type Dovecot } from '../servers';
import { setConstants } from './built';
import { chain, items, mail, NODE, subjects, TRIGGER } from './rig';

jest.setTimeout(60_000);

/** Dovecot collects deliveries for half a second before it announces them. */
const SOON_MS = 15_000;
const PASSWORD = 'geheim wie sonst was';

describeWith(['dovecot'], 'the trigger at Dovecot', () => {
	let engine: Engine;
	let dovecot: Dovecot;
	let taken = 0;
	const users = Array.from({ length: 12 }, (_, i) => ({ user: `user${i}@example.org`, password: PASSWORD }));
	let restore: () => void;

	beforeAll(async () => {
		dovecot = await startDovecot({ users });
		engine = await startEngine({ activationFirstDelayMs: 1 });
		restore = setConstants('nodes/mail/backoff', {
			LOST_CAP_MS: 200,
			UNREACHED_CAP_MS: 200,
			REFUSED_STEPS_MS: [500],
		});
	});
	afterAll(async () => {
		restore();
		await engine.stop();
		await dovecot.stop();
	});

	async function live(
		trigger: object = {},
		steps: object[] = [],
		port = dovecot.ports.imaps,
	): Promise<{ user: string; wf: WorkflowHandle; credentialId: string; fields: Record<string, unknown> }> {
		const user = users[taken++]?.user ?? '';
		const fields = {
			provider: 'custom',
			user,
			password: PASSWORD,
			imapHost: dovecot.host,
			imapPort: port,
			imapSecurity: port === dovecot.ports.imap ? 'starttls' : 'tls',
			ignoreSslIssues: true,
		};
		const mailAccountApi = await engine.addCredential('mailAccountApi', user, fields as never);
		const first = { name: NODE, type: TRIGGER, parameters: trigger, credentials: { mailAccountApi } };
		const wf = engine.addWorkflow(
			chain([first, ...steps, { name: 'Collect', type: 'test.collect' }] as never) as never,
		);
		await wf.activate();
		return { user, wf, credentialId: mailAccountApi.id, fields };
	}

	async function untilFlags(user: string, wanted: string[], uid = 1, mailbox = 'INBOX'): Promise<void> {
		let now: string[] = [];
		await eventually(SOON_MS, `flags ${wanted.join(' ')}`, async () => {
			const found = (await dovecot.fetchAll(user, mailbox)).find((each) => each.uid === uid);
			now = (found?.flags ?? ['gone'])
				.filter((flag) => !flag.startsWith('mr-') && flag !== '\\Recent')
				.sort();
			return JSON.stringify(now) === JSON.stringify([...wanted].sort());
		}).catch(() => expect(now).toEqual([...wanted].sort()));
	}

	const deliver = async (user: string, ...names: string[]): Promise<void> =>
		await dovecot.deliver(
			user,
			names.map((name) => mail(name)),
		);

	test.each(['imaps', 'imap'] as const)(
		'a mail starts the workflow and is marked read (%s)',
		async (side) => {
			const { user, wf } = await live({}, [], dovecot.ports[side]);
			const at = performance.now();
			await deliver(user, 'hello');
			const execution = await wf.waitForExecution(undefined, SOON_MS);
			process.stdout.write(
				`      Dovecot (${side}): ${(performance.now() - at).toFixed(0)} ms from delivery to the end\n`,
			);
			expect(subjects(execution)).toEqual(['hello']);
			expect(items(execution)[0]).toMatchObject({
				uid: 1,
				mailbox: 'INBOX',
				messageId: '<hello@example.org>',
			});
			await untilFlags(user, ['\\Seen']);
			await wf.deactivate();
			expect(wf.lastCloseMs).toBeLessThan(2_000);
		},
	);

	test('a failed mail stays and is marked, a good one gets its keyword and moves', async () => {
		const { user, wf } = await live(
			{ onSuccess: { markRead: true, addKeyword: 'Done', moveTo: 'Archive' } },
			[{ name: 'Fail', type: 'test.fail', parameters: { mode: 'subject', subject: 'bad' } }],
		);
		await deliver(user, 'bad', 'good');
		await wf.waitForExecution(undefined, SOON_MS);
		await wf.waitForExecution(undefined, SOON_MS);
		await untilFlags(user, ['MailroomFailed'], 1);
		await untilFlags(user, ['Done', '\\Seen'], 1, 'Archive');
		await wf.deactivate();
	});

	test('Dovecot is killed and comes back: what came meanwhile runs once', async () => {
		const { user, wf } = await live();
		await deliver(user, 'before');
		await wf.waitForExecution(undefined, SOON_MS);
		await untilFlags(user, ['\\Seen'], 1);
		await dovecot.kill();
		await dovecot.start();
		await deliver(user, 'after');
		expect(subjects(await wf.waitForExecution(undefined, SOON_MS))).toEqual(['after']);
		await untilFlags(user, ['\\Seen'], 2);
		expect(wf.executions()).toHaveLength(2);
		await wf.deactivate();
	});

	test('a person logs everybody out (doveadm kick), again and again while mail flows', async () => {
		const { user, wf } = await live();
		const names = Array.from({ length: 20 }, (_, i) => `kicked ${i}`);
		for (const name of names) {
			await deliver(user, name);
			await dovecot.doveadm(['kick', user]).catch(() => undefined);
		}
		const seen: unknown[] = [];
		while (seen.length < names.length) seen.push(...subjects(await wf.waitForExecution(undefined, SOON_MS)));
		expect(seen.sort()).toEqual([...names].sort());
		for (let uid = 1; uid <= names.length; uid++) await untilFlags(user, ['\\Seen'], uid);
		expect(wf.executions()).toHaveLength(names.length);
		await wf.deactivate();
	});

	test('a password changed on the server and in the credential', async () => {
		const { user, wf, credentialId, fields } = await live();
		await dovecot.setPassword(user, 'das neue');
		await dovecot.doveadm(['kick', user]);
		await deliver(user, 'locked out');
		await eventually(SOON_MS, 'the report', () =>
			engine.logs.some(({ level, message }) => level === 'warn' && /No mail can be received/.test(message)),
		);
		await engine.updateCredential(credentialId, { ...fields, password: 'das neue' } as never);
		const execution = await wf.waitForExecution(({ status }) => status === 'success', SOON_MS);
		expect(subjects(execution)).toEqual(['locked out']);
		await wf.deactivate();
	});

	test('a mailbox that is missing is named with those that exist, and watched as soon as it is there', async () => {
		const { user, wf } = await live({ mailboxes: ['Clients/A'] });
		await eventually(SOON_MS, 'the report', () =>
			engine.logs.some(({ message }) => /"Clients\/A" does not exist.*"INBOX"/s.test(message)),
		);
		await dovecot.doveadm(['mailbox', 'create', '-u', user, 'Clients/A']);
		await deliver(user, 'for the inbox');
		await dovecot.doveadm(['move', '-u', user, 'Clients/A', 'mailbox', 'INBOX', 'all']);
		const execution = await wf.waitForExecution(({ status }) => status === 'success', SOON_MS);
		expect(subjects(execution)).toEqual(['for the inbox']);
		await wf.deactivate();
	});

	test('a backlog over a slow line: each once, in order', async () => {
		const proxy = await startFaultProxy(dovecot.ports.imaps);
		proxy.delayMs = 50;
		const { user, wf } = await live({ startFrom: 'all', options: { parallelExecutions: 1 } }, [], proxy.port);
		const names = Array.from({ length: 60 }, (_, i) => `backlog ${i}`);
		await deliver(user, ...names);
		const seen: IDataObject[] = [];
		while (seen.length < names.length) seen.push(...items(await wf.waitForExecution(undefined, SOON_MS)));
		expect(seen.map(({ subject }) => subject).sort()).toEqual([...names].sort());
		// In the order of the UIDs; Dovecot does not always number in the order of delivery.
		expect(seen.map(({ uid }) => uid)).toEqual(names.map((_name, index) => index + 1));
		await wf.deactivate();
		await proxy.stop();
	});

	test('two workflows over one connection', async () => {
		const { user, wf } = await live();
		const copy = wf.duplicate();
		await copy.activate();
		await deliver(user, 'for both');
		expect(subjects(await wf.waitForExecution(undefined, SOON_MS))).toEqual(['for both']);
		expect(subjects(await copy.waitForExecution(undefined, SOON_MS))).toEqual(['for both']);
		await untilFlags(user, ['\\Seen']);
		const who = (await dovecot.doveadm(['-f', 'tab', 'who', user])).toString();
		expect(who).toMatch(new RegExp(`^${user}\\t1\\timap`, 'm'));
		await wf.deactivate();
		await copy.deactivate();
	});
});

/** @jest-environment ./test/engine/jestEnvironment.js */
import { eventually, startScriptedServer } from '../servers';
import { setConstants } from './built';
import { chain, NODE, Rig, SOON_MS, subjects, TRIGGER } from './rig';

/** Activation waits 8 s for the first SELECT (D2), and not much longer. */
const ACTIVATION_LIMIT_MS = 8_800;

describe('switching a trigger on', () => {
	let rig: Rig;
	let restore: Array<() => void>;
	beforeAll(async () => {
		rig = await Rig.start();
		// A refused login or a missing mailbox is tried again after a minute; here soon, and outages are told sooner.
		restore = [setConstants('nodes/mail/backoff', { REFUSED_STEPS_MS: [400] })];
	});
	afterAll(async () => {
		restore.forEach((put) => put());
		await rig.stop();
	});

	const reports = (): string[] =>
		rig.engine.logs.filter(({ level }) => level === 'warn').map(({ message }) => message);

	test('a mailbox that does not exist: activation succeeds, the report names those that do, and it works when it appears', async () => {
		const account = rig.newUser();
		rig.servers.createMailbox(account.user, 'Kunden');
		const errors = rig.engine.addWorkflow(
			chain([
				{ name: 'On error', type: 'n8n-nodes-base.errorTrigger' },
				{ name: 'Collect', type: 'test.collect' },
			]),
		);
		const wf = rig.workflow(await rig.credential(account), {
			trigger: { mailboxes: ['Clients'] },
			settings: { errorWorkflow: errors.id },
		});
		await wf.activate();
		expect(Object.values(wf.triggerStatus())).toEqual(['activated']);
		await errors.waitForExecution();
		const told = JSON.stringify(
			rig.engine.collected.find(({ workflowId }) => workflowId === errors.id)?.items,
		);
		expect(told).toMatch(/The mailbox \\"Clients\\" does not exist/);
		for (const name of ['INBOX', 'Archive', 'Kunden']) expect(told).toContain(`\\"${name}\\"`);
		expect(wf.executions().map(({ status }) => status)).toEqual(['error']);

		rig.servers.createMailbox(account.user, 'Clients');
		rig.servers.mailbox(account.user, 'Clients').add({ raw: Buffer.from('Subject: at last\r\n\r\nx\r\n') });
		expect(subjects(await wf.waitForExecution(({ status }) => status === 'success'))).toEqual(['at last']);
		await errors.waitForExecution();
		const all = rig.engine.collected.filter(({ workflowId }) => workflowId === errors.id);
		expect(JSON.stringify(all[1]?.items)).toMatch(/Recovered: mail is received again/);
		expect(all).toHaveLength(2);
		await wf.deactivate();
	});

	test.each(['no mailbox', 'several'])('mailboxes: %s', async (which) => {
		const account = rig.newUser();
		const credential = await rig.credential(account);
		if (which === 'no mailbox') {
			const none = rig.workflow(credential, { trigger: { mailboxes: [] } });
			await expect(none.activate()).rejects.toThrow('No mailbox to watch was given.');
			return;
		}
		const wf = rig.workflow(credential, { trigger: { mailboxes: ['INBOX', 'Archive', 'Junk'] } });
		await wf.activate();
		for (const name of ['INBOX', 'Archive', 'Junk'])
			rig.servers.mailbox(account.user, name).add({ raw: Buffer.from(`Subject: in ${name}\r\n\r\nx\r\n`) });
		const seen = [await wf.waitForExecution(), await wf.waitForExecution(), await wf.waitForExecution()];
		expect(seen.flatMap(subjects).sort()).toEqual(['in Archive', 'in INBOX', 'in Junk']);
		for (const name of ['INBOX', 'Archive', 'Junk']) await rig.untilFlags(account.user, ['\\Seen'], 0, name);
		await wf.deactivate();
	});

	test.each(['refuses connections', 'never says a word'] as const)(
		'a server that %s: activation returns, and the trigger works when the server does',
		async (how) => {
			const account = rig.newUser();
			const wf = rig.workflow(await rig.credential(account));
			const put = setConstants('nodes/mail/imap/client', { SETUP_DEADLINE_MS: 9_500 });
			if (how === 'refuses connections') await rig.servers.imap.refuse();
			else rig.servers.imap.faults.onResponse = () => null;
			const startedAt = performance.now();
			await wf.activate();
			expect(performance.now() - startedAt).toBeLessThan(ACTIVATION_LIMIT_MS);
			expect(Object.values(wf.triggerStatus())).toEqual(['activated']);
			if (how === 'refuses connections') await rig.servers.imap.open();
			else rig.servers.imap.faults.onResponse = undefined;
			await rig.deliver(account.user, `after ${how}`);
			const execution = await wf.waitForExecution(undefined, 40_000);
			expect(subjects(execution)).toEqual([`after ${how}`]);
			put();
			await wf.deactivate();
		},
		60_000,
	);

	test('when n8n starts, a trigger that goes on waits for no server: hundreds of them start one after another', async () => {
		const { user, wf } = await rig.live();
		await rig.deliver(user, 'before');
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
		const put = setConstants('nodes/mail/imap/client', { SETUP_DEADLINE_MS: 3_000 });
		rig.servers.imap.faults.onResponse = () => null;
		const startedAt = performance.now();
		await wf.activate('init');
		expect(performance.now() - startedAt).toBeLessThan(2_000);
		rig.servers.imap.faults.onResponse = undefined;
		await rig.deliver(user, 'meanwhile');
		expect(subjects(await wf.waitForExecution(undefined, 20_000))).toEqual(['meanwhile']);
		put();
		await wf.deactivate();
	}, 60_000);

	test('a wrong password on the first activation is told to the person who switches it on, after one login', async () => {
		const account = rig.newUser();
		const put = setConstants('nodes/mail/backoff', { REFUSED_STEPS_MS: [60_000] });
		const wf = rig.workflow(await rig.credential(account, { password: 'wrong-password' }));
		// A mail of the test before may still be marked over a connection of its own.
		await eventually(SOON_MS, 'no connection left', () => rig.servers.imap.connectionCount === 0);
		const before = rig.servers.imap.acceptedCount;
		const error = await wf.activate().then(
			() => undefined,
			(thrown: Error & { description?: string }) => thrown,
		);
		expect(error?.message).toMatch(/password|log ?in|user/i);
		expect(`${error?.message} ${error?.description}`).toMatch(/Authentication failed/);
		expect(JSON.stringify(error)).not.toContain('wrong-password');
		expect(Object.values(wf.triggerStatus())).toEqual(['failed']);
		expect(rig.servers.imap.acceptedCount - before).toBe(1);
		put();
		await eventually(SOON_MS, 'no connection left', () => rig.servers.imap.connectionCount === 0);
	});

	test('a wrong password where the trigger has run before does not throw: told, and tried again', async () => {
		const { user, account, wf } = await rig.live();
		await rig.deliver(user, 'before');
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
		await rig.servers.setPassword(user, 'changed by an admin');
		await wf.activate();
		expect(Object.values(wf.triggerStatus())).toEqual(['activated']);
		await eventually(SOON_MS, 'the report', () =>
			reports().some((text) => /No mail can be received/.test(text)),
		);
		expect(reports().join('\n')).not.toContain(account.password);
		await rig.deliver(user, 'while locked out');
		await rig.servers.setPassword(user, account.password);
		expect(subjects(await wf.waitForExecution(({ status }) => status === 'success'))).toEqual([
			'while locked out',
		]);
		await wf.deactivate();
	});

	test('a workflow without a credential, or with an account that only sends, is a sentence', async () => {
		const account = rig.newUser();
		const sendOnly = rig.workflow(
			await rig.credential(account, { imapHost: '', smtpHost: '127.0.0.1', smtpPort: 1 }),
		);
		await expect(sendOnly.activate()).rejects.toThrow(
			'This mail account has no IMAP server, so it cannot read mail.',
		);
		const bare = rig.engine.addWorkflow(
			chain([
				{ name: NODE, type: TRIGGER },
				{ name: 'Collect', type: 'test.collect' },
			]),
		);
		await expect(bare.activate()).rejects.toThrow(/credential/i);
	});

	test('a plain line to a public host is refused before any byte', async () => {
		const wf = rig.workflow(
			await rig.credential(rig.newUser(), {
				imapHost: 'mail.example.com',
				imapSecurity: 'none',
				imapPort: 143,
			}),
		);
		await wf.activate().catch((error: Error) => {
			expect(error.message).toMatch(/The password would travel unencrypted to mail.example.com/);
		});
		await eventually(SOON_MS, 'the refusal', () =>
			reports()
				.concat(rig.engine.logs.map(({ message }) => message))
				.some((text) => text.includes('The password would travel unencrypted to mail.example.com')),
		);
		await wf.deactivate();
	});

	test('a server that offers no STARTTLS gets no credential', async () => {
		const server = await startScriptedServer({
			greeting: '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n',
			script: [
				[/CAPABILITY/, '* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%TAG% OK done\r\n'],
				[/STARTTLS/, '%TAG% BAD unknown command\r\n'],
				[/LOGOUT/, '* BYE\r\n%TAG% OK\r\n'],
				[/./, '%TAG% OK\r\n'],
			],
		});
		try {
			const account = rig.newUser();
			const wf = rig.workflow(
				await rig.credential(account, { imapPort: server.port, imapSecurity: 'starttls' }),
			);
			await wf.activate().catch(() => undefined);
			await eventually(SOON_MS, 'a connection', () => server.connections.length > 0 || null);
			const sent = server.transcript;
			expect(sent).not.toMatch(/LOGIN |AUTHENTICATE/i);
			expect(sent).not.toContain(account.password);
			await wf.deactivate();
		} finally {
			await server.stop();
		}
	});
});

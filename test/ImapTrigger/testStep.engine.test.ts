/** @jest-environment ./test/engine/jestEnvironment.js */
import type { IDataObject } from 'n8n-workflow';
import { itemsOf, type WorkflowHandle } from '../engine';
import { eventually, type TestUser } from '../servers';
import { setConstants } from './built';
import { chain, mail, NODE, Rig, SOON_MS, TRIGGER } from './rig';

jest.setTimeout(20_000);

describe('"Execute step"', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterEach(async () => {
		for (const name of Object.keys(rig.servers.imap.faults))
			delete rig.servers.imap.faults[name as 'greeting'];
	});
	afterAll(async () => await rig.stop());

	async function prepared(
		trigger: IDataObject = {},
		change: IDataObject = {},
	): Promise<{ account: TestUser; wf: WorkflowHandle }> {
		const account = rig.newUser();
		return { account, wf: rig.workflow(await rig.credential(account, change), { trigger }) };
	}

	const subjectOf = async (step: ReturnType<WorkflowHandle['testStep']>): Promise<unknown> =>
		itemsOf(await step, NODE)[0]?.json['subject'];

	/** What the editor shows of an error. */
	async function errorOf(step: Promise<unknown>): Promise<string> {
		const error = await step.then(
			() => new Error('it succeeded'),
			(thrown: Error & { description?: string }) => thrown,
		);
		return `${error.message} ${(error as { description?: string }).description ?? ''}`;
	}

	test('shows the newest mail at once', async () => {
		const { account, wf } = await prepared();
		await rig.deliver(account.user, 'older', 'newest');
		expect(await subjectOf(wf.testStep(NODE))).toBe('newest');
	});

	test('shows the newest mail that the filters want, and looks inside where it has to', async () => {
		const { account, wf } = await prepared({ filters: { subject: 'wanted', senderPattern: 'ann@*' } });
		await rig.deliver(account.user, 'wanted 1', 'wanted 2', 'other');
		await rig.servers.deliver(
			account.user,
			mail('wanted, of another').replace('ann@example.org>', 'eve@example.org>'),
		);
		expect(await subjectOf(wf.testStep(NODE))).toBe('wanted 2');
	});

	test('waits for a mail that the filters want', async () => {
		const { account, wf } = await prepared({ filters: { subject: 'wanted' } });
		await rig.deliver(account.user, 'other');
		const step = wf.testStep(NODE);
		await rig.servers.imap.nextCommand(/^IDLE/);
		await rig.deliver(account.user, 'another');
		await rig.servers.imap.nextCommand(/^IDLE/);
		await rig.deliver(account.user, 'wanted');
		expect(await subjectOf(step)).toBe('wanted');
	});

	test.each(['\\Archive', 'Arch*'])('looks into the mailbox that %s means', async (entry) => {
		const { account, wf } = await prepared({ mailboxes: [entry] });
		await rig.deliver(account.user, 'in the inbox');
		rig.servers.mailbox(account.user, 'Archive').add({ raw: Buffer.from(mail('archived')) });
		expect(await subjectOf(wf.testStep(NODE))).toBe('archived');
	});

	test('waits for the next mail when there is none', async () => {
		const { account, wf } = await prepared();
		const step = wf.testStep(NODE);
		await rig.servers.imap.nextCommand(/^IDLE/);
		await rig.deliver(account.user, 'the next');
		expect(await subjectOf(step)).toBe('the next');
	});

	test('waits for the next mail on a server without IDLE, too', async () => {
		const old = await rig.beside({ imapCapabilities: [] });
		try {
			const account = old.newUser();
			const wf = old.workflow(await old.credential(account));
			const step = wf.testStep(NODE);
			await old.servers.imap.nextCommand(/SEARCH/);
			await old.deliver(account.user, 'polled');
			expect(await subjectOf(step)).toBe('polled');
		} finally {
			await old.servers.stop();
		}
	});

	test('touches no flag, no cursor and no live trigger (D22)', async () => {
		const { account, wf } = await prepared();
		await wf.activate();
		await rig.deliver(account.user, 'ran');
		await wf.waitForExecution();
		await rig.untilFlags(account.user, ['\\Seen']);
		const box = rig.servers.mailbox(account.user);
		await wf.deactivate();
		box.setFlags(box.messages[0] ?? ({} as never), ['\\Flagged', 'Own']);
		await rig.deliver(account.user, 'unread one');
		const staticBefore = JSON.stringify(wf.staticData());
		const flagsBefore = JSON.stringify(rig.servers.messages(account.user).map(({ flags }) => flags));
		const heard = rig.servers.imap.commands.length;
		expect(await subjectOf(wf.testStep(NODE))).toBe('unread one');
		expect(JSON.stringify(wf.staticData())).toBe(staticBefore);
		expect(JSON.stringify(rig.servers.messages(account.user).map(({ flags }) => flags))).toBe(flagsBefore);
		expect(rig.servers.imap.commands.slice(heard).join()).not.toMatch(/STORE|SELECT/);
		await wf.activate();
		await wf.waitForExecution();
		expect(await subjectOf(wf.testStep(NODE))).toBe('unread one');
		await rig.untilFlags(account.user, ['\\Seen'], 1);
		expect(wf.executions().filter(({ mode }) => mode === 'trigger')).toHaveLength(2);
		await wf.deactivate();
	});

	test('a stop ends the wait and the connection', async () => {
		const { wf } = await prepared();
		const step = wf.testStep(NODE);
		await rig.servers.imap.nextCommand(/^IDLE/);
		step.cancel();
		await expect(step).rejects.toThrow();
		await eventually(SOON_MS, 'the connection to end', () => rig.servers.imap.connectionCount === 0);
	});

	test('a stop while it is connecting ends it as well', async () => {
		const { wf } = await prepared();
		rig.servers.imap.faults.onResponse = () => null;
		const accepted = rig.servers.imap.acceptedCount;
		const step = wf.testStep(NODE);
		await eventually(SOON_MS, 'a connection', () => rig.servers.imap.acceptedCount > accepted);
		step.cancel();
		await expect(step).rejects.toThrow();
		await eventually(SOON_MS, 'the connection to end', () => rig.servers.imap.connectionCount === 0);
	});

	test('a mailbox that does not exist: the error names those that do', async () => {
		const { wf } = await prepared({ mailboxes: ['Inbocks'] });
		const error = await errorOf(wf.testStep(NODE));
		expect(error).toContain('The mailbox "Inbocks" does not exist');
		expect(error).toMatch(/Choose one of these: "INBOX", .*"Archive"/);
	});

	test('a wrong password: a sentence with the server’s words, without the password', async () => {
		const { wf } = await prepared({}, { password: 'not-the-right-one' });
		const error = await errorOf(wf.testStep(NODE));
		expect(error).toMatch(/password/i);
		expect(error).toContain('Authentication failed.');
		expect(error).not.toContain('not-the-right-one');
		expect(error).not.toContain(Buffer.from('not-the-right-one').toString('base64'));
	});

	test('a server that is away: a sentence with host and port', async () => {
		const { wf } = await prepared({}, { imapPort: 1 });
		const error = await errorOf(wf.testStep(NODE));
		expect(error).toContain('127.0.0.1');
		expect(error.length).toBeGreaterThan(40);
	});

	test('a certificate that cannot be verified: a sentence', async () => {
		const { wf } = await prepared({}, { ignoreSslIssues: false });
		expect(await errorOf(wf.testStep(NODE))).toMatch(/certificate/i);
	});

	test('a line that breaks while it waits: it says so, or goes on', async () => {
		const put = setConstants('nodes/mail/imap/client', { PROBE_DEADLINE_MS: 300 });
		const { account, wf } = await prepared();
		const step = wf.testStep(NODE);
		await rig.servers.imap.nextCommand(/^IDLE/);
		rig.servers.imap.drop('reset');
		await rig.deliver(account.user, 'after the break');
		const result = await subjectOf(step).catch((error: Error) => error.message);
		expect(result).toMatch(/after the break|connection to the mail server was lost/);
		put();
	});

	test('downloads attachments when asked', async () => {
		const { account, wf } = await prepared({ attachmentMode: 'download' });
		const boundary = 'b1';
		const raw = [
			'Subject: with a file',
			`Content-Type: multipart/mixed; boundary=${boundary}`,
			'',
			`--${boundary}`,
			'Content-Type: text/plain',
			'Content-Disposition: attachment; filename="a.txt"',
			'',
			'hello',
			`--${boundary}--`,
			'',
		].join('\r\n');
		await rig.servers.deliver(account.user, raw);
		const [item] = itemsOf(await wf.testStep(NODE), NODE);
		expect(item?.binary?.['attachment_0']).toMatchObject({ fileName: 'a.txt', mimeType: 'text/plain' });
	});
});

describe('which mailboxes', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterAll(async () => await rig.stop());

	test.each([
		{ value: '={{ "Archive" }}', wanted: ['Archive'] },
		{ value: '={{ " Archive , Junk ,," }}', wanted: ['Archive', 'Junk'] },
		{ value: '={{ ["Archive", "Archive", "Junk"] }}', wanted: ['Archive', 'Junk'] },
		{ value: ['Archive', 'Junk'], wanted: ['Archive', 'Junk'] },
	])('$value', async ({ value, wanted }) => {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account), { trigger: { mailboxes: value } });
		await wf.activate();
		for (const name of ['INBOX', 'Archive', 'Junk'])
			rig.servers.mailbox(account.user, name).add({ raw: Buffer.from(mail(`in ${name}`)) });
		await eventually(SOON_MS, 'a mail of each mailbox', () => {
			return wf.executions().filter(({ status }) => status === 'success').length >= wanted.length;
		});
		for (const name of wanted) await rig.untilFlags(account.user, ['\\Seen'], 0, name);
		expect(Object.keys(rig.ran(wf)).sort()).toEqual(wanted.map((name) => `in ${name}`));
		await wf.deactivate();
	});

	test('names outside ASCII work', async () => {
		const account = rig.newUser();
		rig.servers.createMailbox(account.user, 'Entwürfe & Ideen');
		const wf = rig.workflow(await rig.credential(account), { trigger: { mailboxes: ['Entwürfe & Ideen'] } });
		await wf.activate();
		rig.servers.mailbox(account.user, 'Entwürfe & Ideen').add({ raw: Buffer.from(mail('umlaut')) });
		const execution = await wf.waitForExecution();
		expect(
			itemsOf({ data: { resultData: { runData: execution.data } } } as never, NODE)[0]?.json['mailbox'],
		).toBe('Entwürfe & Ideen');
		await wf.deactivate();
	});

	test('the list offers every mailbox that can be opened, with its role and counts', async () => {
		const account = rig.newUser();
		await rig.deliver(account.user, 'one', 'two');
		const mailAccountApi = await rig.credential(account);
		const options = await rig.engine.loadOptions(TRIGGER, 'getMailboxes', {}, { mailAccountApi });
		const names = options.map(({ value }) => value);
		expect(names).toEqual(expect.arrayContaining(['INBOX', 'Drafts', 'Sent', 'Trash', 'Archive', 'Junk']));
		const described = Object.fromEntries(options.map(({ value, description }) => [value, description]));
		expect(described['INBOX']).toContain('2 mails, 2 unread');
		expect(described['Archive']).toContain('Archive');
		expect(described['\\Archive']).toBe('By its role; here Archive');
		await eventually(SOON_MS, 'no connection left', () => rig.servers.imap.connectionCount === 0);
	});

	test('the list says why it is empty', async () => {
		const mailAccountApi = await rig.credential(rig.newUser(), { password: 'wrong-again' });
		const list = rig.engine.loadOptions(TRIGGER, 'getMailboxes', {}, { mailAccountApi });
		await expect(list).rejects.toThrow(/password|refused|log/i);
	});

	test('n8n’s own IMAP credential works', async () => {
		const account = rig.newUser();
		const { host, ports } = rig.servers;
		const fields = { user: account.user, password: account.password, host, allowUnauthorizedCerts: true };
		for (const line of [
			{ port: ports.imaps, secure: true },
			{ port: ports.imap, secure: false },
		]) {
			const imap = await rig.engine.addCredential('imap', 'built in', { ...fields, ...line });
			const wf = rig.engine.addWorkflow(
				chain([
					{ name: NODE, type: TRIGGER, parameters: { authentication: 'imap' }, credentials: { imap } },
					{ name: 'Collect', type: 'test.collect' },
				]),
			);
			await wf.activate();
			await rig.deliver(account.user, `over ${line.port}`);
			expect((await wf.waitForExecution()).status).toBe('success');
			await wf.deactivate();
		}
	});
});

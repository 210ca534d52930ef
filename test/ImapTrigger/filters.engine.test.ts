import type { IDataObject } from 'n8n-workflow';
import { startDovecot, describeWith, type Dovecot } from '../servers';
import { startEngine, type Engine, type WorkflowHandle } from '../engine';

const USER = 'alice@example.test';
const PASSWORD = 'wonderland';

/** What arrives for each filter: the first of each pair starts the workflow, the second does not. */
const CASES: [name: string, filters: IDataObject, wanted: string, unwanted: string][] = [
	['from', { from: 'bob@' }, mail({ from: 'Bob <bob@example.com>' }), mail({ from: 'eve@example.com' })],
	['to', { to: 'sales@' }, mail({ to: 'sales@example.com' }), mail({ to: 'info@example.com' })],
	['subject', { subject: 'invoice' }, mail({ subject: 'Your INVOICE 7' }), mail({ subject: 'Hello' })],
	[
		'a subject that is not ASCII',
		{ subject: 'Rechnung für' },
		mail({ subject: '=?utf-8?q?Rechnung_f=C3=BCr_Mai?=' }),
		mail({ subject: 'Rechnung' }),
	],
	['text', { text: 'needle' }, mail({ body: 'hay needle hay' }), mail({ body: 'hay' })],
	['larger', { largerThan: 4 }, mail({ body: 'x'.repeat(80).concat('\r\n').repeat(100) }), mail({})],
	[
		'header',
		{ headerName: 'X-Project', headerText: 'apollo' },
		mail({ extra: 'X-Project: Apollo 11' }),
		mail({ extra: 'X-Project: Gemini' }),
	],
	[
		'IMAP search',
		{ imapSearch: 'OR FROM carol SUBJECT urgent' },
		mail({ subject: 'urgent!' }),
		mail({ subject: 'later' }),
	],
	[
		'sender pattern',
		{ senderPattern: '*@good.test, boss@*' },
		mail({ from: 'boss@bad.test' }),
		mail({ from: 'bob@good.test.evil.test' }),
	],
	[
		'subject pattern',
		{ subjectPattern: '[Ticket #*]*' },
		mail({ subject: '[Ticket #7] broken' }),
		mail({ subject: 'Re: [Ticket #7] broken' }),
	],
	['attachments', { hasAttachments: true }, withFile('a.txt'), mail({})],
	['attachment name', { attachmentName: '*.pdf' }, withFile('invoice.PDF'), withFile('invoice.txt')],
	['automatic mail', { skipAutomatic: true }, mail({}), mail({ extra: 'Auto-Submitted: auto-replied' })],
];

function mail({ from = 'x@example.com', to = USER, subject = 'Hi', body = 'Hello', extra = '' }): string {
	const head = [`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, ...(extra ? [extra] : [])];
	return `${head.join('\r\n')}\r\n\r\n${body}\r\n`;
}

function withFile(name: string): string {
	const head =
		'From: x@example.com\r\nSubject: file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';
	const file = `Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\nxyz\r\n`;
	return `${head}--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--b\r\n${file}--b--\r\n`;
}

describeWith(['dovecot', 'dovecot-lmtp', 'doveadm'], 'filters (D13), at Dovecot', () => {
	let dovecot: Dovecot;
	let engine: Engine;
	let credential: { id: string; name: string };

	beforeAll(async () => {
		dovecot = await startDovecot({ users: [{ user: USER, password: PASSWORD }] });
		// n8n tries a trigger that throws five times; the waits in between are not what is tested here.
		engine = await startEngine({ activationFirstDelayMs: 5 });
		credential = await engine.addCredential('mailAccountApi', 'Alice', {
			provider: 'custom',
			user: USER,
			password: PASSWORD,
			imapHost: dovecot.host,
			imapPort: dovecot.ports.imaps,
			imapSecurity: 'tls',
			ignoreSslIssues: true,
		});
	}, 30_000);

	afterAll(async () => {
		await engine.stop();
		await dovecot.stop();
	});

	async function live(filters: IDataObject): Promise<WorkflowHandle> {
		const wf = engine.addWorkflow({
			nodes: [
				{
					name: 'IMAP Trigger',
					type: 'n8n-nodes-mailroom.imapTrigger',
					parameters: { filters: filters as never },
					credentials: { mailAccountApi: credential },
				},
			],
		});
		await wf.activate();
		return wf;
	}

	test.each(CASES)(
		'%s: what fits starts the workflow, what does not is left as it was',
		async (_name, filters, wanted, unwanted) => {
			const wf = await live(filters);
			await dovecot.deliver(USER, unwanted);
			await dovecot.deliver(USER, wanted);
			const execution = await wf.waitForExecution();
			expect(execution.status).toBe('success');
			// Both were looked at in one pass; had the other one been let through, it would have been first.
			expect(wf.executions()).toHaveLength(1);
			const uid = execution.data['IMAP Trigger']?.[0]?.data?.['main']?.[0]?.[0]?.json['uid'];
			const stored = await dovecot.fetchAll(USER);
			expect(uid).toBe(stored.at(-1)?.uid);
			expect(stored.at(-2)?.flags).not.toContain('\\Seen');
			await wf.deactivate();
		},
	);

	test('what the filter left out is not looked at again when it fits later', async () => {
		const wf = await live({ flagged: true });
		await dovecot.deliver(USER, mail({ subject: 'starred later' }));
		const { ImapFlow } = await import('imapflow');
		const { host, ports } = dovecot;
		const client = new ImapFlow({
			host,
			port: ports.imap,
			secure: false,
			doSTARTTLS: false,
			auth: { user: USER, pass: PASSWORD },
			logger: false,
		});
		await client.connect();
		await client.append('INBOX', mail({ subject: 'starred at once' }), ['\\Flagged']);
		await wf.waitForExecution();
		await client.mailboxOpen('INBOX');
		await client.messageFlagsAdd({ subject: 'starred later' }, ['\\Flagged']);
		await wf.redeploy();
		await client.append('INBOX', mail({ subject: 'starred as well' }), ['\\Flagged']);
		await client.logout();
		await wf.waitForExecution();
		await wf.deactivate();
		const subjects = wf
			.executions()
			.map(({ data }) => data['IMAP Trigger']?.[0]?.data?.['main']?.[0]?.[0]?.json['subject']);
		expect(subjects).toEqual(['starred at once', 'starred as well']);
	});

	test('a filter that the server does not understand is told, and no mail is lost by it', async () => {
		const wf = await live({ gmailQuery: 'has:attachment' });
		await dovecot.deliver(USER, mail({ subject: 'waits for the filter' }));
		const told = await wf.waitForExecution();
		expect(told.status).toBe('error');
		expect(told.error?.message).toMatch(/filter cannot be used.*X-GM-EXT-1/);
		wf.setParameters('IMAP Trigger', { filters: {} });
		await wf.activate();
		const execution = await wf.waitForExecution(({ status }) => status === 'success');
		expect(execution.data['IMAP Trigger']?.[0]?.data?.['main']?.[0]?.[0]?.json['subject']).toBe(
			'waits for the filter',
		);
		await wf.deactivate();
	});

	test('a search that nobody understands is refused when the workflow is switched on', async () => {
		await expect(live({ imapSearch: 'HOKUS POKUS' })).rejects.toThrow('"HOKUS" is no search key');
	});
});

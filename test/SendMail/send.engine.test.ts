/** @jest-environment ./test/engine/jestEnvironment.js */
import { simpleParser } from 'mailparser';
import type { IBinaryData, IDataObject, INodeExecutionData } from 'n8n-workflow';
import { startFakeSmtp, type FakeReply, type FakeSmtp, type Stage } from '../mail/smtp/fakeSmtp';
import { PASSWORD, Senders, USER, type Sent } from './senders';

let senders: Senders;
let server: FakeSmtp;
/** What the server says, set by each test. */
let answer: (stage: Stage, line: string) => FakeReply | undefined;

beforeAll(async () => {
	senders = await Senders.start();
	server = await startFakeSmtp({ answer: (stage, line) => answer(stage, line) });
}, 60_000);
afterAll(async () => {
	await senders.stop();
	await server.stop();
});
beforeEach(() => {
	answer = () => undefined;
	server.messages.length = 0;
});

async function send(parameters: IDataObject, items?: INodeExecutionData[], node = {}): Promise<Sent> {
	return await senders.send({ smtpPort: server.port }, parameters, items, node);
}

async function received(index = 0) {
	return await simpleParser(server.messages[index]!.raw);
}

const inline = (text: string, fileName = 'file.txt', mimeType = 'text/plain'): IBinaryData => ({
	data: Buffer.from(text).toString('base64'),
	mimeType,
	fileName,
});

describe('what is sent', () => {
	test('text, with the output item of the design', async () => {
		const { items } = await send({ text: 'Grüße', subject: 'Ä' });
		const { json } = items[0]!;
		expect(json).toEqual({
			outcome: 'accepted',
			messageId: expect.stringMatching(/^<[0-9a-f]{40}@example\.test>$/),
			accepted: ['bob@example.test'],
			rejected: [],
			response: '250 2.0.0 Ok: queued as FAKE1',
			envelope: { from: USER, to: ['bob@example.test'] },
			queueId: 'FAKE1',
			recipients: [expect.objectContaining({ address: 'bob@example.test', status: 'accepted' })],
			attempts: 1,
		});
		const mail = await received();
		expect([mail.text?.trim(), mail.subject, mail.messageId]).toEqual(['Grüße', 'Ä', json['messageId']]);
		expect(mail.html).toBe(false);
	});

	test('HTML, with a text beside it; both; Markdown', async () => {
		await send({ emailFormat: 'html', html: '<p>Hello <b>Bob</b></p>' });
		await send({ emailFormat: 'both', html: '<p>one</p>', text: 'two' });
		await send({ emailFormat: 'markdown', markdown: '**Hello** <script>x</script>' });
		const [html, both, markdown] = [await received(0), await received(1), await received(2)];
		expect([html.html, html.text?.trim()]).toEqual(['<p>Hello <b>Bob</b></p>', 'Hello Bob']);
		expect([both.html, both.text?.trim()]).toEqual(['<p>one</p>', 'two']);
		expect(markdown.html).toBe('<p><strong>Hello</strong> &lt;script&gt;x&lt;/script&gt;</p>');
		expect(markdown.text?.trim()).toBe('Hello <script>x</script>');
	});

	test('to, cc, bcc and reply-to, as text, lists and the trigger’s addresses', async () => {
		const { items } = await send(
			{
				toEmail: '={{ $json.to }}',
				options: {
					ccEmail: '={{ $json.cc }}',
					bccEmail: 'eve@example.test',
					replyTo: 'Ada <reply@example.test>',
				},
			},
			[
				{
					json: {
						to: [{ name: 'Bob, B.', address: 'bob@example.test' }],
						cc: ['c@example.test', 'd@example.test'],
					},
				},
			],
		);
		expect(items[0]?.json['envelope']).toEqual({
			from: USER,
			to: ['bob@example.test', 'c@example.test', 'd@example.test', 'eve@example.test'],
		});
		const raw = server.messages[0]!.raw.toString();
		expect(raw).toContain('To: "Bob, B." <bob@example.test>');
		expect(raw).toContain('Cc: c@example.test, d@example.test');
		expect(raw).toContain('Reply-To: Ada <reply@example.test>');
		expect(raw).not.toContain('eve@example.test');
	});

	test('the account’s own sender when the item names none', async () => {
		await senders.send({ smtpPort: server.port, senderName: 'Ada L.' }, { fromEmail: '' });
		expect(server.messages[0]?.raw.toString()).toContain('From: "Ada L." <ada@example.test>');
	});

	// In n8n a field of a credential may be an expression, which is evaluated for each item.
	test.each([
		'={{ $json.sender ?? "all@example.test" }}',
		'={{ $input.item.json.sender ?? "all@example.test" }}',
		'={{ $json?.sender ?? "all@example.test" }}',
		'={{ $("Start").item.json.sender ?? "all@example.test" }}',
	])('the account of each item, also where most have the same: %s', async (senderAddress) => {
		const items = [{}, {}, { sender: 'two@example.test' }, {}, {}].map(
			(json) => ({ json }) as INodeExecutionData,
		);
		const sent = await senders.send({ smtpPort: server.port, senderAddress }, { fromEmail: '' }, items);
		const senderOf = ({ json }: INodeExecutionData) => (json['envelope'] as { from: string }).from;
		const [all, two] = ['all@example.test', 'two@example.test'];
		expect(sent.items.map(senderOf)).toEqual([all, all, two, all, all]);
	});

	test.each([
		['={{ ["a", "b"][$itemIndex % 2] }}@example.test', 'abab'],
		['={{ $itemIndex < 3 ? "a" : "b" }}@example.test', 'aaab'],
		['={{ $input.all().length === 4 ? "a" : "b" }}@example.test', 'aaaa'],
	])('accounts by the number of the item: %s', async (senderAddress, names) => {
		const items = [0, 1, 2, 3].map(() => ({ json: {} }));
		const sent = await senders.send({ smtpPort: server.port, senderAddress }, { fromEmail: '' }, items);
		const initials = sent.items.map(({ json }) => (json['envelope'] as { from: string }).from[0]);
		expect(initials.join('')).toBe(names);
	});

	test('custom headers, priority, unsubscribe, envelope sender, signature', async () => {
		await send({
			headerOptions: {
				customHeaders: { header: [{ name: 'X-Campaign', value: 'spring' }] },
				priority: 'high',
				unsubscribeUrl: 'https://example.test/u',
				unsubscribeOneClick: true,
				envelopeFrom: 'bounce@example.test',
			},
			options: { signature: 'Ada\nExample Inc.' },
		});
		expect(server.messages[0]?.from).toBe('bounce@example.test');
		const mail = await received();
		expect(mail.headers.get('x-campaign')).toBe('spring');
		expect(server.messages[0]?.raw.toString()).toMatch(/^X-Priority: 1 \(Highest\)\r$/m);
		expect(server.messages[0]?.raw.toString()).toMatch(/^List-Unsubscribe: <https:\/\/example\.test\/u>\r$/m);
		expect(mail.text).toBe('Hello Bob\n\n-- \nAda\nExample Inc.\n');
	});

	test('custom headers as an object from an expression; an object as value is refused', async () => {
		await send({ headerOptions: { customHeadersJson: '={{ $json.headers }}' } }, [
			{ json: { headers: { 'X-A': 'one' } } },
		]);
		expect(server.messages[0]?.raw.toString()).toMatch(/^X-A: one\r$/m);
		const { error } = await send({ headerOptions: { customHeadersJson: '={{ $json.headers }}' } }, [
			{ json: { headers: { 'X-A': { prepared: true, value: 'x\r\nX-Evil: 1' } } } },
		]);
		expect(error?.message).toContain('no text');
		expect(server.messages).toHaveLength(1);
	});
});

describe('files of the item', () => {
	test('data within the item arrives as it was', async () => {
		const binary = { small: inline('small\r\nfile\n\0', 'small.txt') };
		await send({ options: { attachments: 'small' } }, [{ json: {}, binary }]);
		expect((await received()).attachments[0]?.content.toString()).toBe('small\r\nfile\n\0');
	});

	test('a stored file arrives as it was', async () => {
		// A dry run stores its mail in n8n's binary storage; the next node sends it.
		const text = Array.from({ length: 30_000 }, (_none, index) => `line ${index}`).join('\n');
		const workflow = await senders.workflow(
			{ smtpPort: server.port },
			{ options: { attachments: 'message' } },
		);
		const { id } = workflow;
		const sender = workflow.node('Send Mail');
		const first = {
			...sender,
			id: 'first',
			name: 'Dry Run',
			parameters: { ...sender.parameters, text, options: {}, safetyOptions: { dryRun: true } },
		};
		senders.engine.addWorkflow({
			id,
			nodes: [workflow.node('Start'), first, sender],
			connections: {
				Start: { main: [[{ node: 'Dry Run', type: 'main', index: 0 }]] },
				'Dry Run': { main: [[{ node: 'Send Mail', type: 'main', index: 0 }]] },
			},
		});
		const run = await workflow.run();
		const file = run.data.resultData.runData['Dry Run']?.[0]?.data?.['main']?.[0]?.[0]?.binary?.['message'];
		expect(file?.id).toMatch(/^filesystem/);
		const [attachment] = (await received()).attachments;
		expect(attachment?.contentType).toBe('message/rfc822');
		expect((await simpleParser(attachment!.content)).text?.trim()).toBe(text);
	});

	test('all files; some always as files; a list from an expression', async () => {
		const binary = { a: inline('a', 'a.png', 'image/png'), b: inline('b', 'b.txt') };
		await send({ options: { attachAll: true } }, [{ json: {}, binary }]);
		await send(
			{ emailFormat: 'html', html: '<img src="cid:a">', options: { attachments: 'a', fileAttachments: 'b' } },
			[{ json: {}, binary }],
		);
		await send({ options: { attachments: '={{ $json.names }}' } }, [{ json: { names: ['b'] }, binary }]);
		const names = async (index: number) =>
			(await received(index)).attachments
				.map(({ filename, contentDisposition }) => `${contentDisposition} ${filename}`)
				.sort();
		expect(await names(0)).toEqual(['attachment a.png', 'attachment b.txt']);
		expect(await names(1)).toEqual(['attachment b.txt', 'inline a.png']);
		expect(await names(2)).toEqual(['attachment b.txt']);
	});

	test('a field that does not exist: the error names those that do', async () => {
		const binary = { invoice: inline('x'), photo: inline('y') };
		const { error } = await send({ options: { attachments: 'data' } }, [{ json: {}, binary }]);
		expect(error?.message).toBe('The item has no file in the field "data" to attach.');
		expect(error?.description).toBe('It has: invoice, photo.');
		const { error: none } = await send({ options: { attachments: 'data' } });
		expect(none?.description).toMatch(/carries no files/);
		expect(server.messages).toEqual([]);
	});

	test('a file without a type is sent; one without content is an error', async () => {
		const binary = { data: { data: 'eA==', fileName: 'x' }, none: { mimeType: 'text/plain' } };
		const items = [{ json: {}, binary }] as unknown as INodeExecutionData[];
		await send({ options: { attachments: 'data' } }, items);
		expect((await received()).attachments[0]?.content.toString()).toBe('x');
		expect((await send({ options: { attachments: 'none' } }, items)).error?.message).toContain('damaged');
	});

	test('broken base64 is an error, not a broken file', async () => {
		const { error } = await send({ options: { attachments: 'data' } }, [
			{
				json: {},
				binary: { data: { data: 'no base64 at all!', mimeType: 'text/plain', fileName: 'x.txt' } },
			},
		]);
		expect(error?.message).toContain('damaged');
		expect(server.messages).toEqual([]);
	});
});

describe('bad input: a sentence, a next step, and nothing sent', () => {
	test.each<[string, IDataObject, RegExp, RegExp]>([
		['no recipient', { toEmail: '' }, /has no recipient\.$/, /To Email/],
		[
			'an address with CR and LF',
			{ toEmail: 'bob@example.test\r\nBcc: eve@example.test' },
			/line break\.$/,
			/name@example/,
		],
		['an address that is none', { toEmail: 'bob' }, /"bob" in "To Email" cannot be used/, /name@example/],
		['a CC that is none', { options: { ccEmail: 'bob@' } }, /in "CC" cannot be used/, /name@example/],
		['two senders', { fromEmail: 'a@x.test, b@x.test' }, /2 senders/, /exactly one/],
		[
			'a subject with a line break',
			{ subject: 'a\r\nBcc: eve@example.test' },
			/subject has a line break/,
			/Remove/,
		],
		['attempts out of range', { deliveryOptions: { attempts: 0 } }, /"Attempts" has to be/, /It is 0/],
		['an empty allow-list', { safetyOptions: { allowedRecipients: '' } }, /names nobody/, /Check/],
		['an empty redirect', { safetyOptions: { redirectTo: '={{ $json.nothing }}' } }, /names nobody/, /Check/],
		[
			'a recipient not allowed',
			{ safetyOptions: { allowedRecipients: '@example.org' } },
			/may not be sent to bob/,
			/Allowed/,
		],
	])('%s', async (_name, parameters, message, description) => {
		const { error, run } = await send(parameters);
		expect(run.status).toBe('error');
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(description);
		expect(server.messages).toEqual([]);
	});

	test('an empty body is sent', async () => {
		for (const emailFormat of ['text', 'html', 'both', 'markdown']) {
			const { items } = await send({ emailFormat, text: '', html: '', markdown: '' });
			expect(items[0]?.json['outcome']).toBe('accepted');
		}
	});
});

describe('refusals', () => {
	test('of the mail: the server’s full words and what to do', async () => {
		answer = (stage) =>
			stage === 'RCPT' ? '550 5.1.1 <bob>: User unknown in virtual mailbox table' : undefined;
		const { error } = await send({});
		expect(error?.message).toBe('There is no mailbox for this recipient.');
		expect(error?.description).toContain('550 5.1.1 <bob>: User unknown in virtual mailbox table');
		expect(error?.description).toContain('spelling');
	});

	test('of some recipients: an item, or an error with the option', async () => {
		answer = (stage, line) => (stage === 'RCPT' && line.includes('eve') ? '550 5.1.1 unknown' : undefined);
		const { items } = await send({ toEmail: 'bob@example.test, eve@example.test' });
		expect(items[0]?.json).toMatchObject({
			outcome: 'partial',
			rejected: ['eve@example.test'],
		});
		const { error } = await send({
			toEmail: 'bob@example.test, eve@example.test',
			deliveryOptions: { failOnPartial: true },
		});
		expect(error?.message).toContain('refused 1 of 2 recipients');
	});

	test('on the error output: the item, the error, what is known, the pair', async () => {
		answer = (stage, line) => (stage === 'RCPT' && line.includes('eve') ? '550 5.1.1 unknown' : undefined);
		const { items, errors } = await send(
			{ toEmail: '={{ $json.to }}' },
			['bob', 'eve', 'carl', 'eve', 'dora'].map((name) => ({ json: { to: `${name}@example.test` } })),
			{ onError: 'continueErrorOutput' },
		);
		expect(items.map(({ json, pairedItem }) => [(json['accepted'] as string[])[0], pairedItem])).toEqual([
			['bob@example.test', { item: 0 }],
			['carl@example.test', { item: 2 }],
			['dora@example.test', { item: 4 }],
		]);
		expect(errors).toHaveLength(2);
		expect(errors[0]).toMatchObject({
			json: {
				to: 'eve@example.test',
				error: 'There is no mailbox for this recipient.',
				message: expect.stringContaining('550 5.1.1 unknown'),
				details: { outcome: 'refused', rejected: ['eve@example.test'], recipients: [{ code: '550' }] },
			},
			pairedItem: { item: 1 },
		});
		expect((errors[0]?.json['details'] as IDataObject)['transcript']).toContain('S: 550 5.1.1 unknown');
	});

	test('with "continue": items in order, each with its pair', async () => {
		answer = (stage, line) => (stage === 'RCPT' && line.includes('u7@') ? '550 5.1.1 unknown' : undefined);
		const { items } = await send(
			{ toEmail: '={{ $json.to }}' },
			Array.from({ length: 30 }, (_none, index) => ({ json: { to: `u${index}@example.test` } })),
			{ onError: 'continueRegularOutput' },
		);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual(items.map((_item, index) => ({ item: index })));
		expect(items.map(({ json }) => json['outcome'])).toEqual(
			items.map((_item, index) => (index === 7 ? 'refused' : 'accepted')),
		);
		expect(items[7]?.json['error']).toBe('There is no mailbox for this recipient.');
	});
});

describe('Retry On Fail', () => {
	const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 10 };

	test('sends what was accepted only once, and the rest again', async () => {
		let refusals = 0;
		answer = (stage, line) =>
			stage === 'RCPT' && line.includes('eve') && refusals++ < 2 ? '550 5.7.1 not yet' : undefined;
		const { items } = await send(
			{ toEmail: '={{ $json.to }}' },
			['bob', 'eve', 'carl'].map((name) => ({ json: { to: `${name}@example.test` } })),
			RETRY,
		);
		expect(items.map(({ json }) => json['outcome'])).toEqual(['accepted', 'accepted', 'accepted']);
		expect(server.messages.map(({ to }) => to[0]).sort()).toEqual([
			'bob@example.test',
			'carl@example.test',
			'eve@example.test',
		]);
	});

	test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'])(
		'never sends an unknown one again (%s), and says the same each time',
		async (onError) => {
			answer = (stage) => (stage === 'end' ? { then: 'reset' } : undefined);
			const { error, items, errors } = await send({}, undefined, { ...RETRY, onError });
			expect(server.messages).toHaveLength(1);
			const told = error?.message ?? [...items, ...errors][0]?.json['error'];
			expect(told).toMatch(/may or may not have been accepted/);
		},
	);

	test('forgets afterwards: the next run of the node sends again', async () => {
		const workflow = await senders.workflow({ smtpPort: server.port }, {}, RETRY);
		await workflow.run();
		await workflow.run();
		expect(server.messages).toHaveLength(2);
		const ids = await Promise.all([received(0), received(1)]);
		expect(ids[0]?.messageId).not.toBe(ids[1]?.messageId);
	});
});

describe('idempotency key', () => {
	test('sends once, also in another execution and at the same time', async () => {
		const workflow = await senders.workflow(
			{ smtpPort: server.port },
			{ deliveryOptions: { idempotencyKey: '={{ $json.order }}' } },
		);
		const runs = await Promise.all(
			[1, 2].map(async () => await workflow.run({ items: [{ json: { order: 'A1' } }] })),
		);
		runs.push(await workflow.run({ items: [{ json: { order: 'A1' } }, { json: { order: 'A1' } }] }));
		expect(server.messages).toHaveLength(1);
		expect(runs.every(({ status }) => status === 'success')).toBe(true);
		const { items } = await import('./senders').then(({ sentOf }) => sentOf(runs[2]!));
		expect(items.map(({ json }) => json['alreadySent'])).toEqual([true, true]);
		expect(items[0]?.json['messageId']).toBe((await received()).messageId);
		await workflow.run({ items: [{ json: { order: 'A2' } }] });
		expect(server.messages).toHaveLength(2);
	});

	test('a refused mail may be tried again under its key', async () => {
		const workflow = await senders.workflow(
			{ smtpPort: server.port },
			{ deliveryOptions: { idempotencyKey: 'B1' } },
		);
		answer = (stage) => (stage === 'MAIL' ? '550 5.7.1 no' : undefined);
		expect((await workflow.run()).status).toBe('error');
		answer = () => undefined;
		expect((await workflow.run()).status).toBe('success');
		expect(server.messages).toHaveLength(1);
	});
});

describe('seeing what happens', () => {
	test('dry run: the mail as a file, the envelope, no connection', async () => {
		const before = server.sessions.length;
		const { items } = await senders.send(
			{ smtpHost: 'nowhere.invalid' },
			{ safetyOptions: { dryRun: true } },
		);
		expect(items[0]?.json).toMatchObject({
			dryRun: true,
			envelope: { from: USER, to: ['bob@example.test'] },
		});
		const eml = Buffer.from(items[0]?.binary?.['message']?.data ?? '', 'base64');
		expect((await simpleParser(eml)).text?.trim()).toBe('Hello Bob');
		expect(eml).toHaveLength(items[0]?.json['size'] as number);
		expect(server.sessions).toHaveLength(before);
	});

	test('transcript always, and never', async () => {
		const { items } = await send({ safetyOptions: { transcript: 'always' } });
		expect(items[0]?.json['transcript']).toContain('C: RCPT TO:<bob@example.test>');
		answer = (stage) => (stage === 'MAIL' ? '550 5.7.1 no' : undefined);
		const { items: failed } = await send({ safetyOptions: { transcript: 'never' } }, undefined, {
			onError: 'continueRegularOutput',
		});
		expect(failed[0]?.json).not.toHaveProperty('transcript');
	});

	test('redirected mail goes to the test address only', async () => {
		await send({ safetyOptions: { redirectTo: 'test@example.test' } });
		expect(server.messages[0]?.to).toEqual(['test@example.test']);
	});

	test('no password in anything the execution keeps', async () => {
		answer = (stage) => (stage === 'AUTH' ? `535 5.7.8 wrong: ${PASSWORD}` : undefined);
		// Another port number in the account makes a connection of its own.
		const { run } = await senders.send({ smtpPort: server.port, senderName: 'other' }, {}, undefined, {
			onError: 'continueRegularOutput',
		});
		const kept = JSON.stringify(run);
		expect(kept).toContain('***');
		expect(kept).not.toContain(PASSWORD);
		expect(kept).not.toContain(Buffer.from(PASSWORD).toString('base64').slice(0, 14));
	});
});

/** @jest-environment ./test/engine/jestEnvironment.js */
import { simpleParser } from 'mailparser';
import type { IDataObject } from 'n8n-workflow';
import { allParts, readMime } from '../e2e/mime';
import {
	describeWith,
	eventually,
	HOST,
	startDovecot,
	startPostfix,
	type Dovecot,
	type Postfix,
} from '../servers';
import { PASSWORD, Senders, USER } from './senders';

const PNG = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
	'base64',
);
const TEXT = `Grüße, 你好 👋\n.dot\n..two\nFrom me\ntrailing   \n${'x'.repeat(3_000)}\nend`;
/** More than the server takes in one message. */
const MANY = Array.from({ length: 7 }, (_none, index) => `user${index}@example.test`);

describeWith(['dovecot', 'postfix'], 'Send Mail to a real Postfix and Dovecot', () => {
	let dovecot: Dovecot;
	let postfix: Postfix;
	let senders: Senders;
	let access: IDataObject;

	beforeAll(async () => {
		dovecot = await startDovecot({
			users: [USER, 'bob@example.test', ...MANY].map((user) => ({ user, password: PASSWORD })),
		});
		const settings = { message_size_limit: '2000000', smtpd_recipient_limit: '3' };
		postfix = await startPostfix({ deliverTo: dovecot, settings });
		senders = await Senders.start();
		access = {
			smtpPort: postfix.ports.submission,
			smtpSecurity: 'starttls',
			imapHost: HOST,
			imapPort: dovecot.ports.imaps,
		};
	}, 90_000);
	afterAll(async () => {
		await senders?.stop();
		await postfix?.stop();
		await dovecot?.stop();
	});

	/** The newest mail of a mailbox, when there are as many as wanted. */
	async function arrived(user: string, count: number, mailbox = 'INBOX'): Promise<Buffer> {
		return await eventually(15_000, `mail ${count} of ${user}`, async () => {
			const all = await dovecot.fetchAll(user, mailbox);
			return all.length >= count && all[count - 1]!.raw;
		});
	}

	test.each(['submission', 'smtps'] as const)(
		'byte by byte, over %s, for two independent parsers',
		async (port) => {
			const before = (await dovecot.fetchAll('bob@example.test')).length;
			const security = port === 'smtps' ? 'tls' : 'starttls';
			const bytes = Buffer.from(Array.from({ length: 400_000 }, (_none, index) => (index * 31) % 256));
			const { items } = await senders.send(
				{ ...access, smtpPort: postfix.ports[port], smtpSecurity: security },
				{
					fromEmail: '"Müller, Ada" <ada@example.test>',
					subject: `Grüße aus Köln ${'und so weiter '.repeat(10)}`,
					emailFormat: 'both',
					text: TEXT,
					html: `<p>${TEXT}</p><img src="cid:logo">`,
					options: { attachments: 'logo, report' },
				},
				[
					{
						json: {},
						binary: {
							logo: { data: PNG.toString('base64'), mimeType: 'image/png', fileName: 'logo.png' },
							report: {
								data: bytes.toString('base64'),
								mimeType: 'application/pdf',
								fileName: 'Bericht für Müller.pdf',
							},
						},
					},
				],
			);
			expect(items[0]?.json).toMatchObject({
				outcome: 'accepted',
				queueId: expect.stringMatching(/^[0-9A-Za-z]{6,}$/),
			});
			const raw = await arrived('bob@example.test', before + 1);
			expect(raw.toString('latin1')).not.toMatch(/[\x80-\xff]/);
			const lines = (text: string) => text.replace(/\n/g, '\r\n');
			const parts = allParts(readMime(raw));
			const part = (type: string) => parts.find((one) => one.type === type);
			expect(part('text/plain')?.content.toString()).toBe(lines(TEXT));
			expect(part('text/plain')?.parameters['charset']).toBe('utf-8');
			expect(part('text/html')?.content.toString()).toMatch(
				/^<p>Grüße[\s\S]*<img src="cid:[^"]+@mailroom">$/,
			);
			expect(part('text/html')?.parameters['charset']).toBe('utf-8');
			expect(part('image/png')?.content.equals(PNG)).toBe(true);
			expect(part('application/pdf')?.content.equals(bytes)).toBe(true);
			const parsed = await simpleParser(raw);
			expect(parsed.from?.value[0]).toEqual({ name: 'Müller, Ada', address: 'ada@example.test' });
			expect(parsed.subject).toMatch(/^Grüße aus Köln und so weiter/);
			expect(parsed.text?.trimEnd()).toBe(TEXT);
			expect(
				parsed.attachments.map(({ filename, contentDisposition }) => [filename, contentDisposition]).sort(),
			).toEqual([
				['Bericht für Müller.pdf', 'attachment'],
				['logo.png', 'inline'],
			]);
			expect(parsed.messageId).toBe(items[0]?.json['messageId']);
		},
	);

	test('a mail over the limit is refused before it travels, and in the middle of it', async () => {
		const file = (bytes: number) => ({
			json: {},
			binary: {
				data: {
					data: Buffer.alloc(bytes, 'x').toString('base64'),
					mimeType: 'text/plain',
					fileName: 'x.txt',
				},
			},
		});
		const { error } = await senders.send(access, { options: { attachments: 'data' } }, [file(3_000_000)]);
		expect(`${error?.message} ${error?.description}`).toMatch(/large|takes at most/);
		expect(error?.description).toMatch(/attachments/);
	});

	test('more recipients than Postfix takes in one message: all get the mail once, at the first attempt', async () => {
		const { items } = await senders.send(access, { toEmail: MANY.join(', '), subject: 'To many' });
		expect(items[0]?.json).toMatchObject({ outcome: 'accepted', accepted: MANY, attempts: 1 });
		for (const user of MANY) {
			const { messageId } = await simpleParser(await arrived(user, 1));
			expect(messageId).toBe(items[0]?.json['messageId']);
		}
		await postfix.queueEmpty();
		for (const user of MANY) expect(await dovecot.fetchAll(user)).toHaveLength(1);
	});

	test('an unknown recipient, in Postfix’s words', async () => {
		const { error } = await senders.send(access, { toEmail: 'nobody@example.test' });
		expect(error?.message).toBe('There is no mailbox for this recipient.');
		expect(error?.description).toMatch(/550 5\.1\.1 <nobody@example\.test>/);
	});

	test('a wrong password, in Postfix’s words', async () => {
		const { error } = await senders.send({ ...access, password: 'wrong' }, {});
		expect(error?.message).toMatch(/password/i);
		expect(error?.description).toMatch(/535 5\.7\.8/);
	});

	test('reply to a message in Dovecot, and a copy among the sent mail', async () => {
		await dovecot.deliver(
			USER,
			'From: bob@example.test\r\nTo: ada@example.test\r\nSubject: Question\r\nMessage-ID: <q@example.test>\r\n\r\nWhen?\r\n',
		);
		const before = (await dovecot.fetchAll('bob@example.test')).length;
		const { items } = await senders.send(access, {
			operation: 'reply',
			message: '<q@example.test>',
			text: 'Now.',
			deliveryOptions: { saveToSent: true },
		});
		expect(items[0]?.json).toMatchObject({ outcome: 'accepted', accepted: ['bob@example.test'] });
		expect(items[0]?.json).not.toHaveProperty('warnings');
		const reply = await simpleParser(await arrived('bob@example.test', before + 1));
		expect([reply.subject, reply.inReplyTo]).toEqual(['Re: Question', '<q@example.test>']);
		expect(reply.text).toMatch(/^Now\.\n\nOn [\s\S]* wrote:\n> When\?/);
		expect((await dovecot.fetchAll(USER))[0]?.flags).toContain('\\Answered');
		expect((await simpleParser(await arrived(USER, 1, 'Sent'))).messageId).toBe(items[0]?.json['messageId']);
	});
});

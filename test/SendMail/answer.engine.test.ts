/** @jest-environment ./test/engine/jestEnvironment.js */
import { simpleParser } from 'mailparser';
import type { IDataObject } from 'n8n-workflow';
import { startEmbeddedServers, type EmbeddedServers } from '../servers';
import { PASSWORD, Senders, USER } from './senders';

const PNG = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
	'base64',
);
const ORIGINAL = [
	'From: Bob <bob@example.test>',
	'Reply-To: Bobs Desk <desk@example.test>',
	`To: ${USER}, Carl <carl@example.test>`,
	'Cc: dora@example.test',
	'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
	'Message-ID: <original@example.test>',
	'References: <first@example.test>',
	'Date: Mon, 02 Nov 2026 10:00:00 +0000',
	'MIME-Version: 1.0',
	'Content-Type: multipart/mixed; boundary=mixed',
	'',
	'--mixed',
	'Content-Type: multipart/related; boundary=rel',
	'',
	'--rel',
	'Content-Type: text/html; charset=utf-8',
	'',
	'<html><head><title>x</title></head><body><p>How are you?</p><img src="cid:pic@bob"></body></html>',
	'--rel',
	'Content-Type: image/png; name=pic.png',
	'Content-Transfer-Encoding: base64',
	'Content-Disposition: inline; filename=pic.png',
	'Content-ID: <pic@bob>',
	'',
	PNG.toString('base64'),
	'--rel--',
	'--mixed',
	'Content-Type: application/pdf; name=plan.pdf',
	'Content-Disposition: attachment; filename=plan.pdf',
	'Content-Transfer-Encoding: base64',
	'',
	Buffer.from('%PDF-plan').toString('base64'),
	'--mixed--',
	'',
].join('\r\n');

let senders: Senders;
let servers: EmbeddedServers;
let access: IDataObject;

beforeAll(async () => {
	const names = [USER, ...['bob', 'carl', 'desk', 'dora', 'eve'].map((name) => `${name}@example.test`)];
	servers = await startEmbeddedServers({ users: names.map((user) => ({ user, password: PASSWORD })) });
	const { imaps, smtps } = servers.ports;
	access = { imapHost: servers.host, imapPort: imaps, smtpPort: smtps, smtpSecurity: 'tls' };
	senders = await Senders.start();
}, 60_000);
afterAll(async () => {
	await senders.stop();
	await servers.stop();
});
beforeEach(() => {
	servers.accepted.length = 0;
});

/** Puts the original into the inbox. @returns the trigger's id of it */
async function deliver(raw = ORIGINAL): Promise<string> {
	await servers.deliver(USER, raw);
	const { uid } = servers.messages(USER).at(-1)!;
	const { uidValidity } = servers.mailbox(USER);
	return `INBOX;UIDVALIDITY=${uidValidity}/;UID=${uid}`;
}

async function run(parameters: IDataObject, data = access) {
	const result = await senders.send(data, {
		fromEmail: '',
		toEmail: '',
		emailFormat: 'html',
		html: '<p>Fine</p>',
		...parameters,
	});
	const taken = servers.accepted.at(-1);
	return { ...result, taken, mail: taken && (await simpleParser(taken.raw)) };
}

describe('reply', () => {
	test('goes where the sender wants it, in the conversation, with the original below it', async () => {
		const id = await deliver();
		const { items, mail, taken } = await run({ operation: 'reply', message: id });
		expect(items[0]?.json).toMatchObject({ outcome: 'accepted', accepted: ['desk@example.test'] });
		expect(items[0]?.json).not.toHaveProperty('warnings');
		expect(mail?.subject).toBe('Re: Grüße');
		expect([mail?.inReplyTo, mail?.references]).toEqual([
			'<original@example.test>',
			['<first@example.test>', '<original@example.test>'],
		]);
		expect(mail?.html).toContain('<p>Fine</p>');
		expect(mail?.html).toContain('<p>How are you?</p>');
		expect(mail?.html).not.toMatch(/<title>|<body/);
		expect(mail?.text).toMatch(/Fine[\s\S]*Bob <bob@example\.test> wrote:[\s\S]*How are you\?/);
		const raw = taken!.raw.toString();
		expect(raw).toMatch(/^Auto-Submitted: auto-replied\r$/m);
		expect(raw).toMatch(/^To: Bobs Desk <desk@example\.test>\r$/m);
		// The image of the quoted mail is there again, the file is not.
		expect(mail?.attachments.map(({ contentType, content }) => [contentType, content.equals(PNG)])).toEqual([
			['image/png', true],
		]);
		expect(servers.messages(USER).at(-1)?.flags).toContain('\\Answered');
	});

	test('to all: everybody but ourselves', async () => {
		const { taken } = await run({ operation: 'reply', message: await deliver(), replyScope: 'all' });
		expect(taken?.recipients).toEqual(['desk@example.test', 'carl@example.test', 'dora@example.test']);
	});

	test('by Message-ID, with or without brackets, wherever the message is', async () => {
		await deliver();
		const box = servers.mailbox(USER, 'Archive');
		box.add({ raw: Buffer.from(ORIGINAL.replace('original@', 'archived@')) });
		for (const message of ['<archived@example.test>', 'archived@example.test']) {
			const { mail } = await run({ operation: 'reply', message });
			expect(mail?.inReplyTo).toBe('<archived@example.test>');
		}
	});

	test('by a Message-ID that two mails carry: nobody is answered, the error names both', async () => {
		const one = await deliver(ORIGINAL.replace('original@', 'twice@'));
		const two = await deliver(ORIGINAL.replace('original@', 'twice@').replace(/desk@/g, 'eve@'));
		const { error } = await run({ operation: 'reply', message: '<twice@example.test>' });
		expect(error?.message).toMatch(/names 2 messages of the mailbox "INBOX"/);
		expect(error?.description).toContain(one);
		expect(error?.description).toContain(two);
		expect(servers.accepted).toEqual([]);
	});

	test('a sender given as object is ourselves too; headers of the workflow stand once', async () => {
		const fromEmail = `={{ ({ address: "carl@example.test", name: "Carl" }) }}`;
		const { taken } = await run({
			operation: 'reply',
			message: await deliver(),
			replyScope: 'all',
			fromEmail,
			headerOptions: {
				customHeaders: { header: [{ name: 'auto-submitted', value: 'no' }] },
				customHeadersJson: '{ "X-Priority": "2" }',
				priority: 'high',
			},
		});
		expect(taken?.recipients).toEqual(['desk@example.test', 'dora@example.test']);
		const raw = taken!.raw.toString();
		expect(raw.match(/^auto-submitted: .*$/gim)).toEqual(['Auto-Submitted: no']);
		expect(raw.match(/^x-priority: .*$/gim)).toEqual(['X-Priority: 2']);
	});

	test('as text, without quotation, mark and note', async () => {
		const id = await deliver();
		const { mail, taken } = await run({
			operation: 'reply',
			message: id,
			emailFormat: 'text',
			text: 'Short',
			options: { quote: false, markAnswered: false, automatic: false, subject: 'Other', signature: 'Ada' },
		});
		expect([mail?.text?.trim(), mail?.subject]).toEqual(['Short\n\n-- \nAda', 'Other']);
		expect(taken?.raw.toString()).not.toContain('Auto-Submitted');
		expect(servers.messages(USER).at(-1)?.flags).not.toContain('\\Answered');
	});

	test.each([
		['a bounce', (raw: string) => `Return-Path: <>\r\n${raw}`],
		['an automatic answer', (raw: string) => `Auto-Submitted: auto-replied\r\n${raw}`],
		['mail of our own', (raw: string) => `X-Loop: ${USER}\r\n${raw}`],
		['a mail server', (raw: string) => raw.replace('Bob <bob@', '<MAILER-DAEMON@')],
	])('does not answer %s, unless asked to', async (_name, change) => {
		const id = await deliver(change(ORIGINAL));
		const { error } = await run({ operation: 'reply', message: id });
		expect(error?.message).toMatch(/^The message was not answered: .*\.$/);
		expect(servers.accepted).toEqual([]);
		const { items } = await run({ operation: 'reply', message: id, options: { answerAutomatic: true } });
		expect(items[0]?.json['outcome']).toBe('accepted');
	});

	test.each([
		['', /"Message" is empty/],
		['nonsense', /does not name a message/],
		['<nowhere@example.test>', /No mailbox of this account/],
		['INBOX;UIDVALIDITY=1/;UID=1', /renumbered/],
		['Nowhere/;UID=1', /"Nowhere" does not exist/],
	])('%j: a sentence, and nothing sent', async (message, sentence) => {
		await deliver();
		const { error } = await run({ operation: 'reply', message });
		expect(error?.message).toMatch(sentence);
		expect(error?.description).toMatch(/[A-Z].*\./s);
		expect(servers.accepted).toEqual([]);
	});

	test('a message that is gone: the error says to use the Message-ID', async () => {
		const id = (await deliver()).replace(/UID=\d+$/, 'UID=4000000');
		const { error } = await run({ operation: 'reply', message: id });
		expect(error?.message).toContain('no longer in the mailbox "INBOX"');
		expect(error?.description).toContain('Message-ID');
	});

	test('without IMAP: an error that names the field', async () => {
		const { error } = await run({ operation: 'reply', message: '<a@b>' }, { ...access, imapHost: '' });
		expect(error?.message).toContain('no IMAP server');
	});
});

describe('forward', () => {
	test('inline: the original and its files', async () => {
		const { mail, taken } = await run({
			operation: 'forward',
			message: await deliver(),
			toEmail: 'eve@example.test',
		});
		expect(taken?.recipients).toEqual(['eve@example.test']);
		expect(mail?.subject).toBe('Fwd: Grüße');
		expect(mail?.html).toMatch(
			/<p>Fine<\/p>[\s\S]*Forwarded message[\s\S]*Bob &lt;bob@example\.test&gt;[\s\S]*How are you\?/,
		);
		expect(
			mail?.attachments.map(({ contentType, content }) => [
				contentType,
				content.toString('latin1').slice(0, 5),
			]),
		).toEqual(expect.arrayContaining([['application/pdf', '%PDF-']]));
		expect(mail?.attachments).toHaveLength(2);
	});

	test('inline without its files', async () => {
		const { mail } = await run({
			operation: 'forward',
			message: await deliver(),
			toEmail: 'eve@example.test',
			options: { withAttachments: false },
		});
		expect(mail?.attachments.map(({ contentType }) => contentType)).toEqual(['image/png']);
	});

	test('as attachment: the very bytes', async () => {
		const { mail } = await run({
			operation: 'forward',
			message: await deliver(),
			toEmail: 'eve@example.test',
			forwardAs: 'attachment',
		});
		const [eml] = mail?.attachments ?? [];
		expect([eml?.contentType, eml?.filename]).toEqual(['message/rfc822', 'Grüße.eml']);
		expect(eml?.content.toString().trimEnd()).toBe(ORIGINAL.trimEnd());
	});
});

describe('drafts and copies', () => {
	test('a draft is filed with its flag, and with its Bcc', async () => {
		const { items } = await run({
			operation: 'saveDraft',
			toEmail: 'bob@example.test',
			subject: 'Later',
			options: { bccEmail: 'eve@example.test' },
		});
		const [draft] = servers.messages(USER, 'Drafts');
		expect(draft?.flags).toEqual(expect.arrayContaining(['\\Draft']));
		expect(draft?.raw.toString()).toMatch(/^Bcc: eve@example\.test\r$/m);
		expect(items[0]?.json).toMatchObject({
			mailbox: 'Drafts',
			uid: draft?.uid,
			id: `Drafts;UIDVALIDITY=${servers.mailbox(USER, 'Drafts').uidValidity}/;UID=${draft?.uid}`,
		});
		expect(servers.accepted).toEqual([]);
	});

	test('Retry On Fail files a draft once', async () => {
		const before = servers.messages(USER, 'Drafts').length;
		const { error } = await senders.send(
			access,
			{ operation: 'saveDraft', toEmail: '={{ $json.to }}', subject: 'Once' },
			[{ json: { to: 'bob@example.test' } }, { json: { to: 'no address' } }],
			{ retryOnFail: true, maxTries: 3, waitBetweenTries: 10 },
		);
		expect(error?.message).toContain('"no address"');
		expect(servers.messages(USER, 'Drafts')).toHaveLength(before + 1);
	});

	test('a draft without recipient, and one in another mailbox', async () => {
		await run({ operation: 'saveDraft', subject: 'Nobody yet', options: { draftsMailbox: 'Archive' } });
		expect(servers.messages(USER, 'Archive').at(-1)?.raw.toString()).toContain('Nobody yet');
		const { error } = await run({ operation: 'saveDraft', options: { draftsMailbox: 'Nowhere' } });
		expect(error?.message).toMatch(/[A-Z].*\./s);
	});

	test('a copy among the sent mail, the same bytes', async () => {
		await run({ toEmail: 'bob@example.test', subject: 'Kept', deliveryOptions: { saveToSent: true } });
		const [copy] = servers.messages(USER, 'Sent');
		expect(copy?.raw.equals(servers.accepted[0]!.raw)).toBe(true);
		expect(copy?.flags).toContain('\\Seen');
	});

	test('a copy that cannot be filed is a warning, not an error', async () => {
		const { items, run: execution } = await run(
			{ toEmail: 'bob@example.test', deliveryOptions: { saveToSent: true } },
			{ ...access, imapHost: '' },
		);
		expect(execution.status).toBe('success');
		expect(items[0]?.json).toMatchObject({ outcome: 'accepted' });
		expect(items[0]?.json['warnings']).toEqual([
			expect.stringMatching(/^The mail was sent, but no copy .*IMAP/),
		]);
	});
});

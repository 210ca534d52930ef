import {
	answerTo,
	forwarded,
	forwardSubject,
	MAX_QUOTE_LENGTH,
	quote,
	reasonNotToAnswer,
	replySubject,
	threadOf,
} from '../../../nodes/mail/message/answer';
import { contentOf, type ContentRequest } from '../../../nodes/mail/message/content';
import { messageLocator, parseMessageId, parseMessageLocator } from '../../../nodes/mail/message/locator';
import type { ParsedMail } from '../../../nodes/mail/message/parsed';
import { readMail } from '../../../nodes/mail/message/read/readMail';

const person = (name: string) => ({ name: '', address: `${name}@example.test` });
const OWN = ['ada@example.test'];

function original(changes: Partial<ParsedMail> = {}): ParsedMail {
	return {
		messageId: '<m@x>',
		inReplyTo: null,
		references: [],
		date: new Date('2026-11-02T10:00:00Z'),
		subject: 'Hello',
		from: [{ name: 'Bob', address: 'bob@example.test' }],
		to: [person('ada')],
		cc: [],
		bcc: [],
		replyTo: [],
		text: 'One\n> old\n',
		html: null,
		headers: {},
		attachments: [],
		...changes,
	} as ParsedMail;
}

test.each([
	['Hello', 'Re: Hello'],
	['Re: Hello', 'Re: Hello'],
	['AW: Hello', 'AW: Hello'],
	['RE[2]: Hello', 'RE[2]: Hello'],
	['回复：你好', '回复：你好'],
	['Reference: x', 'Re: Reference: x'],
	['Fwd: Hello', 'Re: Fwd: Hello'],
	['', 'Re:'],
])('reply to the subject %j: %j', (subject, expected) => expect(replySubject(subject)).toBe(expected));

test.each([
	['Hello', 'Fwd: Hello'],
	['WG: Hello', 'WG: Hello'],
	['Re: Hello', 'Fwd: Re: Hello'],
])('forward the subject %j: %j', (subject, expected) => expect(forwardSubject(subject)).toBe(expected));

test.each<[string, Partial<ParsedMail>, ReturnType<typeof threadOf>]>([
	['the first of a conversation', {}, { inReplyTo: '<m@x>', references: ['<m@x>'] }],
	[
		'a later one',
		{ references: ['<a@x>', '<b@x>'] },
		{ inReplyTo: '<m@x>', references: ['<a@x>', '<b@x>', '<m@x>'] },
	],
	['one without References', { inReplyTo: '<a@x>' }, { inReplyTo: '<m@x>', references: ['<a@x>', '<m@x>'] }],
	['one that names itself', { references: ['<m@x>'] }, { inReplyTo: '<m@x>', references: ['<m@x>'] }],
	['one without Message-ID', { messageId: null, references: ['<a@x>'] }, { references: ['<a@x>'] }],
])('the conversation of %s', (_name, changes, expected) =>
	expect(threadOf(original(changes))).toEqual(expected),
);

test.each<[string, Partial<ParsedMail>, boolean, string[], string[]]>([
	['the sender', {}, false, ['bob'], []],
	['Reply-To before From', { replyTo: [person('desk')] }, false, ['desk'], []],
	['all', { to: [person('ada'), person('carl')], cc: [person('dora')] }, true, ['bob', 'carl'], ['dora']],
	['nobody twice', { to: [person('bob'), person('carl')], cc: [person('carl')] }, true, ['bob', 'carl'], []],
	['ourselves left out, whatever the case', { to: [person('ADA')], cc: [person('Ada')] }, true, ['bob'], []],
	['an own mail: those it went to', { from: [person('ada')], to: [person('carl')] }, false, ['carl'], []],
])('recipients: %s', (_name, changes, all, to, cc) => {
	const recipients = answerTo(original(changes), all, OWN);
	const names = (list: { address: string }[]) => list.map(({ address }) => address.split('@')[0]);
	expect([names(recipients.to), names(recipients.cc)]).toEqual([to, cc]);
});

test('a mail without sender cannot be answered', () => {
	expect(() => answerTo(original({ from: [], to: [] }), false, OWN)).toThrow('names nobody to answer');
});

const MAIL = ['From: Bob <bob@example.test>', 'To: ada@example.test', 'Subject: Hello', '', 'Hello', ''];
const FORM = ['From: Shop <noreply@shop.test>', 'Reply-To: Bob <bob@example.test>'];

test.each<[string[], RegExp | null]>([
	[[], null],
	[['Return-Path: <bob@example.test>'], null],
	[['Return-Path: <>'], /^a program has sent it \(Return-Path: <>\)$/],
	[['Auto-Submitted: no'], null],
	[['Auto-Submitted: auto-generated'], /^a program has sent it \(Auto-Submitted: auto-generated\)$/],
	[['Auto-Submitted: auto-replied; x'], /^it is an automatic answer itself/],
	[['X-Autoreply: yes'], /^it is an automatic answer itself/],
	[['X-Loop: other@example.test'], /^a program that answers mail/],
	[['X-Loop: Ada@example.test'], /^this account has sent it/],
	[['Precedence: list', 'List-Id: <talk.example.test>'], /^it comes from a mailing list/],
	[['Precedence: bulk'], /^it is a newsletter/],
	[['Auto-Submitted: auto-generated', ...FORM], null],
	[['Auto-Submitted: auto-replied', ...FORM], /^it is an automatic answer itself/],
	[['Return-Path: <>', ...FORM], /^a program has sent it/],
])('%j: why it is not answered', (headers, reason) => {
	const rest = headers.some((line) => line.startsWith('From:')) ? MAIL.slice(1) : MAIL;
	const objection = reasonNotToAnswer(readMail(Buffer.from([...headers, ...rest].join('\r\n'))), OWN);
	if (reason) expect(objection).toMatch(reason);
	else expect(objection).toBeNull();
});

describe('quotation', () => {
	test('of text', () => {
		const { text, html } = quote(original());
		expect(text).toBe('On Mon, 02 Nov 2026 10:00:00 UTC, Bob <bob@example.test> wrote:\n> One\n>> old');
		expect(html).toContain('Bob &lt;bob@example.test&gt; wrote:');
		expect(html).toContain('One<br>\n&gt; old');
	});

	test('of HTML: without the frame of the document and without scripts', () => {
		const html =
			'<!doctype html><html><HEAD><title>t</title></HEAD><body class="x"><header>h</header><p>One</p><script>evil()</script ></body></html>';
		const quoted = quote(original({ html })).html;
		expect(quoted).toContain('<header>h</header><p>One</p>');
		expect(quoted).not.toMatch(/<title|<body|<html|script|evil|doctype/i);
	});

	test('of a long message is left out with a word', () => {
		const long = 'x'.repeat(MAX_QUOTE_LENGTH + 1);
		expect(quote(original({ text: long, html: long })).html).toContain('too long to be quoted');
		expect(quote(original({ text: long })).text).toContain('too long to be quoted');
	});

	test.each(['<script', '<head', '<!doctype', '<?xml', '<body', '</body'])(
		'of many %s takes bounded time',
		(piece) => {
			const html = piece.repeat(MAX_QUOTE_LENGTH / piece.length - 1);
			const startedAt = performance.now();
			quote(original({ html }));
			expect(performance.now() - startedAt).toBeLessThan(1_000);
		},
	);

	test('of a forwarded mail names who wrote to whom', () => {
		const { text, html } = forwarded(original({ cc: [person('carl')] }));
		expect(text).toMatch(
			/^-+ Forwarded message -+\nFrom: Bob <bob@example\.test>\nDate: .*\nSubject: Hello\nTo: ada@.*\nCc: carl@.*\n\nOne/,
		);
		expect(html).toContain('<b>From:</b> Bob &lt;bob@example.test&gt;');
	});
});

describe('content', () => {
	const request: ContentRequest = {
		format: 'html',
		text: 'T',
		html: 'H',
		markdown: '*M*',
		signature: '',
		quotation: null,
	};
	const quotation = { text: '> q', html: '<blockquote>q</blockquote>' };

	test.each<[Partial<ContentRequest>, { text?: string; html?: string }]>([
		[{}, { html: 'H' }],
		[{ format: 'text' }, { text: 'T' }],
		[{ format: 'both' }, { text: 'T', html: 'H' }],
		[{ format: 'markdown' }, { html: '<p><em>M</em></p>' }],
		[{ format: 'text', signature: 'Ada\nX' }, { text: 'T\n\n-- \nAda\nX' }],
		[{ format: 'text', signature: '<b>Ada</b>' }, { text: 'T\n\n-- \nAda' }],
		[{ format: 'text', signature: 'Ada', quotation }, { text: 'T\n\n-- \nAda\n\n> q' }],
		[{ format: 'text', text: '', quotation }, { text: '> q' }],
		[{ signature: 'A & B' }, { html: 'H<br>\n<div>-- <br>\nA &amp; B</div>' }],
		[
			{ html: '<html><body>H</body></html>', quotation },
			{ html: '<html><body>H<br>\n<blockquote>q</blockquote></body></html>' },
		],
		[
			{ html: '<body>a</body>b</BODY >', signature: '<i>s</i>' },
			{ html: '<body>a</body>b<br>\n<div>-- <br>\n<i>s</i></div></BODY >' },
		],
	])('%j', async (changes, expected) =>
		expect(await contentOf({ ...request, ...changes })).toEqual(expected),
	);
});

describe('locations', () => {
	test.each([
		{ mailbox: 'INBOX', uidValidity: '1700000000', uid: 42 },
		{ mailbox: 'INBOX', uidValidity: null, uid: 1 },
		{ mailbox: 'Kunden/Müller & Söhne;UID=1', uidValidity: '1', uid: 4294967295 },
		{ mailbox: '100%/a b', uidValidity: '2', uid: 7 },
	])('%j comes back', (location) => expect(parseMessageLocator(messageLocator(location))).toEqual(location));

	test.each(['', 'INBOX', 'INBOX/;UID=0', '/;UID=1', 'INBOX;UIDVALIDITY=x/;UID=1', '<a@b>', '%E0/;UID=1'])(
		'%j is none',
		(text) => expect(parseMessageLocator(text)).toBeNull(),
	);

	test.each([
		['<a@b>', '<a@b>'],
		[' a@b ', '<a@b>'],
		['a', null],
		['<a@b> <c@d>', null],
		['', null],
		['<a@b>\r\nA1 LOGOUT', null],
	])('Message-ID %j', (text, id) => expect(parseMessageId(text)).toBe(id));
});

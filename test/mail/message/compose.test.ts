import fc from 'fast-check';
import { Readable } from 'node:stream';
import { simpleParser } from 'mailparser';
import { compose, readMessage, type MailRequest } from '../../../nodes/mail/message/compose';
import { MAX_HTML_LENGTH, textOf } from '../../../nodes/mail/message/htmlText';
import { allParts, readMime, type MimePart } from '../../e2e/mime';

const BASE: MailRequest = { from: 'ada@example.test', to: 'bob@example.test', subject: 'Hello' };
const PNG = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
	'base64',
);
const file = (
	reference: string | null,
	content: Buffer | (() => Readable) = PNG,
	mimeType = 'image/png',
) => ({
	fileName: `${reference ?? 'file'}.png`,
	mimeType,
	reference,
	open: async () => (Buffer.isBuffer(content) ? content : content()),
});

async function source(changes: Partial<MailRequest>): Promise<Buffer> {
	return await readMessage(await compose({ ...BASE, ...changes }));
}

async function parts(changes: Partial<MailRequest>): Promise<MimePart[]> {
	return allParts(readMime(await source(changes)));
}

/** Header fields by name, each value unfolded; a field that appears twice is an array of two. */
function headersOf(raw: Buffer): Map<string, string[]> {
	const head = raw.toString('latin1').split('\r\n\r\n')[0] ?? '';
	const fields = new Map<string, string[]>();
	for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
		const at = line.indexOf(':');
		const name = line.slice(0, at).toLowerCase();
		fields.set(name, [...(fields.get(name) ?? []), line.slice(at + 1).trim()]);
	}
	return fields;
}

function expectSoundLines(raw: Buffer): void {
	const text = raw.toString('latin1');
	expect(text).not.toMatch(/[^\r]\n|\r[^\n]/);
	expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
}

describe('bytes', () => {
	const TEXT = `Grüße, 你好 👋\n.dot\n..two\nFrom me\ntrailing   \n${'x'.repeat(3_000)}\r\nlone\rcarriage\nend`;

	test('every line ends in CRLF, none is too long, none has a byte over 127', async () => {
		const raw = await source({ text: TEXT, html: `<p>${TEXT}</p>`, attachments: [file(null)] });
		expectSoundLines(raw);
		expect(raw.toString('latin1')).not.toMatch(/[\x80-\xff]/);
	});

	test('text comes back as it was, and its charset is declared', async () => {
		const [plain] = await parts({ text: TEXT });
		expect(plain?.type).toBe('text/plain');
		expect(plain?.parameters['charset']).toBe('utf-8');
		// The end of a message is the end of a line.
		expect(plain?.content.toString()).toBe(`${TEXT.replace(/\r\n|\r|\n/g, '\r\n')}\r\n`);
	});

	test('HTML comes back as it was, and its charset is declared', async () => {
		const html = '<p>Grüße</p>\n<p>你好</p>';
		const [part] = await parts({ html, textAlternative: false });
		expect(part?.type).toBe('text/html');
		expect(part?.parameters['charset']).toBe('utf-8');
		expect(part?.content.toString()).toBe(`${html.replace('\n', '\r\n')}\r\n`);
	});

	test('are the same each time, so that an attempt repeats the mail', async () => {
		const mail = await compose({ ...BASE, text: 'hello', html: '<b>hello</b>', attachments: [file('x')] });
		expect((await readMessage(mail)).equals(await readMessage(mail))).toBe(true);
	});

	test('an empty body is a mail too', async () => {
		expectSoundLines(await source({ text: '' }));
		expectSoundLines(await source({ html: '' }));
		expectSoundLines(await source({}));
	});

	test('any text in any field makes sound lines, and comes back', async () => {
		const words = fc
			.string({ unit: 'grapheme', maxLength: 1_500 })
			.map((text) => text.replace(/[\r\n\0]/g, ' '));
		await fc.assert(
			fc.asyncProperty(words, words, words, async (subject, name, text) => {
				const raw = await source({
					subject,
					from: { address: 'ada@example.test', name: name.slice(0, 300) },
					text,
					attachments: [{ ...file(null), fileName: name }],
				});
				expectSoundLines(raw);
				expect(headersOf(raw).get('subject') ?? ['']).toHaveLength(1);
			}),
			{ numRuns: 150 },
		);
	});

	test.each([997, 998, 3_000])(
		'a subject of one word with %i letters is folded and comes back',
		async (length) => {
			const raw = await source({ subject: 'x'.repeat(length) });
			expectSoundLines(raw);
			expect((await simpleParser(raw)).subject).toBe('x'.repeat(length));
		},
	);
});

describe('images in the HTML', () => {
	test.each([
		['<img src="cid:logo">', true],
		["<img src='cid:logo'>", true],
		['<img src=cid:logo>', true],
		['<td background="cid:logo">', true],
		['<p style="background:url(cid:logo)">', true],
		['<img src="CID:logo">', true],
		['<img src="cid:logo2">', false],
		['<img src="cid:logo.png">', false],
		['<img src="cid:other">', false],
		['<p>write cid:logo to see it</p>', false],
		['<p>logo</p>', false],
	])('%s: inline %p', async (html, inline) => {
		const found = (await parts({ html, attachments: [file('logo')] })).find(
			({ type }) => type === 'image/png',
		);
		expect(found?.headers['content-disposition']).toMatch(inline ? /^inline/ : /^attachment/);
		expect(found?.headers['content-id'] !== undefined).toBe(inline);
	});

	test('the HTML refers to the Content-ID, which no other mail has', async () => {
		const request = {
			html: '<img src="cid:my logo"><img src="cid:my%20logo">',
			attachments: [file('my logo')],
		};
		const seen = new Set<string>();
		for (let count = 0; count < 2; count++) {
			const all = await parts(request);
			const id = /^<(.+)>$/.exec(
				all.find(({ type }) => type === 'image/png')?.headers['content-id'] ?? '',
			)?.[1];
			expect(all.find(({ type }) => type === 'text/html')?.content.toString()).toBe(
				`<img src="cid:${id}"><img src="cid:${id}">`,
			);
			seen.add(id ?? '');
		}
		expect(seen.size).toBe(2);
	});

	test('what is always a file stays one', async () => {
		const all = await parts({ html: '<img src="cid:file">', attachments: [file(null)] });
		expect(all.find(({ type }) => type === 'image/png')?.headers['content-disposition']).toMatch(
			/^attachment/,
		);
	});

	test('data: URLs become parts, the same image once', async () => {
		const url = `data:image/png;base64,${PNG.toString('base64')}`;
		const all = await parts({ html: `<img src="${url}"><img alt=x src='${url}'>` });
		const images = all.filter(({ type }) => type === 'image/png');
		expect(images).toHaveLength(1);
		expect(images[0]?.content.equals(PNG)).toBe(true);
		const html = all.find(({ type }) => type === 'text/html')?.content.toString();
		expect(html).not.toContain('data:');
		expect(html?.match(/cid:/g)).toHaveLength(2);
	});

	describe('files that are streams', () => {
		const endless = () => new Readable({ read: () => undefined });

		test('end when the reader leaves, also those not begun', async () => {
			const streams = [endless(), endless()];
			const mail = await compose({ ...BASE, attachments: streams.map((one) => file(null, () => one)) });
			const message = await mail.open();
			await new Promise((resolve) => message.once('data', resolve));
			message.destroy();
			await new Promise((resolve) => setImmediate(resolve));
			expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
		});

		test('end when another one cannot be opened', async () => {
			const stream = endless();
			const broken = () => {
				throw new Error('file is gone');
			};
			const mail = await compose({
				...BASE,
				attachments: [file(null, () => stream), file(null, broken)],
			});
			await expect(mail.open()).rejects.toThrow('file is gone');
			expect(stream.destroyed).toBe(true);
		});

		test('break the message when one breaks', async () => {
			const stream = endless();
			const mail = await compose({ ...BASE, attachments: [file(null, () => stream)] });
			setImmediate(() => stream.destroy(new Error('disk is gone')));
			await expect(readMessage(mail)).rejects.toThrow('disk is gone');
		});
	});

	test.each(['!!!', 'abcde', ''])('a data: URL with the base64 %j is an error', async (base64) => {
		await expect(
			compose({ ...BASE, html: `<img src="data:image/png;base64,${base64}">` }),
		).rejects.toMatchObject({
			code: 'MESSAGE',
			message: expect.stringContaining('damaged'),
		});
	});
});

describe('text beside HTML', () => {
	test('is made from it', async () => {
		const all = await parts({
			html: '<h1>Title</h1><p>See <a href="https://a.test/x">this</a></p><img src="cid:x">',
		});
		expect(all.map(({ type }) => type)).toEqual(expect.arrayContaining(['text/plain', 'text/html']));
		const text = all.find(({ type }) => type === 'text/plain')?.content.toString();
		expect(text).toContain('Title');
		expect(text).toContain('https://a.test/x');
	});

	test('is not made when it is given, or not wanted', async () => {
		expect((await parts({ html: '<b>x</b>', text: 'mine' }))[0]?.content.toString().trim()).not.toBe('x');
		expect((await parts({ html: '<b>x</b>', textAlternative: false })).map(({ type }) => type)).toEqual([
			'text/html',
		]);
	});

	test('tables keep their cells apart, hidden text stays hidden, an image is its description', async () => {
		const html = `<div style="display:none">preheader</div><table><tr><td>Apple</td><td>1.00</td></tr></table>
			<ul><li>one</li></ul><img src="https://a.test/x.png" alt="Chart">`;
		const text = (await parts({ html })).find(({ type }) => type === 'text/plain')?.content.toString();
		expect(text?.trim()).toBe('Apple | 1.00\r\n\r\n- one\r\n\r\n[Chart]');
	});

	test('has an end', async () => {
		const html = `<p>${'word '.repeat(MAX_HTML_LENGTH / 5)}</p><p>not read</p>`;
		const text = (await parts({ html })).find(({ type }) => type === 'text/plain')?.content.toString() ?? '';
		expect(text.trim().slice(-2)).toBe(' …');
		expect(text).not.toContain('not read');
	});

	// Time itself depends on the machine: four times as much HTML may take four times as long, not sixteen times.
	test.each([
		['tables in tables', '<table><tr><td>'],
		['rows', '<tr><td>x</td><td>y</td></tr>'],
		['deep nesting', '<div>'],
		['open tags', '<'],
		['attributes', ' x="y"'],
		['ends without a beginning', '</p></b>'],
	])('%s take time in proportion', async (_name, piece) => {
		const html = (length: number) => `<a ${piece.repeat(length / piece.length)}`;
		await textOf(html(100_000));
		const ratio = async (): Promise<number> =>
			(await fastest(html(800_000))) / (await fastest(html(200_000)));
		// The smallest of several tries, for other work on the machine only ever adds.
		expect(Math.min(await ratio(), await ratio(), await ratio())).toBeLessThan(10);
	});
});

/** Milliseconds of the fastest of three. */
async function fastest(html: string): Promise<number> {
	const took: number[] = [];
	for (let i = 0; i < 3; i++) {
		const startedAt = performance.now();
		await textOf(html);
		took.push(performance.now() - startedAt);
	}
	return Math.min(...took);
}

describe('nothing in a field adds anything', () => {
	const EVIL = 'x\r\nBcc: evil@example.test\r\nX-Evil: 1\r\n\r\nbody';
	const ONLY = ['bob@example.test'];

	test.each<[string, Partial<MailRequest>]>([
		['subject', { subject: EVIL }],
		['from', { from: `Ada ${EVIL} <ada@example.test>` }],
		['from name', { from: { name: EVIL, address: 'ada@example.test' } }],
		['to', { to: `bob@example.test\r\nRCPT TO:<evil@example.test>` }],
		['to address', { to: { address: 'bob@example.test>\r\nRCPT TO:<evil@example.test' } }],
		['cc', { cc: EVIL }],
		['bcc', { bcc: [EVIL] }],
		['reply-to', { replyTo: { name: EVIL, address: 'ada@example.test' } }],
		['envelope sender', { envelopeFrom: `ada@example.test>\r\nRCPT TO:<evil@example.test` }],
		['header value', { headers: [{ name: 'X-A', value: EVIL }] }],
		['header name', { headers: [{ name: EVIL, value: 'x' }] }],
		['header name with colon', { headers: [{ name: 'X-A: y\r\nBcc', value: 'x' }] }],
		['unsubscribe address', { unsubscribe: { email: EVIL } }],
		['redirect', { redirectTo: EVIL }],
	])('line break in %s: refused with a sentence', async (_name, changes) => {
		const error = await compose({ ...BASE, ...changes }).then(
			() => null,
			(caught: Error) => caught,
		);
		expect(error).toMatchObject({ name: 'MailError', code: expect.stringMatching(/^(ADDRESS|MESSAGE)$/) });
		expect(error?.message).toMatch(/^The .*[^ ]\.$/s);
		expect(error?.message).not.toMatch(/[\r\n]/);
	});

	test.each<[string, Partial<MailRequest>]>([
		['file name', { attachments: [{ ...file(null), fileName: `a${EVIL}".png` }] }],
		['type of a file', { attachments: [{ ...file(null), mimeType: `image/png\r\nX-Evil: 1` }] }],
		['name of an inline file', { html: `<img src="cid:${EVIL}">`, attachments: [file(EVIL)] }],
		['message key', { uniqueKey: EVIL }],
		['references', { references: ['<a@b>\r\nX-Evil: 1', '<ok@b>'] }],
		['data: type', { html: `<img src="data:image/png\r\nX-Evil: 1;base64,${PNG.toString('base64')}">` }],
	])('line break in %s: neutral', async (_name, changes) => {
		const mail = await compose({ ...BASE, ...changes });
		const raw = await readMessage(mail);
		expectSoundLines(raw);
		expect(raw.toString('latin1').split('\r\n\r\n')[0]).not.toMatch(/^(bcc|x-evil):/im);
		expect(raw.toString('latin1')).not.toMatch(/^(bcc|x-evil): (evil|1$)/im);
		expect(mail.envelope.to).toEqual(ONLY);
	});

	test('Bcc is in the envelope and nowhere else; a draft shows it', async () => {
		const mail = await compose({ ...BASE, bcc: 'eve@example.test' });
		expect(mail.envelope.to).toEqual(['bob@example.test', 'eve@example.test']);
		expect((await readMessage(mail)).toString()).not.toContain('eve@');
		expect((await source({ bcc: 'eve@example.test', draft: true })).toString()).toMatch(/^Bcc: eve@/m);
	});

	test.each<[string, unknown]>([
		['a path', { path: '/etc/passwd' }],
		['a URL', { href: 'http://127.0.0.1:1/' }],
		['a prepared header', { prepared: true, value: 'x\r\nX-Evil: 1' }],
	])('%s where text is expected reads nothing', async (_name, value) => {
		for (const field of ['text', 'html', 'subject'] as const) {
			const result = await compose({ ...BASE, [field]: value } as never).then(
				readMessage,
				(error: Error) => error,
			);
			expect(result).toBeInstanceOf(TypeError);
		}
	});
});

describe('envelope', () => {
	test.each([',', ' ', [null], [''], 'nobody:;', { value: [] }])(
		'a redirection to nobody (%j) sends to nobody',
		async (redirectTo) => {
			await expect(compose({ ...BASE, redirectTo })).rejects.toMatchObject({
				code: 'ADDRESS',
				message: expect.stringContaining('names nobody'),
			});
		},
	);

	test('domains in ASCII, doubles once', async () => {
		const { envelope } = await compose({
			...BASE,
			from: 'ada@müller.test',
			to: ['Bob <bob@straße.test>', 'BOB@xn--strae-oqa.test'],
			cc: 'bob@straße.test',
		});
		expect(envelope).toEqual({ from: 'ada@xn--mller-kva.test', to: ['bob@xn--strae-oqa.test'] });
	});

	test('letters outside ASCII before the @ are marked', async () => {
		expect((await compose({ ...BASE, to: 'jörg@example.test' })).envelope.utf8).toBe(true);
		expect((await compose(BASE)).envelope).not.toHaveProperty('utf8');
	});

	test.each<[string, string]>([
		['bounce@example.test', 'bounce@example.test'],
		['<>', ''],
		[' ', 'ada@example.test'],
	])('envelope sender %j', async (envelopeFrom, from) => {
		expect((await compose({ ...BASE, envelopeFrom })).envelope.from).toBe(from);
	});

	test('redirected: others get it, and who would have is told', async () => {
		const mail = await compose({ ...BASE, cc: 'eve@example.test', redirectTo: 'test@example.test' });
		expect(mail.envelope.to).toEqual(['test@example.test']);
		const headers = headersOf(await readMessage(mail));
		expect(headers.get('x-mailroom-redirected-from')).toEqual(['bob@example.test, eve@example.test']);
		expect(headers.get('to')).toEqual(['bob@example.test']);
	});

	test.each<[string[], boolean]>([
		[['bob@example.test'], true],
		[['BOB@EXAMPLE.test'], true],
		[['@example.test'], true],
		[['*@example.test'], true],
		[['@ample.test'], false],
		[['example.test'], false],
		[['eve@example.test'], false],
		[['@sub.example.test'], false],
		[['', ' '], true],
	])('allowed recipients %j: %p', async (allowedRecipients, ok) => {
		const result = compose({ ...BASE, allowedRecipients });
		if (ok) await expect(result).resolves.toBeDefined();
		else await expect(result).rejects.toThrow('may not be sent to bob@example.test');
	});

	test('one recipient that is not allowed stops all', async () => {
		const request = { ...BASE, bcc: 'eve@evil.test', allowedRecipients: ['@example.test'] };
		await expect(compose(request)).rejects.toThrow('eve@evil.test');
	});

	test('too many recipients are an error', async () => {
		const to = Array.from({ length: 1_001 }, (_none, index) => `user${index}@example.test`);
		await expect(compose({ ...BASE, to })).rejects.toThrow('1001 recipients');
		await expect(compose({ ...BASE, to: to.slice(1) })).resolves.toBeDefined();
	});

	test('no recipient and no sender are errors, except in a draft', async () => {
		for (const to of ['', null, undefined, [], 'undisclosed-recipients:;', ' , ']) {
			await expect(compose({ ...BASE, to })).rejects.toThrow('has no recipient');
		}
		await expect(compose({ ...BASE, from: '' })).rejects.toThrow('has no sender');
		await expect(compose({ ...BASE, from: 'a@x.test, b@x.test' })).rejects.toThrow('2 senders');
		await expect(compose({ ...BASE, to: '', draft: true })).resolves.toBeDefined();
	});
});

describe('headers', () => {
	test('own ones, priority and list-unsubscribe', async () => {
		const raw = await source({
			headers: [
				{ name: 'X-Campaign', value: 'Grüße' },
				{ name: 'X-Campaign', value: 'two' },
			],
			priority: 'high',
			unsubscribe: { email: 'leave@example.test', url: 'https://example.test/leave?x=1', oneClick: true },
		});
		const headers = headersOf(raw);
		expect(headers.get('x-campaign')).toEqual(['=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=', 'two']);
		expect(headers.get('x-priority')).toEqual(['1 (Highest)']);
		expect(headers.get('importance')).toEqual(['High']);
		expect(headers.get('list-unsubscribe')).toEqual([
			'<https://example.test/leave?x=1>, <mailto:leave@example.test>',
		]);
		expect(headers.get('list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click']);
	});

	test.each<[string, Partial<MailRequest>]>([
		['a field the mail has', { headers: [{ name: 'Subject', value: 'x' }] }],
		['Bcc', { headers: [{ name: 'bcc', value: 'eve@example.test' }] }],
		['Content-Type', { headers: [{ name: 'Content-Type', value: 'text/plain' }] }],
		['an empty name', { headers: [{ name: ' ', value: 'x' }] }],
		['a word too long for a line', { headers: [{ name: 'X-A', value: 'x'.repeat(901) }] }],
		['one-click without URL', { unsubscribe: { email: 'leave@example.test', oneClick: true } }],
		['one-click by http', { unsubscribe: { url: 'http://example.test/', oneClick: true } }],
		['a URL that is none', { unsubscribe: { url: 'javascript:alert(1)' } }],
	])('%s: an error', async (_name, changes) => {
		await expect(compose({ ...BASE, ...changes })).rejects.toMatchObject({ code: 'MESSAGE' });
	});

	test('a long conversation keeps its first and its latest messages', async () => {
		const references = Array.from({ length: 500 }, (_none, index) => `<${index}@example.test>`);
		const raw = await source({ inReplyTo: '<499@example.test>', references });
		expectSoundLines(raw);
		const kept = headersOf(raw).get('references')?.[0]?.split(/\s+/) ?? [];
		expect([kept.length, kept[0], kept.at(-1)]).toEqual([30, '<0@example.test>', '<499@example.test>']);
		expect(headersOf(raw).get('in-reply-to')).toEqual(['<499@example.test>']);
	});

	test('the Message-ID follows the key, and is random without one', async () => {
		const id = async (uniqueKey: string | null) => (await compose({ ...BASE, uniqueKey })).messageId;
		expect(await id('abc')).toBe('<abc@example.test>');
		expect(await id('abc')).toBe(await id('abc'));
		expect(await id(null)).not.toBe(await id(null));
		expect(headersOf(await source({ uniqueKey: 'abc' })).get('message-id')).toEqual(['<abc@example.test>']);
	});
});

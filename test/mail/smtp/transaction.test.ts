import { Readable } from 'node:stream';
import { SmtpLine } from '../../../nodes/mail/smtp/transport';
import { Transcript } from '../../../nodes/mail/smtp/transcript';
import { smtpAccount } from './accounts';
import { DEFAULT_EXTENSIONS, startFakeSmtp, type FakeSmtp, type FakeSmtpOptions } from './fakeSmtp';

const ENVELOPE = { from: 'ada@example.test', to: ['bob@example.test'] };
const MESSAGE = 'Subject: hi\r\n\r\n.dot\r\n..two\r\nend\r\n';
const CHUNKING = [...DEFAULT_EXTENSIONS, 'CHUNKING'];

let server: FakeSmtp | undefined;
let line: SmtpLine | undefined;

async function connect(options: FakeSmtpOptions = {}): Promise<SmtpLine> {
	server = await startFakeSmtp(options);
	line = await SmtpLine.open(smtpAccount(server.port));
	return line;
}

afterEach(async () => {
	line?.quit();
	await server?.stop();
});

const text = (...pieces: string[]) => Readable.from(pieces.map((piece) => Buffer.from(piece, 'latin1')));

describe.each([
	['DATA', DEFAULT_EXTENSIONS],
	['DATA without PIPELINING', ['SIZE']],
	['BDAT', CHUNKING],
	['BDAT without PIPELINING', ['CHUNKING']],
])('%s', (_name, extensions) => {
	const options = (answer?: FakeSmtpOptions['answer']): FakeSmtpOptions => ({
		extensions,
		...(answer && { answer }),
	});

	test('hands over the very bytes, several messages on one connection', async () => {
		const open = await connect(options());
		for (let count = 0; count < 3; count++) {
			const reply = await open.send(ENVELOPE, text(MESSAGE));
			expect(reply).toEqual({
				response: '250 2.0.0 Ok: queued as FAKE1',
				accepted: ENVELOPE.to,
				rejected: [],
			});
		}
		expect(server?.messages.map(({ raw }) => raw.toString())).toEqual([MESSAGE, MESSAGE, MESSAGE]);
		expect(server?.sessions).toHaveLength(1);
	});

	test('hands over 3 MB', async () => {
		const big = `Subject: big\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(43_000)}`;
		const open = await connect({
			...options(),
			extensions: extensions.filter((word) => !word.startsWith('SIZE')),
		});
		await open.send(ENVELOPE, text(...(big.match(/.{1,9999}/gs) ?? [])));
		expect(server?.messages[0]?.raw.toString() === big).toBe(true);
	});

	test('tells which recipients were refused, and delivers to the others', async () => {
		const open = await connect(
			options((stage, command) =>
				stage === 'RCPT' && command.includes('bad') ? '550 5.1.1 no such user' : undefined,
			),
		);
		const reply = await open.send(
			{ ...ENVELOPE, to: ['bad1@x.test', 'bob@x.test', 'bad2@x.test'] },
			text(MESSAGE),
		);
		expect(reply.accepted).toEqual(['bob@x.test']);
		expect(reply.rejected.map(({ recipient, responseCode }) => [recipient, responseCode])).toEqual([
			['bad1@x.test', 550],
			['bad2@x.test', 550],
		]);
		expect(server?.messages).toEqual([expect.objectContaining({ to: ['bob@x.test'] })]);
	});

	test('delivers nothing when every recipient is refused', async () => {
		const open = await connect(
			options((stage) => {
				if (stage === 'RCPT') return '550 5.1.1 no such user';
				return stage === 'DATA' || stage === 'BDAT' ? '503 5.5.1 no valid recipients' : undefined;
			}),
		);
		const reply = await open.send(ENVELOPE, text(MESSAGE));
		expect(reply.accepted).toEqual([]);
		expect(server?.messages).toEqual([]);
		expect(open.usable).toBe(true);
	});

	test('gives a server nothing that wants a message without recipients', async () => {
		const open = await connect(options((stage) => (stage === 'RCPT' ? '550 5.1.1 no such user' : undefined)));
		expect((await open.send(ENVELOPE, text(MESSAGE))).accepted).toEqual([]);
		expect(server?.messages).toEqual([]);
	});

	test.each(['MAIL', 'DATA', 'BDAT', 'end'] as const)(
		'refused at %s, then the connection goes on',
		async (at) => {
			let refusals = 0;
			const open = await connect(
				options((stage) => {
					if (stage !== at && !(at === 'DATA' && stage === 'BDAT') && !(at === 'BDAT' && stage === 'DATA'))
						return undefined;
					return refusals++ === 0 ? '451 4.3.0 not now' : undefined;
				}),
			);
			await expect(open.send(ENVELOPE, text(MESSAGE))).rejects.toMatchObject({
				code: 'REFUSED',
				retry: 'transient',
				reply: { code: '451', enhancedCode: '4.3.0', text: '451 4.3.0 not now' },
			});
			expect(server?.messages).toEqual([]);
			if (open.usable) await open.send(ENVELOPE, text(MESSAGE));
			expect(server?.messages).toHaveLength(open.usable ? 1 : 0);
		},
	);

	test.each(['reset', 'close'] as const)('%s after the end of the message: unknown', async (then) => {
		const open = await connect(options((stage) => (stage === 'end' ? { then } : undefined)));
		await expect(open.send(ENVELOPE, text(MESSAGE))).rejects.toMatchObject({ code: 'UNKNOWN' });
		expect(server?.messages).toHaveLength(1);
	});

	test.each(['MAIL', 'RCPT', 'DATA', 'BDAT'] as const)('reset at %s: surely not accepted', async (at) => {
		const open = await connect(
			options((stage) =>
				stage === at || (at === 'DATA' && stage === 'BDAT') || (at === 'BDAT' && stage === 'DATA')
					? { then: 'reset' }
					: undefined,
			),
		);
		await expect(open.send(ENVELOPE, text(MESSAGE))).rejects.toMatchObject({
			code: 'LOST',
			retry: 'transient',
		});
		expect(server?.messages).toEqual([]);
	});

	test('cancelled before the end: nothing is delivered; after it: unknown', async () => {
		const before = new AbortController();
		const open = await connect(
			options(async (stage) => {
				if (stage === 'MAIL') before.abort();
				return undefined;
			}),
		);
		await expect(open.send(ENVELOPE, text(MESSAGE), before.signal)).rejects.toMatchObject({
			code: 'CANCELLED',
		});
		expect(server?.messages).toEqual([]);
		await server?.stop();

		const after = new AbortController();
		const second = await connect(
			options(async (stage) => {
				if (stage === 'end') after.abort();
				return undefined;
			}),
		);
		await expect(second.send(ENVELOPE, text(MESSAGE), after.signal)).rejects.toMatchObject({
			code: 'UNKNOWN',
		});
	});

	test('a message that cannot be read is nobody’s refusal, and nothing is delivered', async () => {
		const broken = new Readable({ read: () => undefined });
		broken.push(Buffer.from('Subject: hi\r\n'));
		const open = await connect(options());
		setTimeout(() => broken.destroy(new Error('file is gone')), 20);
		await expect(open.send(ENVELOPE, broken)).rejects.toMatchObject({
			code: 'MESSAGE',
			message: expect.stringContaining('file is gone'),
		});
		expect(server?.messages).toEqual([]);
	});
});

test('a message over the announced SIZE is refused before it travels', async () => {
	const open = await connect({ extensions: ['SIZE 1000'] });
	const big = text('x'.repeat(1200));
	await expect(open.send(ENVELOPE, big)).rejects.toMatchObject({ code: 'MESSAGE' });
	expect(server?.received).not.toContain('MAIL FROM');
	expect(open.usable).toBe(true);
});

test('an address that needs SMTPUTF8 is sent with it, and refused without it', async () => {
	const envelope = { from: 'ada@example.test', to: ['jörg@example.test'], utf8: true };
	const open = await connect();
	await open.send(envelope, text(MESSAGE));
	expect(server?.sessions[0]?.commands).toContain(
		`MAIL FROM:<ada@example.test> SIZE=${MESSAGE.length + 2} BODY=8BITMIME SMTPUTF8`,
	);
	await server?.stop();
	const plain = await connect({ extensions: ['PIPELINING'] });
	await expect(plain.send(envelope, text(MESSAGE))).rejects.toMatchObject({ code: 'ADDRESS' });
	expect(server?.received).not.toContain('MAIL FROM');
});

test.each([
	[['8BITMIME'], ' BODY=8BITMIME'],
	[['PIPELINING'], ''],
])('a message with any byte at a server with %s', async (extensions, parameter) => {
	const open = await connect({ extensions });
	await open.send({ ...ENVELOPE, eightBit: true }, text(MESSAGE));
	expect(server?.sessions[0]?.commands).toContain(`MAIL FROM:<ada@example.test>${parameter}`);
});

test('a server that stops reading in the middle of DATA and says why', async () => {
	let refused = false;
	server = await startFakeSmtp({
		extensions: ['PIPELINING'],
		answer: (stage, _command, { socket }) => {
			if (stage !== 'DATA') return undefined;
			setTimeout(() => {
				refused = true;
				socket.write('552 5.3.4 too big for me\r\n');
			}, 20);
			return undefined;
		},
	});
	line = await SmtpLine.open(smtpAccount(server.port));
	const endless = Readable.from(
		(async function* () {
			for (let count = 0; count < 200 && !refused; count++) {
				await new Promise((resolve) => setTimeout(resolve, 5));
				yield Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(300));
			}
			for (let count = 0; count < 3; count++) yield Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(300));
		})(),
	);
	await expect(line.send(ENVELOPE, endless)).rejects.toMatchObject({
		code: 'REFUSED',
		reply: { code: '552', text: '552 5.3.4 too big for me' },
	});
	expect(line.usable).toBe(false);
});

test('nonsense from the server ends the connection with a sentence', async () => {
	const open = await connect({ answer: (stage) => (stage === 'MAIL' ? 'HTTP/1.1 400 Bad' : undefined) });
	await expect(open.send(ENVELOPE, text(MESSAGE))).rejects.toMatchObject({
		code: 'LOST',
		message: expect.stringContaining('which is no SMTP'),
	});
});

test('the transcript shows the dialogue, and neither secrets nor the message', async () => {
	server = await startFakeSmtp({
		answer: (stage) => (stage === 'RCPT' ? `550 5.1.1 pass-word 7! is no user` : undefined),
	});
	const transcript = new Transcript(() => ['pass-word 7!']);
	line = await SmtpLine.open(smtpAccount(server.port), undefined, transcript);
	await line.send(ENVELOPE, text(MESSAGE), undefined, transcript);
	const shown = transcript.lines.join('\n');
	expect(shown).toContain('S: 220 fake.test ESMTP');
	expect(shown).toContain('C: RCPT TO:<bob@example.test>');
	expect(shown).toContain('S: 550 5.1.1 *** is no user');
	expect(shown).not.toContain('..two');
	for (const secret of ['pass-word 7!', Buffer.from('pass-word 7!').toString('base64').replace(/=+$/, '')]) {
		expect(shown).not.toContain(secret);
	}
	expect(shown).not.toContain(
		Buffer.from('\0ada@example.test\0pass-word 7!').toString('base64').slice(0, 30),
	);
});

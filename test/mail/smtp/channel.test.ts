/** Answers as networks bring them: in pieces, together with the end of the line, too many, cut off. */
import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { SmtpPool } from '../../../nodes/mail/smtp/pool';
import { HOST, listen } from '../../servers';
import { smtpAccount } from './accounts';
import { DEFAULT_EXTENSIONS, startFakeSmtp, type FakeSmtp, type FakeSmtpOptions } from './fakeSmtp';

const ENVELOPE = { from: 'ada@example.test', to: ['bob@example.test', 'eve@example.test'] };
const message = async () => Readable.from([Buffer.from('Subject: hi\r\n\r\n.hello\r\n')]);

let server: FakeSmtp;
let pool: SmtpPool;
afterEach(async () => {
	pool.closeIdle();
	await server.stop();
});

async function start(options: FakeSmtpOptions): Promise<void> {
	server = await startFakeSmtp(options);
	pool = new SmtpPool(smtpAccount(server.port));
}

/** Passes on what the server says one byte at a time. */
async function startTrickle(port: number): Promise<net.Server & { port: number }> {
	const trickle = net.createServer({ noDelay: true }, (client) => {
		const upstream = net.connect(port, HOST);
		client.on('error', () => upstream.destroy());
		upstream.on('error', () => client.destroy());
		client.pipe(upstream);
		void (async () => {
			for await (const piece of upstream) {
				for (const byte of piece as Buffer) {
					client.write(Buffer.from([byte]));
					await nextTurn();
				}
			}
			client.end();
		})().catch(() => client.destroy());
	});
	return Object.assign(trickle, { port: await listen(trickle) });
}

describe.each([
	['DATA', DEFAULT_EXTENSIONS],
	['DATA without PIPELINING', ['SIZE']],
	['BDAT', [...DEFAULT_EXTENSIONS, 'CHUNKING']],
])('%s', (_name, extensions) => {
	test('answers byte by byte, of several lines and with letters of several bytes', async () => {
		await start({
			extensions,
			answer: (stage) => {
				if (stage === 'connect') return '220-fake.test\r\n220-Grüße 你好\r\n220 ESMTP';
				return stage === 'end' ? '250-2.0.0 schön 👋\r\n250 2.0.0 Ok: queued as FAKE1' : undefined;
			},
		});
		const trickle = await startTrickle(server.port);
		const slow = new SmtpPool(smtpAccount(trickle.port));
		for (let count = 0; count < 3; count++) {
			const { accepted, response } = await slow.send(ENVELOPE, message);
			expect(accepted).toEqual(ENVELOPE.to);
			expect(response).toBe('250-2.0.0 schön 👋\n250 2.0.0 Ok: queued as FAKE1');
		}
		slow.closeIdle();
		trickle.close();
		expect(server.sessions).toHaveLength(1);
	});

	test('the answer and the end of the line at once: accepted; the next mail takes another line', async () => {
		await start({
			extensions,
			answer: (stage) => (stage === 'end' ? { send: '250 2.0.0 Ok', then: 'close' } : undefined),
		});
		for (let count = 0; count < 3; count++)
			expect((await pool.send(ENVELOPE, message)).response).toBe('250 2.0.0 Ok');
		expect(server.messages).toHaveLength(3);
		expect(server.sessions).toHaveLength(3);
	});

	test('a goodbye right behind the answer: accepted, and not taken for the next answer', async () => {
		await start({
			extensions,
			answer: (stage) => (stage === 'end' ? '250 2.0.0 Ok\r\n421 4.3.2 shutting down' : undefined),
		});
		for (let count = 0; count < 3; count++)
			expect((await pool.send(ENVELOPE, message)).response).toBe('250 2.0.0 Ok');
		expect(server.messages).toHaveLength(3);
	});

	test.each(['250 2.0.0 Ok', '250-2.0.0 Ok\r\n', '25'])(
		'an answer that is cut off (%j) is none: unknown',
		async (words) => {
			await start({
				extensions,
				answer: (stage, _line, { socket }) => {
					if (stage !== 'end') return undefined;
					socket.write(words);
					return { then: 'close' };
				},
			});
			await expect(pool.send(ENVELOPE, message)).rejects.toMatchObject({ code: 'UNKNOWN' });
			expect(server.messages).toHaveLength(1);
		},
	);

	test('one answer too many before the end is not taken for the acceptance', async () => {
		await start({
			extensions,
			answer: (stage) => {
				if (stage === 'end') return '554 5.7.1 refused';
				if (stage === 'DATA') return '354 go\r\n250 2.0.0 Ok';
				return stage === 'BDAT' ? '250 2.0.0 Ok\r\n250 2.0.0 Ok' : undefined;
			},
		});
		const failure = await pool.send(ENVELOPE, message).then(
			() => null,
			(error: unknown) => error,
		);
		expect(failure).toMatchObject({ code: expect.stringMatching(/^(LOST|REFUSED)$/) });
		expect(server.messages).toEqual([]);
	});
});

import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { MailError } from '../../../nodes/mail/errors';
import { MAX_CONNECTIONS, RAISE_LIMIT_MS, SmtpPool, smtpPool } from '../../../nodes/mail/smtp/pool';
import { eventually } from '../../servers';
import { FakeTokens } from '../account/accounts';
import { smtpAccount } from './accounts';
import { DEFAULT_EXTENSIONS, startFakeSmtp, type FakeSmtp, type FakeSmtpOptions } from './fakeSmtp';

const ENVELOPE = { from: 'ada@example.test', to: ['bob@example.test'] };
const message = async () => Readable.from([Buffer.from('Subject: hi\r\n\r\nhello\r\n')]);
const pause = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));

let server: FakeSmtp;
afterEach(async () => await server.stop());

async function start(options: FakeSmtpOptions = {}) {
	server = await startFakeSmtp(options);
	return smtpPool(smtpAccount(server.port));
}

test('uses one connection again and again, also when asked for the pool anew', async () => {
	await start();
	for (let count = 0; count < 5; count++) {
		await smtpPool(smtpAccount(server.port)).send(ENVELOPE, message);
	}
	expect(server.sessions).toHaveLength(1);
	expect(server.messages).toHaveLength(5);
});

test('another password gets a connection of its own', async () => {
	await start();
	await smtpPool(smtpAccount(server.port)).send(ENVELOPE, message);
	await smtpPool(smtpAccount(server.port, { password: 'other' })).send(ENVELOPE, message);
	expect(server.sessions).toHaveLength(2);
});

test('opens no more connections than allowed, and serves everybody', async () => {
	const pool = await start({
		answer: async (stage) => (stage === 'end' ? await pause(5).then(() => undefined) : undefined),
	});
	await Promise.all(Array.from({ length: 40 }, async () => await pool.send(ENVELOPE, message)));
	expect(server.messages).toHaveLength(40);
	expect(server.sessions.length).toBeLessThanOrEqual(MAX_CONNECTIONS);
	expect(server.sessions.length).toBeGreaterThan(1);
});

test('lives with a server that allows two connections', async () => {
	const pool = await start({
		answer: async (stage) => {
			if (stage === 'connect' && server.open > 2)
				return { send: '421 4.7.0 too many connections', then: 'close' };
			if (stage === 'end') await pause(5);
			return undefined;
		},
	});
	const replies = await Promise.all(
		Array.from({ length: 30 }, async () => await pool.send(ENVELOPE, message)),
	);
	expect(replies.every(({ accepted }) => accepted.length === 1)).toBe(true);
	expect(server.messages).toHaveLength(30);
});

test('a server that was crowded for a while gets as many connections as before, after a while', async () => {
	let crowded = true;
	await start({
		answer: async (stage) => {
			if (stage === 'connect' && crowded && server.open > 1)
				return { send: '421 4.7.0 too many connections', then: 'close' };
			if (stage === 'end') await pause(20);
			return undefined;
		},
	});
	let now = 0;
	const pool = new SmtpPool(smtpAccount(server.port), undefined, undefined, { now: () => now });
	const sendMany = async () => {
		let most = 0;
		await Promise.all(
			Array.from({ length: 24 }, async () => {
				await pool.send(ENVELOPE, message);
				most = Math.max(most, pool.connections);
			}),
		);
		return most;
	};
	expect(await sendMany()).toBe(1);
	crowded = false;
	expect(await sendMany()).toBe(1);
	for (let minute = 1; minute < MAX_CONNECTIONS; minute++) {
		now += RAISE_LIMIT_MS;
		expect(await sendMany()).toBe(minute + 1);
	}
	pool.closeIdle();
});

test('a server that counts connections only at MAIL gets fewer of them', async () => {
	let refused = 0;
	const pool = await start({
		answer: async (stage) => {
			if (stage === 'MAIL' && server.open > 3) {
				refused++;
				return '432 4.3.2 Concurrent connections limit exceeded';
			}
			if (stage === 'end') await pause(5);
			return undefined;
		},
	});
	for (let round = 0; round < 3; round++) {
		await Promise.allSettled(Array.from({ length: 24 }, async () => await pool.send(ENVELOPE, message)));
	}
	const before = refused;
	await Promise.all(Array.from({ length: 24 }, async () => await pool.send(ENVELOPE, message)));
	expect(before).toBeGreaterThan(0);
	expect(refused).toBe(before);
	expect(pool.connections).toBeLessThanOrEqual(3);
});

test.each([
	['closed', (socket: import('node:net').Socket) => void socket.end()],
	['reset', (socket: import('node:net').Socket) => void socket.resetAndDestroy()],
	['closed with 421', (socket: import('node:net').Socket) => void socket.end('421 4.4.2 idle too long\r\n')],
])('a warm connection that the server has %s is replaced without a word', async (_name, end) => {
	const pool = await start();
	await pool.send(ENVELOPE, message);
	end(server.sessions[0]!.socket);
	await pause(30);
	await pool.send(ENVELOPE, message);
	expect(server.messages).toHaveLength(2);
	expect(server.sessions).toHaveLength(2);
});

test('a warm connection whose end is found out only at MAIL is replaced, and so is one that answers 421', async () => {
	let ends = 0;
	const pool = await start({
		answer: (stage, _line, session) => {
			if (stage !== 'MAIL' || session.commands.filter((line) => line.startsWith('MAIL')).length < 2)
				return undefined;
			return ends++ % 2 === 0 ? { then: 'reset' } : { send: '421 4.4.2 bye', then: 'close' };
		},
	});
	for (let count = 0; count < 5; count++) await pool.send(ENVELOPE, message);
	expect(server.messages).toHaveLength(5);
	expect(ends).toBe(4);
});

test.each(['RCPT', 'DATA', 'end'] as const)(
	'a warm connection that was well at MAIL is not stale: 421 at %s is for the caller to wait about',
	async (at) => {
		let limited = false;
		const pool = await start({
			answer: (stage) => (limited && stage === at ? '421 4.7.0 slow down' : undefined),
		});
		await pool.send(ENVELOPE, message);
		limited = true;
		await expect(pool.send(ENVELOPE, message)).rejects.toMatchObject({ reply: { code: '421' } });
		expect(server.sessions).toHaveLength(1);
		limited = false;
		await pool.send(ENVELOPE, message);
		expect(server.sessions).toHaveLength(2);
	},
);

test('a warm connection lost after the message is not stale: unknown, one copy', async () => {
	const pool = await start({
		answer: (stage) => (stage === 'end' && server.messages.length === 2 ? { then: 'reset' } : undefined),
	});
	await pool.send(ENVELOPE, message);
	await expect(pool.send(ENVELOPE, message)).rejects.toMatchObject({ code: 'UNKNOWN' });
	expect(server.messages).toHaveLength(2);
});

test('who waits for a turn is served when another one fails, and can be cancelled', async () => {
	let isSilent = false;
	const pool = await start({
		answer: (stage) => (isSilent && stage === 'connect' ? { then: 'silent' } : undefined),
	});
	await pool.send(ENVELOPE, message);
	pool.closeIdle();
	isSilent = true;
	const busy = new AbortController();
	const first = Array.from(
		{ length: MAX_CONNECTIONS },
		async () => await pool.send(ENVELOPE, message, busy.signal),
	);
	const outcomes = Promise.allSettled(first);
	await eventually(2_000, 'connections', () => server.open >= MAX_CONNECTIONS);
	const waiting = new AbortController();
	const cancelledOne = pool.send(ENVELOPE, message, waiting.signal);
	waiting.abort();
	await expect(cancelledOne).rejects.toMatchObject({ code: 'CANCELLED' });
	busy.abort();
	for (const outcome of await outcomes)
		expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } });
	await eventually(2_000, 'all closed', () => server.open === 0);
	expect(pool.connections).toBe(0);
});

test('a signal that is aborted already opens nothing', async () => {
	const pool = await start();
	await expect(pool.send(ENVELOPE, message, AbortSignal.abort())).rejects.toMatchObject({
		code: 'CANCELLED',
	});
	expect(server.sessions).toHaveLength(0);
});

test('a message that breaks while others are sent harms nobody', async () => {
	const pool = await start({
		answer: async (stage) => (stage === 'end' ? await pause(30).then(() => undefined) : undefined),
	});
	const broken = async () => {
		const stream = new Readable({ read: () => undefined });
		setImmediate(() => stream.destroy(new Error('file is gone')));
		return stream;
	};
	const results = await Promise.allSettled(
		Array.from(
			{ length: 12 },
			async (_none, index) => await pool.send(ENVELOPE, index % 2 ? broken : message),
		),
	);
	expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
	expect(server.messages).toHaveLength(6);
});

test('after a hundred messages a new connection is used', async () => {
	// Without CHUNKING each final dot is held back for a while.
	const pool = await start({ extensions: [...DEFAULT_EXTENSIONS, 'CHUNKING'] });
	for (let count = 0; count < 101; count++) await pool.send(ENVELOPE, message);
	expect(server.sessions).toHaveLength(2);
	expect(server.sessions[0]?.commands.at(-1)).toBe('QUIT');
});

describe('a refused login', () => {
	const logins = () =>
		server.sessions.flatMap(({ commands }) => commands).filter((line) => line.startsWith('AUTH'));
	const outcomesOf = async (count: number, account = smtpAccount(server.port)) =>
		await Promise.allSettled(
			Array.from({ length: count }, async () => await smtpPool(account).send(ENVELOPE, message)),
		);
	const startRefusing = async () => {
		const state = { isRefusing: true };
		server = await startFakeSmtp({
			answer: async (stage) => {
				if (stage !== 'AUTH' || !state.isRefusing) return undefined;
				await pause(20);
				return '535 5.7.8 Authentication failed';
			},
		});
		return state;
	};

	test('is tried once for a run with many mails, and not eight times at once', async () => {
		await startRefusing();
		const outcomes = [...(await outcomesOf(20)), ...(await outcomesOf(20))];
		for (const outcome of outcomes)
			expect(outcome).toMatchObject({ reason: { code: 'LOGIN', diagnosis: { id: 'wrong-password' } } });
		expect(logins()).toHaveLength(1);
	});

	test('of one password keeps nobody with another from logging in', async () => {
		const state = await startRefusing();
		await outcomesOf(2);
		state.isRefusing = false;
		const others = await outcomesOf(3, smtpAccount(server.port, { password: 'the right one' }));
		expect(others.every(({ status }) => status === 'fulfilled')).toBe(true);
	});

	test('of a token is forgotten when the account is connected again', async () => {
		server = await startFakeSmtp({
			extensions: ['AUTH XOAUTH2'],
			answer: (stage, line) =>
				stage === 'AUTH' && !Buffer.from(line.slice(13), 'base64').includes('good')
					? '535 5.7.8 Authentication failed'
					: undefined,
		});
		let connected = 'once';
		const tokens = new FakeTokens(['old-token', 'new-token', 'good-token']);
		tokens.connection = async () => await Promise.resolve(connected);
		const account = smtpAccount(server.port, { auth: { kind: 'token', tokens } });
		await outcomesOf(10, account);
		// The token, and the one that was asked for instead.
		expect(logins()).toHaveLength(2);
		connected = 'again';
		const next = await outcomesOf(10, account);
		expect(next.every(({ status }) => status === 'fulfilled')).toBe(true);
	});

	test('harms nobody who can be served over a connection that is open', async () => {
		let logged = 0;
		const pool = await start({
			answer: async (stage) => {
				if (stage === 'AUTH' && ++logged > 2) return '535 5.7.8 Too many logins, try another day';
				if (stage === 'end') await pause(20);
				return undefined;
			},
		});
		const outcomes = await Promise.allSettled(
			Array.from({ length: 40 }, async () => await pool.send(ENVELOPE, message)),
		);
		const sent = outcomes.filter(({ status }) => status === 'fulfilled').length;
		// Those that were about to open a connection of their own are told.
		expect(sent).toBeGreaterThanOrEqual(40 - MAX_CONNECTIONS);
		expect(server.messages).toHaveLength(sent);
	});
});

test('a server that nobody can reach is an error for each, and the next one tries again', async () => {
	server = await startFakeSmtp();
	const { port } = server;
	await server.stop();
	const pool = smtpPool(smtpAccount(port));
	const results = await Promise.allSettled(
		Array.from({ length: 8 }, async () => await pool.send(ENVELOPE, message)),
	);
	for (const result of results)
		expect(result).toMatchObject({ status: 'rejected', reason: expect.any(MailError) });
	expect(pool.connections).toBe(0);
});

test('the process can end with a warm connection', async () => {
	server = await startFakeSmtp();
	const script = `
		const { smtpPool } = require(${JSON.stringify(require.resolve('../../../nodes/mail/smtp/pool'))});
		const { Readable } = require('stream');
		const { smtpAccount } = require(${JSON.stringify(require.resolve('./accounts'))});
		const open = async () => Readable.from([Buffer.from('Subject: x\\r\\n\\r\\n')]);
		smtpPool(smtpAccount(${server.port})).send({ from: 'a@b.test', to: ['c@d.test'] }, open).then(() => console.log('sent'));
	`;
	const startedAt = Date.now();
	const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', script], {
		timeout: 20_000,
	});
	expect(stdout).toBe('sent\n');
	expect(server.messages).toHaveLength(1);
	// Well below the time for which an unused connection is kept.
	expect(Date.now() - startedAt).toBeLessThan(15_000);
}, 30_000);

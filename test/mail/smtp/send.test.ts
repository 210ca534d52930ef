import { Readable } from 'node:stream';
import type { Clock } from '../../../nodes/mail/clock';
import { MailError } from '../../../nodes/mail/errors';
import type { ComposedMail } from '../../../nodes/mail/message/compose';
import { queueIdOf } from '../../../nodes/mail/smtp/outcome';
import { LONGEST_WAIT_MS, sendMail, waitBefore, type SendOptions } from '../../../nodes/mail/smtp/send';
import { PASSWORD, smtpAccount } from './accounts';
import {
	DEFAULT_EXTENSIONS,
	startFakeSmtp,
	type FakeSmtp,
	type FakeSmtpOptions,
	type Stage,
} from './fakeSmtp';

const MAIL: ComposedMail = {
	messageId: '<one@example.test>',
	envelope: { from: 'ada@example.test', to: ['bob@example.test'] },
	open: async () => Readable.from([Buffer.from('Message-ID: <one@example.test>\r\n\r\nhello\r\n')]),
};
const to = (...names: string[]): ComposedMail => ({
	...MAIL,
	envelope: { ...MAIL.envelope, to: names.map((name) => `${name}@example.test`) },
});

/** Waits pass at once, and are written down. */
function fastClock(): Clock & { waits: number[] } {
	let now = 0;
	const waits: number[] = [];
	return {
		waits,
		now: () => now,
		wallTime: () => now,
		after(ms, callback) {
			const timer = setImmediate(() => {
				now += ms;
				waits.push(ms);
				callback();
			});
			return () => clearImmediate(timer);
		},
	};
}

/** Sets each account apart: refused logins are remembered, and a port may come again. */
let accounts = 0;
let server: FakeSmtp;
afterEach(async () => await server.stop());

async function send(
	answer: FakeSmtpOptions['answer'],
	mail = MAIL,
	options: SendOptions = {},
	extensions = DEFAULT_EXTENSIONS,
) {
	server = await startFakeSmtp({ extensions, ...(answer && { answer }) });
	const account = smtpAccount(server.port, { senderName: `account ${++accounts}` });
	return await sendMail(account, mail, { clock: fastClock(), ...options });
}

test('accepted: the server’s words, its name for the mail, each recipient', async () => {
	const result = await send(undefined, to('bob', 'eve'));
	expect(result).toMatchObject({
		outcome: 'accepted',
		messageId: '<one@example.test>',
		response: '250 2.0.0 Ok: queued as FAKE1',
		queueId: 'FAKE1',
		attempts: 1,
		error: null,
	});
	expect(result.recipients).toEqual(
		['bob', 'eve'].map((name) => ({
			address: `${name}@example.test`,
			status: 'accepted',
			code: '250',
			enhancedCode: '2.0.0',
			text: '250 2.0.0 Ok: queued as FAKE1',
			permanent: false,
			nextStep: null,
		})),
	);
});

test('partial: the refused recipient has code, words and a next step', async () => {
	const result = await send(
		(stage, line) => (stage === 'RCPT' && line.includes('eve') ? '550 5.1.1 <eve>: User unknown' : undefined),
		to('bob', 'eve'),
	);
	expect(result).toMatchObject({ outcome: 'partial', attempts: 1 });
	expect(result.recipients[1]).toEqual({
		address: 'eve@example.test',
		status: 'refused',
		code: '550',
		enhancedCode: '5.1.1',
		text: '550 5.1.1 <eve>: User unknown',
		permanent: true,
		nextStep: expect.stringContaining('spelling'),
	});
	expect(result.error?.message).toContain('1 of 2 recipients');
	expect(result.error?.description).toContain('eve@example.test: 550 5.1.1 <eve>: User unknown');
});

test('only the refused recipients are tried again, with the same message', async () => {
	let first = true;
	const result = await send(
		(stage, line) => {
			if (stage !== 'RCPT' || !line.includes('eve') || !first) return undefined;
			first = false;
			return '450 4.2.0 try again';
		},
		to('bob', 'eve'),
	);
	expect(result).toMatchObject({ outcome: 'accepted', attempts: 2 });
	expect(server.messages.map((message) => message.to)).toEqual([['bob@example.test'], ['eve@example.test']]);
	expect(server.messages[0]?.raw.equals(server.messages[1]!.raw)).toBe(true);
});

test('refused for all, some for good: the others are tried again, and 4xx tells the tale', async () => {
	const result = await send(
		(stage, line) =>
			stage !== 'RCPT' ? undefined : line.includes('bob') ? '550 5.1.1 no such user' : '450 4.7.1 greylisted',
		to('bob', 'eve'),
	);
	expect(result).toMatchObject({ outcome: 'refused', attempts: 3 });
	expect(server.sessions[0]?.commands.filter((line) => line.includes('bob'))).toHaveLength(1);
	expect(result.recipients.map(({ permanent }) => permanent)).toEqual([true, false]);
	expect(result.error?.message).toMatch(/greylisting/);
	expect(result.error?.message).toContain('2 of 2 recipients');
});

describe.each([
	['DATA', DEFAULT_EXTENSIONS],
	['DATA without PIPELINING', ['SIZE']],
	['BDAT', [...DEFAULT_EXTENSIONS, 'CHUNKING']],
])('a recipient refused before the message itself, with %s', (_name, extensions) => {
	const NO_EVE = '550 5.1.1 <eve>: User unknown';
	const noEve = (stage: Stage, line: string) =>
		stage === 'RCPT' && line.includes('eve') ? NO_EVE : undefined;

	test('stays refused, and is not tried again, when the message is refused for the moment', async () => {
		let first = true;
		const result = await send(
			(stage, line) => {
				if (stage !== 'end' || !first) return noEve(stage, line);
				first = false;
				return '451 4.3.0 not now';
			},
			to('bob', 'eve'),
			{},
			extensions,
		);
		expect(result).toMatchObject({ outcome: 'partial', attempts: 2 });
		expect(result.recipients[1]).toMatchObject({ status: 'refused', text: NO_EVE, permanent: true });
		expect(result.error?.description).toContain(NO_EVE);
		const asked = server.sessions.flatMap(({ commands }) => commands.filter((line) => line.includes('eve')));
		expect(asked).toHaveLength(1);
		expect(server.messages.map((message) => message.to)).toEqual([['bob@example.test']]);
	});

	test('stays refused when the line is lost after the message', async () => {
		const result = await send(
			(stage, line) => (stage === 'end' ? { then: 'reset' } : noEve(stage, line)),
			to('bob', 'eve'),
			{},
			extensions,
		);
		expect(result).toMatchObject({ outcome: 'unknown', attempts: 1, error: { code: 'UNKNOWN' } });
		expect(result.recipients.map(({ status, text }) => [status, text])).toEqual([
			['unknown', expect.stringContaining('may or may not')],
			['refused', NO_EVE],
		]);
		expect(server.messages).toHaveLength(1);
	});

	test('and one that may try again does not when the line is lost after the message', async () => {
		const result = await send(
			(stage, line) => {
				if (stage === 'end') return { then: 'reset' };
				return stage === 'RCPT' && line.includes('eve') ? '450 4.2.0 later' : undefined;
			},
			to('bob', 'eve'),
			{},
			extensions,
		);
		expect(result).toMatchObject({ outcome: 'unknown', attempts: 1, error: { code: 'UNKNOWN' } });
		expect(server.messages).toHaveLength(1);
	});
});

test('partial after a further attempt: the error is there, and the words that took the mail', async () => {
	let first = true;
	const result = await send(
		(stage, line) => {
			if (stage === 'end') return '250 2.0.0 Ok: queued as FIRST';
			if (stage !== 'RCPT') return undefined;
			if (line.includes('eve')) return '550 5.1.1 <eve>: User unknown';
			if (line.includes('carl')) return '450 4.2.0 <carl>: later';
			if (!line.includes('dora') || !first) return undefined;
			first = false;
			return '450 4.2.0 <dora>: later';
		},
		to('bob', 'eve', 'carl', 'dora'),
	);
	expect(result).toMatchObject({ outcome: 'partial', attempts: 3, queueId: 'FIRST' });
	expect(result.response).toBe('250 2.0.0 Ok: queued as FIRST');
	expect(result.error?.message).toContain('2 of 4 recipients');
	expect(result.error?.description).toMatch(/eve.*User unknown[\s\S]*carl.*later/);
});

test('partial, and the last attempt took the rest: what was refused before is still told', async () => {
	let first = true;
	const result = await send(
		(stage, line) => {
			if (stage !== 'RCPT') return undefined;
			if (line.includes('eve')) return '550 5.1.1 <eve>: User unknown';
			if (!first) return undefined;
			first = false;
			return '450 4.2.0 later';
		},
		to('bob', 'eve'),
	);
	expect(result).toMatchObject({ outcome: 'partial', attempts: 2 });
	expect(result.error?.description).toContain('User unknown');
});

test.each([['452 4.5.3 Error: too many recipients'], ['452 Too many recipients received this hour']])(
	'a server that takes three recipients a message (%s) gets several messages at once, in one attempt',
	async (words) => {
		const counts = new Map<unknown, number>();
		const clock = fastClock();
		const names = Array.from({ length: 11 }, (_none, index) => `user${index}`);
		const result = await send(
			(stage, _line, session) => {
				const count = stage === 'MAIL' ? 0 : (counts.get(session) ?? 0) + (stage === 'RCPT' ? 1 : 0);
				counts.set(session, count);
				return stage === 'RCPT' && count > 3 ? words : undefined;
			},
			to(...names),
			{ clock },
		);
		expect(result).toMatchObject({ outcome: 'accepted', attempts: 1 });
		expect(clock.waits).toEqual([]);
		expect(server.messages.map((message) => message.to.length)).toEqual([3, 3, 3, 2]);
		expect(new Set(server.messages.flatMap((message) => message.to)).size).toBe(names.length);
	},
);

test('one recipient too many again and again ends with the attempts', async () => {
	const result = await send((stage, line) =>
		stage === 'RCPT' && line.includes('bob') ? '452 4.5.3 too many recipients' : undefined,
	);
	expect(result).toMatchObject({ outcome: 'refused', attempts: 3 });
});

/** Facts §4.1 and issue 6: the first digit decides. */
const CODES = [
	421, 450, 451, 452, 454, 455, 500, 501, 502, 503, 504, 521, 530, 535, 538, 550, 551, 552, 553, 554, 555,
];
const STAGES: Stage[] = ['EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'end'];
const table = STAGES.flatMap((stage) => CODES.map((code) => [code, stage] as const));

describe.each([
	['DATA', DEFAULT_EXTENSIONS],
	['BDAT', [...DEFAULT_EXTENSIONS, 'CHUNKING']],
])('with %s', (_name, extensions) => {
	test.each(table)('%i at %s: right class, the server’s full words, nothing delivered', async (code, at) => {
		const text = `${code} ${String(code)[0]}.9.9 reason with-a-token-${code} at ${at}`;
		const refusedAt = at === 'DATA' && extensions.includes('CHUNKING') ? 'BDAT' : at;
		const result = await send(
			(stage) => {
				// HELO comes after a refused EHLO, and is refused too.
				if (stage !== refusedAt && !(at === 'EHLO' && stage === 'HELO')) return undefined;
				return code === 421 ? { send: text, then: 'close' } : text;
			},
			MAIL,
			{},
			extensions,
		);
		const transient = code < 500;
		expect(result.outcome).toBe('refused');
		expect(server.messages).toEqual([]);
		expect({ at, code, attempts: result.attempts }).toEqual({ at, code, attempts: transient ? 3 : 1 });
		expect(result.recipients[0]).toMatchObject({ code: String(code), permanent: !transient });
		expect(result.recipients[0]?.text).toContain(text);
		expect(result.error?.description).toContain(text);
		expect(result.error?.message).toMatch(/^[A-Z1-9].*\.$/s);
		expect(result.error?.nextStep).toMatch(/^[A-Z].*\.$/s);
	});
});

test.each(['reset', 'close'] as const)(
	'%s after the whole message: unknown, one copy, no second attempt',
	async (then) => {
		const result = await send((stage) => (stage === 'end' ? { then } : undefined));
		expect(result).toMatchObject({ outcome: 'unknown', attempts: 1 });
		expect(result.recipients[0]).toMatchObject({ status: 'unknown', permanent: true });
		expect(result.error?.code).toBe('UNKNOWN');
		expect(server.messages).toHaveLength(1);
	},
);

test.each(['connect', 'MAIL', 'RCPT', 'DATA'] as const)(
	'reset at %s, then the server is well: accepted, one copy',
	async (at) => {
		let resets = 0;
		const result = await send((stage) => (stage === at && resets++ < 2 ? { then: 'reset' } : undefined));
		expect(result).toMatchObject({ outcome: 'accepted', attempts: 3 });
		expect(server.messages).toHaveLength(1);
	},
);

test('a multi-line refusal is kept whole', async () => {
	const words =
		'550-5.7.1 first line https://help.example.test/1\r\n550-5.7.1 second line\r\n550 5.7.1 third line';
	const result = await send((stage) => (stage === 'end' ? words : undefined));
	expect(result.error?.description).toMatch(/first line .*second line .*third line/);
});

test('attempts and total time are limits', async () => {
	const refuse = (stage: Stage) => (stage === 'MAIL' ? '451 4.3.0 not now' : undefined);
	expect(await send(refuse, MAIL, { attempts: 1 })).toMatchObject({ attempts: 1 });
	await server.stop();
	expect(await send(refuse, MAIL, { attempts: 5 })).toMatchObject({ attempts: 5 });
	await server.stop();
	expect(await send(refuse, MAIL, { attempts: 5, totalTimeMs: 500 })).toMatchObject({ attempts: 1 });
});

test('waits grow, are bounded, and vary', () => {
	expect([2, 3, 4, 5].map((attempt) => waitBefore(attempt, 0))).toEqual([2_000, 8_000, 32_000, 128_000]);
	expect(waitBefore(20, 0)).toBe(LONGEST_WAIT_MS);
	expect(waitBefore(3, 0.999)).toBeGreaterThan(3_999);
});

test('a cancelled wait ends at once', async () => {
	const cancel = new AbortController();
	server = await startFakeSmtp({ answer: (stage) => (stage === 'MAIL' ? '451 4.3.0 not now' : undefined) });
	setTimeout(() => cancel.abort(), 100);
	const startedAt = Date.now();
	const result = await sendMail(smtpAccount(server.port), MAIL, { signal: cancel.signal });
	expect(Date.now() - startedAt).toBeLessThan(900);
	expect(result).toMatchObject({ outcome: 'refused', attempts: 1 });
});

test('a rate is kept between mails of one account', async () => {
	const clock = fastClock();
	server = await startFakeSmtp();
	const options = { clock, intervalMs: 60_000 };
	for (let count = 0; count < 3; count++) await sendMail(smtpAccount(server.port), MAIL, options);
	expect(clock.waits.filter((ms) => ms > 1_000)).toEqual([60_000, 60_000]);
});

test('waiting for a turn does not use up the time for attempts', async () => {
	server = await startFakeSmtp({ answer: (stage) => (stage === 'MAIL' ? '451 4.3.0 not now' : undefined) });
	const options = { clock: fastClock(), intervalMs: 20 * 60_000, totalTimeMs: 10 * 60_000, attempts: 2 };
	for (let count = 0; count < 2; count++)
		expect(await sendMail(smtpAccount(server.port), MAIL, options)).toMatchObject({ attempts: 2 });
});

test.each(['MAIL', 'RCPT', 'end'] as const)(
	'a password that the server echoes at %s is not told',
	async (at) => {
		const result = await send((stage) => (stage === at ? `550 5.7.1 no ${PASSWORD} here` : undefined));
		expect(JSON.stringify(result)).toContain('no *** here');
		expect(JSON.stringify(result)).not.toContain(PASSWORD);
	},
);

test('no secret in anything that is told, whatever the server echoes', async () => {
	const encoded = Buffer.from(`\0ada@example.test\0${PASSWORD}`).toString('base64');
	const result = await send((stage) =>
		stage === 'AUTH'
			? `535 5.7.8 ${PASSWORD} and ${encoded} and ${Buffer.from(PASSWORD).toString('base64')} are wrong`
			: undefined,
	);
	const told = JSON.stringify([
		result,
		result.error?.description,
		result.error?.message,
		String(result.error?.stack),
	]);
	expect(told).toContain('***');
	for (const secret of [PASSWORD, encoded, Buffer.from(PASSWORD).toString('base64')])
		expect(told).not.toContain(secret);
});

test('what is no MailError is thrown', async () => {
	server = await startFakeSmtp();
	const open = async (): Promise<Readable> => await Promise.reject(new TypeError('bug'));
	await expect(sendMail(smtpAccount(server.port), { ...MAIL, open })).rejects.toThrow(TypeError);
	expect(MailError).toBeDefined();
});

test.each([
	['250 2.0.0 Ok: queued as 4F1Q2', '4F1Q2'],
	['250 OK id=1rABC-0001-XY', '1rABC-0001-XY'],
	['250 2.6.0 <abc@host.test> Queued mail for delivery', 'abc@host.test'],
	['250 2.0.0 OK  1700000000 x12-20020a05', null],
])('%s', (response, id) => expect(queueIdOf(response)).toBe(id));

import { checkAccount, type StageResult } from '../../../nodes/mail/account/check';
import type { Account, Security } from '../../../nodes/mail/account/account';
import { MailError } from '../../../nodes/mail/errors';
import {
	eventually,
	freePorts,
	HOST,
	startEmbeddedServers,
	startScriptedServer,
	type EmbeddedServers,
} from '../../servers';
import { startFakeSmtp } from '../smtp/fakeSmtp';
import { FakeTokens, testAccount } from './accounts';

jest.setTimeout(60_000);

const USER = { user: 'ann@example.org', password: 'pass-word of ann' };

let servers: EmbeddedServers;
beforeAll(async () => {
	servers = await startEmbeddedServers({ users: [USER] });
	await servers.deliver(USER.user, 'Subject: one\r\n\r\nx\r\n');
});
afterEach(async () => {
	servers.smtpFaults.onSender = undefined;
	await eventually(5_000, 'no connection left', () => servers.imap.connectionCount === 0);
});
afterAll(async () => await servers.stop());

function account(security: Security = 'tls', change: Parameters<typeof testAccount>[0] = {}): Account {
	const { ports } = servers;
	const at = security === 'tls' ? [ports.imaps, ports.smtps] : [ports.imap, ports.smtp];
	return testAccount({
		...USER,
		senderAddress: USER.user,
		imap: { host: HOST, port: at[0] ?? 0, security },
		smtp: { host: HOST, port: at[1] ?? 0, security },
		...change,
	});
}

const stages = (results: StageResult[], side: string): string[] =>
	results.filter((result) => result.side === side).map(({ stage, ok }) => `${stage}${ok ? '' : ' failed'}`);

test.each([
	['tls', ['tcp', 'tls', 'greeting', 'capabilities', 'login']],
	['starttls', ['tcp', 'greeting', 'tls', 'capabilities', 'login']],
] as const)('every stage of both sides, in the order of the conversation: %s', async (security, passed) => {
	const accepted = servers.accepted.length;
	const results = await checkAccount(account(security));
	expect(stages(results, 'imap')).toEqual([...passed, 'mailbox']);
	expect(stages(results, 'smtp')).toEqual([...passed, 'sender']);
	expect(results.every(({ ms, error }) => ms >= 0 && error === null)).toBe(true);
	expect(results.find(({ stage }) => stage === 'mailbox')?.detail).toBe('1 mail in INBOX');
	expect(servers.accepted).toHaveLength(accepted);
	expect(servers.messages(USER.user)[0]?.flags).not.toContain('\\Seen');
});

test('a name is a stage of its own, and its failure ends the side', async () => {
	const named = await checkAccount(
		account('tls', { smtp: null, imap: { ...account().imap!, host: 'localhost' } }),
	);
	expect(stages(named, 'imap')[0]).toBe('name');
	const imap = { host: 'no-such-host.invalid', port: 993, security: 'tls' as const };
	const failed = await checkAccount(account('tls', { imap, smtp: null }));
	expect(stages(failed, 'imap')).toEqual(['name failed']);
	expect(failed[0]?.error?.diagnosis?.class).toBe('transient');
});

test('each kind of failure is at its stage, with its diagnosis; the other side goes on', async () => {
	const [port = 0] = await freePorts(1);
	const cases: Array<[string, Account, string[], string]> = [
		[
			'nobody there',
			account('tls', { imap: { host: HOST, port, security: 'tls' } }),
			['tcp failed'],
			'connection-refused',
		],
		[
			'certificate',
			account('tls', { ignoreCertificateErrors: false }),
			['tcp', 'tls failed'],
			'certificate-unknown-authority',
		],
		[
			'password',
			account('tls', { password: 'wrong' }),
			['tcp', 'tls', 'greeting', 'capabilities', 'login failed'],
			'wrong-password',
		],
		[
			'no OAuth2 there',
			account('tls', { auth: { kind: 'token', tokens: new FakeTokens(['token']) } }),
			['tcp', 'tls', 'greeting', 'capabilities failed'],
			'oauth-not-offered',
		],
	];
	for (const [name, to, wanted, id] of cases) {
		const results = await checkAccount(to);
		expect([name, stages(results, 'imap')]).toEqual([name, wanted]);
		expect([name, results.find(({ ok, side }) => !ok && side === 'imap')?.error?.diagnosis?.id]).toEqual([
			name,
			id,
		]);
		expect(stages(results, 'smtp').length).toBeGreaterThan(0);
	}
});

test('no token to be had: no server was asked, and none is said to have answered', async () => {
	const failure = new MailError('LOGIN', 'The account has to be connected.', { retry: 'credentials' });
	const accepted = servers.imap.acceptedCount;
	const results = await checkAccount(
		account('tls', { auth: { kind: 'token', tokens: new FakeTokens([failure]) } }),
	);
	for (const side of ['imap', 'smtp']) expect(stages(results, side)).toEqual(['login failed']);
	expect(servers.imap.acceptedCount).toBe(accepted);
});

test('a sender that the server does not permit', async () => {
	servers.smtpFaults.onSender = () => '550 5.7.60 Client does not have permissions to send as this sender';
	const results = await checkAccount(account('tls', { imap: null }));
	expect(stages(results, 'smtp').at(-1)).toBe('sender failed');
	expect(results.at(-1)?.error).toMatchObject({ code: 'REFUSED', diagnosis: { id: 'sender-not-allowed' } });
});

test('a server that keeps silent about the sender: the time limit as well', async () => {
	const silent = await startFakeSmtp({
		answer: (stage) => (stage === 'MAIL' ? { then: 'silent' } : undefined),
	});
	try {
		const smtp = { host: HOST, port: silent.port, security: 'none' as const };
		const results = await checkAccount(account('tls', { imap: null, smtp }), 1_500);
		expect(stages(results, 'smtp').at(-1)).toBe('sender failed');
		expect(results.at(-1)?.error?.message).toContain('it stopped at asking about the sender');
		await eventually(5_000, 'the connection is closed', () => silent.open === 0);
	} finally {
		await silent.stop();
	}
});

test('a server that keeps silent: the time limit, and the stage it stopped at', async () => {
	const silent = await startScriptedServer({ script: [[/./, { then: 'silent' }]] });
	try {
		const endpoint = { host: HOST, port: silent.port, security: 'starttls' as const };
		const results = await checkAccount(account('tls', { imap: endpoint, smtp: endpoint }), 1_500);
		for (const side of ['imap', 'smtp']) expect(stages(results, side)).toEqual(['tcp', 'greeting failed']);
		expect(results[1]?.error?.message).toContain('it stopped at its greeting');
	} finally {
		await silent.stop();
	}
});

/** @jest-environment ./test/engine/jestEnvironment.js */
import type { IDataObject } from 'n8n-workflow';
import { setConstants } from '../ImapTrigger/built';
import { startEngine, type Engine } from '../engine';
import {
	eventually,
	startEmbeddedServers,
	startFaultProxy,
	startScriptedServer,
	testCertificates,
	type EmbeddedServers,
	type ScriptedServer,
} from '../servers';

/** n8n's editor gives up on a credential test some time later; the person in front of it much sooner. */
const TEST_LIMIT_MS = 15_000;
const USER = { user: 'ann@example.org', password: 'pass-word-of-ann' };
const SECRETS = [
	USER.password,
	'wrong-pass-word',
	...[USER.password, 'wrong-pass-word'].flatMap((password) => [
		Buffer.from(password).toString('base64').replace(/=+$/, ''),
		Buffer.from(`\0${USER.user}\0${password}`).toString('base64').replace(/=+$/, ''),
	]),
];

jest.setTimeout(40_000);

describe('the test of a Mail Account', () => {
	let engine: Engine;
	let servers: EmbeddedServers;
	const scripted: ScriptedServer[] = [];
	let shortened: () => void = () => undefined;
	/** For tests in which a server keeps silent; one of them takes the real time. */
	const notSoLong = (): void => {
		shortened = setConstants('nodes/bridge/credentialTest', { TEST_DEADLINE_MS: 2_000 });
	};

	beforeAll(async () => {
		servers = await startEmbeddedServers({ users: [USER] });
		engine = await startEngine();
	});
	afterEach(async () => {
		shortened();
		await Promise.all(scripted.splice(0).map(async (server) => await server.stop()));
		for (const name of Object.keys(servers.imap.faults)) delete servers.imap.faults[name as 'greeting'];
		await eventually(3_000, 'no IMAP connection left', () => servers.imap.connectionCount === 0);
	});
	afterAll(async () => {
		await engine.stop();
		await servers.stop();
	});

	const good = (change: IDataObject = {}): IDataObject => ({
		...USER,
		provider: 'custom',
		imapHost: servers.host,
		imapPort: servers.ports.imaps,
		imapSecurity: 'tls',
		smtpHost: servers.host,
		smtpPort: servers.ports.smtps,
		smtpSecurity: 'tls',
		ignoreSslIssues: true,
		...change,
	});

	/** What the editor shows; checked for secrets each time. */
	async function tested(change: IDataObject = {}): Promise<{ status: string; message: string }> {
		const result = await engine.testCredential('mailAccountApi', good(change));
		for (const secret of SECRETS) expect(result.message).not.toContain(secret);
		return result;
	}

	async function fails(change: IDataObject): Promise<string> {
		const result = await tested(change);
		expect(result.status).toBe('Error');
		// A sentence, not a code.
		expect(result.message).toMatch(/[a-z]{3,} [a-z]+.*\./);
		return result.message;
	}

	async function script(options: Parameters<typeof startScriptedServer>[0]): Promise<ScriptedServer> {
		const server = await startScriptedServer(options);
		scripted.push(server);
		return server;
	}

	test.each([
		['both sides over TLS', {}],
		['both over STARTTLS', { imapSecurity: 'starttls', smtpSecurity: 'starttls' }],
		['only IMAP', { smtpHost: '' }],
		['only SMTP', { imapHost: '' }],
	])('%s: fine', async (_name, change) => {
		const ports =
			'imapSecurity' in change ? { imapPort: servers.ports.imap, smtpPort: servers.ports.smtp } : {};
		expect(await tested({ ...change, ...ports })).toMatchObject({ status: 'OK' });
	});

	test('it really logs in on both sides', async () => {
		const before = servers.imap.commands.length;
		await tested();
		expect(servers.imap.commands.slice(before).join('\n')).toMatch(/AUTHENTICATE|LOGIN/);
	});

	test('neither IMAP nor SMTP: says what to fill in', async () => {
		expect(await fails({ imapHost: '', smtpHost: '' })).toMatch(/neither an IMAP nor an SMTP host/);
	});

	test('a wrong password: both sides are named, with the servers’ words', async () => {
		const message = await fails({ password: 'wrong-pass-word' });
		expect(message).toMatch(/IMAP \(127\.0\.0\.1:\d+\): .*password/i);
		expect(message).toMatch(/SMTP \(127\.0\.0\.1:\d+\): .*password/i);
		expect(message).toContain('Authentication failed.');
	});

	test('only the side that failed is named', async () => {
		const smtp = await fails({ smtpPort: 1 });
		expect(smtp).toMatch(/^SMTP \(127\.0\.0\.1:1\): /);
		expect(smtp).not.toContain('IMAP (');
		const imap = await fails({ imapPort: 1 });
		expect(imap).toMatch(/^IMAP \(127\.0\.0\.1:1\): /);
		expect(imap).not.toContain('SMTP (');
	});

	test.each([
		['imapHost', 'IMAP'],
		['smtpHost', 'SMTP'],
	])('%s that does not exist', async (field, side) => {
		const message = await fails({ [field]: 'no-such-host.invalid' });
		expect(message).toContain(`${side} (no-such-host.invalid:`);
		expect(message).toMatch(/host|name|found|DNS/i);
	});

	test.each([
		['imapHost', 'https://mail.example.com', /no host name/],
		['imapHost', 'user@example.com', /no host name/],
		['imapPort', 0, /port/],
		['smtpPort', 70_000, /port/],
		['user', '', /user is empty/],
	])('%s "%s": says which field', async (field, value, words) => {
		expect(await fails({ [field]: value })).toMatch(words);
	});

	test('TLS on a STARTTLS port, and STARTTLS on a TLS port: each says to change the security', async () => {
		notSoLong();
		const tls = await fails({ imapPort: servers.ports.imap, smtpPort: servers.ports.smtp });
		expect(tls.match(/STARTTLS/g)?.length ?? 0).toBeGreaterThanOrEqual(2);
		const starttls = await fails({ imapSecurity: 'starttls', smtpSecurity: 'starttls' });
		expect(starttls).toMatch(/IMAP.*port 993 with TLS, or port 143 with STARTTLS/);
		expect(starttls).toMatch(/SMTP.*port 465 with TLS, or port 587 with STARTTLS/);
	});

	test('a certificate that nobody vouches for is refused, and says what can be done', async () => {
		const message = await fails({ ignoreSslIssues: false });
		expect(message).toMatch(/IMAP.*certificate/i);
		expect(message).toMatch(/SMTP.*certificate/i);
	});

	test.each(['expired', 'wrongHost', 'selfSigned'] as const)('a certificate that is %s', async (kind) => {
		const other = await startEmbeddedServers({
			users: [USER],
			certificate: (await testCertificates())[kind],
		});
		try {
			const message = await fails({
				ignoreSslIssues: false,
				imapPort: other.ports.imaps,
				smtpPort: other.ports.smtps,
			});
			expect(message).toMatch(/IMAP.*certificate.*SMTP.*certificate/i);
			// Stopped in the middle of a TLS handshake, Node 20 crashes.
			await eventually(3_000, 'no connection left', () => other.imap.connectionCount === 0);
		} finally {
			await other.stop();
		}
	});

	test('a server that offers no STARTTLS is refused before any secret is sent', async () => {
		const imap = await script({
			greeting: '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] ready\r\n',
			script: [
				[/CAPABILITY/i, '* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN\r\n%TAG% OK done\r\n'],
				[/STARTTLS/i, '%TAG% BAD unknown command\r\n'],
				[/./, '%TAG% OK done\r\n'],
			],
		});
		const smtp = await script({
			greeting: '220 old.example.org ESMTP\r\n',
			script: [
				[/^EHLO/i, '250-old.example.org\r\n250 AUTH PLAIN LOGIN\r\n'],
				[/^STARTTLS/i, '502 5.5.1 not implemented\r\n'],
				[/^QUIT/i, { send: '221 bye\r\n', then: 'close' }],
				[/./, '235 2.7.0 fine\r\n'],
			],
		});
		const message = await fails({
			imapPort: imap.port,
			imapSecurity: 'starttls',
			smtpPort: smtp.port,
			smtpSecurity: 'starttls',
		});
		expect(message).toMatch(/IMAP.*STARTTLS/);
		expect(message).toMatch(/SMTP.*STARTTLS/);
		for (const server of [imap, smtp]) {
			const clear = Buffer.concat(server.connections.map(({ receivedInClear }) => receivedInClear)).toString(
				'latin1',
			);
			expect(server.connections.length).toBeGreaterThan(0);
			expect(clear).not.toMatch(/AUTH|LOGIN/);
			expect(clear).not.toContain(USER.user);
			for (const secret of SECRETS) expect(clear).not.toContain(secret);
		}
	});

	test('a server that repeats what it was sent: the secrets do not come through', async () => {
		const echo = (line: string): string => `%TAG% NO [AUTHENTICATIONFAILED] no: ${line} ${USER.password}\r\n`;
		const imap = await script({
			tls: true,
			greeting: '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n',
			script: [
				[/CAPABILITY|ID /i, '* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n%TAG% OK done\r\n'],
				[/LOGOUT/i, '* BYE\r\n%TAG% OK\r\n'],
				[/AUTHENTICATE|LOGIN/i, (line) => echo(line)],
			],
		});
		const smtp = await script({
			tls: true,
			greeting: '220 echo ESMTP\r\n',
			script: [
				[/^EHLO/i, '250-echo\r\n250 AUTH PLAIN\r\n'],
				[/^QUIT/i, { send: '221 bye\r\n', then: 'close' }],
				[/^AUTH/i, (line) => `535 5.7.8 no: ${line} ${USER.password}\r\n`],
			],
		});
		const message = await fails({ imapPort: imap.port, smtpPort: smtp.port });
		expect(message).toContain('no:');
		expect(message).toContain('***');
	});

	test.each(['silent from the start', 'silent at the login', 'dripping single bytes'])(
		'a server that is %s: an answer within 15 s',
		async (how) => {
			if (how !== 'silent from the start') notSoLong();
			const startedAt = performance.now();
			const reply = { send: '* OK IMAP4rev1 ready '.repeat(50), dripMs: 400 };
			const imap = await script({
				tls: true,
				...(how === 'silent at the login' && { greeting: '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n' }),
				...(how === 'dripping single bytes' && { greeting: reply }),
				script: [[/CAPABILITY|ID /i, '* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%TAG% OK done\r\n']],
			});
			const smtp = await script({
				tls: true,
				...(how === 'silent at the login' && { greeting: '220 hi ESMTP\r\n' }),
				...(how === 'dripping single bytes' && { greeting: { ...reply, send: '220-drip\r\n'.repeat(99) } }),
				script: [[/^EHLO/i, '250-hi\r\n250 AUTH PLAIN\r\n']],
			});
			const message = await fails({ imapPort: imap.port, smtpPort: smtp.port });
			expect(performance.now() - startedAt).toBeLessThan(TEST_LIMIT_MS);
			expect(message).toMatch(/IMAP \(.*SMTP \(/s);
			await eventually(3_000, 'both connections to end', () =>
				[imap, smtp].every(({ connections }) => connections.every(({ closed }) => closed)),
			);
		},
	);

	test('a line that goes dead after the TCP handshake: an answer within 15 s', async () => {
		const proxy = await startFaultProxy(servers.ports.imaps);
		proxy.muteNew = true;
		notSoLong();
		const startedAt = performance.now();
		const message = await fails({ imapPort: proxy.port, smtpHost: '' });
		expect(performance.now() - startedAt).toBeLessThan(TEST_LIMIT_MS);
		expect(message).toMatch(/^IMAP/);
		await proxy.stop();
	});

	test.each(['imap', 'smtp'])(
		'%s without encryption to a public host: refused before any byte',
		async (side) => {
			const startedAt = performance.now();
			const message = await fails({ [`${side}Host`]: 'mail.example.com', [`${side}Security`]: 'none' });
			expect(message).toMatch(/The password would travel unencrypted to mail\.example\.com/);
			expect(performance.now() - startedAt).toBeLessThan(3_000);
		},
	);

	test('without encryption to this machine: allowed', async () => {
		const plain = await startEmbeddedServers({ users: [USER], requireTls: false });
		try {
			const change = { imapPort: plain.ports.imap, smtpPort: plain.ports.smtp };
			expect(await tested({ ...change, imapSecurity: 'none', smtpSecurity: 'none' })).toMatchObject({
				status: 'OK',
			});
		} finally {
			await plain.stop();
		}
	});

	test('a preset: the hosts of the table are used, those in the fields ignored', async () => {
		const before = servers.imap.acceptedCount;
		const message = await fails({ provider: 'protonBridge' });
		expect(servers.imap.acceptedCount).toBe(before);
		expect(message).toMatch(/IMAP \(127\.0\.0\.1:1143\)/);
		expect(message).toMatch(/SMTP \(127\.0\.0\.1:1025\)/);
	});

	test('the server’s limit on connections is told as what it is', async () => {
		servers.imap.faults.greeting =
			'* BYE [UNAVAILABLE] Maximum number of connections from user+IP exceeded\r\n';
		expect(await fails({ smtpHost: '' })).toMatch(/connections/i);
	});
});

import { spawn } from 'child_process';
import dns from 'dns';
import { once } from 'events';
import net from 'net';
import { inspect } from 'util';
import type { Account } from '../../../nodes/mail/account/account';
import { Secret } from '../../../nodes/mail/account/secret';
import { MailError } from '../../../nodes/mail/errors';
import { ImapClient } from '../../../nodes/mail/imap/client';
import { dial } from '../../../nodes/mail/net/dial';
import type { Proxy } from '../../../nodes/mail/net/proxy';
import { verifySmtp } from '../../../nodes/mail/smtp/transport';
import {
	eventually,
	freePorts,
	HOST,
	startEmbeddedServers,
	startProxy,
	startScriptedServer,
	type EmbeddedServers,
	type ProxyOptions,
	type TestProxy,
} from '../../servers';
import { listen } from '../../servers/local';
import { testAccount } from '../account/accounts';

jest.setTimeout(60_000);

const USER = { user: 'ann@example.org', password: 'pass-word of ann' };
const LOGIN = { user: 'proxy-user', password: 'pröxy:pass word' };
const SIDES = ['imap', 'smtp'] as const;
type Side = (typeof SIDES)[number];

let servers: EmbeddedServers;
const proxies: TestProxy[] = [];

beforeAll(async () => {
	servers = await startEmbeddedServers({ users: [USER] });
});
afterEach(async () => {
	jest.restoreAllMocks();
	await Promise.all(proxies.splice(0).map(async (proxy) => await proxy.stop()));
	await eventually(5_000, 'no connection left', () => servers.imap.connectionCount === 0);
});
afterAll(async () => await servers.stop());

function account(change: Partial<Account> = {}, host = HOST): Account {
	const { ports } = servers;
	return testAccount({
		...USER,
		imap: { host, port: ports.imaps, security: 'tls' },
		smtp: { host, port: ports.smtp, security: 'starttls' },
		...change,
	});
}

async function connect(side: Side, to: Account): Promise<MailError | null> {
	try {
		if (side === 'imap') await (await ImapClient.connect(to)).logout();
		else await verifySmtp(to);
		return null;
	} catch (error) {
		if (error instanceof MailError) return error;
		throw error;
	}
}

async function through(
	options: ProxyOptions,
	login: ProxyOptions['login'] | null = options.login ?? null,
): Promise<{ proxy: TestProxy; way: Proxy }> {
	const proxy = await startProxy(options);
	proxies.push(proxy);
	const { user = '', password = '' } = login ?? {};
	const way = { kind: options.kind, host: HOST, port: proxy.port, user, password: new Secret(password) };
	return { proxy, way };
}

describe.each(['http', 'socks5'] as const)('a proxy (%s)', (kind) => {
	describe.each(SIDES)('%s', (side) => {
		test.each([
			['without a login', undefined],
			['with a login', LOGIN],
		])('leads to the server, which it is told by name, %s', async (_name, login) => {
			const hosts = { 'mail.only-there.test': HOST };
			const { proxy, way } = await through({ kind, hosts, ...(login && { login }) });
			const lookup = jest.spyOn(dns, 'lookup');
			const to = account({ proxy: way }, 'mail.only-there.test');
			expect(await connect(side, to)).toBeNull();
			expect(proxy.asked).toEqual([`mail.only-there.test:${to[side]?.port}`]);
			expect(lookup).not.toHaveBeenCalled();
			// What goes through it is encrypted for the server.
			expect(proxy.said).not.toContain(USER.user);
		});

		test.each([
			['a wrong login', { login: LOGIN }, { ...LOGIN, password: 'wrong-proxy-word' }, 'proxy-login-refused'],
			['no login where one is wanted', { login: LOGIN }, null, 'proxy-login-refused'],
			['a destination it forbids', { refuse: kind === 'http' ? '403 Forbidden' : 2 }, null, 'proxy-refused'],
			[
				'a destination it cannot reach',
				{ refuse: kind === 'http' ? '504 Gateway Timeout' : 4 },
				null,
				'proxy-target-unreachable',
			],
			[
				'a failure without a reason',
				{ refuse: kind === 'http' ? '500 Unable to connect' : 1 },
				null,
				'proxy-target-unreachable',
			],
		])('%s: says so', async (_name, options, login, id) => {
			const { way } = await through({ kind, ...options }, login);
			const error = await connect(side, account({ proxy: way }));
			expect(error).toMatchObject({ code: 'CONNECT', side, diagnosis: { id } });
			const seen = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error?.line}`;
			const basic = Buffer.from(`${LOGIN.user}:wrong-proxy-word`).toString('base64').replace(/=+$/, '');
			for (const secret of ['wrong-proxy-word', LOGIN.password, basic]) expect(seen).not.toContain(secret);
		});

		test('the server behind it is down: the proxy is not to blame', async () => {
			const { way } = await through({ kind });
			const [port = 0] = await freePorts(1);
			const to = account({ proxy: way, [side]: { host: HOST, port, security: 'tls' } });
			expect(await connect(side, to)).toMatchObject({ diagnosis: { id: 'proxy-target-unreachable' } });
		});

		test('it closes the connection without an answer, or in the middle of one: transient', async () => {
			for (const answer of kind === 'http' ? ['', 'HTTP/1.1 20'] : ['', '\x05']) {
				const closing = await startScriptedServer({
					greeting: { send: answer, then: 'close' },
					script: [[/./, { then: 'silent' }]],
				});
				const way = { kind, host: HOST, port: closing.port, user: '', password: new Secret('') };
				const error = await connect(side, account({ proxy: way }));
				await closing.stop();
				expect(error).toMatchObject({ retry: 'transient', diagnosis: { id: 'proxy-unreachable' } });
			}
		});

		test('what the server says at once behind the answer of the proxy is not lost', async () => {
			const greeting = side === 'imap' ? '* BYE [UNAVAILABLE] not today\r\n' : '421 4.3.2 not today\r\n';
			const opened = kind === 'http' ? 'HTTP/1.1 200 OK\r\nVia: x\r\n\r\n' : '\x05\x00\x00\x01abcdef';
			const eager = net.createServer((socket) => {
				socket.on('error', () => socket.destroy());
				if (kind === 'socks5') socket.write(Buffer.from([5, 0]));
				let said = 0;
				socket.on('data', (bytes) => {
					said += bytes.length;
					if (said > 8) socket.write(Buffer.from(opened + greeting, 'latin1'));
				});
			});
			const port = await listen(eager);
			const way = { kind, host: HOST, port, user: '', password: new Secret('') };
			const to = account({ proxy: way, [side]: { host: 'mail.test', port: 25, security: 'starttls' } });
			const error = await connect(side, to);
			await new Promise((resolve) => eager.close(resolve));
			expect(error?.reply?.text).toContain('not today');
		});

		test('it is down itself, or something else', async () => {
			const { way } = await through({ kind });
			const [port = 0] = await freePorts(1);
			const down = await connect(side, account({ proxy: { ...way, port } }));
			expect(down).toMatchObject({ retry: 'transient', diagnosis: { id: 'proxy-unreachable' } });
			// A mail server.
			const other = await connect(side, account({ proxy: { ...way, port: servers.ports.imap } }));
			expect(other).toMatchObject({ diagnosis: { id: 'proxy-refused' } });
		});

		test('it takes the connection and says nothing: given up when the caller gives up', async () => {
			const { proxy, way } = await through({ kind, silent: true });
			const stop = new AbortController();
			const to = account({ proxy: way });
			const attempt =
				side === 'imap' ? ImapClient.connect(to, { signal: stop.signal }) : verifySmtp(to, stop.signal);
			await eventually(5_000, 'the proxy was asked', () => proxy.said !== '');
			stop.abort();
			await expect(attempt).rejects.toBeInstanceOf(MailError);
		});
	});
});

test.each([
	['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
	['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
	['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
	['fe80::1%eth0', 'fe800000000000000000000000000001'],
	['::', '00000000000000000000000000000000'],
])('SOCKS5 is told the IPv6 address %s as it is', async (host, hex) => {
	const { proxy, way } = await through({ kind: 'socks5', refuse: 4 });
	await connect('imap', account({ proxy: way }, host));
	expect(proxy.asked).toEqual([`v6:${hex}:${servers.ports.imaps}`]);
});

test('a server that answers late is waited for, though another address of it is dead', async () => {
	// Connections that are not taken fill the queue, so that the kernel drops the next; it asks again after a second.
	const code = `require('net').createServer((s) => s.end()).listen({ port: 0, host: '${HOST}', backlog: 1 }, function () {
		console.log(this.address().port); });`;
	const late = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
	const queued: net.Socket[] = [];
	try {
		const [line] = (await once(late.stdout, 'data')) as [Buffer];
		const port = Number(line.toString());
		late.kill('SIGSTOP');
		for (let isFull = false; !isFull;) {
			const socket = net.connect(port, HOST);
			queued.push(socket);
			const taken = once(socket, 'connect').then(() => true);
			isFull = !(await Promise.race([
				taken,
				new Promise((resolve) => setTimeout(() => resolve(false), 500)),
			]));
		}
		const lookup = (_name: string, _options: unknown, done: (...answer: unknown[]) => void): void =>
			done(null, [
				{ address: HOST, family: 4 },
				{ address: '127.0.0.53', family: 4 },
			]);
		const egress = { lookup: lookup as never, refusal: () => null };
		const endpoint = { host: 'far.test', port, security: 'tls' as const };
		const attempt = dial(account({ egress }), endpoint, { timeoutMs: 20_000 });
		setTimeout(() => late.kill('SIGCONT'), 400);
		const { socket } = await attempt;
		expect(socket.remoteAddress).toBe(HOST);
		socket.destroy();
	} finally {
		for (const socket of queued) socket.destroy();
		late.kill('SIGKILL');
	}
});

describe('the first of two addresses is dead', () => {
	let dead: number;
	beforeEach(async () => {
		[dead = 0] = await freePorts(1);
		// As n8n does at its start.
		net.setDefaultAutoSelectFamily(false);
	});

	test.each(SIDES)('%s takes the second', async (side) => {
		// The same port on another loopback address, where nobody listens.
		const addresses = [
			{ address: '127.0.0.53', family: 4 },
			{ address: HOST, family: 4 },
		];
		const answer = (
			_name: string,
			options: dns.LookupAllOptions,
			done: (...all: unknown[]) => void,
		): void => {
			if (options.all) done(null, addresses);
			else done(null, addresses[0]?.address, 4);
		};
		jest.spyOn(dns, 'lookup').mockImplementation(answer as never);
		const to = account({}, 'two-addresses.test');
		expect(dead).toBeGreaterThan(0);
		expect(await connect(side, to)).toBeNull();
	});
});

describe.each(SIDES)('rules about where n8n may connect to: %s', (side) => {
	const refused = () => Object.assign(new Error('blocked'), { code: 'EGRESS_BLOCKED' });

	test('a forbidden address, and a name that leads to one: nothing is connected', async () => {
		const before = servers.imap.commands.length;
		const connected = jest.spyOn(net.Socket.prototype, 'connect');
		const egress = {
			lookup: ((_name: string, _options: unknown, done: (error: Error) => void) => done(refused())) as never,
			refusal: refused,
		};
		const toProxy = { kind: 'http' as const, host: 'localhost', port: 1, user: '', password: new Secret('') };
		const forbidden = [account({ egress }), account({ egress }, 'localhost')];
		for (const to of [...forbidden, account({ egress, proxy: toProxy }, 'mail.test')]) {
			expect(await connect(side, to)).toMatchObject({
				retry: 'configuration',
				diagnosis: { id: 'egress-blocked' },
			});
		}
		expect(servers.imap.commands.length).toBe(before);
		expect(connected.mock.results.filter(({ value }) => (value as net.Socket).remotePort)).toEqual([]);
	});

	test('what is allowed goes on', async () => {
		const looked: string[] = [];
		const lookup = (name: string, options: dns.LookupOptions, done: never): void => {
			looked.push(name);
			dns.lookup(name, { ...options, family: 4 }, done);
		};
		const egress = { lookup: lookup as never, refusal: () => null };
		expect(await connect(side, account({ egress }, 'localhost'))).toBeNull();
		expect(looked).toEqual(['localhost']);
	});
});

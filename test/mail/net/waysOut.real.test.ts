import dns from 'dns';
import net from 'net';
import { inspect } from 'util';
import type { Account } from '../../../nodes/mail/account/account';
import { Secret } from '../../../nodes/mail/account/secret';
import { MailError } from '../../../nodes/mail/errors';
import { ImapClient } from '../../../nodes/mail/imap/client';
import type { Proxy } from '../../../nodes/mail/net/proxy';
import { verifySmtp } from '../../../nodes/mail/smtp/transport';
import {
	eventually,
	freePorts,
	HOST,
	startEmbeddedServers,
	startProxy,
	type EmbeddedServers,
	type ProxyOptions,
	type TestProxy,
} from '../../servers';
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
		for (const host of [HOST, 'localhost']) {
			expect(await connect(side, account({ egress }, host))).toMatchObject({
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

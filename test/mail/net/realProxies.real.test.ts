/** The way out through real proxies to real servers: Dovecot with TLS from the first byte, Postfix with STARTTLS. */
import dns from 'dns';
import { inspect } from 'util';
import type { Account } from '../../../nodes/mail/account/account';
import { Secret } from '../../../nodes/mail/account/secret';
import { MailError } from '../../../nodes/mail/errors';
import { ImapClient } from '../../../nodes/mail/imap/client';
import type { Proxy } from '../../../nodes/mail/net/proxy';
import { NO_TLS_SETTINGS } from '../../../nodes/mail/net/tls';
import { verifySmtp } from '../../../nodes/mail/smtp/transport';
import {
	describeWith,
	eventually,
	freePorts,
	HOST,
	type PartName,
	type RealProxy,
	startDante,
	startDovecot,
	startMicrosocks,
	startPostfix,
	startSquid,
} from '../../servers';
import { testAccount } from '../account/accounts';

jest.setTimeout(60_000);

const USER = { user: 'ann@example.org', password: 'pass-word of ann' };
const LOGIN = { user: 'proxy-user', password: 'pröxy:pass word' };
const WRONG = 'wrong-proxy-word';

/** A mail server behind a proxy. */
interface Behind {
	side: 'imap' | 'smtp';
	port: number;
	security: 'tls' | 'starttls';
	ca: string;
	stop(): Promise<void>;
}

const SIDES: Record<Behind['side'], { needs: PartName[]; start(): Promise<Behind> }> = {
	imap: {
		needs: ['dovecot'],
		async start() {
			const { ports, ca, stop } = await startDovecot({ users: [USER] });
			return { side: 'imap', port: ports.imaps, security: 'tls', ca, stop };
		},
	},
	smtp: {
		needs: ['dovecot', 'postfix'],
		async start() {
			const dovecot = await startDovecot({ users: [USER] });
			const { ports, ca, stop } = await startPostfix({ deliverTo: dovecot });
			const stopBoth = async (): Promise<void> => {
				await stop();
				await dovecot.stop();
			};
			return { side: 'smtp', port: ports.submission, security: 'starttls', ca, stop: stopBoth };
		},
	},
};

/** The server's certificate is checked, for it is for `localhost`. */
function account({ side, security, ca }: Behind, proxy: Proxy, host: string, port: number): Account {
	return testAccount({
		...USER,
		ignoreCertificateErrors: false,
		tls: { ...NO_TLS_SETTINGS, authorities: ca, serverName: 'localhost' },
		proxy,
		[side]: { host, port, security },
	});
}

async function connect(
	behind: Behind,
	proxy: Proxy,
	host: string,
	port = behind.port,
): Promise<MailError | null> {
	const to = account(behind, proxy, host, port);
	try {
		if (behind.side === 'imap') await (await ImapClient.connect(to)).logout();
		else await verifySmtp(to);
		return null;
	} catch (error) {
		if (error instanceof MailError) return error;
		throw error;
	}
}

function expectNoSecret(error: MailError | null): void {
	const seen = `${inspect(error, { depth: 9, showHidden: true })}${error?.line}`;
	for (const secret of [WRONG, LOGIN.password, USER.password]) {
		expect(seen).not.toContain(secret);
		expect(seen).not.toContain(Buffer.from(`${LOGIN.user}:${secret}`).toString('base64').replace(/=+$/, ''));
	}
}

afterEach(() => void jest.restoreAllMocks());

describe.each(['imap', 'smtp'] as const)('%s', (side) => {
	const { needs, start } = SIDES[side];

	describeWith([...needs, 'squid', 'openssl'], `Squid (HTTP CONNECT): ${side}`, () => {
		/** Known to the proxy and to nobody else. */
		const NAME = 'mail.inside.test';
		let behind: Behind;
		let squid: RealProxy;
		let deadPort: number;
		beforeAll(async () => {
			behind = await start();
			[deadPort = 0] = await freePorts(1);
			const allowedPorts = [behind.port, deadPort];
			squid = await startSquid({ login: LOGIN, allowedPorts, hosts: { [NAME]: HOST } });
		});
		afterAll(async () => {
			await squid?.stop();
			await behind?.stop();
		});
		const way = (change: Partial<Proxy> = {}): Proxy => ({
			kind: 'http',
			host: HOST,
			port: squid.port,
			user: LOGIN.user,
			password: new Secret(LOGIN.password),
			...change,
		});

		test('logs in to the server behind it; the proxy alone looks up the name', async () => {
			const lookup = jest.spyOn(dns, 'lookup');
			expect(await connect(behind, way(), NAME)).toBeNull();
			expect(lookup).not.toHaveBeenCalled();
			// Logged when the connection is over.
			const asked = `CONNECT ${NAME}:${behind.port} ${LOGIN.user}`;
			await eventually(5_000, asked, () => squid.log().includes(asked));
		});

		test.each([
			['a wrong password', { password: new Secret(WRONG) }],
			['no login', { user: '', password: new Secret('') }],
		])('%s: its words, and what to do', async (_name, change) => {
			const error = await connect(behind, way(change), NAME);
			expect(error).toMatchObject({ retry: 'configuration', diagnosis: { id: 'proxy-login-refused' } });
			expect(error?.line).toContain('407 Proxy Authentication Required');
			expectNoSecret(error);
		});

		test('a port that it does not permit', async () => {
			const error = await connect(behind, way(), NAME, 25);
			expect(error).toMatchObject({ retry: 'configuration', diagnosis: { id: 'proxy-refused' } });
			expect(error?.line).toContain('403 Forbidden');
			expectNoSecret(error);
		});

		test.each([
			['the server behind it is down', NAME, () => deadPort, '503 Service Unavailable'],
			['a name that it does not know', 'mail.nowhere.test', () => behind.port, '500 Internal Server Error'],
		])('%s: the proxy is not to blame', async (_name, host, port, words) => {
			const error = await connect(behind, way(), host, port());
			expect(error).toMatchObject({ retry: 'transient', diagnosis: { id: 'proxy-target-unreachable' } });
			expect(error?.line).toContain(words);
		});
	});

	describeWith([...needs, 'microsocks'], `microsocks (SOCKS5 with a login): ${side}`, () => {
		let behind: Behind;
		let microsocks: RealProxy;
		beforeAll(async () => {
			behind = await start();
			microsocks = await startMicrosocks(LOGIN);
		});
		afterAll(async () => {
			await microsocks?.stop();
			await behind?.stop();
		});
		const way = (change: Partial<Proxy> = {}): Proxy => ({
			kind: 'socks5',
			host: HOST,
			port: microsocks.port,
			user: LOGIN.user,
			password: new Secret(LOGIN.password),
			...change,
		});

		test('logs in to the server behind it; the proxy alone looks up the name', async () => {
			const lookup = jest.spyOn(dns, 'lookup');
			expect(await connect(behind, way(), 'localhost')).toBeNull();
			expect(lookup).not.toHaveBeenCalled();
		});

		test.each([
			['a wrong password', { password: new Secret(WRONG) }, 'user name or password refused'],
			['no login', { user: '', password: new Secret('') }, 'no method of login in common'],
		])('%s: what it refused, and what to do', async (_name, change, words) => {
			const error = await connect(behind, way(change), 'localhost');
			expect(error).toMatchObject({ retry: 'configuration', diagnosis: { id: 'proxy-login-refused' } });
			expect(error?.line).toContain(words);
			expectNoSecret(error);
		});

		test('the server behind it is down: the proxy is not to blame', async () => {
			const [port = 0] = await freePorts(1);
			const error = await connect(behind, way(), 'localhost', port);
			expect(error).toMatchObject({ retry: 'transient', diagnosis: { id: 'proxy-target-unreachable' } });
			expect(error?.line).toContain('connection refused');
		});
	});

	describeWith([...needs, 'dante'], `Dante (SOCKS5 with rules): ${side}`, () => {
		let behind: Behind;
		let dante: RealProxy;
		let refusedPort: number;
		beforeAll(async () => {
			behind = await start();
			[refusedPort = 0] = await freePorts(1);
			dante = await startDante({ refusedPort });
		});
		afterAll(async () => {
			await dante?.stop();
			await behind?.stop();
		});
		const way = (): Proxy => ({
			kind: 'socks5',
			host: HOST,
			port: dante.port,
			user: '',
			password: new Secret(''),
		});

		test('logs in to the server behind it; the proxy alone looks up the name', async () => {
			const lookup = jest.spyOn(dns, 'lookup');
			expect(await connect(behind, way(), 'localhost')).toBeNull();
			expect(lookup).not.toHaveBeenCalled();
			expect(dante.log()).toContain(`${HOST}.${behind.port}`);
		});

		test('a port that its rules forbid', async () => {
			const error = await connect(behind, way(), 'localhost', refusedPort);
			expect(error).toMatchObject({ retry: 'configuration', diagnosis: { id: 'proxy-refused' } });
			expect(error?.line).toContain('not allowed by its rules');
		});

		test('the server behind it is down: the proxy is not to blame', async () => {
			const [port = 0] = await freePorts(1);
			const error = await connect(behind, way(), 'localhost', port);
			expect(error).toMatchObject({ retry: 'transient', diagnosis: { id: 'proxy-target-unreachable' } });
		});
	});
});

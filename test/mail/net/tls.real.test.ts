import { createPrivateKey } from 'crypto';
import type { Account, Security } from '../../../nodes/mail/account/account';
import { Secret } from '../../../nodes/mail/account/secret';
import { MailError } from '../../../nodes/mail/errors';
import { ImapClient } from '../../../nodes/mail/imap/client';
import { NO_TLS_SETTINGS, type TlsSettings } from '../../../nodes/mail/net/tls';
import { verifySmtp } from '../../../nodes/mail/smtp/transport';
import {
	describeWith,
	eventually,
	HOST,
	startDovecot,
	startEmbeddedServers,
	startPostfix,
	startScriptedServer,
	testCertificates,
	type Dovecot,
	type EmbeddedServers,
	type KeyPair,
	type Postfix,
	type TestCertificates,
} from '../../servers';
import { testAccount } from '../account/accounts';

jest.setTimeout(90_000);

const USER = { user: 'ann@example.org', password: 'pass-word of ann' };
const PASSPHRASE = 'pass phrase of the key';
const SIDES = ['imap', 'smtp'] as const;
type Side = (typeof SIDES)[number];
/** SMTP connections are not counted; their handshakes are over by then. */
const HANDSHAKE_MS = 300;

let certificates: TestCertificates;
let started: EmbeddedServers[] = [];

beforeAll(async () => {
	certificates = await testCertificates();
});
afterEach(async () => {
	for (const each of started) {
		// Stopped in the middle of a TLS handshake, Node 20 crashes.
		await eventually(5_000, 'no connection left', () => each.imap.connectionCount === 0);
		await new Promise((resolve) => setTimeout(resolve, HANDSHAKE_MS));
		await each.stop();
	}
	started = [];
});

async function serve(certificate: KeyPair): Promise<EmbeddedServers> {
	const servers = await startEmbeddedServers({ users: [USER], certificate });
	started.push(servers);
	return servers;
}

function account(
	ports: Record<Side, number>,
	security: Security,
	tls: Partial<TlsSettings>,
	change: Partial<Account> = {},
): Account {
	return testAccount({
		...USER,
		imap: { host: HOST, port: ports.imap, security },
		smtp: { host: HOST, port: ports.smtp, security },
		ignoreCertificateErrors: false,
		tls: { ...NO_TLS_SETTINGS, ...tls },
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

const portsOf = ({ ports }: EmbeddedServers, security: Security): Record<Side, number> =>
	security === 'tls' ? { imap: ports.imaps, smtp: ports.smtps } : { imap: ports.imap, smtp: ports.smtp };

describe.each(SIDES)('%s', (side) => {
	describe.each(['tls', 'starttls'] as const)('%s', (security) => {
		test('an authority that was pasted vouches for the server, and for no other name', async () => {
			const ports = portsOf(await serve(certificates.server), security);
			expect(await connect(side, account(ports, security, {}))).toMatchObject({
				diagnosis: { id: 'certificate-unknown-authority' },
			});
			const pasted = { authorities: certificates.ca };
			expect(await connect(side, account(ports, security, pasted))).toBeNull();
			const other = portsOf(await serve(certificates.wrongHost), security);
			expect(await connect(side, account(other, security, pasted))).toMatchObject({
				diagnosis: { id: 'certificate-wrong-host' },
			});
			const named = { ...pasted, serverName: 'other.example' };
			expect(await connect(side, account(other, security, named))).toBeNull();
			expect(await connect(side, account(ports, security, named))).toMatchObject({
				diagnosis: { id: 'certificate-wrong-host' },
			});
		});
	});

	test('a server that speaks nothing newer than TLS 1.2 is refused where 1.3 is wanted', async () => {
		const server = await startScriptedServer({
			tls: true,
			tlsOptions: { maxVersion: 'TLSv1.2' },
			script: [[/./, 'never']],
		});
		const ports = { imap: server.port, smtp: server.port };
		try {
			const tls = { authorities: certificates.ca, minVersion: 'TLSv1.3' } as const;
			expect(await connect(side, account(ports, 'tls', tls))).toMatchObject({
				diagnosis: { id: 'tls-too-old' },
			});
		} finally {
			await server.stop();
		}
	});

	test.each([
		['CA Certificates', { authorities: 'not a certificate' }],
		['Client Certificate', { clientCertificate: 'not a certificate', clientKey: new Secret('nor a key') }],
	])('%s that cannot be read: says so and connects nowhere', async (field, tls) => {
		const error = await connect(side, account({ imap: 1, smtp: 1 }, 'tls', tls));
		expect(error).toMatchObject({ code: 'ACCOUNT', retry: 'configuration' });
		expect(error?.message).toContain(field);
	});

	test('a certificate without its key, a wrong passphrase: says which fields', async () => {
		const { cert: clientCertificate, key } = certificates.client;
		const alone = await connect(side, account({ imap: 1, smtp: 1 }, 'tls', { clientCertificate }));
		expect(alone?.message).toContain('Client Key');
		const login = {
			clientCertificate,
			clientKey: new Secret(encrypted(key)),
			keyPassphrase: new Secret('wrong'),
		};
		expect((await connect(side, account({ imap: 1, smtp: 1 }, 'tls', login)))?.message).toContain(
			'passphrase',
		);
	});
});

const encrypted = (key: string): string =>
	createPrivateKey(key)
		.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
		.toString();

describeWith(['dovecot', 'postfix'], 'servers that want a client certificate', () => {
	let dovecot: Dovecot;
	let behindPostfix: Dovecot;
	let postfix: Postfix;

	beforeAll(async () => {
		dovecot = await startDovecot({
			users: [USER],
			settings: { ssl_verify_client_cert: 'yes', auth_ssl_require_client_cert: 'yes', ssl_require_crl: 'no' },
			clientAuthority: certificates.ca,
		});
		// Postfix does not tell it of the certificate.
		behindPostfix = await startDovecot({ users: [USER] });
		postfix = await startPostfix({ deliverTo: behindPostfix, clientAuthority: certificates.ca });
	});
	afterAll(async () => {
		await postfix?.stop();
		await behindPostfix?.stop();
		await dovecot?.stop();
	});

	const ports = (security: Security): Record<Side, number> =>
		security === 'tls'
			? { imap: dovecot.ports.imaps, smtp: postfix.ports.smtps }
			: { imap: dovecot.ports.imap, smtp: postfix.ports.submission };

	describe.each(SIDES)('%s', (side) => {
		test.each(['tls', 'starttls'] as const)(
			'are shown it, its key encrypted or not: %s',
			async (security) => {
				const { cert: clientCertificate, key } = certificates.client;
				for (const [clientKey, passphrase] of [
					[key, ''],
					[encrypted(key), PASSPHRASE],
				] as const) {
					const tls = {
						authorities: certificates.ca,
						clientCertificate,
						clientKey: new Secret(clientKey),
						keyPassphrase: new Secret(passphrase),
					};
					expect(await connect(side, account(ports(security), security, tls))).toBeNull();
				}
			},
		);

		test('refuse who has none', async () => {
			const error = await connect(side, account(ports('tls'), 'tls', { authorities: certificates.ca }));
			expect(error).toMatchObject({ diagnosis: { id: 'client-certificate-needed' } });
		});
	});
});

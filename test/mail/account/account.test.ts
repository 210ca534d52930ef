import {
	accountFingerprint,
	accountIdentity,
	endpointOf,
	isPrivateHost,
	refusePlainTextLogin,
	secretsOf,
	type Account,
} from '../../../nodes/mail/account/account';
import { Secret } from '../../../nodes/mail/account/secret';
import { NO_TLS_SETTINGS } from '../../../nodes/mail/net/tls';
import { FakeTokens, testAccount, type AccountChanges } from './accounts';

const PROXY = { kind: 'http' as const, host: 'x', port: 1, user: 'u', password: new Secret('a') };

function account(change: AccountChanges = {}): Account {
	return testAccount({
		user: 'Ann@Example.org',
		imap: { host: 'imap.example.org', port: 993, security: 'tls' },
		ignoreCertificateErrors: false,
		...change,
	});
}

const at = (host: string, port = 993): Partial<Account> => ({ imap: { host, port, security: 'tls' } });

describe('isPrivateHost', () => {
	it.each([
		'localhost',
		'LOCALHOST',
		'mail.localhost',
		'127.0.0.1',
		'127.9.9.9',
		'10.1.2.3',
		'172.16.0.1',
		'172.31.255.255',
		'192.168.7.7',
		'169.254.1.1',
		'::1',
		'[::1]',
		'fd12:3456::1',
		'fc00::1',
	])('%s is', (host) => expect(isPrivateHost(host)).toBe(true));

	it.each([
		'example.org',
		'localhost.example.org',
		'notlocalhost',
		'10.example.org',
		'127.0.0.1.example.org',
		'172.15.0.1',
		'172.32.0.1',
		'11.0.0.1',
		'192.169.0.1',
		'8.8.8.8',
		'2001:db8::1',
		'fd.example.org',
		'',
	])('%j is not', (host) => expect(isPrivateHost(host)).toBe(false));
});

describe('refusePlainTextLogin', () => {
	it.each([
		['public, no encryption', 'mail.example.org', 'none', 'secret', true],
		['public, TLS', 'mail.example.org', 'tls', 'secret', false],
		['public, STARTTLS', 'mail.example.org', 'starttls', 'secret', false],
		['public, but no password', 'mail.example.org', 'none', '', false],
		['this machine', '127.0.0.1', 'none', 'secret', false],
	] as const)('%s', (_name, host, security, password, refused) => {
		const endpoint = { host, port: 1, security };
		const login = (): void => refusePlainTextLogin(account({ password }), endpoint, 'imap');
		if (refused) expect(login).toThrow('The password would travel unencrypted to mail.example.org');
		else expect(login).not.toThrow();
	});
});

test.each([
	['proxy.example.org', true],
	['10.0.0.3', false],
])('no encryption to a private server through the proxy %s: refused %s', (host, refused) => {
	const endpoint = { host: '10.0.0.5', port: 143, security: 'none' } as const;
	const proxy = { ...PROXY, host };
	const login = (): void => refusePlainTextLogin(account({ password: 'secret', proxy }), endpoint, 'imap');
	if (refused) expect(login).toThrow('would travel unencrypted to proxy.example.org');
	else expect(login).not.toThrow();
});

describe('accountIdentity', () => {
	it('stays the same over aliases, ports and spelling of the same server', () => {
		const identity = accountIdentity(account());
		expect(accountIdentity(account(at('mail.example.org', 143)))).toBe(identity);
		expect(accountIdentity(account(at('IMAP2.Example.ORG')))).toBe(identity);
		expect(accountIdentity(account({ user: 'ann@example.org', password: 'other' }))).toBe(identity);
	});

	it.each([
		['another user', { user: 'bob@example.org' }],
		['another domain', at('imap.example.com')],
		['another address', at('10.0.0.1')],
	])('differs for %s', (_name, change) => {
		expect(accountIdentity(account(change))).not.toBe(accountIdentity(account()));
	});

	it('keeps registered names apart where the country has a second level', () => {
		expect(accountIdentity(account(at('imap.one.co.uk')))).not.toBe(
			accountIdentity(account(at('imap.two.co.uk'))),
		);
		expect(accountIdentity(account(at('imap.one.co.uk')))).toBe(
			accountIdentity(account(at('mail.one.co.uk'))),
		);
	});

	it('has no secret in it', () => expect(accountIdentity(account())).not.toContain('secret'));
});

describe('accountFingerprint', () => {
	it('is equal for equal accounts, and gives nothing away', () => {
		expect(accountFingerprint(account())).toBe(accountFingerprint(account()));
		expect(accountFingerprint(account())).toMatch(/^[0-9a-f]{64}$/);
	});

	it.each([
		['password', { password: 'wrong' }],
		['user', { user: 'ann@example.org' }],
		['host', at('mail.example.org')],
		['port', at('imap.example.org', 143)],
		['security', { imap: { host: 'imap.example.org', port: 993, security: 'starttls' as const } }],
		['certificate check', { ignoreCertificateErrors: true }],
		['provider', { provider: 'gmail' }],
		['authorities', { tls: { ...NO_TLS_SETTINGS, authorities: 'x' } }],
		['client key', { tls: { ...NO_TLS_SETTINGS, clientKey: new Secret('x') } }],
		['proxy', { proxy: PROXY }],
		['another credential', { auth: { kind: 'token' as const, tokens: new FakeTokens(['a']) } }],
	])('differs by %s', (_field, change) => {
		expect(accountFingerprint(account(change))).not.toBe(accountFingerprint(account()));
	});
});

it('the fingerprint differs by the proxy’s password, and not by a renewed token', () => {
	const other = { ...PROXY, password: new Secret('b') };
	expect(accountFingerprint(account({ proxy: other }))).not.toBe(
		accountFingerprint(account({ proxy: PROXY })),
	);
	const by = (token: string) => account({ auth: { kind: 'token', tokens: new FakeTokens([token]) } });
	expect(accountFingerprint(by('old'))).toBe(accountFingerprint(by('new')));
});

describe('endpointOf and secretsOf', () => {
	it('says which side is missing and what to fill in', () => {
		expect(() => endpointOf(account(), 'smtp')).toThrow(
			'This mail account has no SMTP server, so it cannot send mail.',
		);
		expect(endpointOf(account(), 'imap').port).toBe(993);
	});

	it('knows the password and what SASL makes of it', () => {
		expect(secretsOf(account())).toEqual(['secret', '\0Ann@Example.org\0secret']);
		expect(secretsOf(account({ password: '' }))).toEqual([]);
	});
});

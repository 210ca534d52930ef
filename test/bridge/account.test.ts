import type { INode } from 'n8n-workflow';
import { toAccount } from '../../nodes/bridge/account';
import { failureJson, toNodeError } from '../../nodes/bridge/errors';
import { NO_TLS_SETTINGS } from '../../nodes/mail/net/tls';
import { PROVIDER_KEYS, providerOf } from '../../nodes/mail/account/providers';
import { MailError } from '../../nodes/mail/errors';

const FIELDS = {
	provider: 'custom',
	user: ' ann@example.org ',
	password: ' keeps its spaces ',
	imapHost: 'imap.example.org',
	imapPort: 993,
	imapSecurity: 'tls',
	smtpHost: 'smtp.example.org',
	smtpPort: 587,
	smtpSecurity: 'starttls',
};

describe('a Mail Account', () => {
	it('becomes the core’s account', () => {
		const account = toAccount('mailAccountApi', { ...FIELDS, senderName: 'Ann' });
		expect(account.auth.kind === 'password' && account.auth.password.reveal()).toBe(' keeps its spaces ');
		expect(account).toEqual({
			provider: 'custom',
			user: 'ann@example.org',
			auth: account.auth,
			imap: { host: 'imap.example.org', port: 993, security: 'tls' },
			smtp: { host: 'smtp.example.org', port: 587, security: 'starttls' },
			ignoreCertificateErrors: false,
			tls: NO_TLS_SETTINGS,
			proxy: null,
			egress: null,
			ehloName: '',
			senderAddress: 'ann@example.org',
			senderName: 'Ann',
		});
	});

	it('has certificates, a proxy and a name for EHLO', () => {
		const body = 'QUJD'.repeat(20);
		const onOneLine = `-----BEGIN CERTIFICATE----- ${body.slice(0, 64)} ${body.slice(64)} -----END CERTIFICATE-----`;
		const account = toAccount('mailAccountApi', {
			...FIELDS,
			tlsOptions: true,
			tlsAuthorities: onOneLine,
			tlsMinVersion: 'TLSv1.3',
			tlsServerName: ' mail.example.org ',
			proxyType: 'socks5',
			proxyHost: '[::1]',
			proxyPort: 1080,
			proxyUser: 'me',
			proxyPassword: ' word ',
			ehloName: 'n8n.example.org',
		});
		// A line break is lost where a text is pasted into a field of one line.
		expect(account.tls.authorities).toBe(
			`-----BEGIN CERTIFICATE-----\n${body.slice(0, 64)}\n${body.slice(64)}\n-----END CERTIFICATE-----\n`,
		);
		expect(account.tls).toMatchObject({ minVersion: 'TLSv1.3', serverName: 'mail.example.org' });
		expect(account.proxy).toMatchObject({ kind: 'socks5', host: '::1', port: 1080, user: 'me' });
		expect(account.proxy?.password.reveal()).toBe(' word ');
		expect(account.ehloName).toBe('n8n.example.org');
	});

	it.each([
		[{ proxyType: 'http', proxyHost: 'http://x' }, 'no host name of a proxy'],
		[{ proxyType: 'http', proxyHost: 'x', proxyPort: 0 }, 'port of the proxy'],
		[{ ehloName: 'a b' }, 'no name for EHLO'],
	])('%j: says what is wrong', (change, words) => {
		expect(() => toAccount('mailAccountApi', { ...FIELDS, ...change })).toThrow(words);
	});

	it('may have one side only', () => {
		expect(toAccount('mailAccountApi', { ...FIELDS, smtpHost: '' }).smtp).toBeNull();
		expect(toAccount('mailAccountApi', { ...FIELDS, imapHost: ' ' }).imap).toBeNull();
	});

	it.each([...PROVIDER_KEYS])('the preset %s comes from the table, whatever the fields say', (provider) => {
		const account = toAccount('mailAccountApi', { ...FIELDS, provider });
		expect(account).toMatchObject({
			provider,
			imap: providerOf(provider)?.imap,
			smtp: providerOf(provider)?.smtp,
		});
	});

	it('a preset of a newer version falls back on the fields', () => {
		expect(toAccount('mailAccountApi', { ...FIELDS, provider: 'notYetKnown' }).imap?.host).toBe(
			'imap.example.org',
		);
	});

	it('an IPv6 address may stand in brackets', () => {
		expect(toAccount('mailAccountApi', { ...FIELDS, imapHost: '[::1]' }).imap?.host).toBe('::1');
	});

	it('hosts in other letters are written as they stand in DNS and in certificates', () => {
		const account = toAccount('mailAccountApi', {
			...FIELDS,
			imapHost: 'imap.Bücher.example',
			proxyType: 'http',
			proxyHost: 'прокси.example',
			proxyPort: 3128,
		});
		expect(account.imap?.host).toBe('imap.xn--bcher-kva.example');
		expect(account.proxy?.host).toBe('xn--h1adldfi.example');
		const own = { user: 'ann', password: 'x', host: '邮件.example', port: 993 };
		expect(toAccount('imap', own).imap?.host).toBe('xn--5nq051n.example');
	});

	it.each([
		[{ imapHost: '', smtpHost: '' }, 'it names neither an IMAP nor an SMTP host'],
		[{ imapHost: 'imaps://x' }, '"imaps://x" is no host name'],
		[{ imapHost: 'x:993' }, '"x:993" is no host name'],
		[{ smtpHost: 'a b' }, '"a b" is no host name'],
		[{ imapPort: 'abc' }, '"abc" is no IMAP port'],
		[{ smtpPort: 65_536 }, '65536 is no SMTP port'],
		[{ imapPort: 1.5 }, '1.5 is no IMAP port'],
		[{ imapSecurity: 'ssl' }, '"ssl" is no IMAP security'],
		[{ user: '' }, 'the user is empty'],
	])('%j is a sentence', (change, words) => {
		expect(() => toAccount('mailAccountApi', { ...FIELDS, ...change })).toThrow(
			`The mail account cannot be used: ${words}.`,
		);
	});
});

describe('n8n’s own credentials', () => {
	const own = { user: 'ann', password: 'x', host: 'mail.example.org', port: 993 };

	it.each([
		['imap', { secure: true }, 'tls'],
		['imap', { secure: false }, 'starttls'],
		['smtp', { secure: true }, 'tls'],
		['smtp', { secure: false }, 'starttls'],
		['smtp', { secure: false, disableStartTls: true }, 'none'],
	] as const)('%s %j: %s', (type, change, security) => {
		expect(toAccount(type, { ...own, ...change })[type]).toEqual({ host: own.host, port: 993, security });
	});

	it('has the other side nowhere', () => {
		expect(toAccount('imap', own).smtp).toBeNull();
		expect(toAccount('smtp', own).imap).toBeNull();
		expect(() => toAccount('imap', { ...own, host: '' })).toThrow('the host is empty');
	});
});

describe('errors for n8n', () => {
	const node = { name: 'IMAP Trigger' } as INode;
	const error = new MailError('LOGIN', 'The password was refused.', {
		reply: { text: 'NO [AUTHENTICATIONFAILED] ECONNREFUSED' },
		nextStep: 'Make an app password.',
	});

	it('keep the sentence, the server’s words and the next step', () => {
		const shown = toNodeError(node, error, 2);
		expect(shown.message).toBe('The password was refused.');
		expect(shown.description).toBe(
			'The server said: NO [AUTHENTICATIONFAILED] ECONNREFUSED\nMake an app password.',
		);
		expect(shown.context).toMatchObject({ itemIndex: 2 });
		expect(failureJson(shown)).toEqual({ error: shown.message, description: shown.description });
	});

	it('are not wrapped twice, and anything at all becomes one', () => {
		const shown = toNodeError(node, error);
		expect(toNodeError(node, shown)).toBe(shown);
		expect(toNodeError(node, new Error('plain')).message).toBe('plain');
		expect(toNodeError(node, 'text').message).toBe('text');
	});
});

import { readFileSync } from 'fs';
import { join } from 'path';
import {
	endpointsOf,
	PROVIDER_KEYS,
	providerKeyForHost,
	quirksOf,
	providerOf,
	PROVIDERS,
	type PresetEndpoint,
	type Provider,
} from '../../../nodes/mail/account/providers';

/** Written down a second time on purpose: keys live in saved credentials, and a slip in a host locks people out. */
const EXPECTED: Record<string, [imap: string, smtp: string]> = {
	gmail: ['imap.gmail.com:993 tls', 'smtp.gmail.com:465 tls'],
	outlook: ['outlook.office365.com:993 tls', 'smtp-mail.outlook.com:587 starttls'],
	microsoft365: ['outlook.office365.com:993 tls', 'smtp.office365.com:587 starttls'],
	yahoo: ['imap.mail.yahoo.com:993 tls', 'smtp.mail.yahoo.com:465 tls'],
	icloud: ['imap.mail.me.com:993 tls', 'smtp.mail.me.com:587 starttls'],
	fastmail: ['imap.fastmail.com:993 tls', 'smtp.fastmail.com:465 tls'],
	zoho: ['imap.zoho.com:993 tls', 'smtp.zoho.com:465 tls'],
	gmx: ['imap.gmx.net:993 tls', 'mail.gmx.net:465 tls'],
	gmxCom: ['imap.gmx.com:993 tls', 'mail.gmx.com:465 tls'],
	yandex: ['imap.yandex.com:993 tls', 'smtp.yandex.com:465 tls'],
	mailru: ['imap.mail.ru:993 tls', 'smtp.mail.ru:465 tls'],
	protonBridge: ['127.0.0.1:1143 starttls', '127.0.0.1:1025 starttls'],
	aliyun: ['imap.aliyun.com:993 tls', 'smtp.aliyun.com:465 tls'],
	aliyunEnterprise: ['imap.qiye.aliyun.com:993 tls', 'smtp.qiye.aliyun.com:465 tls'],
	qq: ['imap.qq.com:993 tls', 'smtp.qq.com:465 tls'],
	exmail: ['imap.exmail.qq.com:993 tls', 'smtp.exmail.qq.com:465 tls'],
	netease163: ['imap.163.com:993 tls', 'smtp.163.com:465 tls'],
	netease126: ['imap.126.com:993 tls', 'smtp.126.com:465 tls'],
};

const shown = ({ host, port, security }: PresetEndpoint): string => `${host}:${port} ${security}`;

describe('the provider table', () => {
	it('has exactly the keys that credentials may hold', () => {
		expect([...PROVIDER_KEYS].sort()).toEqual(Object.keys(EXPECTED).sort());
		expect(PROVIDER_KEYS).not.toContain('custom');
	});

	it.each(PROVIDER_KEYS)('%s: host, port and security of both servers', (key) => {
		const endpoints = endpointsOf(key);
		expect(endpoints && [shown(endpoints.imap), shown(endpoints.smtp)]).toEqual(EXPECTED[key]);
	});

	it.each(PROVIDER_KEYS)('%s: encryption that suits the port', (key) => {
		const { imap, smtp } = PROVIDERS[key];
		expect(imap.security).toBe(imap.port === 993 ? 'tls' : 'starttls');
		expect(smtp.security).toBe(smtp.port === 465 ? 'tls' : 'starttls');
	});

	it.each(PROVIDER_KEYS)('%s: a hint a person can act on, and the page of the provider', (key) => {
		const provider: Provider = PROVIDERS[key];
		expect(provider.hint).toMatch(/^[A-Z].{30,320}\.$/);
		expect(provider.helpUrl).toMatch(/^https:\/\/[a-z0-9.-]+\//);
		const wanted = {
			'app password':
				/app.password|app-specific password|application-specific password|password for external applications/i,
			'authorisation code': /authorisation code|client password/,
			'account password': /password/,
			'bridge password': /Bridge/,
			'oauth only': /OAuth2/,
		}[provider.passwordKind];
		expect(provider.hint).toMatch(wanted);
	});

	it.each(PROVIDER_KEYS)('%s: what its servers were compared with, and when', (key) => {
		const { page, read, kind, checked } = PROVIDERS[key].source;
		expect(read.length).toBeGreaterThan(0);
		for (const url of page === null ? read : [page, ...read])
			expect(url).toMatch(/^https?:\/\/[a-z0-9.-]+\/\S+$/);
		// What others wrote is not called the provider's own.
		expect(read.includes(page ?? '')).toBe(kind === 'provider');
		expect(new Date(checked).toISOString().slice(0, 10)).toBe(checked);
		expect(Date.parse(checked)).toBeGreaterThanOrEqual(Date.parse('2026-11-01'));
	});

	it('gives every provider its own label', () => {
		const labels = PROVIDER_KEYS.map((key) => PROVIDERS[key].label);
		expect(new Set(labels).size).toBe(labels.length);
	});
});

describe('looking up', () => {
	it.each(['custom', '', 'GMAIL', 'constructor', '__proto__', 'toString'])('%p is no provider', (key) => {
		expect(providerOf(key)).toBeUndefined();
		expect(endpointsOf(key)).toBeUndefined();
	});

	it.each([
		['imap.gmail.com', 'gmail'],
		['SMTP.Gmail.com', 'gmail'],
		['smtp.yandex.ru', 'yandex'],
		['imappro.zoho.eu', 'zoho'],
		['imap.zoho.in', 'zoho'],
		['hwimap.exmail.qq.com', 'exmail'],
		['imap.mxhichina.com', 'aliyunEnterprise'],
		['smtp-mail.outlook.com', 'outlook'],
		// Shared by both of Microsoft's services; an account set up by hand is a company's.
		['outlook.office365.com', 'microsoft365'],
	])('%s belongs to %s', (host, key) => {
		expect(providerKeyForHost(host)).toBe(key);
	});

	it.each(['127.0.0.1', 'mail.example.com', 'gmail.com', 'evil-imap.gmail.com', ''])(
		'%p belongs to none',
		(host) => {
			expect(providerKeyForHost(host)).toBeUndefined();
		},
	);
});

describe('docs/accounts.md', () => {
	const DOC = readFileSync(join(__dirname, '../../../docs/accounts.md'), 'utf8');
	const sections = DOC.split('\n### ');

	it.each(PROVIDER_KEYS)('%s: a section with both servers as the table has them', (key) => {
		const { label, imap, smtp } = PROVIDERS[key];
		const section = sections.find((text) => text.startsWith(`${label}\n`)) ?? '';
		for (const { host, port, security } of [imap, smtp]) {
			expect(section).toContain(`\`${host}:${port}\` ${security.toUpperCase()}`);
		}
	});

	it.each(PROVIDER_KEYS)('%s: from the password to a passed test, and the date of the comparison', (key) => {
		const { label, passwordKind, source } = PROVIDERS[key];
		const section = sections.find((text) => text.startsWith(`${label}\n`)) ?? '';
		expect(section).toMatch(/^- (Password|User and password): /m);
		expect(section).toMatch(
			passwordKind === 'oauth only' ? /Account > Check/ : /^- Test: .*tested successfully/m,
		);
		const row = DOC.split('\n').find((line) => line.startsWith(`- ${label}: `)) ?? '';
		expect(row).toContain(`, ${source.checked}.`);
		for (const url of source.read) expect(row).toContain(`(${url})`);
	});
});

test.each([
	['custom', 'smtp.gmail.com', true],
	['custom', 'smtp.zoho.eu', true],
	['custom', 'smtp.office365.com', true],
	['gmail', undefined, true],
	['custom', 'mail.example.test', undefined],
	['custom', undefined, undefined],
	['fastmail', 'smtp.gmail.com', undefined],
])('%s at %s files sent mail itself: %p', (provider, host, saves) => {
	expect(quirksOf(provider, host).savesSentMail).toBe(saves);
});

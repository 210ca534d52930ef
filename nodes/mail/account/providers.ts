/**
 * Mail providers as data: where their servers are, what must be switched on first, what password they want. Read at
 * run time, so that a correction reaches accounts that were saved long ago. The keys are stored in credentials.
 */
import type { Endpoint } from './account';
import { SOURCES, type Source } from './providerSources';

export interface PresetEndpoint extends Endpoint {
	security: 'tls' | 'starttls';
}

/** What belongs into the password field. `oauth only`: the provider refuses every password. */
export type PasswordKind =
	'app password' | 'authorisation code' | 'account password' | 'bridge password' | 'oauth only';

export interface Quirks {
	/** Milliseconds after which IDLE (RFC 2177) must be restarted at the latest; null: no IDLE, so poll. */
	idleMaxMs?: number | null;
	/** Opens no mailbox before the client has named itself with ID (RFC 2971). */
	needsId?: true;
	/** Files a copy of every mail sent through its SMTP server, so a second copy must not be appended. */
	savesSentMail?: true;
	/** Answers a request for a part of a message with the whole of it. */
	ignoresPartialFetch?: true;
	/** Its certificate is made on this machine and known to no public authority. */
	selfSignedCertificate?: true;
}

export interface Provider {
	label: string;
	imap: PresetEndpoint;
	smtp: PresetEndpoint;
	passwordKind: PasswordKind;
	/** What a person has to do before the first login: one to three sentences. */
	hint: string;
	helpUrl: string;
	/** Where host, port and security come from. */
	source: Source;
	quirks?: Quirks;
	/** Further names of its servers, to recognise the provider behind a custom account. */
	otherHosts?: readonly string[];
}

const ZOHO_OTHERS = ['zoho.eu', 'zoho.in', 'zoho.com.au', 'zoho.jp', 'zohocloud.ca', 'zoho.sa']
	.flatMap((domain) => [`imap.${domain}`, `smtp.${domain}`, `imappro.${domain}`, `smtppro.${domain}`])
	.concat('imappro.zoho.com', 'smtppro.zoho.com');

export const PROVIDERS = {
	gmail: {
		label: 'Gmail',
		imap: { host: 'imap.gmail.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.gmail.com', port: 465, security: 'tls' },
		passwordKind: 'app password',
		hint: 'Turn on 2-Step Verification, then create an app password at myaccount.google.com/apppasswords and paste it here. The password of the Google account itself is refused.',
		helpUrl: 'https://support.google.com/accounts/answer/185833',
		source: SOURCES.gmail,
		quirks: { savesSentMail: true },
	},
	outlook: {
		label: 'Outlook.com (personal)',
		imap: { host: 'outlook.office365.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp-mail.outlook.com', port: 587, security: 'starttls' },
		passwordKind: 'oauth only',
		hint: 'Microsoft refuses passwords and app passwords for Outlook.com, Hotmail and Live: sign in with OAuth2. First allow IMAP at outlook.com under Settings > Mail > Forwarding and IMAP.',
		helpUrl:
			'https://support.microsoft.com/en-us/office/pop-imap-and-smtp-settings-8361e398-8af4-4e97-b147-6c6c4ac95353',
		source: SOURCES.outlook,
		quirks: { savesSentMail: true },
		otherHosts: ['imap-mail.outlook.com'],
	},
	microsoft365: {
		label: 'Microsoft 365',
		imap: { host: 'outlook.office365.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.office365.com', port: 587, security: 'starttls' },
		passwordKind: 'oauth only',
		hint: 'Microsoft 365 refuses passwords for reading mail: sign in with OAuth2. For sending, an administrator must allow Authenticated SMTP for the mailbox.',
		helpUrl:
			'https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission',
		source: SOURCES.microsoft365,
		quirks: { savesSentMail: true },
	},
	yahoo: {
		label: 'Yahoo Mail',
		imap: { host: 'imap.mail.yahoo.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.mail.yahoo.com', port: 465, security: 'tls' },
		passwordKind: 'app password',
		hint: 'Generate an app password at login.yahoo.com/account/security and paste it here. The password of the Yahoo account itself is refused.',
		helpUrl: 'https://help.yahoo.com/kb/new-mail-for-desktop/imap-server-settings-yahoo-mail-sln4075.html',
		source: SOURCES.yahoo,
		quirks: { idleMaxMs: 180_000 },
	},
	icloud: {
		label: 'iCloud Mail',
		imap: { host: 'imap.mail.me.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.mail.me.com', port: 587, security: 'starttls' },
		passwordKind: 'app password',
		hint: 'Create an app-specific password at account.apple.com under Sign-In and Security; two-factor authentication must be on. The user name is the @icloud.com, @me.com or @mac.com address, also for a custom domain.',
		helpUrl: 'https://support.apple.com/en-us/102525',
		source: SOURCES.icloud,
	},
	fastmail: {
		label: 'Fastmail',
		imap: { host: 'imap.fastmail.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.fastmail.com', port: 465, security: 'tls' },
		passwordKind: 'app password',
		hint: 'Create an app password with mail access in Settings > Privacy & Security > Connected apps. The password of the account itself is refused.',
		helpUrl: 'https://www.fastmail.help/hc/en-us/articles/1500000278342',
		source: SOURCES.fastmail,
	},
	zoho: {
		label: 'Zoho Mail',
		imap: { host: 'imap.zoho.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.zoho.com', port: 465, security: 'tls' },
		passwordKind: 'app password',
		hint: 'Switch on IMAP Access in Zoho Mail under Settings > Mail Accounts, and use an app-specific password if two-factor authentication is on. Companies on a paid plan use imappro.zoho.com and smtppro.zoho.com, other regions zoho.eu, zoho.in and so on: choose Custom for those.',
		helpUrl: 'https://www.zoho.com/mail/help/imap-access.html',
		source: SOURCES.zoho,
		quirks: { savesSentMail: true },
		otherHosts: ZOHO_OTHERS,
	},
	gmx: {
		label: 'GMX (gmx.net, .de, .at, .ch)',
		imap: { host: 'imap.gmx.net', port: 993, security: 'tls' },
		smtp: { host: 'mail.gmx.net', port: 465, security: 'tls' },
		passwordKind: 'account password',
		hint: 'Allow access by POP3 and IMAP in the e-mail settings of gmx.net first. With two-factor authentication on, use an application-specific password.',
		helpUrl: 'https://hilfe.gmx.net/pop-imap/einschalten.html',
		source: SOURCES.gmx,
	},
	gmxCom: {
		label: 'GMX (gmx.com)',
		imap: { host: 'imap.gmx.com', port: 993, security: 'tls' },
		smtp: { host: 'mail.gmx.com', port: 465, security: 'tls' },
		passwordKind: 'account password',
		hint: 'Enable access by POP3 and IMAP in the e-mail settings of gmx.com first. With two-factor authentication on, use an application-specific password.',
		helpUrl: 'https://support.gmx.com/pop-imap/toggle.html',
		source: SOURCES.gmxCom,
	},
	yandex: {
		label: 'Yandex Mail',
		imap: { host: 'imap.yandex.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.yandex.com', port: 465, security: 'tls' },
		passwordKind: 'app password',
		hint: 'Allow mail programs over IMAP in the settings of Yandex Mail, then create an app password for mail in Yandex ID. The same servers answer for yandex.ru addresses.',
		helpUrl: 'https://yandex.com/support/mail/mail-clients/others.html',
		source: SOURCES.yandex,
		otherHosts: ['imap.yandex.ru', 'smtp.yandex.ru'],
	},
	mailru: {
		label: 'Mail.ru',
		imap: { host: 'imap.mail.ru', port: 993, security: 'tls' },
		smtp: { host: 'smtp.mail.ru', port: 465, security: 'tls' },
		passwordKind: 'app password',
		hint: 'Create a password for external applications in the security settings of Mail.ru and paste it here. The password of the account itself is refused.',
		helpUrl: 'https://help.mail.ru/mail/security/protection/external',
		source: SOURCES.mailru,
	},
	protonBridge: {
		label: 'Proton Mail Bridge',
		imap: { host: '127.0.0.1', port: 1143, security: 'starttls' },
		smtp: { host: '127.0.0.1', port: 1025, security: 'starttls' },
		passwordKind: 'bridge password',
		hint: 'Proton Mail Bridge must run on the machine n8n runs on; copy user name and password from its mailbox details. Its certificate is self-made, so turn on Ignore SSL Issues.',
		helpUrl: 'https://proton.me/support/protonmail-bridge-faq',
		source: SOURCES.protonBridge,
		quirks: { savesSentMail: true, selfSignedCertificate: true },
	},
	aliyun: {
		label: 'Aliyun Mail (personal)',
		imap: { host: 'imap.aliyun.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.aliyun.com', port: 465, security: 'tls' },
		passwordKind: 'account password',
		hint: 'Switch on IMAP and SMTP in the settings of mail.aliyun.com. If a password for mail programs is set there, use that one.',
		helpUrl: 'https://mail.aliyun.com/',
		source: SOURCES.aliyun,
	},
	aliyunEnterprise: {
		label: 'Alibaba Mail (enterprise)',
		imap: { host: 'imap.qiye.aliyun.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.qiye.aliyun.com', port: 465, security: 'tls' },
		passwordKind: 'account password',
		hint: 'The administrator must allow third-party mail programs. If the security password for third-party clients is on, create one in the settings of the mailbox and use it here.',
		helpUrl: 'https://help.aliyun.com/en/document_detail/36687.html',
		source: SOURCES.aliyunEnterprise,
		otherHosts: ['imap.mxhichina.com', 'smtp.mxhichina.com'],
	},
	qq: {
		label: 'QQ Mail',
		imap: { host: 'imap.qq.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.qq.com', port: 465, security: 'tls' },
		passwordKind: 'authorisation code',
		hint: 'Switch on the IMAP/SMTP service in the account settings of mail.qq.com and generate an authorisation code (16 letters): it is the password here. Changing the QQ password makes all codes void.',
		helpUrl: 'https://service.mail.qq.com/cgi-bin/help?subtype=1&id=28&no=1001256',
		source: SOURCES.qq,
	},
	exmail: {
		label: 'Tencent Exmail',
		imap: { host: 'imap.exmail.qq.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.exmail.qq.com', port: 465, security: 'tls' },
		passwordKind: 'authorisation code',
		hint: 'The administrator must allow IMAP/SMTP for you. Then switch the service on in the mailbox settings, turn on secure login, and use the client password generated there. Outside China hwimap.exmail.qq.com and hwsmtp.exmail.qq.com may be faster: choose Custom.',
		helpUrl: 'https://exmail.qq.com/',
		source: SOURCES.exmail,
		quirks: { ignoresPartialFetch: true },
		otherHosts: ['hwimap.exmail.qq.com', 'hwsmtp.exmail.qq.com'],
	},
	netease163: {
		label: 'NetEase 163',
		imap: { host: 'imap.163.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.163.com', port: 465, security: 'tls' },
		passwordKind: 'authorisation code',
		hint: 'Switch on IMAP/SMTP in the settings of mail.163.com and create an authorisation code: it is the password here.',
		helpUrl: 'https://help.mail.163.com/',
		source: SOURCES.netease163,
		quirks: { idleMaxMs: null, needsId: true },
	},
	netease126: {
		label: 'NetEase 126',
		imap: { host: 'imap.126.com', port: 993, security: 'tls' },
		smtp: { host: 'smtp.126.com', port: 465, security: 'tls' },
		passwordKind: 'authorisation code',
		hint: 'Switch on IMAP/SMTP in the settings of mail.126.com and create an authorisation code: it is the password here.',
		helpUrl: 'https://help.mail.163.com/',
		source: SOURCES.netease126,
		quirks: { idleMaxMs: null, needsId: true },
	},
} as const satisfies Record<string, Provider>;

export type ProviderKey = keyof typeof PROVIDERS;

/** In the order in which they are offered. */
export const PROVIDER_KEYS = Object.keys(PROVIDERS) as ProviderKey[];

/** The provider behind a key; undefined for `custom` and for a key this version does not know. */
export function providerOf(key: string): Provider | undefined {
	return Object.hasOwn(PROVIDERS, key) ? PROVIDERS[key as ProviderKey] : undefined;
}

/** Both servers of a provider; undefined for `custom` and for a key this version does not know. */
export function endpointsOf(key: string): { imap: PresetEndpoint; smtp: PresetEndpoint } | undefined {
	const provider = providerOf(key);
	return provider && { imap: provider.imap, smtp: provider.smtp };
}

/** Later entries win: a custom account at the host that Microsoft's two services share is a company's. */
const KEY_BY_HOST = new Map(
	PROVIDER_KEYS.filter((key) => key !== 'protonBridge').flatMap((key): Array<[string, ProviderKey]> => {
		const { imap, smtp, otherHosts = [] }: Provider = PROVIDERS[key];
		return [imap.host, smtp.host, ...otherHosts].map((host) => [host, key]);
	}),
);

/** Recognises a provider by the name of its server, so that custom accounts get its advice too. */
export function providerKeyForHost(host: string): ProviderKey | undefined {
	return KEY_BY_HOST.get(host.toLowerCase());
}

/** What is special about an account's provider, also where its server was entered by hand. */
export function quirksOf(provider: string, host: string | undefined): Quirks {
	const key = provider === 'custom' && host !== undefined ? providerKeyForHost(host) : provider;
	return (key !== undefined && providerOf(key)?.quirks) || {};
}

/**
 * Where the servers, ports and security of the presets come from: most providers' own pages could be compared only as others
 * quote them, and some not at all. docs/accounts.md shows this as a table.
 */

export interface Source {
	/** Where host, port and security of both servers were read. */
	read: readonly string[];
	/**
	 * What was read. `provider`: the provider's own page or program. `copy`: that page or file, as someone else quotes it.
	 * `directory`: a list of server settings kept for mail programs.
	 */
	kind: 'provider' | 'copy' | 'directory';
	/** The provider's own page about them; null where we know of none. */
	page: string | null;
	/** Year, month, day. */
	checked: string;
}

/** Of all comparisons with the sources so far; one that is compared anew gets a date of its own. */
const CHECKED = '2026-11-23';
const ISPDB = 'https://github.com/thunderbird/autoconfig/blob/master/ispdb/';
const PROVIDER_DB = 'https://github.com/chatmail/provider-db/blob/master/_providers/';
const SYNC_ENGINE = 'https://github.com/nylas/sync-engine/blob/master/inbox/providers.py';

const fromProvider = (page: string, ...more: string[]): Source => ({
	read: [page, ...more],
	kind: 'provider',
	page,
	checked: CHECKED,
});
const fromCopy = (page: string | null, ...read: string[]): Source => ({
	read,
	kind: 'copy',
	page,
	checked: CHECKED,
});
const fromDirectory = (page: string | null, ...read: string[]): Source => ({
	read,
	kind: 'directory',
	page,
	checked: CHECKED,
});

export const SOURCES = {
	gmail: fromProvider('https://developers.google.com/workspace/gmail/imap/imap-smtp'),
	outlook: fromCopy(
		'https://support.microsoft.com/en-us/office/pop-imap-and-smtp-settings-8361e398-8af4-4e97-b147-6c6c4ac95353',
		'https://www.scaledmail.com/guides/smtp-settings/outlook',
		`${ISPDB}hotmail.com.xml`,
	),
	microsoft365: fromCopy(
		'https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/pop3-and-imap4/pop3-and-imap4',
		'https://github.com/x13-me/OfficeDocs-Exchange/blob/1a3bf7364a4b9fac7824a9956361b9f53b8fb797/Exchange/ExchangeOnline/clients-and-mobile-in-exchange-online/pop3-and-imap4/pop3-and-imap4.md',
		`${ISPDB}office365.com`,
	),
	yahoo: fromDirectory(
		'https://help.yahoo.com/kb/new-mail-for-desktop/imap-server-settings-yahoo-mail-sln4075.html',
		`${ISPDB}yahoo.com.xml`,
		'https://github.com/PHPMailer/PHPMailer/issues/2034',
	),
	icloud: fromCopy(
		'https://support.apple.com/en-us/102525',
		'https://developer.nylas.com/docs/cookbook/email/icloud-mail-api/',
		`${ISPDB}me.com.xml`,
	),
	fastmail: fromProvider('https://www.fastmail.com/help/technical/servernamesandports.html'),
	zoho: fromCopy(
		'https://www.zoho.com/mail/help/imap-access.html',
		'https://wiki.stretchpowered.com/books/zoho/page/how-to-configure-email-server-with-zoho-smtp-settings',
	),
	gmx: fromDirectory('https://hilfe.gmx.net/pop-imap/imap/imap-serverdaten.html', `${ISPDB}gmx.net.xml`),
	gmxCom: fromDirectory(null, `${ISPDB}gmx.com.xml`),
	yandex: fromCopy(
		'https://autoconfig.yandex.com/mail/config-v1.1.xml',
		'https://github.com/deltachat/deltachat-android/issues/377',
		`${PROVIDER_DB}yandex.ru.md`,
	),
	mailru: fromDirectory(
		'http://help.mail.ru/mail-help/mailer/mt',
		`${ISPDB}mail.ru`,
		`${PROVIDER_DB}mail.ru.md`,
	),
	protonBridge: fromProvider(
		'https://github.com/ProtonMail/proton-bridge/blob/master/internal/vault/types_settings.go',
	),
	aliyun: fromDirectory(null, SYNC_ENGINE),
	aliyunEnterprise: fromProvider(
		'https://help.aliyun.com/document_detail/2857156.html',
		'https://help.aliyun.com/en/document_detail/36687.html',
	),
	qq: fromDirectory(
		'https://service.mail.qq.com/cgi-bin/help?subtype=1&id=28&no=331',
		`${PROVIDER_DB}qq.md`,
		SYNC_ENGINE,
	),
	exmail: fromCopy(
		null,
		'http://www.schwkj.cn/qqbizmail/aa10478',
		'https://blog.csdn.net/weixin_42397925/article/details/115787461',
	),
	netease163: fromDirectory(
		'http://help.163.com/09/1223/14/5R7P3QI100753VB8.html',
		`${PROVIDER_DB}163.md`,
		SYNC_ENGINE,
	),
	netease126: fromDirectory(
		null,
		'https://github.com/Foundry376/Mailspring/blob/master/app/internal_packages/onboarding/lib/mailspring-provider-settings.json',
	),
} satisfies Record<string, Source>;

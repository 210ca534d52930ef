/**
 * What servers of real providers answer, word for word, and where each answer was read. Two lines each: provider, side,
 * when it is said, the diagnosis it must get, the page that must be named (`help`: the provider's own; see PAGES), the
 * source; then the answer, where `¶` ends a line and bytes above 127 are what the server sent, in whatever character set.
 * Source `-`: quoted in public code and texts, without a page to name.
 *
 * Said at: `login` (password), `token` (with the status that comes first, if any), `namespace` (what is asked after the
 * login), `mailbox`, `sender`, `data`, `plain` (the answer to a password without encryption).
 */
import { PROVIDERS, type Provider, type ProviderKey } from '../../../nodes/mail/account/providers';

const TABLE = String.raw`
gmail imap login app-password-needed help https://github.com/LukeSmithxyz/mutt-wizard/issues/831
	NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)
gmail imap login app-password-needed help https://github.com/jstedfast/MailKit/issues/377
	NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
gmail imap login web-login-required help https://github.com/lovelysystems/robotframework-imaplibrary/issues/23
	NO [ALERT] Please log in via your web browser: http://support.google.com/mail/accounts/bin/answer.py?answer=78754 (Failure)
gmail imap login imap-disabled gmail https://github.com/mozilla-b2g/gaia-email-libs-and-more/blob/master/test/unit/test_imap_prober.js
	NO [ALERT] Your account is not enabled for IMAP use.
gmail imap login imap-disabled gmail https://github.com/mozilla-b2g/gaia-email-libs-and-more/blob/master/test/unit/test_imap_prober.js
	NO [ALERT] IMAP access is disabled for your domain.
gmail imap login too-many-connections - https://github.com/jstedfast/MailKit/issues/377
	NO [ALERT] Too many simultaneous connections. (Failure)
gmail imap token:400 too-many-connections - https://github.com/jstedfast/MailKit/issues/377
	NO [ALERT] Too many simultaneous connections. (Failure)
gmail imap token:400 oauth-refused-though-new help https://github.com/jstedfast/MailKit/issues/377
	NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
gmail smtp login app-password-needed help https://github.com/bberkay/openmail/issues/1
	534-5.7.9 Application-specific password required. For more information, go to¶534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor 6a1803df08f44-8ffd82ea9casm7101606d6.42 - gsmtp
gmail smtp login app-password-needed help https://support.google.com/a/answer/3726730
	535-5.7.8 Username and Password not accepted. For more information, go to¶535 5.7.8  https://support.google.com/mail/?p=BadCredentials - gsmtp
gmail smtp login web-login-required help https://github.com/gophish/gophish/issues/1260
	534-5.7.9 Please log in with your web browser and then try again. Learn more at¶534 5.7.9 https://support.google.com/mail/?p=WebLoginRequired p204-v6sm13393193oib.25 - gsmtp
gmail smtp login too-many-login-attempts help https://github.com/nodemailer/nodemailer/issues/1388
	454 4.7.0 Too many login attempts, please try again later. 4-20020a056000154400b00203812ca383sm10857871wry.78 - gsmtp
gmail smtp data sending-limit - https://support.google.com/a/answer/3726730
	550-5.4.5 Daily user sending limit exceeded. For more information on Gmail¶550 5.4.5 sending limits go to https://support.google.com/a/answer/166852 - gsmtp
outlook imap login password-login-blocked oauth https://github.com/jstedfast/MailKit/issues/483
	NO LOGIN failed.
outlook imap login password-login-blocked oauth https://github.com/jstedfast/MailKit/issues/483
	NO AUTHENTICATE failed.
outlook smtp login password-login-blocked oauth https://github.com/nodemailer/nodemailer/issues/1714
	535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [PN0PR01CA0024.INDPRD01.PROD.OUTLOOK.COM 2025-01-26T18:54:30.055Z 08DD3DD7D75D7743]
outlook smtp data sender-not-allowed - https://github.com/gophish/gophish/issues/2900
	554 5.2.252 SendAsDenied; delightgx46@outlook.com not allowed to send as security@sfb.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message [BeginDiagnosticData]Cannot submit message.
microsoft365 imap login password-login-blocked oauth https://github.com/jstedfast/MailKit/issues/483
	NO AUTHENTICATE failed.
microsoft365 imap token oauth-mailbox-refused oauth https://github.com/simonrob/email-oauth2-proxy/issues/74
	NO AUTHENTICATE failed.
microsoft365 imap namespace authenticated-not-connected - https://github.com/mscdex/node-imap/issues/523
	BAD User is authenticated but not connected.
microsoft365 imap mailbox authenticated-not-connected - https://github.com/getmail6/getmail6/issues/214
	BAD User is authenticated but not connected.
microsoft365 smtp login smtp-auth-disabled smtp-auth https://github.com/simonrob/email-oauth2-proxy/issues/193
	535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com 2023-09-12T20:59:57.214Z 08DBB276B7E699C4]
microsoft365 smtp token smtp-auth-disabled smtp-auth https://github.com/simonrob/email-oauth2-proxy/issues/193
	535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [MN2PR05CA0004.namprd05.prod.outlook.com 2023-09-12T20:59:57.214Z 08DBB276B7E699C4]
microsoft365 smtp login password-login-blocked oauth https://techcommunity.microsoft.com/blog/exchange/exchange-online-to-retire-basic-auth-for-client-submission-smtp-auth/4114750
	550 5.7.30 Basic authentication is not supported for Client Submission.
microsoft365 smtp login password-login-blocked oauth https://github.com/mageplaza/magento-2-smtp/issues/108
	535 5.7.3 Authentication unsuccessful [DB6P18901CA0015.EURP189.PROD.OUTLOOK.COM]
microsoft365 smtp login login-policy help https://github.com/gophish/gophish/issues/3220
	535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator. [MN2PR07CA0004.namprd07.prod.outlook.com 2024-08-13T18:27:55.030Z 08DCBB430284475F]
microsoft365 smtp data too-many-connections - https://github.com/sabuhish/fastapi-mail/issues/75
	432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [Hostname=OS0PR01MB6099.jpnprd01.prod.outlook.com]
yahoo imap login app-password-needed help https://github.com/Enough-Software/enough_mail/issues/245
	NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials
yahoo imap login app-password-needed help https://github.com/postalsys/imapflow/issues/300
	NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials
yahoo smtp login too-many-login-attempts help https://github.com/PHPMailer/PHPMailer/issues/2034
	535 5.7.0 (#AUTH005) Too many bad auth attempts.
icloud imap login app-password-needed help https://github.com/lefcha/imapfilter/issues/125
	NO [AUTHENTICATIONFAILED] Authentication failed
icloud smtp login app-password-needed help -
	535 5.7.8 Error: authentication failed
zoho imap login wrong-password help https://github.com/Foundry376/Mailspring/issues/1334
	NO [AUTHENTICATIONFAILED] Invalid credentials(Failure)
zoho imap login imap-disabled help https://github.com/closeio/sync-engine/blob/master/tests/auth/test_utils.py
	NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator (Failure)
zoho smtp login wrong-password help https://github.com/nodemailer/nodemailer/issues/456
	535 Authentication Failed
zoho smtp sender login-needed - https://github.com/nodemailer/nodemailer/issues/1082
	530 5.5.1 Authentication Required.
zoho smtp data sender-not-allowed - https://github.com/mattermost/mattermost/issues/13224
	553 Relaying disallowed as @
yandex imap login credentials-or-imap-disabled help https://github.com/Foundry376/Mailspring/issues/904
	NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials or IMAP is disabled sc=ebI8JB0ug4Y1_290737_53p
yandex smtp login client-access-disabled help -
	535 5.7.8 Error: authentication failed: This user does not have access rights to this service
yandex smtp login web-login-required help https://github.com/higty/higlabo/pull/17
	535 5.7.8 Error: authentication failed: Your message looks like spam. You need to use web for sending or prove you are not a robot using the following link http://ya.cc/
yandex smtp plain encryption-required - https://github.com/PHPMailer/PHPMailer/issues/283
	530 5.7.7 Email sending without SSL/TLS encryption is not allowed. Please see: http://help.yandex.ru/mail/mail-clients/ssl.xml
mailru imap login app-password-needed help https://github.com/thunderbird/thunderbird-android/issues/9069
	NO NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external / Aplication password is REQUIRED
mailru smtp login app-password-needed help -
	535 5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external / Application password is REQUIRED
aliyunEnterprise smtp login wrong-password help https://github.com/alibaba/canal/issues/554
	526 Authentication failure[0]
aliyun smtp login wrong-password help https://github.com/alibaba/canal/issues/554
	526 Authentication failure[0]
qq imap login qq-login-refused qq https://github.com/chengazhen/cursor-auto-free/issues/294
	NO Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.
qq smtp login authorisation-code-needed help https://github.com/louislam/uptime-kuma/issues/3434
	535 Login Fail. Please enter your authorization code to login. More information in http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256
qq smtp login authorisation-code-needed help https://github.com/pandolia/qqbot/issues/221
	535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc\xa1\xa3\xcf\xea\xc7\xe9\xc7\xeb\xbf\xb4: http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256
exmail imap login exmail-login-refused help https://github.com/chengazhen/cursor-auto-free/issues/294
	NO Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.
exmail smtp login exmail-login-refused help https://github.com/goharbor/harbor/issues/1271
	535 Error: authentication failed, system busy
netease163 imap login authorisation-code-needed help -
	NO LOGIN Login error or password error
netease163 imap mailbox unsafe-login - https://github.com/smiley22/S22.Imap/issues/167
	NO SELECT Unsafe Login. Please contact kefu@188.com for help
netease163 smtp login authorisation-code-needed help https://github.com/Vincedream/NodeMail/issues/11
	535 Error: authentication failed
netease163 smtp login client-access-disabled help https://github.com/open-falcon/mail-provider/issues/6
	550 User has no permission
netease163 smtp login too-many-login-attempts help -
	554 Ip is rejected, smtp auth error limit exceed,163 gzga-smtp-mtada-g0-4
netease163 smtp sender sender-not-allowed - https://github.com/ruanyf/weather-action/issues/5
	553 Local user only,163 smtp5,HdxpCgA3f+63sTNhtiNZDA--.2001S2 1630777785
netease126 imap mailbox unsafe-login - https://github.com/DevXDojo/MrRSS/issues/602
	NO SELECT unsafe Login. Please contact kefu@188.com for help
netease126 smtp login client-access-disabled help https://github.com/cnodejs/nodeclub/issues/507
	550 \xd3\xc3\xbb\xa7\xce\xde\xc8\xa8\xb5\xc7\xc2\xbd
`;

/** Pages other than the provider's own. */
const PAGES: Record<string, string> = {
	gmail: 'https://support.google.com/mail/answer/7126229',
	oauth:
		'https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth',
	'smtp-auth': 'https://aka.ms/smtp_auth_disabled',
	qq: 'https://service.mail.qq.com/cgi-bin/help?subtype=1&id=28&no=1001256',
};

export type SaidAt = 'login' | 'token' | 'namespace' | 'mailbox' | 'sender' | 'data' | 'plain';

export interface ProviderRefusal {
	provider: ProviderKey;
	side: 'imap' | 'smtp';
	at: SaidAt;
	/** `status` of the JSON that comes before the refusal of a token (RFC 7628 §3.2.2). */
	status: string | undefined;
	diagnosis: string;
	/** Undefined: none. */
	page: string | undefined;
	source: string;
	/** Lines without the tag of IMAP and without their ends. */
	says: Buffer[];
}

function refusalOf(head: string, says: string): ProviderRefusal {
	const [provider = '', side, at = '', diagnosis = '', page = '', source = ''] = head.split(' ');
	const key = provider as ProviderKey;
	const { helpUrl }: Provider = PROVIDERS[key];
	const bytes = says
		.trim()
		.replace(/\\x([0-9a-f]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
	return {
		provider: key,
		side: side === 'imap' ? 'imap' : 'smtp',
		at: at.split(':')[0] as SaidAt,
		status: at.split(':')[1],
		diagnosis,
		page: page === 'help' ? helpUrl : PAGES[page],
		source,
		says: bytes.split('¶').map((line) => Buffer.from(line, 'latin1')),
	};
}

const LINES = TABLE.trim().split('\n');

export const PROVIDER_REFUSALS: readonly ProviderRefusal[] = LINES.flatMap((line, at) =>
	line.startsWith('\t') ? [] : [refusalOf(line, LINES[at + 1] ?? '')],
);

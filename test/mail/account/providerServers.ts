/**
 * Servers that talk as those of a provider do: its greeting and what it announces, as seen in public logs; without CHUNKING,
 * since a script cannot tell its chunks from commands.
 */
import type { ProviderKey } from '../../../nodes/mail/account/providers';
import type { Reply, ScriptedConnection, ScriptedOptions } from '../../servers';
import type { ProviderRefusal } from './providerRefusals';

interface Manners {
	/** Greeting and answer to CAPABILITY. */
	imap: [greeting: string, capabilities: string];
	/** Greeting and answer to EHLO after the name, without STARTTLS. */
	smtp: [greeting: string, ...keywords: string[]];
}

const GOOGLE: Manners = {
	imap: [
		'Gimap ready for requests from 203.0.113.5 e9mb123456789wmh',
		'IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER',
	],
	smtp: [
		'smtp.gmail.com ESMTP 6a1803df08f44 - gsmtp',
		'SIZE 35882577',
		'8BITMIME',
		'AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH',
		'ENHANCEDSTATUSCODES',
		'PIPELINING',
		'SMTPUTF8',
	],
};
const MICROSOFT: Manners = {
	imap: [
		'The Microsoft Exchange IMAP4 service is ready. [RgBSADMAUAAyADgAMQBDAEEAMAAxADUANwAuAEQARQBVAFAAMgA4ADEALgBQAFIATwBEAC4ATwBVAFQATABPAE8ASwAuAEMATwBNAA==]',
		'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+',
	],
	smtp: [
		'MN2PR05CA0004.outlook.office365.com Microsoft ESMTP MAIL Service ready at Mon, 23 Nov 2026 10:00:00 +0000',
		'SIZE 157286400',
		'PIPELINING',
		'DSN',
		'ENHANCEDSTATUSCODES',
		'AUTH LOGIN XOAUTH2',
		'8BITMIME',
		'BINARYMIME',
		'SMTPUTF8',
	],
};
const TENCENT: Manners = {
	imap: [
		'[CAPABILITY IMAP4 IMAP4rev1 ID AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 NAMESPACE] QQMail XMIMAP4Server ready',
		'IMAP4 IMAP4rev1 ID AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 NAMESPACE',
	],
	smtp: [
		'smtp.qq.com Esmtp QQ Mail Server',
		'PIPELINING',
		'SIZE 73400320',
		'AUTH LOGIN PLAIN',
		'AUTH=LOGIN',
		'MAILCOMPRESS',
		'8BITMIME',
	],
};
const NETEASE: Manners = {
	imap: [
		'Coremail System IMap Server Ready(163com[71777174aaa8f24d8a9ee5e13f5e7eeb])',
		'IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ STARTTLS APPENDLIMIT=71680000 XAPPLEPUSHSERVICE UIDPLUS X-CM-EXT-1',
	],
	smtp: [
		'126.com Anti-spam GT for Coremail System (126com[20140526])',
		'PIPELINING',
		'AUTH LOGIN PLAIN',
		'AUTH=LOGIN PLAIN',
		'coremail 1Uxr2xKj7kG0xkI17xGrU7I0s8FY2U3Uj8Cz28x1UUUUU7Ic2I0Y2UFGYyV5UCa0xDrUUUUj',
		'8BITMIME',
	],
};
const ALIYUN: Manners = {
	imap: ['AliYun IMAP Server Ready', 'IMAP4rev1 IDLE XLIST UIDPLUS ID SASL-IR AUTH=XOAUTH AUTH=PLAIN'],
	smtp: [
		'smtp.aliyun-inc.com MX AliMail Server',
		'8BITMIME',
		'AUTH=PLAIN LOGIN XOAUTH2 XALIOAUTH',
		'AUTH PLAIN LOGIN XOAUTH2 XALIOAUTH',
		'PIPELINING',
		'DSN',
	],
};

const MANNERS: Partial<Record<ProviderKey, Manners>> = {
	gmail: GOOGLE,
	outlook: MICROSOFT,
	microsoft365: MICROSOFT,
	yahoo: {
		imap: [
			'Welcome! IMAP Server up and ready to accept your request',
			'IMAP4rev1 ID MOVE NAMESPACE UIDPLUS LITERAL+ CHILDREN XSENDER IDLE SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER',
		],
		smtp: [
			'smtp.mail.yahoo.com ESMTP ready',
			'PIPELINING',
			'SIZE 41697280',
			'8BITMIME',
			'AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER',
		],
	},
	icloud: {
		imap: [
			'[CAPABILITY st11p00mm-iscream022 15E205 XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN AUTH=PLAIN] iSCREAM ready to rumble (15E205-0982aaf890fd:18514) st11p00mm-iscream022 [04:19:14:31:21:53]',
			'st11p00mm-iscream022 15E205 XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN AUTH=PLAIN',
		],
		smtp: [
			'smtp.mail.me.com ESMTP',
			'PIPELINING',
			'SIZE 28319744',
			'AUTH LOGIN PLAIN',
			'ENHANCEDSTATUSCODES',
			'8BITMIME',
		],
	},
	zoho: {
		imap: [
			'svwall.zoho.com IMAP4 Server (Zoho Mail IMAP4rev1 Server version 1.0)',
			'IMAP4rev1 UNSELECT CHILDREN XLIST NAMESPACE IDLE MOVE ID AUTH=PLAIN SASL-IR UIDPLUS ESEARCH LIST-EXTENDED LIST-STATUS WITHIN LITERAL- ACL',
		],
		smtp: [
			'mx.zohomail.com SMTP Server ready November 23, 2026 8:18:44 AM PST',
			'AUTH LOGIN PLAIN',
			'SIZE 53477376',
		],
	},
	yandex: {
		imap: [
			'Yandex IMAP4rev1 at imap53p.mail.yandex.net:993 ready to talk with ::ffff:203.0.113.5:39078, 2018-May-29 10:37:40, ebI8JB0ug4Y1',
			'IMAP4rev1 CHILDREN UNSELECT LITERAL+ NAMESPACE XLIST BINARY UIDPLUS ENABLE ID AUTH=PLAIN AUTH=XOAUTH2 IDLE MOVE',
		],
		smtp: [
			'smtp4m.mail.yandex.net ESMTP (Want to use Yandex.Mail for your domain? Visit http://pdd.yandex.ru)',
			'8BITMIME',
			'PIPELINING',
			'SIZE 42991616',
			'AUTH LOGIN PLAIN',
			'DSN',
			'ENHANCEDSTATUSCODES',
		],
	},
	mailru: {
		imap: ['Welcome', 'IMAP4rev1 ID XLIST UIDPLUS UNSELECT MOVE LIST-STATUS AUTH=PLAIN AUTH=XOAUTH2'],
		smtp: [
			'smtp54.i.mail.ru ESMTP ready',
			'SIZE 73400320',
			'8BITMIME',
			'DSN',
			'SMTPUTF8',
			'AUTH PLAIN LOGIN XOAUTH2',
		],
	},
	qq: TENCENT,
	exmail: TENCENT,
	netease163: NETEASE,
	netease126: NETEASE,
	aliyun: ALIYUN,
	aliyunEnterprise: ALIYUN,
};

const CRLF = Buffer.from('\r\n');
const lines = (...parts: Buffer[]): Buffer => Buffer.concat(parts.flatMap((part) => [part, CRLF]));
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/**
 * A server of the provider that says this at that moment, and lets everything before it pass.
 *
 * @param opensOnceNamed whether it opens a mailbox after all to a client that has named itself (ID, RFC 2971)
 */
export function serverFor(refusal: ProviderRefusal, opensOnceNamed = false): ScriptedOptions {
	const manners = MANNERS[refusal.provider];
	if (!manners) throw new Error(`How the servers of ${refusal.provider} talk is not written down`);
	if (refusal.side === 'smtp') return smtpServer(manners.smtp, refusal);
	return imapServer(manners.imap, refusal, opensOnceNamed);
}

function imapServer(
	[greeting, capabilities]: Manners['imap'],
	refusal: ProviderRefusal,
	opensOnceNamed: boolean,
): ScriptedOptions {
	const { at, status, says } = refusal;
	const refuse = (line: string): Buffer =>
		lines(Buffer.concat([Buffer.from(`${line.split(' ', 1)[0]} `), says[0] ?? Buffer.alloc(0)]));
	const passes = at === 'namespace' || at === 'mailbox';
	let named = false;
	const name = (): Reply => {
		named = true;
		return '* ID NIL\r\n%TAG% OK ID completed.\r\n';
	};
	const open = (line: string): Reply =>
		named && opensOnceNamed
			? '* 0 EXISTS\r\n* OK [UIDVALIDITY 1] UIDs valid\r\n%TAG% OK [READ-ONLY] EXAMINE completed\r\n'
			: refuse(line);
	// Without SASL-IR the login comes on a line of its own, after which the command's tag is wanted again.
	let tag = '';
	const afterLogin = (): Reply => (passes ? `${tag} OK LOGIN completed.\r\n` : refuse(tag));
	const login = (line: string): Reply => {
		tag = line.split(' ', 1)[0] ?? '';
		if (/ AUTHENTICATE \S+$/.test(line)) return '+ \r\n';
		if (status !== undefined) return `+ ${base64(JSON.stringify({ status, schemes: 'Bearer' }))}\r\n`;
		return afterLogin();
	};
	return {
		greeting: `* OK ${greeting}\r\n`,
		script: [
			[/ CAPABILITY$/, `* CAPABILITY ${capabilities}\r\n%TAG% OK CAPABILITY completed.\r\n`],
			[/ ID \("name"/, name],
			[/ (AUTHENTICATE|LOGIN) /, login],
			[/^[A-Za-z0-9+/]*={0,2}$/, afterLogin],
			[/ NAMESPACE$/, at === 'namespace' ? refuse : '* NAMESPACE (("" "/")) NIL NIL\r\n%TAG% OK done\r\n'],
			[/ (SELECT|EXAMINE) /, open],
			[/ (LIST|LSUB) /, '* LIST () "/" "INBOX"\r\n%TAG% OK completed\r\n'],
			[/ ENABLE /, '%TAG% OK completed\r\n'],
			[/ LOGOUT$/, { send: '* BYE\r\n%TAG% OK completed\r\n', then: 'close' }],
		],
	};
}

function smtpServer([greeting, ...keywords]: Manners['smtp'], refusal: ProviderRefusal): ScriptedOptions {
	const { at, status, says } = refusal;
	const refused = lines(...says);
	const passes = at !== 'login' && at !== 'token' && at !== 'plain';
	const afterLogin: Reply = passes ? '235 Authentication successful\r\n' : refused;
	const ehlo = (_line: string, { secure }: ScriptedConnection): string => {
		const all = ['mx.example.com', ...(secure ? [] : ['STARTTLS']), ...keywords];
		return all.map((word, at) => `250${at === all.length - 1 ? ' ' : '-'}${word}\r\n`).join('');
	};
	return {
		greeting: `220 ${greeting}\r\n`,
		script: [
			[/^EHLO /, ehlo],
			[/^STARTTLS$/, { send: '220 Ready to start TLS\r\n', then: 'starttls' }],
			[
				/^AUTH (XOAUTH2|OAUTHBEARER) /,
				status === undefined ? afterLogin : `334 ${base64(JSON.stringify({ status }))}\r\n`,
			],
			[/^AUTH PLAIN \S+$/, afterLogin],
			[/^AUTH LOGIN$/, `334 ${base64('Username:')}\r\n`],
			[new RegExp(`^${base64('ann@example.org')}$`), `334 ${base64('Password:')}\r\n`],
			[/^MAIL FROM:/, at === 'sender' ? refused : '250 OK\r\n'],
			[/^RCPT TO:/, '250 OK\r\n'],
			[/^DATA$/, { send: '354 Go ahead\r\n', then: 'data' }],
			[/^BDAT .* LAST/, refused],
			[/^\.$/, refused],
			[/^RSET$/, '250 OK\r\n'],
			[/^QUIT$/, { send: '221 Bye\r\n', then: 'close' }],
			[/^[A-Za-z0-9+/]*={0,2}$/, afterLogin],
		],
	};
}

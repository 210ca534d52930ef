/** Whatever goes wrong, nothing that is shown, logged or inspected holds a password, a token, or what a login makes of them. */
import { inspect } from 'util';
import type { Account } from '../../../nodes/mail/account/account';
import { checkAccount } from '../../../nodes/mail/account/check';
import { Secret } from '../../../nodes/mail/account/secret';
import { ImapClient } from '../../../nodes/mail/imap/client';
import { SmtpPool } from '../../../nodes/mail/smtp/pool';
import { sendMail } from '../../../nodes/mail/smtp/send';
import { SmtpLine } from '../../../nodes/mail/smtp/transport';
import {
	eventually,
	freePorts,
	HOST,
	startEmbeddedServers,
	startProxy,
	startScriptedServer,
	type EmbeddedServers,
	type ScriptedServer,
	type TestProxy,
} from '../../servers';
import { FakeTokens, testAccount, type AccountChanges } from './accounts';

jest.setTimeout(60_000);

const USER = 'ann@example.org';
const PASSWORD = 'pass"word\\of ann';
const TOKEN = 'ya29.token-of-ann_0123456789';
const PROXY_PASSWORD = 'word-of-the-proxy';

/** Every form in which one of them could come back. */
const FORMS = [
	PASSWORD,
	JSON.stringify(PASSWORD).slice(1, -1),
	PROXY_PASSWORD,
	TOKEN,
	...[
		PASSWORD,
		PROXY_PASSWORD,
		`\0${USER}\0${PASSWORD}`,
		`proxy-user:${PROXY_PASSWORD}`,
		TOKEN,
		`user=${USER}\x01auth=Bearer ${TOKEN}\x01\x01`,
	].map((text) => Buffer.from(text).toString('base64').replace(/=+$/, '')),
];

function expectClean(what: string, ...things: unknown[]): void {
	for (const thing of things) {
		const text = [
			typeof thing === 'string' ? thing : '',
			inspect(thing, { depth: 12, showHidden: true, getters: true, maxStringLength: Infinity }),
			thing instanceof Error ? `${thing.message} ${thing.stack}` : '',
			JSON.stringify(thing instanceof Error || Array.isArray(thing) ? thing : null),
		].join('\n');
		for (const form of FORMS)
			expect({ what, leaks: text.includes(form) && form }).toEqual({ what, leaks: false });
	}
}

let servers: EmbeddedServers;
let echoes: ScriptedServer[];
let proxy: TestProxy;

beforeAll(async () => {
	servers = await startEmbeddedServers({ users: [{ user: USER, password: PASSWORD }] });
	// They repeat everything they hear, decoded too, in every refusal.
	const heard = (line: string) =>
		[line, ...line.split(' ').map((word) => Buffer.from(word, 'base64').toString('latin1'))]
			.join(' ')
			.replace(/[\r\n]/g, ' ');
	echoes = [
		await startScriptedServer({
			tls: true,
			greeting: '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2] ready\r\n',
			script: [
				[/CAPABILITY|ID /i, '* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2\r\n%TAG% OK done\r\n'],
				[/LOGOUT/i, '* BYE\r\n%TAG% OK\r\n'],
				[/AUTHENTICATE PLAIN$/i, '+ \r\n'],
				[/AUTHENTICATE|LOGIN/i, (line) => `%TAG% NO [AUTHENTICATIONFAILED] no: ${heard(line)}\r\n`],
				[/./, (line) => `A2 NO [AUTHENTICATIONFAILED] no: ${heard(line)}\r\nA3 NO no: ${heard(line)}\r\n`],
			],
		}),
		await startScriptedServer({
			tls: true,
			greeting: '220 echo ESMTP\r\n',
			script: [
				[/^EHLO/i, '250-echo\r\n250 AUTH PLAIN XOAUTH2\r\n'],
				[/^QUIT/i, { send: '221 bye\r\n', then: 'close' }],
				[/./, (line) => `535 5.7.8 no: ${heard(line)}\r\n`],
			],
		}),
	];
	proxy = await startProxy({ kind: 'http', login: { user: 'proxy-user', password: 'another' } });
});
afterAll(async () => {
	await eventually(5_000, 'no connection left', () => servers.imap.connectionCount === 0);
	await Promise.all([servers.stop(), proxy.stop(), ...echoes.map(async (each) => await each.stop())]);
});

const kinds: Array<[string, () => AccountChanges]> = [
	['a password', () => ({ password: PASSWORD })],
	[
		'a token',
		() => ({
			auth: {
				kind: 'token',
				tokens: new FakeTokens(Array.from({ length: 20 }, (_none, index) => `${TOKEN}${index || ''}`)),
			},
		}),
	],
];

describe.each(kinds)('%s', (_name, login) => {
	const account = (change: AccountChanges): Account =>
		testAccount({ user: USER, senderAddress: USER, ...login(), ...change });

	test('in refusals that repeat it, dead ends and bad certificates; in transcripts and results', async () => {
		const [port = 0] = await freePorts(1);
		const nowhere = { host: HOST, port, security: 'tls' as const };
		const [imap, smtp] = echoes.map((each) => ({ ...nowhere, port: each.port }));
		const way = { kind: 'http' as const, host: HOST, port: proxy.port, user: 'proxy-user' };
		const paths: Array<[string, Account]> = [
			['repeated', account({ imap: imap ?? null, smtp: smtp ?? null })],
			['nobody there', account({ imap: nowhere, smtp: nowhere })],
			['certificate', account({ imap: imap ?? null, smtp: smtp ?? null, ignoreCertificateErrors: false })],
			['plain text', account({ imap: { host: 'mail.example.org', port: 143, security: 'none' } })],
			[
				'proxy',
				account({
					imap: nowhere,
					smtp: nowhere,
					proxy: { ...way, password: new Secret(PROXY_PASSWORD) },
				}),
			],
		];
		for (const [what, to] of paths) {
			const results = await checkAccount(to, 5_000);
			expect(results.some(({ ok }) => !ok)).toBe(true);
			expectClean(what, to, results, ...results.map(({ error }) => error));
			const open = async () => await Promise.reject(new Error('never'));
			const mail = { messageId: '<a@b>', envelope: { from: USER, to: [USER] }, size: 1, open };
			if (!to.smtp) continue;
			const pool = new SmtpPool(to);
			const sent = await sendMail(to, mail as never, { attempts: 1, pool });
			expect(sent.transcript.length + Number(sent.error !== null)).toBeGreaterThan(0);
			expectClean(what, sent, sent.error, sent.transcript, pool);
		}
	});
});

test('in live connections', async () => {
	const { ports } = servers;
	const to = testAccount({
		user: USER,
		password: PASSWORD,
		imap: { host: HOST, port: ports.imaps, security: 'tls' },
		smtp: { host: HOST, port: ports.smtps, security: 'tls' },
	});
	const client = await ImapClient.connect(to);
	const line = await SmtpLine.open(to);
	try {
		expectClean('IMAP', client);
		expectClean('SMTP', line);
	} finally {
		await client.logout();
		line.quit();
	}
});

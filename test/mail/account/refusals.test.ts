import { readFileSync } from 'fs';
import { NO_TOKEN } from '../../../nodes/mail/account/oauthRefusals';
import { DIAGNOSES, diagnose, type Symptom } from '../../../nodes/mail/account/refusals';
import { PROVIDER_KEYS, PROVIDERS } from '../../../nodes/mail/account/providers';
import * as TABLES from './serverAnswers';
import { ACCOUNTS_DOC, MARK, symptomsMarkdown } from './symptomsDoc';

type Case = [id: string, class_: string, symptom: Symptom];

/** A tagged refusal, taken apart as imapflow does: `NO [LIMIT] Too many` → code LIMIT. */
function no(provider: string, line: string): Symptom {
	const [, status = '', code, words = ''] = /^(NO|BAD|BYE) (?:\[([A-Z]+)[^\]]*\] )?(.*)$/.exec(line) ?? [];
	return { side: 'imap', provider, text: `${status} ${words}`, ...(code && { responseCode: code }) };
}

/** An SMTP reply with its codes split out. */
function reply(provider: string, line: string, more: Partial<Symptom> = {}): Symptom {
	const [, responseCode = '', enhancedCode] = /^(\d{3})[ -](\d\.\d+\.\d+)?/.exec(line) ?? [];
	return { side: 'smtp', provider, text: line, responseCode, ...(enhancedCode && { enhancedCode }), ...more };
}

/** A failure without a word from the server. */
function fault(side: 'imap' | 'smtp', code: string, text: string, more: Partial<Symptom> = {}): Symptom {
	return { side, provider: 'custom', host: 'mail.example.com', code, text, ...more };
}

/** Splits the columns of a table; the last one is free text. */
function rows(table: string, columns: number): string[][] {
	const line = new RegExp(`^${'(\\S+) +'.repeat(columns - 1)}(.+)$`);
	return table
		.trim()
		.split('\n')
		.map((text) => line.exec(text)?.slice(1) ?? []);
}

const answered = (table: string): Case[] =>
	rows(table, 5).map(([id = '', class_ = '', provider = '', code = '', line = '']) => [
		id,
		class_,
		{ ...(/^\d/.test(line) ? reply(provider, line) : no(provider, line)), ...(code !== '-' && { code }) },
	]);

const LOGIN = answered(TABLES.LOGIN);
const DELIVERY = answered(TABLES.DELIVERY);
const CONNECTION = rows(TABLES.CONNECTION, 7).map(
	([id = '', class_ = '', provider = '', side, code = '', place = '', text = '']): Case => {
		const [port, security] = place.split('/');
		return [
			id,
			class_,
			{
				side: side === 'imap' ? 'imap' : 'smtp',
				provider,
				host: 'mail.example.com',
				text,
				...(code !== '-' && { code }),
				...(place !== '-' && { port: Number(port), security: security as NonNullable<Symptom['security']> }),
			},
		];
	},
);

const given = (key: 'oauthError' | 'tokenFault', value: string): Partial<Symptom> =>
	value === '-' ? {} : { [key]: value };

const TOKENS = rows(TABLES.TOKENS, 5).map(
	([id = '', class_ = '', provider = '', error = '', text = '']): Case => [
		id,
		class_,
		{ side: 'imap', provider, code: NO_TOKEN, login: 'token', text, ...given('oauthError', error) },
	],
);
const TOKEN_LOGINS = rows(TABLES.TOKEN_LOGINS, 6).map(
	([id = '', class_ = '', provider = '', status = '', fault = '', line = '']): Case => {
		const said = /^\d/.test(line) ? reply(provider, line) : no(provider, line);
		const text = said.text?.trim() || line;
		return [
			id,
			class_,
			{ ...said, text, login: 'token', ...given('oauthError', status), ...given('tokenFault', fault) },
		];
	},
);

const FALLBACK: Case[] = [
	['unknown-refusal', 'limit', no('custom', 'NO The moon is in the wrong phase')],
	['unknown-refusal', 'limit', { side: 'imap', responseCode: 'MOONPHASE' }],
	['refused-for-now', 'transient', reply('custom', '451 4.9.9 The moon is in the wrong phase')],
	['refused', 'permanent', reply('custom', '550 5.9.9 The moon is in the wrong phase')],
	['unknown', 'transient', { side: 'smtp' }],
	['unknown', 'transient', fault('imap', 'ParserError11', 'Unexpected char at position 4')],
];

const ALL = [...LOGIN, ...TOKENS, ...TOKEN_LOGINS, ...DELIVERY, ...CONNECTION, ...FALLBACK];
const titled = (cases: Case[]): Array<[string, ...Case]> =>
	cases.map(([id, class_, symptom]) => [
		`${symptom.provider ?? ''} ${symptom.code ?? ''} ${symptom.text ?? ''}`,
		id,
		class_,
		symptom,
	]);

describe.each([
	['a refused login', LOGIN],
	['no token', TOKENS],
	['a refused token', TOKEN_LOGINS],
	['a refused mail or mailbox', DELIVERY],
	['no connection', CONNECTION],
	['what no row knows', FALLBACK],
])('%s', (_title, cases) => {
	it.each(titled(cases))('%s → %s', (_text, id, class_, symptom) => {
		expect(diagnose(symptom)).toMatchObject({ id, class: class_ });
	});
});

describe('a code alone', () => {
	const cases = rows(TABLES.CODES, 4).flatMap(([id = '', side = '', kind = '', codes = '']) =>
		codes.split(' ').map((code) => [side, kind, code, id]),
	);

	it.each(cases)('%s %s %s → %s', (side, kind, code, id) => {
		expect(diagnose({ side: side === 'imap' ? 'imap' : 'smtp', [String(kind)]: code }).id).toBe(id);
	});
});

describe('an answer that comes as text only', () => {
	const replies = [...LOGIN, ...DELIVERY].filter(([, , symptom]) => symptom.side === 'smtp' && !symptom.code);

	it.each(titled(replies))('%s', (_text, id, _class, symptom) => {
		const { text = '', provider = 'custom' } = symptom;
		expect(diagnose({ side: 'smtp', provider, text }).id).toBe(id);
		expect(diagnose({ side: 'smtp', provider, text: `Message failed: ${text}` }).id).toBe(id);
	});

	it('reads an IMAP response code from the words', () => {
		expect(diagnose({ side: 'imap', text: 'NO [LIMIT] Sorry' }).id).toBe('too-many-connections');
	});
});

describe('never taken for a wrong password', () => {
	const isPassword = /password-needed|code-needed|wrong-password|login-refused/;
	it.each([
		no('gmail', 'NO [LIMIT] Sorry'),
		no('yahoo', 'NO [UNAVAILABLE] LOGIN Server error - Please try again later'),
		no('gmail', 'NO [ALERT] Your account is not enabled for IMAP use. (Failure)'),
		no('gmail', 'NO [ALERT] Account exceeded command or bandwidth limits. (Failure)'),
		no('microsoft365', 'BAD User is authenticated but not connected.'),
		no('custom', "NO [TRYCREATE] Mailbox doesn't exist: Login"),
		no('custom', 'NO [CANNOT] Invalid mailbox name'),
		reply('custom', '421 4.3.2 Service shutting down', { code: 'EAUTH' }),
		reply('gmail', '550-5.7.26 This mail has been blocked because the sender is unauthenticated.'),
		reply('custom', '550 5.1.1 The account has been suspended'),
	])('%j', (symptom) => {
		const { id, class: class_ } = diagnose(symptom);
		expect(id).not.toMatch(isPassword);
		expect(class_).not.toBe('credentials');
	});
});

describe('port and security that do not suit each other are named in words', () => {
	it.each<[number, Symptom['security'], 'imap' | 'smtp', string, string]>([
		[
			993,
			'starttls',
			'imap',
			'ECONNRESET',
			'Port 993 speaks TLS from the first byte: set the security to TLS.',
		],
		[993, 'none', 'imap', 'ECONNREFUSED', 'set the security to TLS'],
		[
			143,
			'tls',
			'imap',
			'CONNECT_TIMEOUT',
			'Port 143 starts unencrypted and is upgraded: set the security to STARTTLS.',
		],
		[465, 'starttls', 'smtp', 'ECONNECTION', 'Port 465 speaks TLS from the first byte'],
		[587, 'tls', 'smtp', 'ERR_SSL_WRONG_VERSION_NUMBER', 'Port 587 starts unencrypted'],
		[25, 'tls', 'smtp', 'ERR_SSL_WRONG_VERSION_NUMBER', 'Port 25 starts unencrypted'],
		[
			587,
			'starttls',
			'imap',
			'GREETING_TIMEOUT',
			'Port 587 is for sending mail (SMTP); for reading mail (IMAP) use port 993 with TLS',
		],
		[
			993,
			'tls',
			'smtp',
			'ECONNECTION',
			'Port 993 is for reading mail (IMAP); for sending mail (SMTP) use port 465 with TLS',
		],
		[995, 'tls', 'imap', 'ClosedAfterConnectTLS', 'Port 995 is for another way of reading mail (POP3)'],
		[12345, 'tls', 'smtp', 'ETIMEDOUT', 'use port 465 with TLS, or port 587 with STARTTLS'],
	])('port %i with %s for %s: %s', (port, security = 'tls', side, code, words) => {
		expect(diagnose({ side, host: 'mail.example.com', port, security, code }).nextStep).toContain(words);
	});
});

/** What people run into when they set up an account: name, the diagnosis of each case, providers where it is theirs. */
const SITUATIONS = `
TLS on a plain port                    tls-on-plain-port
a plain start on a TLS port            starttls-on-tls-port
a port of the other protocol           wrong-protocol-port
STARTTLS missing                       starttls-missing
STARTTLS tampered with                 starttls-tampered
certificate expired                    certificate-expired
certificate not valid yet              certificate-not-yet-valid
certificate self-signed                certificate-self-signed
certificate for another host           certificate-wrong-host
certificate of an unknown authority    certificate-unknown-authority
client certificate wanted              client-certificate-needed
TLS too old                            tls-too-old
name not found                         host-not-found
name lookup failing                    name-lookup-failed
connection refused                     connection-refused
filtered                               timed-out
network unreachable                    network-unreachable
no greeting                            no-greeting
wrong password                         wrong-password                 custom
app password needed                    app-password-needed            gmail yahoo icloud yandex mailru fastmail
app password needed, or wrong          wrong-password                 zoho
authorisation code needed              authorisation-code-needed      qq netease163 netease126
password of the bridge needed          bridge-password-needed         protonBridge
IMAP disabled                          imap-disabled                  gmail zoho
IMAP disabled, or wrong code           exmail-login-refused           exmail
IMAP disabled, or wrong code           qq-login-refused               qq
IMAP disabled, or wrong password       credentials-or-imap-disabled   yandex
IMAP disabled                          authenticated-not-connected    microsoft365
mail programs not allowed              client-access-disabled         yandex netease163
basic login blocked                    password-login-blocked         outlook microsoft365
basic login blocked                    web-login-required             gmail
SMTP AUTH disabled for the tenant      smtp-auth-disabled             microsoft365
login forbidden by policy              login-policy                   microsoft365
too many connections                   too-many-connections           gmail microsoft365
throttled                              throttled                      gmail microsoft365
too many logins                        too-many-login-attempts        gmail yahoo
account locked                         account-locked                 microsoft365 custom
Unsafe Login                           unsafe-login                   netease163
quota of the mailbox                   mailbox-full
quota of sending                       sending-limit                  gmail microsoft365
sender not allowed to use this From    sender-not-allowed             microsoft365 yandex qq netease163 zoho
relay denied                           relay-denied
OAuth scope missing                    oauth-scope-missing            gmail microsoft365
OAuth token expired                    oauth-token-expired            microsoft365
OAuth grant revoked                    oauth-reconnect                gmail microsoft365
OAuth token for another audience       oauth-wrong-audience           microsoft365 outlook
proxy refused the login                proxy-login-refused
proxy refused the destination          proxy-refused
proxy down                             proxy-unreachable
`;

describe('what people run into', () => {
	const situations = SITUATIONS.trim()
		.split('\n')
		.flatMap((line) => {
			const [name = '', id = '', providers = ''] = line.split(/ {2,}/);
			return (providers === '' ? [''] : providers.split(' ')).map(
				(provider) => [name, provider, id] as const,
			);
		});
	afterAll(() => {
		const names = new Set(situations.map(([name]) => name));
		const ids = new Set(situations.map(([, , id]) => id));
		process.stderr.write(
			`${situations.length} situations (${names.size} kinds) have their diagnosis, ${ids.size} different ones, from ${ALL.length} answers and faults.\n`,
		);
	});

	it.each(situations)('%s %s: %s', (_name, provider, id) => {
		const fitting = ALL.filter(
			([known, , symptom]) => known === id && (provider === '' || symptom.provider === provider),
		);
		expect(fitting.length).toBeGreaterThan(0);
		for (const [, , symptom] of fitting) {
			const diagnosis = diagnose({ host: 'mail.example.com', ...symptom });
			expect(diagnosis.id).toBe(id);
			expect(diagnosis.cause).not.toBe('');
			expect(diagnosis.nextStep).not.toBe('');
		}
	});
});

describe('every diagnosis', () => {
	it('has a case above', () => {
		const covered = new Set(ALL.map(([id]) => id));
		expect([...new Set(DIAGNOSES.map(({ id }) => id))].filter((id) => !covered.has(id))).toEqual([]);
	});

	it('has a kebab-case id and sentences without open placeholders, for every provider', () => {
		for (const [, , symptom] of ALL) {
			for (const provider of ['custom', ...PROVIDER_KEYS]) {
				const { id, cause, nextStep } = diagnose({ ...symptom, provider, host: 'mail.example.com' });
				expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
				for (const sentence of [cause, nextStep])
					expect(sentence).toMatch(/^([A-Z]|iCloud |mail\.example\.com)[^{}]*\.$/);
			}
		}
	});

	it('starts with a capital letter when the host is unknown', () => {
		expect(diagnose({ side: 'imap', code: 'GREETING_TIMEOUT' }).cause).toMatch(/^The IMAP server accepted/);
	});

	it('leads to the page of the provider where the login is at fault, also behind a custom account', () => {
		const { id, cause, nextStep, url } = diagnose({
			...no('custom', 'NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)'),
			host: 'imap.gmail.com',
		});
		expect(id).toBe('app-password-needed');
		expect(cause).toContain('Gmail');
		expect(nextStep).toBe(PROVIDERS.gmail.hint);
		expect(url).toBe(PROVIDERS.gmail.helpUrl);
	});

	it('names no page where there is none', () => {
		expect(diagnose(no('custom', 'NO [AUTHENTICATIONFAILED] Authentication failed.'))).not.toHaveProperty(
			'url',
		);
	});
});

it('docs/accounts.md lists every diagnosis as the tables have it (update: npx tsx test/mail/account/symptomsDoc.ts)', () => {
	const [, written] = readFileSync(ACCOUNTS_DOC, 'utf8').split(MARK);
	expect(written).toBe(symptomsMarkdown());
	for (const { id } of DIAGNOSES) expect(written).toContain(`\`${id}\`: `);
});

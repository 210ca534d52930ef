/**
 * Says in plain words why a mail server could not be reached, did not let us in or did not take a mail, and what to do
 * about it. The knowledge is in tables, read from top to bottom; the first row that fits wins: connectionFaults.ts
 * (before any login), loginRefusals.ts, oauthRefusals.ts, passwordRefusals.ts, deliveryRefusals.ts.
 */
import type { Security } from './account';
import { CONNECTION_FAULTS, LINE_FAULTS } from './connectionFaults';
import { DELIVERY_REFUSALS } from './deliveryRefusals';
import { LOGIN_REFUSALS } from './loginRefusals';
import { OAUTH_REFUSALS, TOKEN_REFUSALS } from './oauthRefusals';
import { PASSWORD_REFUSALS } from './passwordRefusals';
import { portAdvice, portFaultOf, type PortFault } from './ports';
import { providerKeyForHost, providerOf, type Provider, type ProviderKey } from './providers';
import type { TokenFault } from './tokenFaults';

/**
 * What a new attempt can be expected to do.
 * - `configuration`, `credentials`: nothing, until a person changes a setting or the password
 * - `limit`, `throttled`: help, but only after minutes
 * - `transient`: help soon
 * - `permanent`: nothing, for this message
 */
export type DiagnosisClass =
	'configuration' | 'credentials' | 'limit' | 'throttled' | 'transient' | 'permanent';

export interface Diagnosis {
	/** Stable, kebab-case; docs/accounts.md has an entry for each. */
	id: string;
	class: DiagnosisClass;
	/** What happened and why. */
	cause: string;
	/** What to do now. */
	nextStep: string;
	/** The provider's page about it. */
	url?: string;
}

/** What is known about a failure. Give whatever there is. */
export interface Symptom {
	side: 'imap' | 'smtp';
	/** Key into the provider table; anything else (`custom`) makes the host name decide. */
	provider?: string;
	host?: string;
	port?: number;
	security?: Security;
	/** Code of Node or of the library: ENOTFOUND, DEPTH_ZERO_SELF_SIGNED_CERT, GREETING_TIMEOUT, ESOCKET … */
	code?: string;
	/** IMAP response code (RFC 5530) such as AUTHENTICATIONFAILED, or SMTP reply code such as 535. */
	responseCode?: string;
	/** Enhanced mail system status code (RFC 3463) such as 5.7.8. */
	enhancedCode?: string;
	/** The server's words; the library's message where the server said nothing. */
	text?: string;
	/** `password` when left out. */
	login?: 'password' | 'token';
	/** What the provider of the login (RFC 6749 §5.2) or the mail server (RFC 7628 §3.2.2) calls the fault. */
	oauthError?: string;
	tokenFault?: TokenFault;
}

/** All conditions that are given must hold; within a list, one of them. */
export interface Pattern {
	side?: 'imap' | 'smtp';
	provider?: readonly ProviderKey[];
	code?: readonly string[];
	/** Also a prefix: `5` means every permanent SMTP reply. */
	responseCode?: readonly string[];
	enhancedCode?: readonly string[];
	text?: RegExp;
	portFault?: readonly PortFault[];
	login?: readonly ('password' | 'token')[];
	oauthError?: readonly string[];
	tokenFault?: readonly TokenFault[];
}

/**
 * A row of the tables. In `cause` and `nextStep`, `{provider}` stands for the provider's name or "The mail server",
 * `{host}` and `{server}` for the host without and with port, `{protocol}` for IMAP or SMTP, `{password advice}` for
 * what this provider wants as a password, `{port advice}` for the setting that suits the port, `{proxy words}` for what a
 * proxy answered, in brackets, or nothing.
 */
export interface DiagnosisRow extends Diagnosis {
	/** Where there is no page of its own, give the provider's. */
	providerPage?: true;
	/** One of these must hold. */
	when: readonly Pattern[];
}

/** The server refused, and no row of the tables knows why. */
export const UNKNOWN_REFUSAL = 'unknown-refusal';

/** Fits where nothing else does. */
const LAST_RESORTS: readonly DiagnosisRow[] = [
	{
		id: 'refused-for-now',
		class: 'transient',
		cause: '{provider} refused for the moment and asked to try again later.',
		nextStep: 'Try again in a few minutes. If it keeps refusing, its answer says more.',
		when: [{ side: 'smtp', responseCode: ['4'] }],
	},
	{
		id: 'refused',
		class: 'permanent',
		cause: '{provider} refused for good, for a reason that is not in our list.',
		nextStep: 'Read its answer; the provider can tell what it means.',
		when: [{ side: 'smtp', responseCode: ['5'] }],
	},
	{
		id: UNKNOWN_REFUSAL,
		class: 'limit',
		cause: '{provider} refused, for a reason that is not in our list.',
		nextStep: 'Read its answer; the provider can tell what it means.',
		when: [
			{ side: 'imap', responseCode: [''] },
			{ side: 'imap', text: /^(NO|BAD)\b/ },
		],
	},
	{
		id: 'unknown',
		class: 'transient',
		cause: 'Talking to {server} failed, for a reason that is not in our list.',
		nextStep: 'Check host, port and security in the credential. {port advice}',
		when: [{}],
	},
];

/** In the order in which they are tried. */
export const DIAGNOSES: readonly DiagnosisRow[] = [
	...TOKEN_REFUSALS,
	...CONNECTION_FAULTS,
	...LOGIN_REFUSALS,
	...OAUTH_REFUSALS,
	...PASSWORD_REFUSALS,
	...DELIVERY_REFUSALS,
	...LINE_FAULTS,
	...LAST_RESORTS,
];

const CUSTOM_PASSWORD_ADVICE =
	'Check the user name (mostly the full e-mail address) and the password. With two-step verification on, most providers want an app password.';

const TOKEN_ADVICE = 'Open the credential and sign in again.';

/** Finds the cause of a failure; always has an answer. */
export function diagnose(symptom: Symptom): Diagnosis {
	const key = providerKeyOf(symptom);
	const provider = key && providerOf(key);
	const facts: Facts = { ...withCodesFromText(symptom), key, portFault: portFaultOf(symptom) };
	const row =
		DIAGNOSES.find(({ when }) => when.some((pattern) => fits(pattern, facts))) ?? LAST_RESORTS.at(-1);
	if (!row) throw new TypeError('The last row of the table fits everything');
	const url = row.url ?? (row.providerPage ? provider?.helpUrl : undefined);
	return {
		id: row.id,
		class: row.class,
		cause: fill(row.cause, symptom, provider),
		nextStep: fill(row.nextStep, symptom, provider),
		...(url !== undefined && { url }),
	};
}

interface Facts extends Symptom {
	key: ProviderKey | undefined;
	portFault: PortFault | undefined;
}

function providerKeyOf({ provider, host }: Symptom): ProviderKey | undefined {
	if (provider !== undefined && providerOf(provider)) return provider as ProviderKey;
	return host === undefined ? undefined : providerKeyForHost(host);
}

/** Libraries hand over some answers only as text, such as `Invalid login: 535-5.7.8 Username …` or `NO [LIMIT] Too …`. */
function withCodesFromText(symptom: Symptom): Symptom {
	const { text = '', side } = symptom;
	const found =
		side === 'smtp'
			? /(?:^|: |=)([45]\d\d)(?:[ -]([45]\.\d{1,3}\.\d{1,3})\b)?/.exec(text)
			: /^(?:NO |BAD |BYE )?\[([A-Z]+)/.exec(text);
	const responseCode = symptom.responseCode ?? found?.[1];
	const enhancedCode = symptom.enhancedCode ?? found?.[2];
	return {
		...symptom,
		...(responseCode !== undefined && { responseCode }),
		...(enhancedCode !== undefined && { enhancedCode }),
	};
}

function fits(pattern: Pattern, facts: Facts): boolean {
	const { responseCode, text } = facts;
	return (
		(pattern.side === undefined || pattern.side === facts.side) &&
		has(pattern.provider, facts.key) &&
		has(pattern.code, facts.code) &&
		has(pattern.enhancedCode, facts.enhancedCode) &&
		has(pattern.portFault, facts.portFault) &&
		has(pattern.login, facts.login ?? 'password') &&
		has(pattern.oauthError, facts.oauthError) &&
		has(pattern.tokenFault, facts.tokenFault) &&
		(pattern.responseCode === undefined ||
			(responseCode !== undefined && pattern.responseCode.some((code) => responseCode.startsWith(code)))) &&
		(pattern.text === undefined || pattern.text.test(text ?? ''))
	);
}

function has<T>(allowed: readonly T[] | undefined, value: T | undefined): boolean {
	return allowed === undefined || (value !== undefined && allowed.includes(value));
}

function fill(sentence: string, symptom: Symptom, provider: Provider | undefined): string {
	const { side, host, port } = symptom;
	const protocol = side.toUpperCase();
	const hostName = host ?? `the ${protocol} server`;
	const values: Record<string, string> = {
		provider: provider?.label ?? 'The mail server',
		host: hostName,
		server: host === undefined || port === undefined ? hostName : `${host}:${port}`,
		protocol,
		'password advice': symptom.login === 'token' ? TOKEN_ADVICE : (provider?.hint ?? CUSTOM_PASSWORD_ADVICE),
		'port advice': portAdvice(symptom),
		'proxy words': proxyWords(symptom),
	};
	return sentence
		.replace(/\{([a-z ]+)\}/g, (placeholder, name: string) => values[name] ?? placeholder)
		.replace(/^the /, 'The ');
}

/** As nodes/mail/net/proxy.ts passes them on. */
function proxyWords({ text = '' }: Symptom): string {
	const words = /^The proxy answered: (.+)$/.exec(text)?.[1];
	return words === undefined ? '' : ` (it answered: ${words})`;
}

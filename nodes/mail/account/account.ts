/** A mail account as the core sees it: where the servers are, how the line is secured, who logs in. */
import { createHmac, createSecretKey, randomBytes } from 'crypto';
import { isIP } from 'net';
import { MailError } from '../errors';
import type { Egress } from '../net/dial';
import type { Proxy } from '../net/proxy';
import type { TlsSettings } from '../net/tls';
import { Secret } from './secret';
import { oauthBearer, xoauth2, type TokenSource } from './token';

/** `tls`: encrypted from the first byte. `starttls`: upgraded, and given up when the server does not offer it. */
export type Security = 'tls' | 'starttls' | 'none';

export interface Endpoint {
	host: string;
	port: number;
	security: Security;
}

/** How the account logs in. An empty password: not at all (SMTP only). */
export type Auth = { kind: 'password'; password: Secret } | { kind: 'token'; tokens: TokenSource };

export interface Account {
	/** Key into the provider table, or `custom`. Used for hints and for providers' quirks. */
	provider: string;
	/** Whose mailbox it is: with a token, maybe one that is shared with its owner. */
	user: string;
	auth: Auth;
	imap: Endpoint | null;
	smtp: Endpoint | null;
	/** Accept any certificate. The user chose it against a warning. */
	ignoreCertificateErrors: boolean;
	tls: TlsSettings;
	/** Through which all connections go; null for none. */
	proxy: Proxy | null;
	/** Null where whoever runs n8n has no rules. */
	egress: Egress | null;
	/** How we call ourselves to SMTP servers; empty for the name of this machine. */
	ehloName: string;
	/** Sender used when a mail names none. */
	senderAddress: string | null;
	senderName: string | null;
}

/**
 * The account's server for a protocol.
 *
 * @throws MailError `ACCOUNT` when the account was set up without it
 */
export function endpointOf(account: Account, side: 'imap' | 'smtp'): Endpoint {
	const endpoint = account[side];
	if (endpoint) return endpoint;
	const [name, use] = side === 'imap' ? ['IMAP', 'read mail'] : ['SMTP', 'send mail'];
	throw new MailError('ACCOUNT', `This mail account has no ${name} server, so it cannot ${use}.`, {
		retry: 'configuration',
		side,
		nextStep: `Open the credential and fill in the ${name} host, or choose another account.`,
	});
}

/**
 * Refuses to send a password or token unencrypted over a network that others share. Loopback and private addresses are let
 * through, because the user has to choose "None" against a warning first.
 *
 * @throws MailError `ACCOUNT`
 */
export function refusePlainTextLogin(account: Account, endpoint: Endpoint, side: 'imap' | 'smtp'): void {
	if (endpoint.security !== 'none' || !logsIn(account)) return;
	// It is readable on the way to the proxy, too.
	const shared = [account.proxy?.host ?? endpoint.host, endpoint.host].find((host) => !isPrivateHost(host));
	if (shared === undefined) return;
	const what = account.auth.kind === 'password' ? 'password' : 'access token';
	throw new MailError('ACCOUNT', `The ${what} would travel unencrypted to ${shared}, so nothing was sent.`, {
		retry: 'configuration',
		side,
		nextStep:
			'Choose TLS or STARTTLS in the credential. No encryption is allowed only to this machine and private networks.',
	});
}

/** Whether there is anything to log in with. */
export function logsIn({ auth }: Account): boolean {
	return auth.kind === 'token' || !auth.password.isEmpty;
}

/** Whether a host names this machine or an address that is never routed on the internet (RFC 1918, 4193, 3927). */
export function isPrivateHost(host: string): boolean {
	const name = host.toLowerCase().replace(/^\[|\]$/g, '');
	if (name === 'localhost' || name.endsWith('.localhost')) return true;
	if (isIP(name) === 4) {
		const [a = 0, b = 0] = name.split('.').map(Number);
		if (a === 127 || a === 10 || (a === 172 && b >= 16 && b <= 31)) return true;
		return (a === 192 && b === 168) || (a === 169 && b === 254);
	}
	return isIP(name) === 6 && (name === '::1' || /^f[cd]/.test(name));
}

/**
 * Names the account in stored cursors: user and server domain, so that another alias or port of the same server does
 * not make the trigger start anew (delivery.md D1).
 */
export function accountIdentity(account: Account): string {
	const host = account.imap?.host.toLowerCase() ?? '';
	const labels = host.split('.');
	const domain =
		isIP(host) || labels.length < 3 ? host : labels.slice(shortSecondLevel(labels) ? -3 : -2).join('.');
	return `${account.user.toLowerCase()}@${domain}`;
}

/** `co.uk`, `com.cn`: there the registered name is one label further left. */
function shortSecondLevel(labels: readonly string[]): boolean {
	return labels.length >= 3 && (labels.at(-1)?.length ?? 0) === 2 && (labels.at(-2)?.length ?? 0) <= 3;
}

/** Known to this process only, so that a fingerprint seen elsewhere cannot be tried against guessed passwords. */
const processKey = createSecretKey(randomBytes(32));
/** Accounts are never changed. */
const fingerprints = new WeakMap<Account, string>();

/** A hash that nobody outside this process can compare with guesses. */
export function keyedHash(text: string): string {
	return createHmac('sha256', processKey).update(text).digest('hex');
}

/**
 * Equal for two accounts exactly when every field is, secrets included; a renewed token is no difference, another
 * credential is. Connections are shared by it, so a credential with a wrong password never joins a live session
 * (delivery.md D15).
 */
export function accountFingerprint(account: Account): string {
	const known = fingerprints.get(account);
	if (known !== undefined) return known;
	const { auth, ...rest } = account;
	const login = auth.kind === 'password' ? auth.password.reveal() : auth.tokens.grant;
	const fingerprint = keyedHash(
		// Not a replacer's second argument: that is what toJSON made of a secret.
		JSON.stringify([auth.kind, login, rest], function (this: Record<string, unknown>, key) {
			const value = this[key];
			return value instanceof Secret ? value.reveal() : value;
		}),
	);
	fingerprints.set(account, fingerprint);
	return fingerprint;
}

/** Everything in the account that must never be seen, in the forms in which it goes over the line. */
export function secretsOf(account: Account): string[] {
	const { proxy, tls } = account;
	const others = [proxy?.password, tls.clientKey, tls.keyPassphrase].map((secret) => secret?.reveal() ?? '');
	const proxyLogin = proxy && !proxy.password.isEmpty ? [`${proxy.user}:${proxy.password.reveal()}`] : [];
	return [...loginSecrets(account), ...others.filter((text) => text !== ''), ...proxyLogin];
}

function loginSecrets(account: Account): string[] {
	const { user, auth } = account;
	if (auth.kind === 'password') {
		const password = auth.password.reveal();
		return password === '' ? [] : [password, `\0${user}\0${password}`];
	}
	const endpoints = [account.imap, account.smtp].filter((endpoint) => endpoint !== null);
	return auth.tokens.issued.flatMap((secret) => {
		const token = secret.reveal();
		const bearer = endpoints.map(({ host, port }) => oauthBearer(user, token, host, port));
		return [token, xoauth2(user, token), ...bearer];
	});
}

/** The fields of a credential that say how to get to the servers: certificates, proxy, names. */
import type { ICredentialDataDecryptedObject, NodeEgressFilter } from 'n8n-workflow';
import { domainToASCII } from 'url';
import type { Account } from '../mail/account/account';
import { Secret } from '../mail/account/secret';
import { MailError } from '../mail/errors';
import { EGRESS_BLOCKED, type Egress } from '../mail/net/dial';
import type { Proxy } from '../mail/net/proxy';
import { MIN_TLS_VERSION, NO_TLS_SETTINGS, type TlsSettings } from '../mail/net/tls';

type Connection = Pick<Account, 'tls' | 'proxy' | 'egress' | 'ehloName'>;

/** The rules about where nodes may connect to, as newer n8n offers them. */
export type EgressHelpers = { getSecureEgressFilter?: () => NodeEgressFilter };

const PEM_LINE_LENGTH = 64;

/** What there is without any of these fields. */
export function plainConnection(ehloName = ''): Connection {
	return { tls: NO_TLS_SETTINGS, proxy: null, egress: null, ehloName: nameOf(ehloName) };
}

/** @throws MailError `ACCOUNT` naming the field that is missing or wrong */
export function connectionOf(data: ICredentialDataDecryptedObject): Connection {
	return { ...plainConnection(text(data.ehloName)), tls: tlsOf(data), proxy: proxyOf(data) };
}

/** n8n's own rules, if this n8n has such and gives them to nodes. */
export function egressOf(helpers: EgressHelpers): Egress | null {
	if (typeof helpers.getSecureEgressFilter !== 'function') return null;
	const filter = helpers.getSecureEgressFilter();
	const lookup = filter.createSecureLookup();
	return {
		lookup: (hostname, options, done) =>
			lookup(hostname, options, (error, address, family) => {
				done(error && markBlocked(error), address, family);
			}),
		refusal: (address) => {
			const result = filter.validateConnectionHost(address);
			return result.ok ? null : result.error;
		},
	};
}

/** n8n's refusals have names of their own, and no code by which to tell them from a name that does not exist. */
function markBlocked(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
	return error.name.startsWith('SsrfBlocked') ? Object.assign(error, { code: EGRESS_BLOCKED }) : error;
}

function tlsOf(data: ICredentialDataDecryptedObject): TlsSettings {
	if (data.tlsOptions !== true) return NO_TLS_SETTINGS;
	return {
		authorities: pem(data.tlsAuthorities),
		clientCertificate: pem(data.tlsClientCertificate),
		clientKey: new Secret(pem(data.tlsPrivateKey)),
		keyPassphrase: new Secret(typeof data.tlsKeyPassphrase === 'string' ? data.tlsKeyPassphrase : ''),
		minVersion: data.tlsMinVersion === 'TLSv1.3' ? 'TLSv1.3' : MIN_TLS_VERSION,
		serverName: text(data.tlsServerName),
	};
}

/** One-line fields lose the line breaks of what is pasted, and some tools write them as `\n`. */
function pem(value: unknown): string {
	const given = text(value).replace(/\\n/g, '\n');
	if (given.includes('\n')) return given;
	return given.replace(
		/(-----BEGIN [A-Z0-9 ]+-----)([A-Za-z0-9+/= ]+)(-----END [A-Z0-9 ]+-----)\s*/g,
		(_all, begin: string, body: string, end: string) => {
			const lines = body.replace(/ /g, '').match(new RegExp(`.{1,${PEM_LINE_LENGTH}}`, 'g')) ?? [];
			return `${[begin, ...lines, end].join('\n')}\n`;
		},
	);
}

function proxyOf(data: ICredentialDataDecryptedObject): Proxy | null {
	const { proxyType: kind } = data;
	if (kind !== 'http' && kind !== 'socks5') return null;
	const host = hostOf(data.proxyHost).replace(/^\[|\]$/g, '');
	if (host === '' || /[\s/@]/.test(host)) {
		throw unusable(
			`"${host}" is no host name of a proxy`,
			'Write the Proxy Host like proxy.example.com, without "http://" and without port.',
		);
	}
	const port = Number(data.proxyPort);
	if (!Number.isInteger(port) || port < 1 || port > 65_535)
		throw unusable('the port of the proxy is no port', 'A port is a number from 1 to 65535.');
	const password = typeof data.proxyPassword === 'string' ? data.proxyPassword : '';
	return { kind, host, port, user: text(data.proxyUser), password: new Secret(password) };
}

function nameOf(given: string): string {
	const name = given.trim();
	if (/^[\w.:[\]-]*$/.test(name)) return name;
	throw unusable(`"${name}" is no name for EHLO`, 'Write it like client.example.com, or leave it empty.');
}

/** A host as it goes over the line and stands in certificates: names in other letters as `xn--…` (RFC 5890). */
export function hostOf(value: unknown): string {
	const host = text(value);
	return /[^\0-\x7f]/.test(host) ? domainToASCII(host) || host : host;
}

function text(value: unknown): string {
	return typeof value === 'string' ? value.trim() : '';
}

function unusable(what: string, nextStep: string): MailError {
	return new MailError('ACCOUNT', `The mail account cannot be used: ${what}.`, {
		retry: 'configuration',
		nextStep,
	});
}

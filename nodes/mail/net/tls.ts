/** How a line is encrypted, as Node wants to be told. */
import { X509Certificate } from 'crypto';
import { createSecureContext, rootCertificates, type ConnectionOptions, type SecureContext } from 'tls';
import * as tls from 'tls';
import type { Account, Endpoint } from '../account/account';
import { Secret } from '../account/secret';
import { MailError } from '../errors';

/** Oldest TLS version spoken (RFC 8996 retires 1.0 and 1.1). */
export const MIN_TLS_VERSION = 'TLSv1.2';

export interface TlsSettings {
	/** Authorities that are trusted beside those that Node knows, as PEM; empty for none. */
	authorities: string;
	/** What a server is shown that asks who we are, as PEM; empty for nothing. */
	clientCertificate: string;
	clientKey: Secret;
	keyPassphrase: Secret;
	minVersion: 'TLSv1.2' | 'TLSv1.3';
	/** Name that is asked for and that the certificate must bear; empty for the host. */
	serverName: string;
}

export const NO_TLS_SETTINGS: TlsSettings = {
	authorities: '',
	clientCertificate: '',
	clientKey: new Secret(''),
	keyPassphrase: new Secret(''),
	minVersion: MIN_TLS_VERSION,
	serverName: '',
};

const BEGIN = '-----BEGIN CERTIFICATE-----';
/** Reading 150 authorities takes some 20 ms, and an account connects often. */
const contexts = new WeakMap<TlsSettings, SecureContext>();

/** @throws MailError `ACCOUNT` naming the field that cannot be read */
export function tlsOptions(account: Account, endpoint: Endpoint): ConnectionOptions {
	const { tls: settings, ignoreCertificateErrors } = account;
	const context = contextOf(settings);
	return {
		host: endpoint.host,
		minVersion: settings.minVersion,
		rejectUnauthorized: !ignoreCertificateErrors,
		...(settings.serverName !== '' && { servername: settings.serverName }),
		...(context && { secureContext: context }),
	};
}

function contextOf(settings: TlsSettings): SecureContext | null {
	const { authorities, clientCertificate, clientKey, keyPassphrase, minVersion } = settings;
	if (authorities === '' && clientCertificate === '' && clientKey.isEmpty) return null;
	const known = contexts.get(settings);
	if (known) return known;
	if (authorities !== '')
		read('CA Certificates', `the text from ${BEGIN} to its END line`, () => {
			// Node skips in silence what is no certificate.
			const [, ...blocks] = authorities.split(BEGIN);
			if (blocks.length === 0) throw new Error('no certificate');
			for (const block of blocks) new X509Certificate(BEGIN + block);
		});
	if ((clientCertificate === '') !== clientKey.isEmpty) {
		throw unreadable('Client Certificate or Client Key', 'is empty', 'Fill in both, or neither.');
	}
	const login = {
		...(clientCertificate !== '' && { cert: clientCertificate, key: clientKey.reveal() }),
		...(!keyPassphrase.isEmpty && { passphrase: keyPassphrase.reveal() }),
	};
	if (clientCertificate !== '')
		read(
			'Client Certificate, Client Key and its passphrase',
			'the certificate, its own key, and the key’s passphrase',
			() => createSecureContext(login),
		);
	const ca = authorities === '' ? undefined : [...knownAuthorities(), authorities];
	const context = createSecureContext({ ca, minVersion, ...login });
	contexts.set(settings, context);
	return context;
}

/** Those of the system and of NODE_EXTRA_CA_CERTS where Node tells them; else its own. */
function knownAuthorities(): readonly string[] {
	const { getCACertificates } = tls as { getCACertificates?: (kind: 'default') => string[] };
	return getCACertificates?.('default') ?? rootCertificates;
}

function read(field: string, wanted: string, parse: () => unknown): void {
	try {
		parse();
	} catch {
		throw unreadable(field, 'cannot be read', `Paste ${wanted}.`);
	}
}

function unreadable(field: string, what: string, nextStep: string): MailError {
	return new MailError('ACCOUNT', `The mail account cannot be used: ${field} ${what}.`, {
		retry: 'configuration',
		nextStep,
	});
}

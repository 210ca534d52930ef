/** From a credential as n8n stores it to the core's Account. */
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { Account, Endpoint, Security } from '../mail/account/account';
import { endpointsOf } from '../mail/account/providers';
import { MailError } from '../mail/errors';

/** Credential types that the nodes take; `smtp` and `imap` are n8n's own. */
export type AccountType = 'mailAccountApi' | 'smtp' | 'imap';

const SECURITIES: readonly Security[] = ['tls', 'starttls', 'none'];

/**
 * Reads an account from a credential's fields.
 *
 * @throws MailError `ACCOUNT` naming the field that is missing or wrong
 */
export function toAccount(type: AccountType, data: ICredentialDataDecryptedObject): Account {
	switch (type) {
		case 'mailAccountApi':
			return fromMailAccount(data);
		case 'smtp':
			return {
				...common(data),
				imap: null,
				smtp: builtInEndpoint(data, data.disableStartTls === true),
				ignoreCertificateErrors: false,
			};
		case 'imap':
			return {
				...common(data),
				imap: builtInEndpoint(data, false),
				smtp: null,
				ignoreCertificateErrors: data.allowUnauthorizedCerts === true,
			};
	}
}

function fromMailAccount(data: ICredentialDataDecryptedObject): Account {
	const provider = text(data.provider) || 'custom';
	const preset = endpointsOf(provider);
	const imap = preset ? preset.imap : endpoint(data, 'imap');
	const smtp = preset ? preset.smtp : endpoint(data, 'smtp');
	if (!imap && !smtp)
		throw incomplete(
			'it names neither an IMAP nor an SMTP host',
			'Fill in IMAP Host to receive mail, SMTP Host to send it.',
		);
	return { ...common(data), provider, imap, smtp, ignoreCertificateErrors: data.ignoreSslIssues === true };
}

function common(
	data: ICredentialDataDecryptedObject,
): Omit<Account, 'imap' | 'smtp' | 'ignoreCertificateErrors'> {
	const user = text(data.user);
	const password = typeof data.password === 'string' ? data.password : '';
	if (user === '' && password !== '')
		throw incomplete('the user is empty', 'Fill in the user, mostly the e-mail address.');
	const senderAddress = text(data.senderAddress) || (user.includes('@') ? user : '');
	return {
		provider: 'custom',
		user,
		password,
		senderAddress: senderAddress || null,
		senderName: text(data.senderName) || null,
	};
}

function endpoint(data: ICredentialDataDecryptedObject, side: 'imap' | 'smtp'): Endpoint | null {
	const host = text(data[`${side}Host`]);
	if (host === '') return null;
	const name = side.toUpperCase();
	if (/[\s/\\:@]/.test(host) && !/^\[?[0-9a-f:]+\]?$/i.test(host)) {
		throw incomplete(
			`"${host}" is no host name`,
			`Write the ${name} host like ${side}.example.com, without port and without "://".`,
		);
	}
	const security = text(data[`${side}Security`]) || 'tls';
	if (!SECURITIES.includes(security as Security))
		throw incomplete(`"${security}" is no ${name} security`, 'Choose TLS, STARTTLS or None.');
	return {
		host: host.replace(/^\[|\]$/g, ''),
		port: portOf(data[`${side}Port`], name),
		security: security as Security,
	};
}

/** n8n's own types know TLS from the start, or STARTTLS; the latter is required here. */
function builtInEndpoint(data: ICredentialDataDecryptedObject, plain: boolean): Endpoint {
	const host = text(data.host);
	if (host === '') throw incomplete('the host is empty', 'Fill in the host in the credential.');
	return {
		host,
		port: portOf(data.port, 'server'),
		security: data.secure !== false ? 'tls' : plain ? 'none' : 'starttls',
	};
}

function portOf(value: unknown, name: string): number {
	const port = Number(value);
	if (Number.isInteger(port) && port > 0 && port < 65536) return port;
	throw incomplete(
		`${JSON.stringify(value)} is no ${name} port`,
		'A port is a number from 1 to 65535; 993 and 465 are usual.',
	);
}

function text(value: unknown): string {
	return typeof value === 'string' ? value.trim() : '';
}

function incomplete(what: string, nextStep: string): MailError {
	return new MailError('ACCOUNT', `The mail account cannot be used: ${what}.`, {
		retry: 'configuration',
		nextStep,
	});
}

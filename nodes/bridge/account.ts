/** From a credential as n8n stores it to the core's Account. */
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { Account, Auth, Endpoint, Security } from '../mail/account/account';
import { endpointsOf } from '../mail/account/providers';
import { Secret } from '../mail/account/secret';
import type { TokenSource } from '../mail/account/token';
import { MailError } from '../mail/errors';
import { connectionOf, egressOf, hostOf, plainConnection, type EgressHelpers } from './connectionFields';
import { CredentialTokens, type OAuthContext } from './oauthTokens';

/** Our own credential types; the last three log in with OAuth2. */
export const OWN_TYPES = [
	'mailAccountApi',
	'mailAccountGoogleOAuth2Api',
	'mailAccountMicrosoftOAuth2Api',
	'mailAccountOAuth2Api',
] as const;

/** Credential types that the nodes take; `smtp` and `imap` are n8n's own. */
export type AccountType = (typeof OWN_TYPES)[number] | 'smtp' | 'imap';

/** What a type is taken for when the credential names no provider. */
const PROVIDER_OF: Partial<Record<AccountType, string>> = {
	mailAccountGoogleOAuth2Api: 'gmail',
	mailAccountMicrosoftOAuth2Api: 'microsoft365',
};

const SECURITIES: readonly Security[] = ['tls', 'starttls', 'none'];

/** What n8n's contexts have in common: those of a trigger, an execution and the editor. */
export type CredentialReader = OAuthContext & { helpers: EgressHelpers } & {
	getCredentials(type: string, itemIndex?: number): Promise<ICredentialDataDecryptedObject>;
};

/**
 * Reads the account that a node is to use; works for every type.
 *
 * @param context of a trigger, an execution or the editor; tokens are renewed through it as long as the account is used
 * @throws MailError `ACCOUNT` naming the field that is missing or wrong, and what n8n throws for a missing credential
 */
export async function readAccount(
	context: CredentialReader,
	type: AccountType,
	itemIndex?: number,
): Promise<Account> {
	return accountFrom(context, type, await context.getCredentials(type, itemIndex), itemIndex);
}

/** The same from a credential that was read already. */
export function accountFrom(
	context: CredentialReader,
	type: AccountType,
	data: ICredentialDataDecryptedObject,
	itemIndex?: number,
): Account {
	const egress = egressOf(context.helpers);
	if (!isOAuth(type)) return { ...toAccount(type, data), egress };
	const read = async () => await context.getCredentials(type, itemIndex);
	const tokens = new CredentialTokens(context, type, providerName(type, data), read, data);
	return { ...toAccount(type, data, tokens), egress };
}

/**
 * Reads an account from a credential's fields.
 *
 * @param tokens where tokens come from; needed for the OAuth2 types
 * @throws MailError `ACCOUNT` naming the field that is missing or wrong
 */
export function toAccount(
	type: AccountType,
	data: ICredentialDataDecryptedObject,
	tokens?: TokenSource,
): Account {
	switch (type) {
		case 'smtp':
			return {
				...common(data, passwordOf(data)),
				...plainConnection(text(data.hostName)),
				imap: null,
				smtp: builtInEndpoint(data, data.disableStartTls === true),
				ignoreCertificateErrors: false,
			};
		case 'imap':
			return {
				...common(data, passwordOf(data)),
				...plainConnection(),
				imap: builtInEndpoint(data, false),
				smtp: null,
				ignoreCertificateErrors: data.allowUnauthorizedCerts === true,
			};
		case 'mailAccountApi':
			return fromMailAccount(type, data, passwordOf(data));
		default:
			if (!tokens) throw new TypeError(`${type} needs a source of tokens`);
			return fromMailAccount(type, data, { kind: 'token', tokens });
	}
}

/** Whether a credential type logs in with OAuth2, so that n8n runs no test of ours for it. */
export function isOAuth(type: AccountType): boolean {
	return type.endsWith('OAuth2Api');
}

function providerName(type: AccountType, data: ICredentialDataDecryptedObject): string {
	return text(data.provider) || (PROVIDER_OF[type] ?? 'custom');
}

function fromMailAccount(type: AccountType, data: ICredentialDataDecryptedObject, auth: Auth): Account {
	const provider = providerName(type, data);
	const preset = endpointsOf(provider);
	const imap = preset ? preset.imap : endpoint(data, 'imap');
	const smtp = preset ? preset.smtp : endpoint(data, 'smtp');
	if (!imap && !smtp)
		throw incomplete(
			'it names neither an IMAP nor an SMTP host',
			'Fill in IMAP Host to receive mail, SMTP Host to send it.',
		);
	return {
		...common(data, auth),
		...connectionOf(data),
		provider,
		imap,
		smtp,
		ignoreCertificateErrors: data.ignoreSslIssues === true,
	};
}

function common(
	data: ICredentialDataDecryptedObject,
	auth: Auth,
): Pick<Account, 'provider' | 'user' | 'auth' | 'senderAddress' | 'senderName'> {
	const user = text(data.sharedMailbox) || text(data.user);
	if (user === '' && (auth.kind === 'token' || !auth.password.isEmpty))
		throw incomplete('the user is empty', 'Fill in the user, mostly the e-mail address.');
	const senderAddress = text(data.senderAddress) || (user.includes('@') ? user : '');
	return {
		provider: 'custom',
		user,
		auth,
		senderAddress: senderAddress || null,
		senderName: text(data.senderName) || null,
	};
}

function passwordOf(data: ICredentialDataDecryptedObject): Auth {
	return { kind: 'password', password: new Secret(typeof data.password === 'string' ? data.password : '') };
}

function endpoint(data: ICredentialDataDecryptedObject, side: 'imap' | 'smtp'): Endpoint | null {
	const host = hostOf(data[`${side}Host`]);
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
	const host = hostOf(data.host);
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

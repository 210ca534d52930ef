/** The select by which every node offers its account types; the editor shows it as one list of all credentials. */
import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import { OWN_TYPES, type AccountType } from './account';

/** Name of the credential test that every node has to offer under `methods.credentialTest`. */
export const MAIL_ACCOUNT_TEST = 'mailAccountTest';

/** Types of accounts that can be read, the default first. */
export const IMAP_ACCOUNT_TYPES: readonly AccountType[] = [...OWN_TYPES, 'imap'];
/** Types of accounts that can send, the default first. */
export const SMTP_ACCOUNT_TYPES: readonly AccountType[] = [...OWN_TYPES, 'smtp'];

const NAMES: Record<AccountType, string> = {
	mailAccountApi: 'Mail Account',
	mailAccountGoogleOAuth2Api: 'Mail Account (Google)',
	mailAccountMicrosoftOAuth2Api: 'Mail Account (Microsoft)',
	mailAccountOAuth2Api: 'Mail Account (Other OAuth2)',
	smtp: 'SMTP (n8n)',
	imap: 'IMAP (n8n)',
};

/** @param types the default first */
export function authenticationProperty(types: readonly AccountType[]): INodeProperties {
	return {
		displayName: 'Authentication',
		name: 'authentication',
		type: 'options',
		options: types
			.map((type) => ({ name: NAMES[type], value: type }))
			.sort((a, b) => (a.name < b.name ? -1 : 1)),
		default: types[0] ?? 'mailAccountApi',
	};
}

export function accountCredentials(types: readonly AccountType[]): INodeCredentialDescription[] {
	return types.map((type) => ({
		name: type,
		required: true,
		displayOptions: { show: { authentication: [type] } },
		// n8n tests types that sign in with OAuth2 by itself, whatever is named here.
		...(OWN_TYPES.some((own) => own === type) && { testedBy: MAIL_ACCOUNT_TEST }),
	}));
}

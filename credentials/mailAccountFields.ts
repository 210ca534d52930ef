/** The fields that all Mail Account credentials share: whose account, which servers, how the line is secured. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { connectionFields } from './connectionFields';
import { PROVIDER_KEYS, providerOf } from '../nodes/mail/account/providers';

const SECURITY_OPTIONS: INodePropertyOptions[] = [
	{ name: 'TLS', value: 'tls', description: 'Encrypted from the first byte; usual on ports 993 and 465' },
	{
		name: 'STARTTLS (Required)',
		value: 'starttls',
		description: 'Upgraded to TLS before anything secret is sent; usual on ports 143 and 587',
	},
	{ name: 'None', value: 'none', description: 'Not encrypted; only for this machine and private networks' },
];

const ONLY_CUSTOM = { show: { provider: ['custom'] } };

const CUSTOM: INodePropertyOptions = {
	name: 'Custom',
	value: 'custom',
	description: 'Any other mail server',
};

const USER: INodeProperties = {
	displayName: 'User',
	name: 'user',
	type: 'string',
	default: '',
	placeholder: 'name@example.com',
};

/** n8n lets every OAuth2 token go to any web address by its HTTP Request node, and shows a field about that. */
const ONLY_FOR_MAIL: INodeProperties = {
	displayName: 'Allowed HTTP Request Domains',
	name: 'allowedHttpRequestDomains',
	type: 'hidden',
	default: 'none',
};

type ProviderKey = (typeof PROVIDER_KEYS)[number];

/** What differs between the kinds of account. */
export interface AccountKind {
	/** The default first. Those with a single one do not show it. */
	providers: readonly (ProviderKey | 'custom')[];
	/** With a password each provider's hint about it is shown; who signs in by OAuth2 has to have a user. */
	login: 'password' | 'oauth2';
	/** The fields of this kind only, such as the password; they stand below the user. */
	fields: INodeProperties[];
}

/** Every provider of the table, and servers of one's own. */
export const ALL_PROVIDERS: AccountKind['providers'] = ['custom', ...PROVIDER_KEYS];

export function mailAccountFields({ providers, login, fields }: AccountKind): INodeProperties[] {
	const hasCustom = providers.includes('custom');
	const hints = PROVIDER_KEYS.filter((key) => login === 'password' && providers.includes(key));
	return [
		...(login === 'oauth2' ? [ONLY_FOR_MAIL] : []),
		providerField(providers),
		...hints.map(providerNotice),
		login === 'password'
			? { ...USER, description: 'User name for logging in, mostly the e-mail address' }
			: { ...USER, required: true, description: 'Address of the mailbox, mostly the one you sign in with' },
		...fields,
		...(hasCustom ? serverFields('IMAP', 'imap', 993, 'Leave empty if this account only sends mail') : []),
		...(hasCustom ? serverFields('SMTP', 'smtp', 465, 'Leave empty if this account only receives mail') : []),
		{
			displayName: 'Ignore SSL Issues (Insecure)',
			name: 'ignoreSslIssues',
			type: 'boolean',
			default: false,
			description: 'Whether to connect even if SSL certificate validation is not possible',
		},
		{
			displayName:
				'Anyone on the way to the server can read this account’s password and mail while SSL issues are ignored. Use it for tests, and for servers on this machine.',
			name: 'ignoreSslNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { ignoreSslIssues: [true] } },
		},
		...connectionFields,
		{
			displayName: 'Sender Name',
			name: 'senderName',
			type: 'string',
			default: '',
			placeholder: 'Jane Doe',
			description: 'Name shown as the sender when a mail names none',
		},
		{
			displayName: 'Sender Address',
			name: 'senderAddress',
			type: 'string',
			default: '',
			placeholder: 'name@example.com',
			description:
				'Address mails come from when a node names none; the user is taken if this is empty and the user is an address',
		},
	];
}

function providerField(keys: AccountKind['providers']): INodeProperties {
	const field = { displayName: 'Provider', name: 'provider', default: keys[0] ?? 'custom' };
	if (keys.length === 1) return { ...field, type: 'hidden' };
	return {
		...field,
		type: 'options',
		options: keys.map((key) =>
			key === 'custom' ? CUSTOM : { name: providerOf(key)?.label ?? key, value: key },
		),
		description: 'Sets host, port and security for a known provider',
	};
}

function providerNotice(key: ProviderKey): INodeProperties {
	const provider = providerOf(key);
	const link = provider ? ` <a href="${provider.helpUrl}" target="_blank">More</a>` : '';
	return {
		displayName: `${provider?.hint ?? ''}${link}`,
		name: `${key}Notice`,
		type: 'notice',
		default: '',
		displayOptions: { show: { provider: [key] } },
	};
}

function serverFields(
	protocol: string,
	prefix: 'imap' | 'smtp',
	port: number,
	hint: string,
): INodeProperties[] {
	return [
		{
			displayName: `${protocol} Host`,
			name: `${prefix}Host`,
			type: 'string',
			default: '',
			placeholder: `${prefix}.example.com`,
			description: hint,
			displayOptions: ONLY_CUSTOM,
		},
		{
			displayName: `${protocol} Port`,
			name: `${prefix}Port`,
			type: 'number',
			default: port,
			description: prefix === 'imap' ? '993 for TLS, 143 for STARTTLS' : '465 for TLS, 587 for STARTTLS',
			displayOptions: ONLY_CUSTOM,
		},
		{
			displayName: `${protocol} Security`,
			name: `${prefix}Security`,
			type: 'options',
			options: SECURITY_OPTIONS,
			default: 'tls',
			description: 'How the connection is encrypted',
			displayOptions: ONLY_CUSTOM,
		},
		{
			displayName: `Without encryption everybody on the way can read the password and the mail. The ${protocol} password is only sent to this machine and private networks.`,
			name: `${prefix}PlainNotice`,
			type: 'notice',
			default: '',
			displayOptions: { show: { provider: ['custom'], [`${prefix}Security`]: ['none'] } },
		},
	];
}

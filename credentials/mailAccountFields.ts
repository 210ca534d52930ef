/** The fields that all Mail Account credentials share: whose account, which servers, how the line is secured. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
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

/**
 * @param middle the fields of one kind of account, such as its password; they stand below the user
 */
export function mailAccountFields(middle: INodeProperties[]): INodeProperties[] {
	return [
		{
			displayName: 'Provider',
			name: 'provider',
			type: 'options',
			options: [
				{ name: 'Custom', value: 'custom', description: 'Any other mail server' },
				...PROVIDER_KEYS.map((key) => ({ name: providerOf(key)?.label ?? key, value: key })),
			],
			default: 'custom',
			description: 'Sets host, port and security for a known provider',
		},
		...PROVIDER_KEYS.map(providerNotice),
		{
			displayName: 'User',
			name: 'user',
			type: 'string',
			default: '',
			placeholder: 'name@example.com',
			description: 'User name for logging in, mostly the e-mail address',
		},
		...middle,
		...serverFields('IMAP', 'imap', 993, 'Leave empty if this account only sends mail'),
		...serverFields('SMTP', 'smtp', 465, 'Leave empty if this account only receives mail'),
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

function providerNotice(key: (typeof PROVIDER_KEYS)[number]): INodeProperties {
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

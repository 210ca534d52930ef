/** How to get to the servers, for networks that are not plain: own certificates, a proxy, names. */
import type { INodeProperties } from 'n8n-workflow';

const OWN_TLS = { show: { tlsOptions: [true] } };
const PROXIES = ['http', 'socks5'];

const certificateFields: INodeProperties[] = [
	{
		displayName: 'TLS Options',
		name: 'tlsOptions',
		type: 'boolean',
		default: false,
		description: 'Whether the servers need certificates of their own, a newer TLS version or another name',
	},
	{
		displayName: 'CA Certificates',
		name: 'tlsAuthorities',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		placeholder: '-----BEGIN CERTIFICATE----- …',
		description:
			'Authorities to trust beside the public ones, such as that of your company, as text (PEM); the better way than ignoring SSL issues',
		displayOptions: OWN_TLS,
	},
	{
		displayName: 'Client Certificate',
		name: 'tlsClientCertificate',
		type: 'string',
		typeOptions: { rows: 4, password: true },
		default: '',
		placeholder: '-----BEGIN CERTIFICATE----- …',
		description: 'Shown to servers that ask who connects, as text (PEM)',
		displayOptions: OWN_TLS,
	},
	{
		displayName: 'Client Key',
		name: 'tlsPrivateKey',
		type: 'string',
		typeOptions: { rows: 4, password: true },
		default: '',
		placeholder: '-----BEGIN PRIVATE KEY----- …',
		description: 'Private key of the client certificate, as text (PEM)',
		displayOptions: OWN_TLS,
	},
	{
		displayName: 'Client Key Passphrase',
		name: 'tlsKeyPassphrase',
		type: 'string',
		typeOptions: { password: true },
		default: '',
		description: 'Needed only if the key is encrypted',
		displayOptions: OWN_TLS,
	},
	{
		displayName: 'Minimum TLS Version',
		name: 'tlsMinVersion',
		type: 'options',
		options: [
			{ name: 'TLS 1.2', value: 'TLSv1.2' },
			{ name: 'TLS 1.3', value: 'TLSv1.3' },
		],
		default: 'TLSv1.2',
		description: 'Oldest version to accept',
		displayOptions: OWN_TLS,
	},
	{
		displayName: 'Server Name',
		name: 'tlsServerName',
		type: 'string',
		default: '',
		placeholder: 'mail.example.com',
		description:
			'Name the certificate has to bear if it is not the host, for example when the host is an IP address or a tunnel',
		displayOptions: OWN_TLS,
	},
];

const proxyField = (field: Partial<INodeProperties> & Pick<INodeProperties, 'displayName' | 'name'>) =>
	({
		type: 'string',
		default: '',
		displayOptions: { show: { proxyType: PROXIES } },
		...field,
	}) as INodeProperties;

const proxyFields: INodeProperties[] = [
	{
		displayName: 'Proxy',
		name: 'proxyType',
		type: 'options',
		options: [
			{ name: 'HTTP (CONNECT)', value: 'http' },
			{ name: 'None', value: 'none' },
			{ name: 'SOCKS5', value: 'socks5' },
		],
		default: 'none',
		description: 'Through which all connections of this account go',
	},
	proxyField({
		displayName: 'Proxy Host',
		name: 'proxyHost',
		placeholder: 'proxy.example.com',
		description: 'Host name or address of the proxy',
	}),
	proxyField({
		displayName: 'Proxy Port',
		name: 'proxyPort',
		type: 'number',
		default: 3128,
		description: 'Mostly 3128 or 8080 for HTTP, 1080 for SOCKS5',
	}),
	proxyField({
		displayName: 'Proxy User',
		name: 'proxyUser',
		description: 'Leave empty if the proxy wants no login',
	}),
	proxyField({
		displayName: 'Proxy Password',
		name: 'proxyPassword',
		typeOptions: { password: true },
		description: 'Password for the proxy',
	}),
];

/** Further fields of every Mail Account. */
export const connectionFields: INodeProperties[] = [
	...certificateFields,
	...proxyFields,
	{
		displayName: 'EHLO Name',
		name: 'ehloName',
		type: 'string',
		default: '',
		placeholder: 'n8n.example.com',
		description: 'How to greet SMTP servers that insist on a certain name; mostly empty',
	},
];

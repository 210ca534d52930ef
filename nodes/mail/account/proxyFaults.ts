/** What stops a connection before it reaches the mail server's network: n8n's own rules, or the proxy. */
import type { DiagnosisRow } from './refusals';

export const PROXY_FAULTS: readonly DiagnosisRow[] = [
	{
		id: 'egress-blocked',
		class: 'configuration',
		cause: 'The rules of this n8n forbid nodes to connect to {host}, because of the address behind the name.',
		nextStep:
			'Ask whoever runs n8n to allow the host or its address (N8N_SSRF_ALLOWED_HOSTNAMES, N8N_SSRF_ALLOWED_IP_RANGES).',
		when: [{ code: ['EGRESS_BLOCKED'] }],
	},
	{
		id: 'proxy-unreachable',
		class: 'transient',
		cause: 'The proxy could not be reached or did not answer in time, so nothing was asked of {server}.',
		nextStep: 'Check Proxy Host and Proxy Port in the credential, and that the proxy is running.',
		when: [{ code: ['EPROXYDOWN'] }],
	},
	{
		id: 'proxy-login-refused',
		class: 'configuration',
		cause: 'The proxy refused its user name or password, or wants a login in the first place{proxy words}.',
		nextStep: 'Check Proxy User and Proxy Password in the credential.',
		when: [{ code: ['EPROXYLOGIN'] }],
	},
	{
		id: 'proxy-target-unreachable',
		class: 'transient',
		cause: 'The proxy could not reach {server}{proxy words}.',
		nextStep:
			'Check host and port. {port advice} If both are right, the server is down, or a firewall stands between the proxy and it.',
		when: [{ code: ['EPROXYTARGET'] }],
	},
	{
		id: 'proxy-refused',
		class: 'configuration',
		cause: 'The proxy does not connect anybody to {server}, or is no proxy of the chosen kind{proxy words}.',
		nextStep:
			'Check the kind and port of the proxy. Many permit only port 443: ask whoever runs it to permit this host and port.',
		when: [{ code: ['EPROXY', 'ProxyError', 'UnsupportedProxyAddress'] }],
	},
];

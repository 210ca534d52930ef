/** What goes wrong before a login: name, network, port, encryption, certificate. Order matters: the first that fits wins. */
import { PROXY_FAULTS } from './proxyFaults';
import type { DiagnosisRow } from './refusals';

/** What a client sees when both ends disagree on how the conversation starts. */
const BAD_START = [
	'GREETING_TIMEOUT',
	'ClosedAfterConnectText',
	'ClosedAfterConnectTLS',
	'ECONNECTION',
	'ECONNRESET',
	'ESOCKET',
	'EPROTOCOL',
	'EPROTO',
	'ETLS',
	'InvalidResponse',
	'ERR_SSL_WRONG_VERSION_NUMBER',
	'ERR_SSL_PACKET_LENGTH_TOO_LONG',
];

const TO_CERTIFICATE =
	'If it is your own server and network, turn on "Ignore SSL Issues" in the credential until the certificate is put right; anyone between n8n and the server could then read the mail.';

/** Faults are matched by text as well, because nodemailer's code for most of them is ESOCKET. */
export const CONNECTION_FAULTS: readonly DiagnosisRow[] = [
	...PROXY_FAULTS,
	{
		id: 'name-lookup-failed',
		class: 'transient',
		cause: 'The name {host} could not be looked up, because the name server (DNS) did not answer.',
		nextStep: 'Check that the machine n8n runs on has a working network and name server.',
		when: [
			{ code: ['EAI_AGAIN', 'ESERVFAIL'] },
			{ code: ['EDNS'], text: /EAI_AGAIN|ESERVFAIL|ETIMEOUT|timeout/i },
		],
	},
	{
		// Not a configuration fault: a network that is down gives the same answer for a right name.
		id: 'host-not-found',
		class: 'transient',
		cause: 'The name {host} does not exist in DNS, so there is no server to talk to.',
		nextStep:
			'Check the spelling of the {protocol} host: a name such as imap.example.com, without https:// and without a slash. If it is right, the network or its name server is down.',
		when: [{ code: ['ENOTFOUND', 'ENODATA', 'EDNS'] }, { text: /getaddrinfo ENOTFOUND/ }],
	},
	{
		id: 'bridge-not-running',
		class: 'transient',
		cause: 'Proton Mail Bridge does not answer at {server}.',
		nextStep:
			'Start Bridge on the machine n8n runs on and sign in to it. In a container, 127.0.0.1 is the container itself: choose Custom and give the address of the machine.',
		providerPage: true,
		when: [
			{ provider: ['protonBridge'], code: ['ECONNREFUSED'] },
			{ provider: ['protonBridge'], text: /ECONNREFUSED/ },
		],
	},
	{
		id: 'connection-refused',
		class: 'transient',
		cause: 'The machine is there, but nothing accepts connections at {server}.',
		nextStep: 'Check host and port. {port advice} If both are right, the mail server is not running.',
		when: [{ code: ['ECONNREFUSED'] }, { text: /ECONNREFUSED/ }],
	},
	{
		id: 'network-unreachable',
		class: 'transient',
		cause: 'There is no way through the network to {server}.',
		nextStep: 'Check the network of the machine n8n runs on, its firewall and its VPN.',
		when: [
			{ code: ['ENETUNREACH', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'] },
			{ text: /ENETUNREACH|EHOSTUNREACH|EHOSTDOWN|ENETDOWN/ },
		],
	},
	{
		id: 'connection-not-permitted',
		class: 'configuration',
		cause: 'This machine does not allow n8n to connect to {server}.',
		nextStep: 'Ask whoever runs n8n to permit outgoing connections to this host and port.',
		when: [{ code: ['EACCES', 'EPERM', 'ERR_ACCESS_DENIED'] }],
	},
	{
		id: 'wrong-protocol-port',
		class: 'configuration',
		cause: '{server} does not speak {protocol}: the port belongs to something else.',
		nextStep: '{port advice}',
		when: [
			{ portFault: ['other-protocol'], code: BAD_START },
			{ portFault: ['other-protocol'], text: /STARTTLS|greeting/i },
			{ side: 'smtp', code: ['EPROTOCOL'], text: /response=(\* OK|\+OK|HTTP\/)/ },
		],
	},
	{
		id: 'starttls-on-tls-port',
		class: 'configuration',
		cause:
			'The credential expects an unencrypted start, but {server} speaks TLS at once, so neither side understood the other.',
		nextStep: '{port advice}',
		when: [
			{ portFault: ['speaks-tls'], code: BAD_START },
			{ portFault: ['speaks-tls'], text: /greeting never received/i },
		],
	},
	{
		id: 'tls-on-plain-port',
		class: 'configuration',
		cause: 'The credential expects TLS at once, but {server} does not start with TLS.',
		nextStep: 'Change the security, mostly to STARTTLS, or the port. {port advice}',
		when: [
			{ code: ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'] },
			{ text: /wrong version number|packet length too long|unknown protocol/i },
			{ portFault: ['starts-plain'], code: BAD_START },
			{ portFault: ['starts-plain'], text: /greeting never received/i },
		],
	},
	{
		id: 'starttls-missing',
		class: 'configuration',
		cause: '{server} does not offer STARTTLS, so the password was not sent.',
		nextStep:
			'Use TLS on its TLS port (993 for IMAP, 465 for SMTP). If the provider does offer STARTTLS here, something between n8n and the server, such as a firewall or a virus scanner, removes it.',
		when: [
			{ code: ['ETLS', 'EREQUIRETLS'] },
			{
				text: /does not support STARTTLS|STARTTLS is not possible|Error (initiating|upgrading)[^:]*STARTTLS|STARTTLS.*not (supported|available)/i,
			},
		],
	},
	{
		id: 'starttls-tampered',
		class: 'configuration',
		cause:
			'Data was slipped into the conversation with {server} before encryption began, so it was given up.',
		nextStep: 'Use TLS on port 993 or 465. If it happens again, someone may be tampering with the network.',
		when: [{ code: ['STARTTLS_INJECTION'] }],
	},
	{
		id: 'certificate-of-bridge',
		class: 'configuration',
		cause: 'Proton Mail Bridge shows a certificate it made itself, which nobody else vouches for.',
		nextStep: 'Turn on "Ignore SSL Issues" in the credential: the connection stays on this machine.',
		providerPage: true,
		when: [
			{
				provider: ['protonBridge'],
				code: [
					'DEPTH_ZERO_SELF_SIGNED_CERT',
					'SELF_SIGNED_CERT_IN_CHAIN',
					'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
					'ERR_TLS_CERT_ALTNAME_INVALID',
				],
			},
			{ provider: ['protonBridge'], text: /certificate|altnames/i },
		],
	},
	{
		id: 'certificate-expired',
		class: 'configuration',
		cause: 'The certificate of {server} has expired.',
		nextStep: `Whoever runs the server must renew it. Check also that the clock of this machine is right. ${TO_CERTIFICATE}`,
		when: [{ code: ['CERT_HAS_EXPIRED'] }, { text: /certificate has expired/i }],
	},
	{
		id: 'certificate-not-yet-valid',
		class: 'configuration',
		cause: 'The certificate of {server} is not valid yet.',
		nextStep: 'Check that the clock of this machine is right.',
		when: [{ code: ['CERT_NOT_YET_VALID'] }, { text: /certificate is not yet valid/i }],
	},
	{
		id: 'certificate-self-signed',
		class: 'configuration',
		cause: '{server} shows a certificate it made itself, so nobody vouches that it is the right server.',
		nextStep: `The server needs a certificate from a public authority, such as Let's Encrypt. ${TO_CERTIFICATE}`,
		when: [{ code: ['DEPTH_ZERO_SELF_SIGNED_CERT'] }, { text: /self.signed certificate(?! in)/i }],
	},
	{
		id: 'certificate-unknown-authority',
		class: 'configuration',
		cause:
			"The certificate of {server} comes from an authority this machine does not know: a company's own, a network device that reads along, or a chain sent incompletely.",
		nextStep: `Whoever runs the server can send the whole chain; a company's authority can be made known to n8n with NODE_EXTRA_CA_CERTS. ${TO_CERTIFICATE}`,
		when: [
			{
				code: [
					'SELF_SIGNED_CERT_IN_CHAIN',
					'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
					'UNABLE_TO_GET_ISSUER_CERT',
					'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
					'CERT_UNTRUSTED',
				],
			},
			{
				text: /self.signed certificate in|unable to verify the first certificate|unable to get (local )?issuer/i,
			},
		],
	},
	{
		id: 'certificate-wrong-host',
		class: 'configuration',
		cause: 'The certificate of {server} is made out to another name.',
		nextStep: `Use the host name the provider gives, not an alias or an IP address; the server's words list the names that are valid. ${TO_CERTIFICATE}`,
		when: [{ code: ['ERR_TLS_CERT_ALTNAME_INVALID'] }, { text: /does not match certificate's altnames/i }],
	},
	{
		id: 'client-certificate-needed',
		class: 'configuration',
		cause: '{server} wants to see a certificate of the client, and was shown none that it accepts.',
		nextStep:
			'Turn on "TLS Options" in the credential and paste the client certificate and its key, which whoever runs the server has given you.',
		when: [
			{ code: ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'] },
			{ text: /certificate required|no (valid )?client certificate|present (a )?valid SSL certificate/i },
		],
	},
	{
		id: 'tls-too-old',
		class: 'configuration',
		cause:
			'{server} and n8n share no version or method of TLS; mostly the server is too old (TLS 1.2 is needed).',
		nextStep: 'Whoever runs the server must update it.',
		when: [
			{
				code: [
					'ERR_SSL_UNSUPPORTED_PROTOCOL',
					'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
					'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
					'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
					'ERR_SSL_DH_KEY_TOO_SMALL',
				],
			},
			{ text: /unsupported protocol|alert protocol version|alert handshake failure|dh key too small/i },
		],
	},
];

/** Lines that went dead. After the refusals, because a server may say why before it hangs up. */
export const LINE_FAULTS: readonly DiagnosisRow[] = [
	{
		id: 'no-greeting',
		class: 'transient',
		cause: '{server} accepted the connection, but did not say a word.',
		nextStep:
			'The port may expect another security setting. {port advice} If it worked before, the server is overloaded.',
		when: [{ code: ['GREETING_TIMEOUT'] }, { text: /greeting never received/i }],
	},
	{
		id: 'timed-out',
		class: 'transient',
		cause:
			'{server} did not answer in time: mostly a firewall drops the connection silently, or the host or port is wrong.',
		nextStep:
			'Ask whoever runs the network whether it permits this port; many hosting providers block port 25, some 465 and 587 too. {port advice}',
		when: [
			{ code: ['ETIMEDOUT', 'CONNECT_TIMEOUT', 'UPGRADE_TIMEOUT', 'ETIMEOUT'] },
			{ text: /ETIMEDOUT|connection timeout/i },
		],
	},
	{
		id: 'closed-before-greeting',
		class: 'transient',
		cause:
			'{server} closed the connection before it said a word: it is busy, or does not talk to this address or in this way.',
		nextStep: 'Try again in a few minutes. {port advice}',
		when: [
			{ code: ['ClosedAfterConnectText', 'ClosedAfterConnectTLS', 'ECONNRESET'] },
			{
				code: ['ECONNECTION', 'ESOCKET'],
				text: /ECONNRESET|closed unexpectedly|disconnected before secure/i,
			},
		],
	},
	{
		id: 'connection-lost',
		class: 'transient',
		cause: 'The connection to {server} was lost.',
		nextStep: 'Try again; if it happens often, look at the network between n8n and the server.',
		when: [
			{ code: ['NoConnection', 'EConnectionClosed', 'EPIPE', 'ECONNABORTED', 'ECONNECTION', 'ESOCKET'] },
		],
	},
];

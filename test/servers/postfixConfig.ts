import path from 'node:path';
import { HOST } from './local';

/** What the configuration of one Postfix depends on. */
export interface PostfixLayout {
	folder: string;
	ports: { smtp: number; submission: number; smtps: number };
	/** Addresses that have a mailbox. */
	recipients: string[];
	/** Where mail is delivered by LMTP. */
	lmtpPort: number;
	/** Dovecot's socket for SASL logins. */
	saslSocket: string;
	/** PEM of the authority of client certificates, which `submission` and `smtps` want then. */
	clientAuthority: string | null;
	/** Default 50 MB. */
	messageSizeLimit: number;
	/** Postfix restrictions checked at RCPT TO, e.g. `['check_recipient_access inline:{{…}}', 'permit']`. */
	recipientRestrictions: string[];
	/** Parameters of main.cf that win over those below. */
	settings: Record<string, string | number>;
}

/** Folders below the queue and who may use them: `public` ones also by Postfix's group for local submission. */
export const QUEUE_FOLDERS = {
	private: [
		...[
			'active',
			'bounce',
			'corrupt',
			'defer',
			'deferred',
			'flush',
			'hold',
			'incoming',
			'private',
			'saved',
			'trace',
		],
	],
	public: ['maildrop', 'public'],
	root: ['pid'],
};

export function postfixFiles(
	folder: string,
): Record<'config' | 'queue' | 'data' | 'log' | 'chain' | 'clientAuthority' | 'recipients', string> {
	return {
		config: path.join(folder, 'config'),
		queue: path.join(folder, 'queue'),
		data: path.join(folder, 'data'),
		log: path.join(folder, 'mail.log'),
		chain: path.join(folder, 'chain.pem'),
		clientAuthority: path.join(folder, 'client-authority.pem'),
		recipients: path.join(folder, 'recipients'),
	};
}

/** @returns the text of main.cf */
export function mainConfig(layout: PostfixLayout): string {
	const files = postfixFiles(layout.folder);
	const domains = new Set(layout.recipients.map((address) => address.split('@')[1] ?? ''));
	const settings = {
		compatibility_level: '3.6',
		queue_directory: files.queue,
		data_directory: files.data,
		maillog_file: files.log,
		maillog_file_prefixes: layout.folder,
		myhostname: 'localhost',
		inet_interfaces: HOST,
		inet_protocols: 'ipv4',
		mynetworks: '',
		// Nothing may leave this machine: local users by LMTP, everything else is an error.
		mydestination: '',
		virtual_mailbox_domains: [...domains].join(' '),
		virtual_mailbox_maps: `texthash:${files.recipients}`,
		virtual_transport: `lmtp:inet:${HOST}:${layout.lmtpPort}`,
		default_transport: 'error:this test server delivers to its own users only',
		relay_transport: 'error:this test server delivers to its own users only',
		disable_dns_lookups: 'yes',
		alias_maps: '',
		alias_database: '',
		local_recipient_maps: '',
		biff: 'no',
		smtpd_relay_restrictions: 'permit_sasl_authenticated, reject_unauth_destination',
		smtpd_recipient_restrictions: layout.recipientRestrictions.join(', '),
		message_size_limit: layout.messageSizeLimit,
		mailbox_size_limit: 0,
		virtual_mailbox_limit: 0,
		smtpd_forbid_bare_newline: 'yes',
		smtpd_tls_chain_files: files.chain,
		smtpd_tls_security_level: 'may',
		smtpd_tls_auth_only: 'yes',
		smtpd_tls_loglevel: 1,
		smtpd_sasl_type: 'dovecot',
		smtpd_sasl_path: layout.saslSocket,
		smtpd_sasl_auth_enable: 'no',
		smtpd_sasl_security_options: 'noanonymous',
		// Defences against strangers that would only slow down tests.
		smtpd_error_sleep_time: 0,
		smtpd_client_event_limit_exceptions: '127.0.0.0/8',
		smtpd_peername_lookup: 'no',
		lmtp_tls_security_level: 'none',
		minimal_backoff_time: '2s',
		maximal_backoff_time: '10s',
		queue_run_delay: '2s',
		...(layout.clientAuthority === null
			? {}
			: { smtpd_tls_CAfile: files.clientAuthority, smtpd_tls_req_ccert: 'yes' }),
		...layout.settings,
	};
	return Object.entries(settings)
		.map(([name, value]) => `${name} = ${value}\n`)
		.join('');
}

/** @returns the text of master.cf: one line per service (master(5)) */
export function masterConfig({ ports }: PostfixLayout): string {
	const smtpd = (port: number, ...options: string[]): string =>
		[`${HOST}:${port} inet n - n - - smtpd`, ...options.map((option) => `  -o ${option}`)].join('\n');
	const inner = (name: string, type: string, privacy: string, limit: string, program: string): string =>
		`${name} ${type} ${privacy} - n - ${limit} ${program}`;
	return `${[
		smtpd(ports.smtp),
		smtpd(ports.submission, 'smtpd_tls_security_level=encrypt', 'smtpd_sasl_auth_enable=yes'),
		smtpd(ports.smtps, 'smtpd_tls_wrappermode=yes', 'smtpd_sasl_auth_enable=yes'),
		'pickup unix n - n 60 1 pickup',
		inner('cleanup', 'unix', 'n', '0', 'cleanup'),
		'qmgr unix n - n 2 1 qmgr',
		inner('tlsmgr', 'unix', '-', '1', 'tlsmgr'),
		inner('rewrite', 'unix', '-', '-', 'trivial-rewrite'),
		...['bounce', 'defer', 'trace'].map((name) => inner(name, 'unix', '-', '0', 'bounce')),
		inner('verify', 'unix', '-', '1', 'verify'),
		inner('flush', 'unix', 'n', '0', 'flush'),
		'proxymap unix - - n - - proxymap',
		inner('lmtp', 'unix', '-', '-', 'lmtp'),
		inner('error', 'unix', '-', '-', 'error'),
		inner('retry', 'unix', '-', '-', 'error'),
		inner('discard', 'unix', '-', '-', 'discard'),
		inner('anvil', 'unix', '-', '1', 'anvil'),
		inner('showq', 'unix', 'n', '-', 'showq'),
		'postlog unix-dgram n - n - 1 postlogd',
	].join('\n')}\n`;
}

import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { HOST } from './local';

/** What the configuration of one Dovecot depends on. */
export interface DovecotLayout {
	folder: string;
	ports: { imap: number; imaps: number; lmtp: number };
	/** SASL mechanisms, e.g. `['plain', 'login', 'cram-md5']`. */
	mechanisms: string[];
	/** Top-level settings that win over those below, e.g. `{ mail_max_userip_connections: 1 }`. */
	settings: Record<string, string | number>;
	/** Text put at the end, for sections such as `passdb { … }`. */
	extraConfig: string;
	/** Where to ask whether an OAuth2 token is good; adds XOAUTH2 and OAUTHBEARER. */
	introspectionUrl: string | null;
	/** PEM of the authority of client certificates. */
	clientAuthority: string | null;
	/** Keeps Dovecot's own growing delays after a wrong password; off, so that tests are quick. */
	slowAuthFailures: boolean;
}

/** Files and sockets inside the folder. */
export function dovecotFiles(
	folder: string,
): Record<
	'config' | 'clientAuthority' | 'oauth' | 'users' | 'cert' | 'key' | 'mail' | 'log' | 'sasl',
	string
> {
	return {
		config: path.join(folder, 'dovecot.conf'),
		clientAuthority: path.join(folder, 'client-authority.pem'),
		oauth: path.join(folder, 'oauth2.conf'),
		users: path.join(folder, 'users'),
		cert: path.join(folder, 'cert.pem'),
		key: path.join(folder, 'key.pem'),
		mail: path.join(folder, 'mail'),
		log: path.join(folder, 'dovecot.log'),
		sasl: path.join(folder, 'sasl'),
	};
}

/** Who owns the mail and runs the processes: as root the users that Debian has anyway, else ourselves. */
export function mailOwner(): { uid: number; gid: number } {
	const { uid, gid } = os.userInfo();
	return uid === 0 ? { uid: 8, gid: 8 } : { uid, gid };
}

/** The name of our own group, which Dovecot wants instead of the number. */
function groupName(gid: number): string {
	const line = readFileSync('/etc/group', 'utf8')
		.split('\n')
		.find((entry) => entry.split(':')[2] === String(gid));
	return line?.split(':')[0] ?? os.userInfo().username;
}

/** Dovecot refuses to run its inner processes as root and cannot change user or root folder when not root. */
function ordinaryUserConfig(): string {
	const { uid, username, gid } = os.userInfo();
	if (uid === 0) return '';
	const inOwnRoot = ['anvil', 'imap-login', 'stats', 'ipc'].map((name) => `service ${name} {\n  chroot =\n}`);
	return [
		`default_internal_user = ${username}`,
		`default_login_user = ${username}`,
		`default_internal_group = ${groupName(gid)}`,
		...inOwnRoot,
		`service lmtp {\n  user = ${username}\n}`,
		`service auth-worker {\n  user = ${username}\n}`,
	].join('\n');
}

const TOKEN_MECHANISMS = ['xoauth2', 'oauthbearer'];

/** The settings of Dovecot's `passdb { driver = oauth2 }`. */
export function oauthConfig(introspectionUrl: string): string {
	return [
		'introspection_mode = post',
		`introspection_url = ${introspectionUrl}`,
		'username_attribute = email',
		'active_attribute = active',
		'active_value = true',
		'',
	].join('\n');
}

/** @returns the text of dovecot.conf (Dovecot 2.3) */
export function dovecotConfig(layout: DovecotLayout): string {
	const { folder, ports } = layout;
	const files = dovecotFiles(folder);
	const owner = mailOwner();
	// It looks for users in all passdbs, and one that knows tokens only cannot say.
	const anyUser = layout.introspectionUrl === null ? '' : ' allow_all_users=yes';
	const settings = {
		protocols: 'imap lmtp',
		listen: HOST,
		base_dir: path.join(folder, 'run'),
		state_dir: path.join(folder, 'state'),
		instance_name: path.basename(folder),
		log_path: files.log,
		ssl: 'yes',
		ssl_cert: `<${files.cert}`,
		ssl_key: `<${files.key}`,
		ssl_min_protocol: 'TLSv1.2',
		auth_mechanisms: [
			...layout.mechanisms,
			...(layout.introspectionUrl === null ? [] : TOKEN_MECHANISMS),
		].join(' '),
		auth_username_format: '%Lu',
		mail_location: 'maildir:~/Maildir',
		first_valid_uid: 1,
		mail_max_userip_connections: 100,
		postmaster_address: 'postmaster@localhost',
		hostname: 'localhost',
		// One process serves many logins: starting a process per login is most of what a login costs.
		...(layout.slowAuthFailures ? {} : { auth_failure_delay: '0' }),
		...(layout.clientAuthority === null ? {} : { ssl_ca: `<${files.clientAuthority}` }),
		...layout.settings,
	};
	return `${Object.entries(settings)
		.map(([name, value]) => `${name} = ${value}`)
		.join('\n')}
${ordinaryUserConfig()}
passdb {
  driver = passwd-file
  args = ${files.users}
}
${layout.introspectionUrl === null ? '' : `passdb {\n  driver = oauth2\n  mechanisms = ${TOKEN_MECHANISMS.join(' ')}\n  args = ${files.oauth}\n}`}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${files.mail}/%u${anyUser}
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = subscribe
    special_use = \\Drafts
  }
  mailbox Sent {
    auto = subscribe
    special_use = \\Sent
  }
  mailbox Trash {
    auto = subscribe
    special_use = \\Trash
  }
  mailbox Archive {
    auto = subscribe
    special_use = \\Archive
  }
  mailbox Junk {
    auto = subscribe
    special_use = \\Junk
  }
}
service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${ports.imaps}
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${ports.lmtp}
  }
}
service auth {
  unix_listener ${files.sasl} {
    mode = 0666
  }
}
${layout.slowAuthFailures ? '' : 'service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}'}
${layout.extraConfig}
`;
}

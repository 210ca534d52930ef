import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../e2e/install';
import { GuardedProcess } from './guardedProcess';
import { deliverByLmtp } from './lmtp';
import { eventually, freePorts, greets, HOST, temporaryFolder, type TestUser } from './local';
import type { PlainImapServer } from './mailServer';
import { howToGet, missingParts } from './parts';

/** Debian's folder of what Cyrus's programs share: the package cyrus-common. */
const COMMON = '/usr/lib/cyrus/bin';
/**
 * The package cyrus-imapd cannot be installed beside Dovecot, so it is only unpacked (test/servers/unpack.sh).
 */
const UNPACKED = join(cacheFolder(), 'cyrus/usr/lib/cyrus/bin');
const REALM = 'localhost';
const START_TRIES = 3;
const GREETING_LIMIT_MS = 20_000;

export interface CyrusOptions {
	/** Names without a domain. */
	users: TestUser[];
	/** More lines of imapd.conf, e.g. `{ imapidlepoll: 60 }`. */
	settings?: Record<string, string | number>;
}

/** The user under which Cyrus insists to run, as Debian makes it. */
function owner(): { uid: number; gid: number } {
	const line = readFileSync('/etc/passwd', 'utf8')
		.split('\n')
		.find((entry) => entry.startsWith('cyrus:'));
	const [, , uid, gid] = line?.split(':') ?? [];
	if (uid === undefined || gid === undefined) throw new Error('there is no user cyrus on this machine');
	return { uid: Number(uid), gid: Number(gid) };
}

function imapdConf(folder: string, more: CyrusOptions['settings'] = {}): string {
	const settings = {
		configdirectory: join(folder, 'lib'),
		defaultpartition: 'default',
		'partition-default': join(folder, 'spool'),
		proc_path: join(folder, 'proc'),
		mboxname_lockpath: join(folder, 'lock'),
		idlesocket: join(folder, 'idle.sock'),
		servername: REALM,
		unixhierarchysep: 'yes',
		altnamespace: 'yes',
		admins: 'admin',
		sasl_pwcheck_method: 'auxprop',
		sasl_auxprop_plugin: 'sasldb',
		sasl_sasldb_path: join(folder, 'sasldb2'),
		sasl_mech_list: 'PLAIN LOGIN',
		allowplaintext: 'yes',
		autocreate_quota: 0,
		autocreate_post: 'yes',
		duplicatesuppression: 'no',
		...more,
	};
	return Object.entries(settings)
		.map(([name, value]) => `${name}: ${value}\n`)
		.join('');
}

/** @param programs folder of imapd and idled */
function cyrusConf(config: string, programs: string, ports: { imap: number; lmtp: number }): string {
	return `START {
  recover cmd="${COMMON}/ctl_cyrusdb -C ${config} -r"
}
DAEMON {
  idled cmd="${programs}/idled -C ${config}"
}
SERVICES {
  imap cmd="${programs}/imapd -C ${config} -U 30" listen="${HOST}:${ports.imap}" prefork=1
  lmtp cmd="${COMMON}/lmtpd -C ${config} -a" listen="${HOST}:${ports.lmtp}" prefork=0
}
EVENTS {
}
`;
}

/**
 * Starts a Cyrus with its own configuration and mail in a temporary folder, on free ports of 127.0.0.1: another way
 * of announcing mail, other UIDs, other words than Dovecot's. Without TLS. Needs root.
 *
 * @throws Error saying how to install Cyrus when it is missing
 */
export async function startCyrus(options: CyrusOptions): Promise<PlainImapServer> {
	const missing = missingParts(['cyrus']);
	if (missing.length > 0) throw new Error(`Cyrus cannot be started. Missing:\n${howToGet(missing)}`);
	const { folder, remove } = await temporaryFolder('cyrus');
	const { uid, gid } = owner();
	const config = join(folder, 'imapd.conf');
	const ports = { imap: 0, lmtp: 0 };
	const processes = new GuardedProcess(
		'Cyrus',
		() => [
			`${COMMON}/master`,
			'-C',
			config,
			'-M',
			join(folder, 'cyrus.conf'),
			'-p',
			join(folder, 'master.pid'),
		],
		() => ports.imap,
	);
	const start = async (): Promise<void> => {
		await processes.start();
		// The port is open before the first imapd is ready, and stays so for a moment when none can be started.
		await eventually(GREETING_LIMIT_MS, 'greeting of Cyrus', async () => await greets(ports.imap));
	};
	try {
		await chmod(folder, 0o755);
		await chown(folder, uid, gid);
		for (const name of ['lib', 'lib/db', 'lib/socket', 'spool', 'proc', 'lock']) {
			await mkdir(join(folder, name));
			await chown(join(folder, name), uid, gid);
		}
		// The cache may lie in a home folder, which Cyrus's own user cannot look into.
		const programs = join(folder, 'bin');
		await mkdir(programs);
		for (const name of ['imapd', 'idled']) {
			await copyFile(join(UNPACKED, name), join(programs, name));
			await chmod(join(programs, name), 0o755);
		}
		await writeFile(config, imapdConf(folder, options.settings));
		for (const { user, password } of options.users) {
			const child = promisify(execFile)('saslpasswd2', [
				...['-p', '-c', '-f', join(folder, 'sasldb2'), '-u', REALM, user],
			]);
			child.child.stdin?.end(password);
			await child;
		}
		await chown(join(folder, 'sasldb2'), uid, gid);
		for (let tries = 1; ; tries++) {
			const [imap = 0, lmtp = 0] = await freePorts(2);
			Object.assign(ports, { imap, lmtp });
			await writeFile(join(folder, 'cyrus.conf'), cyrusConf(config, programs, ports));
			try {
				await start();
				break;
			} catch (error) {
				await processes.kill();
				if (tries === START_TRIES) throw error;
			}
		}
	} catch (error) {
		await processes.kill();
		await remove();
		throw error;
	}
	return {
		host: HOST,
		get port() {
			return ports.imap;
		},
		users: options.users,
		deliver: async (user, raws) => await deliverByLmtp(ports.lmtp, user, raws),
		halt: async () => await processes.end(),
		start,
		kill: async () => await processes.kill(),
		stop: async () => {
			await processes.kill();
			await remove();
		},
	};
}

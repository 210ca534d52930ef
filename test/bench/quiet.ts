/** Waits until nobody else uses the machine, for figures of milliseconds measure everything that runs on it. */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const WINDOW_MS = 1_000;
/** Share of all processors' time that may be in use. */
const QUIET = 0.15;

/** @returns whether the machine was quiet within the limit; who measures goes on anyway */
export async function quietMachine(limitMs: number): Promise<boolean> {
	for (const end = performance.now() + limitMs; ;) {
		const before = times();
		await sleep(WINDOW_MS);
		const after = times();
		if (1 - (after.idle - before.idle) / (after.all - before.all) <= QUIET) return true;
		if (performance.now() > end) return false;
	}
}

function times(): { idle: number; all: number } {
	let [idle, all] = [0, 0];
	for (const { times } of cpus()) {
		idle += times.idle;
		all += Object.values(times).reduce((sum, each) => sum + each, 0);
	}
	return { idle, all };
}

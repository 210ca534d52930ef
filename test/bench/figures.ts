/** What all benchmarks have in common: a figure beside its bar, the table, the JSON. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface BenchOptions {
	/** Words of figures' names to measure only those; empty for all. */
	only: string[];
	json: string | undefined;
}

/** One thing that was measured. */
export interface Figure {
	what: string;
	ours: string;
	/** The same by n8n's own node in the same run. */
	theirs?: string;
	/** Theirs by ours for times, ours by theirs for rates: how many times better. */
	ratio?: number;
	bar: string;
	ok: boolean;
}

/** A part of a benchmark that gives one or more figures. */
export interface Measurement {
	name: string;
	run(): Promise<Figure[]>;
}

/** Reads `--only words`, `--json file`. @throws Error for anything else */
export function readBenchOptions(args: readonly string[]): BenchOptions {
	const options: BenchOptions = { only: [], json: undefined };
	const rest = args.flatMap((argument) => argument.split('=', 2));
	for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
		if (word === '--only') options.only.push(...(rest.shift() ?? '').split(','));
		else if (word === '--json') options.json = rest.shift();
		else throw new Error(`"${word}" is not an option: --only <words>, --json <file>`);
	}
	return options;
}

export function isWanted(name: string, { only }: BenchOptions): boolean {
	return only.length === 0 || only.some((word) => name.includes(word));
}

/** Measures one after the other; one that breaks is a figure that missed. */
export async function measure(
	measurements: readonly Measurement[],
	options: BenchOptions,
): Promise<Figure[]> {
	const figures: Figure[] = [];
	for (const { name, run } of measurements.filter((one) => isWanted(one.name, options))) {
		const from = performance.now();
		const found = await run().catch((error: Error): Figure[] => [
			{ what: name, ours: `broke: ${error.stack ?? error.message}`, bar: 'to be measured', ok: false },
		]);
		for (const figure of found) console.log(line(figure));
		console.log(`        ${name}: ${((performance.now() - from) / 1000).toFixed(0)} s`);
		figures.push(...found);
	}
	return figures;
}

function line({ ok, what, ours, theirs, ratio, bar }: Figure): string {
	const compared = theirs === undefined ? '' : `; n8n's own: ${theirs}`;
	const times = ratio === undefined ? '' : `; ${ratio.toFixed(1)}×`;
	return `${ok ? 'ok    ' : 'MISSED'}  ${what}: ${ours}${compared}${times}  (bar: ${bar})`;
}

/** @returns how many figures held their bars */
export function report(
	name: string,
	figures: readonly Figure[],
	options: BenchOptions,
): { passed: number; failed: number } {
	if (options.json !== undefined) {
		const target = resolve(options.json);
		mkdirSync(dirname(target), { recursive: true });
		const about = { bench: name, date: new Date().toISOString(), commit: commit(), node: process.version };
		writeFileSync(target, `${JSON.stringify({ ...about, figures }, null, 2)}\n`);
		console.log(`\nWritten to ${target}`);
	}
	const failed = figures.filter(({ ok }) => !ok).length;
	return { passed: figures.length - failed, failed };
}

function commit(): string {
	try {
		return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: __dirname }).trim();
	} catch {
		return 'unknown';
	}
}

/** The value that `share` of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export function median(values: readonly number[]): number {
	return percentile(values, 0.5);
}

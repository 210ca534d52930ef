/** What all fault campaigns have in common: a row, its figures, running rows one after the other, the table, the JSON. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { howToGet, missingParts, requireAll, type PartName } from '../servers';
import { Gauge } from './gauge';

export interface Options {
	/** Ids of rows, or their beginnings; empty for all. */
	rows: string[];
	long: boolean;
	seed: number;
	/** Where the JSON goes. */
	json: string | undefined;
}

export interface Count {
	passed: number;
	failed: number;
}

/** What a row measured. Null: does not apply to this fault. */
export interface Figures {
	sent: number | null;
	delivered: number | null;
	lost: number | null;
	doubled: number | null;
	outOfOrder: number | null;
	/** From the end of the fault to the first item; by the injected clock where the row has one. */
	recoveryMs: number | null;
	loginsPerHour: number | null;
	/** How often the fault was seen to happen. A row without one has not been tried, and fails. */
	happened: number;
	/** What missed its bar, in words. */
	missed: string[];
	/** Figures of this row alone. */
	notes: Record<string, number | string>;
}

export interface RowContext {
	long: boolean;
	seed: number;
	/** Reproducible: [0, 1). */
	random(): number;
	log(text: string): void;
}

export interface Row {
	/** Of the catalogue, such as `N1`; a letter tells variants apart. */
	id: string;
	/** What is done to the trigger. */
	fault: string;
	/** How it is known that it was really done. */
	proof: string;
	/** What must hold. */
	bar: string;
	/** Only in the long form: it takes minutes, or a real n8n. */
	longOnly?: boolean;
	/** Programs it needs beside npm. */
	needs?: PartName[];
	run(context: RowContext): Promise<Figures>;
}

export interface Result extends Omit<Figures, 'missed'> {
	id: string;
	fault: string;
	proof: string;
	bar: string;
	peakRssMb: number;
	longestBlockMs: number;
	seconds: number;
	seed: number;
	ok: boolean;
	missed: string[];
}

/** Reads `--row N1` (several allowed), `--long`, `--seed 7`, `--json file`. @throws Error for anything else */
export function readOptions(args: readonly string[]): Options {
	const options: Options = { rows: [], long: false, seed: 1, json: undefined };
	const rest = args.flatMap((argument) => argument.split('=', 2));
	for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
		if (word === '--long') options.long = true;
		else if (word === '--row') options.rows.push(...(rest.shift() ?? '').split(','));
		else if (word === '--seed') options.seed = Number(rest.shift());
		else if (word === '--json') options.json = rest.shift();
		else throw new Error(`"${word}" is not an option: --row <id>, --long, --seed <number>, --json <file>`);
	}
	return options;
}

/** Runs the chosen rows one after the other and says how they ended. */
export async function runCampaign(name: string, rows: readonly Row[], options: Options): Promise<Count> {
	const chosen = rows.filter(({ id }) => isChosen(id, options.rows));
	if (chosen.length === 0) throw new Error(`No row of "${name}" is named ${options.rows.join(', ')}.`);
	const results: Result[] = [];
	const left: string[] = [];
	for (const row of chosen) {
		if (row.longOnly && !options.long && options.rows.length === 0) {
			left.push(`${row.id}: long form only (--long)`);
			continue;
		}
		const missing = missingParts(row.needs ?? []);
		if (missing.length > 0 && !requireAll()) {
			left.push(`${row.id}: missing here\n${howToGet(missing)}`);
			continue;
		}
		const result = missing.length > 0 ? missed(row, options, howToGet(missing)) : await runRow(row, options);
		results.push(result);
		// After every row, so that a campaign that is stopped leaves what it found.
		if (options.json !== undefined) writeJson(options.json, name, options, results, left);
		console.log(line(result));
		for (const problem of result.missed) console.log(`        MISSED: ${problem}`);
	}
	console.log(`\n${table(results)}`);
	if (left.length > 0) console.log(`\nNot run:\n  ${left.join('\n  ')}`);
	if (options.json !== undefined) {
		writeJson(options.json, name, options, results, left);
		console.log(`\nWritten to ${resolve(options.json)}`);
	}
	const failed = results.filter(({ ok }) => !ok).length;
	return { passed: results.length - failed, failed };
}

function isChosen(id: string, wanted: readonly string[]): boolean {
	return wanted.length === 0 || wanted.some((word) => id === word || id.replace(/[a-z]$/, '') === word);
}

async function runRow(row: Row, options: Options): Promise<Result> {
	const gauge = Gauge.start();
	const startedAt = performance.now();
	const random = generator(options.seed);
	const context = {
		long: options.long,
		seed: options.seed,
		random,
		log: (text: string) => console.log(text),
	};
	const figures = await row.run(context).catch((error: Error): Figures => {
		return { ...NO_FIGURES, missed: [`the row broke: ${error.stack ?? error.message}`] };
	});
	const { peakRssMb, longestBlockMs } = gauge.stop();
	const problems = [...figures.missed];
	if (figures.happened === 0 && problems.length === 0) problems.push('the fault never happened');
	const { id, fault, proof, bar } = row;
	return {
		...{ id, fault, proof, bar, ...figures },
		...{ peakRssMb, longestBlockMs, seconds: round((performance.now() - startedAt) / 1000, 1) },
		...{ seed: options.seed, ok: problems.length === 0, missed: problems },
	};
}

export const NO_FIGURES: Figures = {
	...{ sent: null, delivered: null, lost: null, doubled: null, outOfOrder: null },
	...{ recoveryMs: null, loginsPerHour: null, happened: 0, missed: [], notes: {} },
};

function missed(row: Row, options: Options, why: string): Result {
	const { id, fault, proof, bar } = row;
	const none = { peakRssMb: 0, longestBlockMs: 0, seconds: 0, seed: options.seed, ok: false };
	return { ...NO_FIGURES, id, fault, proof, bar, ...none, missed: [`missing here:\n${why}`] };
}

function line(result: Result): string {
	const notes = Object.entries(result.notes).map(([name, value]) => `${name} ${value}`);
	const verdict = result.ok ? 'ok    ' : 'FAILED';
	return `${verdict} ${result.seconds.toFixed(1).padStart(6)} s  ${result.id.padEnd(5)} ${result.fault}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

const COLUMNS: [title: string, value: (result: Result) => unknown][] = [
	['row', ({ id }) => id],
	['happened', ({ happened }) => happened],
	['sent', ({ sent }) => sent],
	['delivered', ({ delivered }) => delivered],
	['lost', ({ lost }) => lost],
	['doubled', ({ doubled }) => doubled],
	['out of order', ({ outOfOrder }) => outOfOrder],
	['recovery ms', ({ recoveryMs }) => recoveryMs],
	['logins/h', ({ loginsPerHour }) => loginsPerHour],
	['peak MB', ({ peakRssMb }) => peakRssMb],
	['block ms', ({ longestBlockMs }) => longestBlockMs],
	['result', ({ ok }) => (ok ? 'ok' : 'MISSED')],
];

function table(results: readonly Result[]): string {
	const cells = [
		COLUMNS.map(([title]) => title),
		...results.map((result) => COLUMNS.map(([, value]) => String(value(result) ?? '–'))),
	];
	const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
	return cells.map((row) => row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')).join('\n');
}

function writeJson(
	file: string,
	name: string,
	options: Options,
	results: readonly Result[],
	left: readonly string[],
): void {
	const target = resolve(file);
	mkdirSync(dirname(target), { recursive: true });
	const commit = gitCommit();
	const about = { campaign: name, date: new Date().toISOString(), commit, node: process.version };
	const form = { form: options.long ? 'long' : 'short', seed: options.seed };
	writeFileSync(target, `${JSON.stringify({ ...about, ...form, notRun: left, rows: results }, null, 2)}\n`);
}

function gitCommit(): string {
	try {
		return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: __dirname }).trim();
	} catch {
		return 'unknown';
	}
}

export function round(value: number, digits = 0): number {
	return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** Mulberry32: small, good enough to pick moments, the same for the same seed. */
export function generator(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

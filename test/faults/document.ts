/**
 * `npx tsx test/faults/document.ts`: puts the results in docs/results/ into the pages of docs/, between the comments that
 * name the file, so that no figure there was typed by hand.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../bench/figures';
import { ROOT } from '../dist';
import type { Result } from './campaign';

const DOCS = join(ROOT, 'docs');
const BLOCK = /(<!-- results: (\S+) -->)[\s\S]*?(<!-- end -->)/g;

interface Stored {
	date: string;
	commit: string;
	node: string;
	form?: string;
	seed?: number;
	rows?: Result[];
	figures?: Figure[];
}

function table(rows: readonly (readonly string[])[]): string {
	const lines = rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
	const [head = ''] = lines;
	return [head, head.replace(/[^|]+/g, ' --- '), ...lines.slice(1)].join('\n');
}

function show(value: number | null): string {
	return value === null ? '–' : String(value);
}

function recovery(ms: number | null): string {
	if (ms === null) return '–';
	return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

function faults(rows: readonly Result[]): string {
	const head = ['row', 'what is done', 'happened', 'sent', 'lost', 'doubled', 'back after', 'MB', 'result'];
	return table([
		head,
		...rows.map((row) => [
			row.id,
			`${row.fault}. Bar: ${row.bar}`,
			...[row.happened, row.sent, row.lost, row.doubled].map(show),
			...[recovery(row.recoveryMs), String(row.peakRssMb), row.ok ? 'held' : '**missed**'],
		]),
	]);
}

function figures(all: readonly Figure[]): string {
	return table([
		['what', 'ours', "n8n's own", 'ratio', 'bar', 'result'],
		...all.map(({ what, ours, theirs, ratio, bar, ok }) => [
			...[what, ours, theirs ?? '–', ratio === undefined ? '–' : `${ratio.toFixed(1)}×`, bar],
			ok ? 'held' : '**missed**',
		]),
	]);
}

function block(begin: string, file: string, end: string): string {
	const path = join(DOCS, 'results', file);
	if (!existsSync(path)) return `${begin}\n\nNot run yet.\n\n${end}`;
	const stored = JSON.parse(readFileSync(path, 'utf8')) as Stored;
	const seed = stored.seed === undefined ? '' : `, seed ${stored.seed}, ${stored.form} form`;
	const about = `${stored.date.slice(0, 10)}, commit ${stored.commit}, Node ${stored.node}${seed}. Data: [${file}](results/${file}).`;
	const body = stored.rows ? faults(stored.rows) : figures(stored.figures ?? []);
	return `${begin}\n\n${about}\n\n${body}\n\n${end}`;
}

for (const name of readdirSync(DOCS).filter((entry) => entry.endsWith('.md'))) {
	const page = join(DOCS, name);
	const text = readFileSync(page, 'utf8');
	const filled = text.replace(BLOCK, (_, begin: string, file: string, end: string) =>
		block(begin, file, end),
	);
	if (filled !== text) writeFileSync(page, filled);
}

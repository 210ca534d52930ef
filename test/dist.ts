/**
 * Keeps the built package true to the source for tests that read it: jest calls this once before the first
 * integration test, and `pack:check` before it packs.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(__dirname, '..');
export const DIST = path.join(ROOT, 'dist');

/** What a build reads. A folder counts by its own time too: that changes when a file in it is deleted. */
const SOURCES = ['nodes', 'credentials', 'tsconfig.json', 'gulpfile.js'];

function newest(file: string): number {
	const stat = fs.statSync(file);
	if (!stat.isDirectory()) return stat.mtimeMs;
	return fs
		.readdirSync(file)
		.reduce((latest, name) => Math.max(latest, newest(path.join(file, name))), stat.mtimeMs);
}

/** Whether dist is missing, or was built before the last change of a source. */
export function isStale(): boolean {
	if (!fs.existsSync(DIST)) return true;
	// The build sets the time of the folder to its own beginning (gulpfile.js).
	const builtAt = fs.statSync(DIST).mtimeMs;
	return SOURCES.some((source) => newest(path.join(ROOT, source)) > builtAt);
}

/** Builds; throws with the compiler's words when that fails. */
export function build(): void {
	const gulp = path.join(ROOT, 'node_modules/gulp/bin/gulp.js');
	const run = spawnSync(process.execPath, [gulp, 'build'], { cwd: ROOT, encoding: 'utf8' });
	if (run.status !== 0) throw new Error(`The build failed:\n${run.stdout}${run.stderr}`);
}

/** Jest's global setup. */
export default function ensureFreshDist(): void {
	if (isStale()) build();
}

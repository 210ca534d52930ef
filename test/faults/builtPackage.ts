/** The package under test, as built when the campaign began: other builds of this checkout do not touch it. */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, build, isStale } from '../dist';

let folder: string | undefined;

/** Copies the built package once per process, after a build if it is older than its source. @returns its folder */
export function builtPackage(): string {
	if (folder !== undefined) return folder;
	if (isStale()) build();
	const copy = mkdtempSync(join(tmpdir(), 'mailroom-package-'));
	process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
	cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true });
	cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
	symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
	return (folder = copy);
}

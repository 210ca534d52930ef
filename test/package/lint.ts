import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from '../dist';

export interface Message {
	/** null when the piece does not parse. */
	rule: string | null;
	message: string;
	line: number;
}

/**
 * What the repository's ESLint configuration says of each piece of code, were it at `file` (relative to the
 * repository). Rules that need types are off.
 *
 * @param rules changes to the configuration
 */
export function lint(
	cases: { file: string; code: string }[],
	rules: Record<string, 'error' | 'off'> = {},
): Message[][] {
	const run = spawnSync(process.execPath, [path.join(__dirname, 'lintCases.mjs')], {
		cwd: ROOT,
		encoding: 'utf8',
		// In NODE_ENV=test, which jest sets, eslint-plugin-n8n-nodes-base takes every file for one of its own tests.
		env: { ...process.env, NODE_ENV: 'production' },
		input: JSON.stringify({ rules, cases }),
		maxBuffer: 64 * 1024 * 1024,
	});
	if (run.status !== 0) throw new Error(run.stderr);
	return JSON.parse(run.stdout) as Message[][];
}

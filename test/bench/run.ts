/**
 * `npm run bench -- [trigger|send|parse|imap] [options]`: the benchmarks, all of them without a first argument. Each prints figures
 * beside their bars, writes JSON and ends with "N passed, N failed". Options are in figures.ts.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBenchOptions, type BenchOptions } from './figures';

/** Each lives in a folder of this name, whose index exports `main`. */
const BENCHES = ['trigger', 'send', 'parse', 'imap'];

async function main(): Promise<void> {
	const [first = '', ...rest] = process.argv.slice(2);
	const named = BENCHES.includes(first);
	const options = readBenchOptions(named ? rest : process.argv.slice(2));
	const chosen = named ? [first] : BENCHES.filter((name) => existsSync(join(__dirname, name, 'index.ts')));
	let passed = 0;
	let failed = 0;
	for (const name of chosen) {
		const bench = (await import(join(__dirname, name, 'index.ts'))) as {
			main(options: BenchOptions): Promise<{ passed: number; failed: number }>;
		};
		const count = await bench.main(options);
		passed += count.passed;
		failed += count.failed;
	}
	console.log(`\n${passed} passed, ${failed} failed`);
	process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

main().catch((error: Error) => {
	console.error(`${error.stack ?? error.message}\n\n0 passed, 1 failed`);
	process.exit(1);
});

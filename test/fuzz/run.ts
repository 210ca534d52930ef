/**
 * `npm run fuzz [-- <mutants> [<seed>]]`: bombs and mutants of the corpus through the reader, in this thread and without the
 * safety net of the worker: nothing may throw, and each mail has its time. Prints the slowest of both.
 */
import { BOMBS } from './bombs';
import { corpusMails, fuzz, timeOf } from './fuzz';

const mutants = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);

for (const { name, make } of BOMBS) {
	const source = make();
	const { ms, error } = timeOf(source);
	console.log(
		`${ms.toFixed(0).padStart(6)} ms  ${(source.length / 1e6).toFixed(1).padStart(5)} MB  ${name}${error ? `  THROWS ${error}` : ''}`,
	);
}
const before = process.memoryUsage.rss();
const result = fuzz(corpusMails(), mutants, seed);
const grown = (process.memoryUsage.rss() - before) / 1e6;
console.log(
	`${mutants} mutants, seed ${seed}: ${result.failures.length} failures, slowest ${result.slowestMs.toFixed(0)} ms, memory +${grown.toFixed(0)} MB`,
);
for (const { index, error } of result.failures.slice(0, 20)) console.log(`  mutant ${index}: ${error}`);
process.exitCode = result.failures.length > 0 ? 1 : 0;

/** Hostile mail: bombs, and mutants of the corpus. The long run is `npm run fuzz`. */
import { BOMBS } from '../../fuzz/bombs';
import { corpusMails, fuzz, timeOf } from '../../fuzz/fuzz';

/** Enough for a busy machine of two cores; a reader that is not linear takes minutes. */
const MAX_MS = 15_000;
const MUTANTS = 400;

test.each(BOMBS.map(({ name, make }) => [name, make] as const))('%s', (_name, make) => {
	const { ms, error } = timeOf(make());
	expect(error).toBeNull();
	expect(ms).toBeLessThan(MAX_MS);
});

test(`${MUTANTS} mutants of the corpus`, () => {
	const { failures, slowestMs } = fuzz(corpusMails(), MUTANTS, Math.floor(Date.now() / 86_400_000));
	expect(failures).toEqual([]);
	expect(slowestMs).toBeLessThan(MAX_MS);
});

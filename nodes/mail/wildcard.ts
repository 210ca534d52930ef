/** Patterns with `*` (any text) and `?` (one character), as in file names. Takes bounded time whatever it is given. */

/** Longest text looked at: names and subjects are shorter, and strangers write them. */
const MAX_TEXT = 2_000;

/** Whether the whole text fits the pattern, upper and lower case being the same. */
export function matchesWildcard(pattern: string, text: string): boolean {
	const wanted = [...pattern.toLowerCase()];
	const given = [...text.slice(0, MAX_TEXT).toLowerCase()];
	let p = 0;
	let t = 0;
	// Where to go on when what follows the last star did not fit.
	let star = -1;
	let resume = 0;
	while (t < given.length) {
		if (wanted[p] === '*') {
			star = p++;
			resume = t;
		} else if (wanted[p] === '?' || wanted[p] === given[t]) {
			p++;
			t++;
		} else if (star >= 0) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (wanted[p] === '*') p++;
	return p === wanted.length;
}

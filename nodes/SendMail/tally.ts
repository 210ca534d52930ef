/** What became of each item of a run that failed or was stopped, of which n8n shows no items. */

/** `done`: sent, or saved. `unknown`: may have been sent. `open`: surely not. */
export type ItemState = 'done' | 'unknown' | 'open';

/** Longest list of item numbers, in characters; a longer one is cut. */
const MAX_LIST_LENGTH = 300;

/**
 * @param states of the items; those without one were not begun
 * @returns sentences
 */
export function tallyOf(states: readonly (ItemState | undefined)[], count: number): string {
	const numbers = (wanted: ItemState) =>
		Array.from({ length: count }, (_none, index) => index).filter((index) => states[index] === wanted);
	const [done, unknown] = [numbers('done'), numbers('unknown')];
	const open = count - done.length - unknown.length;
	return [
		`Of the ${count} items ${done.length} were done${listed(done)}.`,
		...(unknown.length > 0 ? [`Of ${unknown.length} nobody knows${listed(unknown)}.`] : []),
		...(open > 0 ? [`The other ${open} were not sent.`] : []),
	].join(' ');
}

/** Item numbers as n8n counts them, from 0: `: 0–4, 7`. */
function listed(numbers: readonly number[]): string {
	if (numbers.length === 0) return '';
	const ranges: [number, number][] = [];
	for (const number of numbers) {
		const last = ranges.at(-1);
		if (last && last[1] === number - 1) last[1] = number;
		else ranges.push([number, number]);
	}
	const text = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
	if (text.length <= MAX_LIST_LENGTH) return `: ${text}`;
	return `: ${text.slice(0, text.lastIndexOf(',', MAX_LIST_LENGTH))} …`;
}

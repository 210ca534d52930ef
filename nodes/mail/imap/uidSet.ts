/** Sets of UIDs in the notation of RFC 3501 §9 `sequence-set`, such as `3,7:9`. Pure functions. */

/** Writes ascending or unordered UIDs as a compact set. An empty list gives an empty string. */
export function toSequenceSet(uids: readonly number[]): string {
	const sorted = [...new Set(uids)].sort((a, b) => a - b);
	const parts: string[] = [];
	for (let i = 0; i < sorted.length;) {
		const first = sorted[i] ?? 0;
		let last = first;
		while (sorted[i + 1] === last + 1) {
			last++;
			i++;
		}
		parts.push(first === last ? `${first}` : `${first}:${last}`);
		i++;
	}
	return parts.join(',');
}

/** Most UIDs read back from a set: far above what is ever written, and no trap for memory when a set was tampered with. */
const MAX_UIDS = 100_000;

/** Reads a set written by {@link toSequenceSet}. What is not a number or a range is left out. */
export function fromSequenceSet(set: string): number[] {
	const uids: number[] = [];
	for (const part of set.split(',')) {
		const [first, last = first] = part.split(':').map(Number);
		if (
			first === undefined ||
			last === undefined ||
			!Number.isInteger(first) ||
			!Number.isInteger(last) ||
			first < 1
		)
			continue;
		for (let uid = first; uid <= last && uids.length < MAX_UIDS; uid++) uids.push(uid);
	}
	return uids;
}

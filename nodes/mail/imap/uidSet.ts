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

/** Longest set of one command, in characters. Servers take command lines of 8000 bytes at least (RFC 2683 §3.2.1.5). */
export const MAX_SET_LENGTH = 4_000;
/** Most messages of one command: moving or deleting more may take a server longer than the deadline of a command. */
export const MAX_SET_UIDS = 1_000;

/** Cuts UIDs, ascending, into as few sets as commands of {@link MAX_SET_LENGTH} and {@link MAX_SET_UIDS} need. */
export function commandSized(uids: readonly number[], maxLength = MAX_SET_LENGTH): number[][] {
	const sorted = [...new Set(uids)].sort((a, b) => a - b);
	const parts: number[][] = [];
	let part: number[] = [];
	let length = 0;
	for (const uid of sorted) {
		const goesOn = part.length > 0 && part[part.length - 1] === uid - 1;
		const isRange = goesOn && part.length > 1 && part[part.length - 2] === uid - 2;
		// A range that grows only changes its last number, by one character at most.
		const cost = isRange ? 1 : String(uid).length + 1;
		if ((length + cost > maxLength || part.length >= MAX_SET_UIDS) && part.length > 0) {
			parts.push(part);
			part = [];
			length = 0;
		}
		part.push(uid);
		length += isRange && String(uid).length === String(uid - 1).length ? 0 : cost;
	}
	if (part.length > 0) parts.push(part);
	return parts;
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

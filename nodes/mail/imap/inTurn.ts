/** Takes from several lists in turn, each value once, at most `limit`. Pure. */
export function inTurn(lists: readonly (readonly number[])[], limit: number): number[] {
	const taken = new Set<number>();
	for (let turn = 0; taken.size < limit && lists.some((list) => turn < list.length); turn++) {
		for (const list of lists) {
			const value = list[turn];
			if (value !== undefined && taken.size < limit) taken.add(value);
		}
	}
	return [...taken];
}

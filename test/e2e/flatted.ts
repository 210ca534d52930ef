/** Reads the "flatted" form in which n8n's REST interface returns an execution's data. */

/**
 * A flatted text is a JSON array of values in which every string inside an object or array is the index of the
 * value meant; the first value is the root. Cycles come out as cycles.
 */
export function parseFlatted(text: string): unknown {
	const values = JSON.parse(text) as unknown[];
	const done = new Map<number, unknown>();
	const resolveAt = (index: number): unknown => {
		if (done.has(index)) return done.get(index);
		const value = values[index];
		done.set(index, value);
		if (typeof value === 'object' && value !== null) {
			const container = value as Record<string, unknown>;
			for (const key of Object.keys(container)) {
				const reference = container[key];
				if (typeof reference === 'string') container[key] = resolveAt(Number(reference));
			}
		}
		return value;
	};
	return resolveAt(0);
}

/** Loads something at its first use and keeps it. Looking up a module of a package costs half a millisecond each time. */

/** @param load called once, and again only after it has failed */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
	let loading: Promise<T> | null = null;
	return async () => {
		loading ??= load();
		try {
			return await loading;
		} catch (error) {
			loading = null;
			throw error;
		}
	};
}

/** Loaded outside jest's sandbox, whose `process` hears of no rejection. */
export function watchRejections(): { readonly seen: unknown[]; stop(): void } {
	const seen: unknown[] = [];
	const note = (reason: unknown): void => void seen.push(reason);
	process.on('unhandledRejection', note);
	return { seen, stop: () => void process.removeListener('unhandledRejection', note) };
}

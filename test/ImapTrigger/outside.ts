/** Loaded outside jest's sandbox, which has another `process` and another `globalThis`. */

/** What the package keeps of a trigger (nodes/ImapTrigger/registry.ts). */
interface TriggerRecord {
	close: (() => Promise<void>) | null;
}

export function watchRejections(): { readonly seen: unknown[]; stop(): void } {
	const seen: unknown[] = [];
	const note = (reason: unknown): void => void seen.push(reason);
	process.on('unhandledRejection', note);
	return { seen, stop: () => void process.removeListener('unhandledRejection', note) };
}

export function liveTriggers(workflowId: string): TriggerRecord[] {
	const slot = Symbol.for('n8n-nodes-mailroom.triggers.v1');
	const records = (globalThis as { [key: symbol]: Map<string, TriggerRecord> | undefined })[slot];
	return [...(records ?? [])].filter(([key]) => key.startsWith(`${workflowId}:`)).map(([, record]) => record);
}

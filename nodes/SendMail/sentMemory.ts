/**
 * What this execution has sent. n8n's "Retry On Fail" runs the whole node again with all its items, so without a memory
 * the items that went well would be sent once more.
 */
import { createHash } from 'crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

const KEY = 'mailroomSent';

/** What is remembered of an item: its result, and the error it was reported with, if any. */
export interface SentItem {
	json: IDataObject;
	error: { message: string; description: string } | null;
}

export class SentMemory {
	private readonly context: IDataObject;
	private readonly run: string;

	constructor(private readonly node: IExecuteFunctions) {
		this.context = node.getContext('node');
		this.run = String(node.getWorkflowDataProxy(0).$runIndex as number);
	}

	recall(itemIndex: number): SentItem | undefined {
		return this.entries()[`${this.run}:${itemIndex}`] as unknown as SentItem | undefined;
	}

	/** Only for mails that were, or may have been, accepted. */
	remember(itemIndex: number, item: SentItem): void {
		const entries = this.entries();
		entries[`${this.run}:${itemIndex}`] = item as unknown as IDataObject;
		this.context[KEY] = entries;
	}

	/** The node has ended well: nothing will be run again. */
	forget(): void {
		delete this.context[KEY];
	}

	/**
	 * Makes the Message-ID. Stays the same when the item is tried again in this execution.
	 *
	 * @param idempotencyKey the user's own, which stays the same in other executions too; empty for none
	 * @returns null without an execution
	 */
	keyOf(itemIndex: number, idempotencyKey: string): string | null {
		const execution = this.node.getExecutionId();
		if (!execution && idempotencyKey === '') return null;
		const { id: workflow } = this.node.getWorkflow();
		const item = idempotencyKey === '' ? [execution, this.run, itemIndex] : ['key', idempotencyKey];
		const what = [this.node.getInstanceId(), workflow, this.node.getNode().id, ...item];
		return createHash('sha256').update(JSON.stringify(what)).digest('hex');
	}

	private entries(): IDataObject {
		return (this.context[KEY] ?? {}) as IDataObject;
	}
}

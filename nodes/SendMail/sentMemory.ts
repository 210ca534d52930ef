/**
 * What this execution has sent. n8n's "Retry On Fail" runs the whole node again with all its items, so without a memory
 * the items that went well would be sent once more.
 *
 * An AI agent calls the node with one item at a time, maybe several times at once. There n8n gives each try a run number
 * of its own: so it is the mail itself by which a call is known again, and only one that failed is, since n8n repeats no
 * other.
 */
import { createHash } from 'crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { isAgentTool } from '../bridge/agentTool';
import type { MailRequest } from '../mail/message/compose';

const KEY = 'mailroomSent';

/** What is remembered of an item: its result, and the error it was reported with, if any. */
export interface SentItem {
	json: IDataObject;
	error: { message: string; description: string } | null;
}

export class SentMemory {
	private readonly context: IDataObject;
	private readonly run: string;
	/** Whether an AI agent calls the node. */
	private readonly isTool: boolean;

	constructor(private readonly node: IExecuteFunctions) {
		this.context = node.getContext('node');
		this.run = String(node.getWorkflowDataProxy(0).$runIndex as number);
		this.isTool = isAgentTool(node);
	}

	recall(itemIndex: number): SentItem | undefined {
		return this.isTool ? undefined : this.entryAt(this.placeOf(itemIndex));
	}

	/** The same for a call of an agent, which is known by its mail. */
	recallCall(request: MailRequest): SentItem | undefined {
		return this.isTool ? this.entryAt(callOf(request)) : undefined;
	}

	/** Only for mails that were, or may have been, accepted. */
	remember(itemIndex: number, request: MailRequest, item: SentItem): void {
		if (this.isTool && item.error === null) return;
		const entries = this.entries();
		entries[this.isTool ? callOf(request) : this.placeOf(itemIndex)] = item as unknown as IDataObject;
		this.context[KEY] = entries;
	}

	/** The node has ended well: nothing will be run again. */
	forget(): void {
		if (!this.isTool) delete this.context[KEY];
	}

	/** The key of a mail that the user has given one; it stays the same in other executions too. */
	keyOfUser(idempotencyKey: string): string {
		return this.keyOf('key', idempotencyKey);
	}

	/** The key of any other mail; it stays the same when the item is tried again in this execution. */
	keyOfItem(itemIndex: number): string | null {
		const execution = this.node.getExecutionId();
		return execution ? this.keyOf(execution, this.run, itemIndex) : null;
	}

	private keyOf(...item: unknown[]): string {
		const { id: workflow } = this.node.getWorkflow();
		return digest([this.node.getInstanceId(), workflow, this.node.getNode().id, ...item]);
	}

	private placeOf(itemIndex: number): string {
		return `${this.run}:${itemIndex}`;
	}

	private entryAt(place: string): SentItem | undefined {
		return this.entries()[place] as unknown as SentItem | undefined;
	}

	private entries(): IDataObject {
		return (this.context[KEY] ?? {}) as IDataObject;
	}
}

/** Equal for two mails with the same recipients and content; of files only names and types are compared. */
function callOf(request: MailRequest): string {
	return `call:${digest(request)}`;
}

function digest(value: unknown): string {
	return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

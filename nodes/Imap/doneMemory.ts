/**
 * What this execution has done already. n8n's "Retry On Fail" runs the whole node again with all its items: a mail that was
 * moved would not be found by its old id any more, one that was copied would be copied once more.
 */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

const KEY = 'mailroomDone';

/** What is known of an item: what it became, or that nobody can say, so that it must not be tried again. */
export type Known = { json: IDataObject[] } | { unknown: { message: string; nextStep: string } };

export class DoneMemory {
	private readonly context: IDataObject;
	private readonly run: string;

	constructor(node: Pick<IExecuteFunctions, 'getContext' | 'getWorkflowDataProxy'>) {
		this.context = node.getContext('node');
		this.run = String(node.getWorkflowDataProxy(0).$runIndex as number);
	}

	recall(itemIndex: number): Known | undefined {
		return this.entries()[`${this.run}:${itemIndex}`] as Known | undefined;
	}

	/** Only when the run is about to fail: what is written here is saved with the execution. */
	remember(done: ReadonlyMap<number, Known>): void {
		const entries = this.entries();
		for (const [itemIndex, known] of done) entries[`${this.run}:${itemIndex}`] = known;
		this.context[KEY] = entries;
	}

	/** The node has ended well: nothing will be run again. */
	forget(): void {
		delete this.context[KEY];
	}

	private entries(): IDataObject {
		return (this.context[KEY] ?? {}) as IDataObject;
	}
}

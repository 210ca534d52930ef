import type {
	IDataObject,
	IBinaryData,
	IExecuteFunctions,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import type { ItemFields } from '../../bridge/itemFields';
import type { Account } from '../../mail/account/account';
import type { ActionLine } from '../../mail/imap/actionLines';
import type { MessageWork } from '../../mail/imap/onMessages';
import type { MessageReference } from '../../mail/imap/reference';

/** What one item becomes. */
export interface Output {
	json: IDataObject;
	binary?: Record<string, IBinaryData> | undefined;
}

export interface RunContext {
	context: IExecuteFunctions;
	/** Whether an AI agent calls the node: then what is read is kept short. */
	isTool: boolean;
}

export type Line = Pick<ActionLine, 'client'>;

interface Common {
	/** Its description says whether it is safe to repeat: agents decide by it. */
	option: INodePropertyOptions & { value: string };
	properties: INodeProperties[];
	/** Set when doing it twice is not as good as once: then a retry of the node leaves out what is done. */
	once?: true;
}

/** What an item wants done to one message. */
export interface MessageJob {
	reference: MessageReference;
	/** Items whose settings are equal are handled together. */
	settings: object;
	work(run: RunContext): MessageWork<Output>;
}

/** Done to one message for each item; all items of a run in few commands. */
export interface MessageOperation extends Common {
	kind: 'message';
	/** @throws MailError when the item's fields do not say what to do */
	read(fields: ItemFields): MessageJob;
}

/** Anything else, item by item. */
export interface SingleOperation extends Common {
	kind: 'single';
	/** @throws MailError */
	run(fields: ItemFields, line: Line, run: RunContext & { account: Account }): Promise<Output[]>;
}

export type ImapOperation = MessageOperation | SingleOperation;

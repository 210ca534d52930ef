/** All items of a run: several at a time, outputs in the order of the inputs, one failure touching no other item. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { isAgentTool, tellAgent } from '../bridge/agentTool';
import type { AccountType } from '../bridge/account';
import { failureJson, toNodeError } from '../bridge/errors';
import { RunAccounts } from '../bridge/runAccounts';
import { MailError } from '../mail/errors';
import { MAX_CONNECTIONS } from '../mail/smtp/pool';
import { deliver, type Delivered } from './deliver';
import { readDelivery } from './fields/deliveryOptions';
import { ItemFields } from '../bridge/itemFields';
import { Mailboxes } from './mailboxes';
import { once } from './onceMemory';
import type { SendOperation } from './operations/operation';
import { SentMemory, type SentItem } from './sentMemory';
import { tallyOf, type ItemState } from './tally';

/** Warnings shown above the output; the items have them all. */
const MAX_HINTS = 3;

interface Run {
	context: IExecuteFunctions;
	operation: SendOperation;
	accounts: RunAccounts;
	memory: SentMemory;
	mailboxes: Mailboxes;
	signal: AbortSignal | undefined;
}

/** An item's output, and what it failed with. */
interface Processed {
	item: INodeExecutionData;
	error: NodeOperationError | null;
	state: ItemState;
}

/** @throws NodeOperationError of the first item that failed, unless the node continues on failures */
export async function processItems(
	context: IExecuteFunctions,
	operation: SendOperation,
): Promise<INodeExecutionData[]> {
	const count = context.getInputData().length;
	const signal = context.getExecutionCancelSignal();
	const mailboxes = new Mailboxes(signal);
	const run: Run = {
		...{ context, operation, mailboxes, signal },
		accounts: new RunAccounts(context),
		memory: new SentMemory(context),
	};
	const processed: Processed[] = [];
	const continues = context.continueOnFail();
	let next = 0;
	let failed = false;
	const work = async () => {
		// Without "continue on fail" the first failure stops what has not begun.
		while (next < count && !(failed && !continues)) {
			const itemIndex = next++;
			const result = await processItem(run, itemIndex);
			processed[itemIndex] = result;
			failed ||= result.error !== null;
		}
	};
	try {
		await Promise.all(Array.from({ length: Math.min(MAX_CONNECTIONS, count) }, work));
	} finally {
		await mailboxes.close();
	}
	const failure = processed.find((result) => result?.error)?.error;
	const tally = tallyOf(
		processed.map((result) => result?.state),
		count,
	);
	if (failure && signal?.aborted) tellInLog(context, tally);
	if (failure && !continues) {
		// One item is what the error itself is about.
		failure.description = [failure.description, count > 1 && tally].filter(Boolean).join('\n');
		if (isAgentTool(context)) tellAgent(failure);
		throw failure;
	}
	// n8n tries again when the first item has failed, even where it goes on with failures.
	if (!failure) run.memory.forget();
	const output = processed.map(({ item }) => item);
	showWarnings(context, output);
	return output;
}

/** Of an execution that was stopped n8n keeps nothing that a node says, so the log is the one place left. */
function tellInLog(context: IExecuteFunctions, tally: string): void {
	const where = `"${context.getNode().name}" of the workflow "${context.getWorkflow().name ?? ''}"`;
	context.logger.warn(
		`Execution ${context.getExecutionId()} was stopped while ${where} was sending. ${tally}`,
	);
}

async function processItem(run: Run, itemIndex: number): Promise<Processed> {
	const { context, memory } = run;
	const known = memory.recall(itemIndex);
	if (known) return remembered(context, known, itemIndex);
	try {
		const delivered = await sendOne(run, itemIndex);
		const { json, binary, error } = delivered;
		const state = stateOf(json, delivered.settled);
		if (error)
			return failedItem(context, json, toNodeError(context.getNode(), error, itemIndex), itemIndex, state);
		return { item: { json, pairedItem: { item: itemIndex }, ...(binary && { binary }) }, error: null, state };
	} catch (error) {
		return failedItem(context, {}, toNodeError(context.getNode(), error, itemIndex), itemIndex, 'open');
	}
}

async function sendOne(run: Run, itemIndex: number): Promise<Delivered> {
	const { context, operation, accounts, memory, mailboxes, signal } = run;
	const fields = new ItemFields(context, itemIndex);
	const type = fields.raw('authentication', 'mailAccountApi') as AccountType;
	const account = await accounts.of(type, itemIndex);
	const settings = readDelivery(fields);
	const userKey = settings.idempotencyKey === '' ? null : memory.keyOfUser(settings.idempotencyKey);
	const send = async (): Promise<Delivered> => {
		const job = await operation.read(fields, account, mailboxes);
		const { request } = job;
		const known = memory.recallCall(request);
		if (known?.error) {
			const { message, description: nextStep } = known.error;
			return { json: known.json, error: new MailError('UNKNOWN', message, { nextStep }), settled: true };
		}
		const uniqueKey = userKey ?? memory.keyOfItem(itemIndex);
		const onSettled = ({ json, error }: Delivered) => {
			const told = error && toNodeError(context.getNode(), error, itemIndex);
			memory.remember(itemIndex, request, {
				json,
				error: told && { message: told.message, description: told.description ?? '' },
			});
		};
		return await deliver(job, settings, { context, account, mailboxes, signal, uniqueKey, onSettled });
	};
	if (userKey === null) return await send();
	const { delivered, first } = await once(userKey, send);
	return first ? delivered : { ...delivered, json: { ...delivered.json, alreadySent: true } };
}

function remembered(context: IExecuteFunctions, { json, error }: SentItem, itemIndex: number): Processed {
	const state = stateOf(json, true);
	if (!error) return { item: { json, pairedItem: { item: itemIndex } }, error: null, state };
	const { message, description } = error;
	const nodeError = new NodeOperationError(context.getNode(), message, { itemIndex, description });
	return failedItem(context, json, nodeError, itemIndex, state);
}

function stateOf({ outcome }: IDataObject, settled: boolean): ItemState {
	if (outcome === 'unknown') return 'unknown';
	return settled ? 'done' : 'open';
}

/**
 * A failed item. n8n replaces the json of an item that has an `error`, and sends to the error output only json that has
 * `error`, `message` and `details` and nothing else; there, what is known of the mail is in `details`.
 */
function failedItem(
	context: IExecuteFunctions,
	known: IDataObject,
	error: NodeOperationError,
	itemIndex: number,
	state: ItemState,
): Processed {
	const { error: sentence, description } = failureJson(error);
	const json =
		context.getNode().onError === 'continueErrorOutput'
			? { error: sentence, message: description, details: known }
			: { ...known, error: sentence, description };
	return { item: { json, pairedItem: { item: itemIndex } }, error, state };
}

function showWarnings(context: IExecuteFunctions, output: readonly INodeExecutionData[]): void {
	const warnings = new Set(output.flatMap(({ json }) => (json.warnings as string[] | undefined) ?? []));
	if (warnings.size === 0 || typeof context.addExecutionHints !== 'function') return;
	context.addExecutionHints(
		...[...warnings]
			.slice(0, MAX_HINTS)
			.map((message) => ({ message, type: 'warning' as const, location: 'outputPane' as const })),
	);
}

/** All items of a run: those that want the same are handled together; outputs in the order of the inputs. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData, NodeOperationError } from 'n8n-workflow';
import { isAgentTool, tellAgent } from '../bridge/agentTool';
import type { AccountType } from '../bridge/account';
import { failureJson, toNodeError } from '../bridge/errors';
import { ItemFields } from '../bridge/itemFields';
import { RunAccounts } from '../bridge/runAccounts';
import { accountFingerprint, type Account } from '../mail/account/account';
import { systemClock } from '../mail/clock';
import { MailError } from '../mail/errors';
import { linesOf } from '../mail/imap/accountLines';
import { withActionLine } from '../mail/imap/actionLines';
import { workOnMessages } from '../mail/imap/onMessages';
import { DoneMemory, type Known } from './doneMemory';
import type {
	ImapOperation,
	Line,
	MessageJob,
	MessageOperation,
	Output,
	RunContext,
	SingleOperation,
} from './operations/operation';

/** What became of an item. */
type Result = Output[] | { error: unknown };

interface Item {
	index: number;
	fields: ItemFields;
	account: Account;
}

/** @throws NodeOperationError of the first item that failed, unless the node continues on failures */
export async function processItems(
	context: IExecuteFunctions,
	operation: ImapOperation,
): Promise<INodeExecutionData[]> {
	const run: RunContext = { context, isTool: isAgentTool(context) };
	const results: Result[] = [];
	const stopsAtFailure = !context.continueOnFail();
	const byAccount = new Map<string, Item[]>();
	const accounts = new RunAccounts(context);
	const memory = operation.once ? new DoneMemory(context) : null;
	const unknown = new Map<number, MailError>();
	for (let index = 0; index < context.getInputData().length; index++) {
		const known = memory?.recall(index);
		if (known) {
			if ('json' in known) results[index] = known.json.map((json) => ({ json }));
			else unknown.set(index, new MailError('UNKNOWN', known.unknown.message, known.unknown));
			continue;
		}
		try {
			const item = await readItem(context, accounts, index);
			const key = accountFingerprint(item.account);
			const known = byAccount.get(key);
			if (known) known.push(item);
			else byAccount.set(key, [item]);
		} catch (error) {
			results[index] = { error };
			if (stopsAtFailure) break;
		}
	}
	for (const items of byAccount.values()) {
		if (stopsAtFailure && results.some(hasFailed)) break;
		if (context.getMode() === 'manual' && items[0]) linesOf(items[0].account, systemClock).askAgain();
		if (operation.kind === 'message') await handleMessages(operation, items, run, results);
		else await handleOneByOne(operation, items, run, results, stopsAtFailure);
	}
	for (const [index, error] of unknown) results[index] = { error };
	if (memory) remember(memory, results);
	return outputOf(run, results);
}

/** n8n tries again when an item has failed, even where it goes on with failures. */
function remember(memory: DoneMemory, results: readonly Result[]): void {
	if (!results.some(hasFailed)) return memory.forget();
	const done = new Map<number, Known>();
	for (const [index, result] of results.entries()) {
		if (!hasFailed(result)) {
			if (result) done.set(index, { json: result.map(({ json }) => json) });
		} else if (result.error instanceof MailError && result.error.code === 'UNKNOWN') {
			const { message, description: nextStep } = result.error;
			done.set(index, { unknown: { message, nextStep } });
		}
	}
	memory.remember(done);
}

async function readItem(context: IExecuteFunctions, accounts: RunAccounts, index: number): Promise<Item> {
	const fields = new ItemFields(context, index);
	const type = fields.raw('authentication', 'mailAccountApi') as AccountType;
	return { index, fields, account: await accounts.of(type, index) };
}

/** Items with equal settings in few commands. */
async function handleMessages(
	operation: MessageOperation,
	items: readonly Item[],
	run: RunContext,
	results: Result[],
): Promise<void> {
	const groups = new Map<string, { index: number; job: MessageJob; account: Account }[]>();
	for (const { index, fields, account } of items) {
		try {
			const job = operation.read(fields);
			const key = JSON.stringify(job.settings);
			const known = groups.get(key);
			if (known) known.push({ index, job, account });
			else groups.set(key, [{ index, job, account }]);
		} catch (error) {
			results[index] = { error };
		}
	}
	for (const group of groups.values()) {
		const [first] = group;
		if (!first) continue;
		const references = group.map(({ job }) => job.reference);
		try {
			const outcomes = await withActionLine(
				first.account,
				async (line) => await workOnMessages(line, references, first.job.work(run)),
				run.context.getExecutionCancelSignal(),
			);
			for (const [position, { index }] of group.entries()) {
				const outcome = outcomes[position];
				if (outcome) results[index] = 'value' in outcome ? [outcome.value] : { error: outcome.error };
			}
		} catch (error) {
			for (const { index } of group) results[index] ??= { error };
		}
	}
}

async function handleOneByOne(
	operation: SingleOperation,
	items: readonly Item[],
	run: RunContext,
	results: Result[],
	stopsAtFailure: boolean,
): Promise<void> {
	const [first] = items;
	if (!first) return;
	const work = async (line: Line) => {
		for (const { index, fields, account } of items) {
			try {
				results[index] = await operation.run(fields, line, { ...run, account });
			} catch (error) {
				results[index] = { error };
				if (stopsAtFailure) return;
			}
		}
	};
	await withActionLine(first.account, work, run.context.getExecutionCancelSignal());
}

function hasFailed(result: Result | undefined): result is { error: unknown } {
	return result !== undefined && 'error' in result;
}

function outputOf({ context, isTool }: RunContext, results: readonly Result[]): INodeExecutionData[] {
	const continues = context.continueOnFail();
	const output: INodeExecutionData[] = [];
	for (const [index, result] of results.entries()) {
		if (!hasFailed(result)) {
			for (const { json, binary } of result ?? [])
				output.push({ json, pairedItem: { item: index }, ...(binary && { binary }) });
			continue;
		}
		const error = toNodeError(context.getNode(), result.error, index);
		if (!continues) {
			if (isTool) tellAgent(error);
			throw error;
		}
		output.push(failedItem(context, error, index));
	}
	return output;
}

/**
 * A failed item. n8n replaces the json of an item that has an `error`, and sends to the error output only json that has
 * `error`, `message` and `details` and nothing else.
 */
function failedItem(
	context: IExecuteFunctions,
	error: NodeOperationError,
	index: number,
): INodeExecutionData {
	const { error: sentence, description } = failureJson(error);
	const known: IDataObject = { message: messageOf(context, index) };
	const json =
		context.getNode().onError === 'continueErrorOutput'
			? { error: sentence, message: description, details: known }
			: { error: sentence, description };
	return { json, pairedItem: { item: index } };
}

/** The expression that says which message is meant may be what failed. */
function messageOf(context: IExecuteFunctions, index: number): IDataObject | null {
	try {
		return context.getNodeParameter('message', index, null) as IDataObject | null;
	} catch {
		return null;
	}
}

import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import { toAccount, type AccountType } from '../bridge/account';
import { accountCredentials } from '../bridge/authentication';
import { mailAccountTest } from '../bridge/credentialTest';
import { failureJson, toNodeError } from '../bridge/errors';
import { compose } from '../mail/message/compose';
import { sendMail, type SendResult } from '../mail/smtp/send';
import { MAX_CONNECTIONS } from '../mail/smtp/pool';
import { ACCOUNT_TYPES, properties } from './description';
import { OPERATIONS } from './operations';
import type { SendOperation } from './operations/operation';
import { SentMemory } from './sentMemory';

/** Sends mails over SMTP. */
export class SendMail implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Send Mail',
		name: 'sendMail',
		icon: { light: 'file:sendMail.svg', dark: 'file:sendMail.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["toEmail"] }}',
		description: 'Sends emails over SMTP and says exactly what became of them',
		defaults: { name: 'Send Mail' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: accountCredentials(ACCOUNT_TYPES),
		properties,
	};

	methods = { credentialTest: { mailAccountTest } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const name = this.getNodeParameter('operation', 0, 'send');
		const operation = OPERATIONS.find(({ option }) => option.value === name);
		if (!operation)
			throw new NodeOperationError(this.getNode(), `Send Mail has no operation "${String(name)}".`);
		const count = this.getInputData().length;
		if (count === 0) return [[]];
		const memory = new SentMemory(this);
		const output: INodeExecutionData[] = [];
		const failures: NodeOperationError[] = [];
		let next = 0;
		const work = async () => {
			for (let i = next++; i < count; i = next++) {
				const item = await sendItem(this, operation, memory, i);
				if (item.error && !this.continueOnFail()) failures[i] = item.error as NodeOperationError;
				output[i] = item;
				// Without "continue on fail" the first failure stops what has not begun.
				if (item.error && !this.continueOnFail()) next = count;
			}
		};
		await Promise.all(Array.from({ length: MAX_CONNECTIONS }, work));
		const failure = failures.find((error) => error !== undefined);
		if (failure) throw failure;
		memory.forget();
		return [output];
	}
}

async function sendItem(
	context: IExecuteFunctions,
	operation: SendOperation,
	memory: SentMemory,
	itemIndex: number,
): Promise<INodeExecutionData> {
	const known = memory.recall(itemIndex);
	if (known) {
		const error =
			known.error &&
			new NodeOperationError(context.getNode(), known.error.message, {
				itemIndex,
				description: known.error.description,
			});
		return toItem(known.json, error, itemIndex);
	}
	try {
		const type = context.getNodeParameter('authentication', itemIndex, 'mailAccountApi') as AccountType;
		const account = toAccount(type, await context.getCredentials(type, itemIndex));
		const request = operation.read(context, itemIndex, account);
		const mail = await compose({ ...request, uniqueKey: memory.keyOf(itemIndex) });
		const signal = context.getExecutionCancelSignal();
		const result = await sendMail(account, mail, signal ? { signal } : {});
		const json = toJson(result);
		const failed = result.outcome === 'refused' || result.outcome === 'unknown';
		const error = failed && result.error ? toNodeError(context.getNode(), result.error, itemIndex) : null;
		if (result.outcome !== 'refused') {
			memory.remember(itemIndex, {
				json,
				error: error && { message: error.message, description: error.description ?? '' },
			});
		}
		return toItem(json, error, itemIndex);
	} catch (error) {
		return toItem({}, toNodeError(context.getNode(), error, itemIndex), itemIndex);
	}
}

function toItem(json: IDataObject, error: NodeOperationError | null, itemIndex: number): INodeExecutionData {
	const pairedItem = { item: itemIndex };
	if (!error) return { json, pairedItem };
	return { json: { ...json, ...failureJson(error) }, error, pairedItem };
}

function toJson(result: SendResult): IDataObject {
	const addresses = (accepted: boolean) =>
		result.recipients
			.filter(({ status }) => (status === 'accepted') === accepted)
			.map(({ address }) => address);
	return {
		outcome: result.outcome,
		messageId: result.messageId,
		accepted: addresses(true),
		rejected: addresses(false),
		response: result.response,
		envelope: { ...result.envelope },
		queueId: result.queueId,
		recipients: result.recipients.map((recipient) => ({ ...recipient })),
		attempts: result.attempts,
	};
}

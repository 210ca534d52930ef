/**
 * Small node types for test workflows, so that the harness needs no n8n-nodes-base:
 * `n8n-nodes-base.manualTrigger`, `.noOp`, `.errorTrigger`, and `test.noOp`, `.set`, `.fail`, `.delay`, `.collect`,
 * `.wait`, `.staticData`, `.agent`. Parameters are described beside each.
 */
import type {
	ICredentialType,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

/** What a `test.collect` node saw. */
export interface Collected {
	workflowId: string;
	node: string;
	executionId: string;
	items: INodeExecutionData[];
	at: Date;
}

type Execute = NonNullable<INodeType['execute']>;

function node(name: string, properties: INodeProperties[], execute: Execute, isTrigger = false): INodeType {
	const description: INodeTypeDescription = {
		displayName: name,
		name,
		group: isTrigger ? ['trigger'] : ['transform'],
		description: name,
		version: 1,
		defaults: { name },
		inputs: isTrigger ? [] : ['main'],
		outputs: ['main'],
		properties,
	};
	return { description, execute };
}

const text = (name: string, value = ''): INodeProperties => ({
	displayName: name,
	name,
	type: 'string',
	default: value,
});
const number = (name: string, value: number): INodeProperties => ({
	displayName: name,
	name,
	type: 'number',
	default: value,
});

async function passOn(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return [this.getInputData()];
}

/** `fields`: JSON object with expressions, added to each item's json. */
async function set(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = this.getInputData().map((item, index) => {
		const given = this.getNodeParameter('fields', index, '{}') as string | IDataObject;
		const fields = typeof given === 'string' ? (JSON.parse(given) as IDataObject) : given;
		return { ...item, json: { ...item.json, ...fields }, pairedItem: { item: index } };
	});
	return [items];
}

/** `ms`: how long each run takes; ends early when the execution is cancelled. */
async function delay(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const ms = this.getNodeParameter('ms', 0, 100) as number;
	const signal = this.getExecutionCancelSignal();
	await new Promise<void>((resolve) => {
		const timer = setTimeout(resolve, ms);
		signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
	});
	return [this.getInputData()];
}

/** `ms`: the execution waits that long, saved as `waiting`, as behind n8n's Wait node. */
async function wait(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	await this.putExecutionToWait(new Date(Date.now() + (this.getNodeParameter('ms', 0, 1000) as number)));
	return [this.getInputData()];
}

/** `key`, `value`: written to the workflow's global static data, as a Code node can. */
async function staticData(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	this.getWorkflowStaticData('global')[this.getNodeParameter('key', 0) as string] = this.getNodeParameter(
		'value',
		0,
	);
	return [this.getInputData()];
}

/**
 * `mode` `always`; `first` fails the first `times` runs of this engine; `subject` fails when an item's
 * `json.subject` contains `subject`. `message` is the error's text.
 */
function failNode(): INodeType {
	const runs = new Map<string, number>();
	return node(
		'fail',
		[text('mode', 'always'), number('times', 1), text('subject'), text('message', 'This node fails')],
		async function () {
			const mode = this.getNodeParameter('mode', 0, 'always') as string;
			const items = this.getInputData();
			const place = `${this.getWorkflow().id}:${this.getNode().id}`;
			const run = (runs.get(place) ?? 0) + 1;
			runs.set(place, run);
			const subject = this.getNodeParameter('subject', 0, '') as string;
			const fails =
				mode === 'always' ||
				(mode === 'first' && run <= (this.getNodeParameter('times', 0, 1) as number)) ||
				(mode === 'subject' && items.some(({ json }) => String(json['subject']).includes(subject)));
			if (fails) throw new NodeOperationError(this.getNode(), this.getNodeParameter('message', 0) as string);
			return [items];
		},
	);
}

interface Tool {
	invoke(args: IDataObject): Promise<string>;
}

/**
 * An AI agent without a model: calls its tool once for each item, with the item's json as arguments; with `together`, all
 * at once. Gives what the tool said or failed with.
 */
function agentNode(): INodeType {
	const agent = node('agent', [{ ...text('together'), type: 'boolean', default: false }], async function () {
		const [tool] = (await this.getInputConnectionData('ai_tool', 0)) as Tool[];
		const call = async (args: IDataObject): Promise<INodeExecutionData> => {
			try {
				return { json: { said: await tool!.invoke(args) } };
			} catch (error) {
				return { json: { failed: (error as Error).message } };
			}
		};
		const calls = this.getInputData().map(({ json }) => json);
		if (this.getNodeParameter('together', 0, false)) return [await Promise.all(calls.map(call))];
		const results: INodeExecutionData[] = [];
		for (const args of calls) results.push(await call(args));
		return [results];
	});
	agent.description.inputs = ['main', { type: 'ai_tool', required: true }];
	return agent;
}

/**
 * The node types of one engine.
 * @param onCollect receives what `test.collect` nodes see
 */
export function createTestNodes(onCollect: (collected: Collected) => void): Record<string, INodeType> {
	const collect = node('collect', [], async function () {
		const items = this.getInputData();
		const executionId = this.getExecutionId();
		onCollect({
			workflowId: this.getWorkflow().id ?? '',
			node: this.getNode().name,
			executionId,
			items,
			at: new Date(),
		});
		return [items];
	});
	return {
		'n8n-nodes-base.manualTrigger': node('manualTrigger', [], passOn, true),
		'n8n-nodes-base.errorTrigger': node('errorTrigger', [], passOn, true),
		'n8n-nodes-base.noOp': node('noOp', [], passOn),
		'test.noOp': node('noOp', [], passOn),
		'test.set': node('set', [{ ...text('fields', '{}'), type: 'json' }], set),
		'test.fail': failNode(),
		'test.agent': agentNode(),
		'test.delay': node('delay', [number('ms', 100)], delay),
		'test.collect': collect,
		'test.wait': node('wait', [number('ms', 1000)], wait),
		'test.staticData': node('staticData', [text('key'), text('value')], staticData),
	};
}

/** n8n's own types `smtp` and `imap`, field for field, which the package's nodes also accept. */
export const N8N_CREDENTIALS: ICredentialType[] = [
	credentialType('smtp', [
		{ ...number('port', 465) },
		{ ...text('secure'), type: 'boolean', default: true },
		{
			...text('disableStartTls'),
			type: 'boolean',
			default: false,
			displayOptions: { show: { secure: [false] } },
		},
		text('hostName'),
	]),
	credentialType('imap', [
		{ ...number('port', 993) },
		{ ...text('secure'), type: 'boolean', default: true },
		{ ...text('allowUnauthorizedCerts'), type: 'boolean', default: false },
	]),
];

function credentialType(name: string, properties: INodeProperties[]): ICredentialType {
	const password: INodeProperties = { ...text('password'), typeOptions: { password: true } };
	return {
		name,
		displayName: name.toUpperCase(),
		properties: [text('user'), password, text('host'), ...properties],
	};
}

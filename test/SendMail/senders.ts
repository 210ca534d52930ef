/** Send Mail in n8n's own engine: a workflow of one node, and what it says. */
import type { IDataObject, INode, INodeExecutionData, IRun } from 'n8n-workflow';
import type { Engine } from '../engine';
import { itemsOf, startEngine } from '../engine';
import { HOST } from '../servers';

export const USER = 'ada@example.test';
export const PASSWORD = 'pass-word 7!';

export interface Sent {
	run: IRun;
	/** Items of the regular output, or of the only one. */
	items: INodeExecutionData[];
	/** Items of the error output. */
	errors: INodeExecutionData[];
	/** What the execution failed with. */
	error: (Error & { description?: string | null }) | undefined;
}

/** Fields of a Mail Account for a server of the tests. */
export function account(changes: IDataObject): IDataObject {
	return {
		provider: 'custom',
		user: USER,
		password: PASSWORD,
		imapHost: '',
		imapPort: 993,
		imapSecurity: 'tls',
		smtpHost: HOST,
		smtpPort: 465,
		smtpSecurity: 'none',
		ignoreSslIssues: true,
		...changes,
	};
}

export class Senders {
	private constructor(readonly engine: Engine) {}

	/** `MAILROOM_PACKAGE_DIR` names another build than that of the checkout. */
	static async start(): Promise<Senders> {
		const packageDir = process.env['MAILROOM_PACKAGE_DIR'];
		return new Senders(await startEngine(packageDir === undefined ? {} : { packageDir }));
	}

	/** A workflow whose only action is Send Mail. */
	async workflow(accountData: IDataObject, parameters: IDataObject, node: Partial<INode> = {}) {
		const credential = await this.engine.addCredential('mailAccountApi', 'Account', account(accountData));
		return this.engine.addWorkflow({
			nodes: [
				{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
				{
					name: 'Send Mail',
					type: 'n8n-nodes-mailroom.sendMail',
					parameters: {
						operation: 'send',
						fromEmail: USER,
						toEmail: 'bob@example.test',
						subject: 'Hello',
						emailFormat: 'text',
						text: 'Hello Bob',
						...parameters,
					} as INode['parameters'],
					credentials: { mailAccountApi: credential },
					...node,
				},
			],
			connections: { Start: { main: [[{ node: 'Send Mail', type: 'main', index: 0 }]] } },
		});
	}

	/** Runs Send Mail once with these items. */
	async send(
		accountData: IDataObject,
		parameters: IDataObject,
		items: INodeExecutionData[] = [{ json: {} }],
		node: Partial<INode> = {},
	): Promise<Sent> {
		const workflow = await this.workflow(accountData, parameters, node);
		return sentOf(await workflow.run({ items }));
	}

	async stop(): Promise<void> {
		await this.engine.stop();
	}
}

export function sentOf(run: IRun): Sent {
	return {
		run,
		items: itemsOf(run, 'Send Mail'),
		errors: itemsOf(run, 'Send Mail', 1),
		error: run.data.resultData.error as Sent['error'],
	};
}

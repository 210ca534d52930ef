import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import { accountCredentials, SMTP_ACCOUNT_TYPES } from '../bridge/authentication';
import { mailAccountTest } from '../bridge/credentialTest';
import { properties } from './description';
import { processItems } from './items';
import { OPERATIONS } from './operations';

/** Sends mails over SMTP. */
export class SendMail implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Send Mail',
		name: 'sendMail',
		icon: { light: 'file:sendMail.svg', dark: 'file:sendMail.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ($parameter["toEmail"] ? ": " + $parameter["toEmail"] : "") }}',
		description: 'Sends emails over SMTP and says exactly what became of them',
		defaults: { name: 'Send Mail' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: accountCredentials(SMTP_ACCOUNT_TYPES),
		properties,
	};

	methods = { credentialTest: { mailAccountTest } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const name = this.getNodeParameter('operation', 0, 'send');
		const operation = OPERATIONS.find(({ option }) => option.value === name);
		if (!operation)
			throw new NodeOperationError(this.getNode(), `Send Mail has no operation "${String(name)}".`);
		return [await processItems(this, operation)];
	}
}

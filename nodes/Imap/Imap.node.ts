import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import { accountCredentials, IMAP_ACCOUNT_TYPES } from '../bridge/authentication';
import { mailAccountTest } from '../bridge/credentialTest';
import { getMailboxes } from '../bridge/mailboxList';
import { properties } from './description';
import { processItems } from './items';
import { RESOURCES } from './operations';

/** Acts on mails and mailboxes on the server. */
export class Imap implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'IMAP',
		name: 'imap',
		icon: { light: 'file:imap.svg', dark: 'file:imap.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Finds, reads, files and marks mails on the server',
		defaults: { name: 'IMAP' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: accountCredentials(IMAP_ACCOUNT_TYPES),
		properties,
	};

	methods = { credentialTest: { mailAccountTest }, loadOptions: { getMailboxes } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = this.getNodeParameter('resource', 0, 'message');
		const name = this.getNodeParameter('operation', 0, '');
		const operation = RESOURCES.find(({ option }) => option.value === resource)?.operations.find(
			({ option }) => option.value === name,
		);
		if (!operation)
			throw new NodeOperationError(
				this.getNode(),
				`The IMAP node has no operation "${String(name)}" for "${String(resource)}".`,
			);
		return [await processItems(this, operation)];
	}
}

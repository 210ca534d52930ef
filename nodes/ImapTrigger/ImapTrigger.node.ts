import type {
	ILoadOptionsFunctions,
	INodePropertyOptions,
	INodeType,
	INodeTypeDescription,
	ITriggerFunctions,
	ITriggerResponse,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { toAccount, type AccountType } from '../bridge/account';
import { accountCredentials } from '../bridge/authentication';
import { mailAccountTest } from '../bridge/credentialTest';
import { toNodeError } from '../bridge/errors';
import { ImapClient } from '../mail/imap/client';
import { ACCOUNT_TYPES, properties } from './description';
import { startLiveTrigger } from './liveTrigger';
import { readSettings } from './settings';
import { testStep } from './testStep';

/** Starts a workflow when mail arrives. */
export class ImapTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'IMAP Trigger',
		name: 'imapTrigger',
		icon: { light: 'file:imapTrigger.svg', dark: 'file:imapTrigger.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ [].concat($parameter["mailboxes"]).join(", ") }}',
		description: 'Starts the workflow when a mail arrives, and keeps doing so whatever the network does',
		eventTriggerDescription: 'Waiting for you to receive a mail',
		defaults: { name: 'IMAP Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: accountCredentials(ACCOUNT_TYPES),
		properties,
	};

	methods = { credentialTest: { mailAccountTest }, loadOptions: { getMailboxes } };

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		try {
			const settings = readSettings(this);
			return this.getMode() === 'manual' ? testStep(this, settings) : await startLiveTrigger(this, settings);
		} catch (error) {
			throw toNodeError(this.getNode(), error);
		}
	}
}

/** The mailboxes of the account, for the picker. */
async function getMailboxes(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const type = (this.getCurrentNodeParameter('authentication') ?? 'mailAccountApi') as AccountType;
	try {
		const client = await ImapClient.connect(toAccount(type, await this.getCredentials(type)));
		try {
			const mailboxes = (await client.list(true)).filter(({ selectable }) => selectable);
			return mailboxes.map(({ path, role, messages, unseen }) => {
				const counts = messages === null ? '' : `${messages} mails, ${unseen ?? 0} unread`;
				const details = [role?.replace('\\', ''), counts].filter(Boolean).join(' · ');
				return { name: path, value: path, ...(details !== '' && { description: details }) };
			});
		} finally {
			void client.logout();
		}
	} catch (error) {
		throw toNodeError(this.getNode(), error);
	}
}

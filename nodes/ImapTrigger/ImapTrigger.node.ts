import type { INodeType, INodeTypeDescription, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { accountCredentials, IMAP_ACCOUNT_TYPES } from '../bridge/authentication';
import { mailAccountTest } from '../bridge/credentialTest';
import { toNodeError } from '../bridge/errors';
import { getMailboxes } from '../bridge/mailboxList';
import { properties } from './description';
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
		credentials: accountCredentials(IMAP_ACCOUNT_TYPES),
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

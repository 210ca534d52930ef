/** Where a message goes, and going there. */
import type { INodeProperties } from 'n8n-workflow';
import { toFlag, type ItemFields } from '../../bridge/itemFields';
import { transfer } from '../../mail/imap/transfer';
import type { MessageJob, MessageOperation } from '../operations/operation';
import { mailboxField, readMailbox } from './mailbox';
import { messageFields, readMessageField, told } from './message';

export const destinationField = mailboxField(
	'destination',
	'To Mailbox Name or ID',
	'Mailbox (folder) for the message',
	'',
);

export const transferOptions: INodeProperties = {
	displayName: 'Options',
	name: 'transferOptions',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Create the Mailbox',
			name: 'create',
			type: 'boolean',
			default: false,
			description: 'Whether to make the mailbox when the account has none of this name',
		},
	],
};

/** @throws MailError when no mailbox is named */
export function toDestination(fields: ItemFields, kind: 'copy' | 'move'): MessageJob {
	const settings = {
		destination: readMailbox(fields, 'destination', 'To Mailbox Name or ID'),
		create: toFlag(fields.group('transferOptions').create),
	};
	return {
		reference: readMessageField(fields),
		settings,
		work: () => told(transfer(kind, settings)),
	};
}

/** An operation that moves to the mailbox with a role. */
export function moveToRole(role: string, option: MessageOperation['option']): MessageOperation {
	const settings = { destination: role, create: false };
	return {
		kind: 'message',
		once: true,
		option,
		properties: messageFields,
		read: (fields) => ({
			reference: readMessageField(fields),
			settings,
			work: () => told(transfer('move', settings)),
		}),
	};
}

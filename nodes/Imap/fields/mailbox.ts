/** Which mailbox is meant. */
import type { INodeProperties } from 'n8n-workflow';
import type { ItemFields } from '../../bridge/itemFields';
import { MailError } from '../../mail/errors';

/** @param fallback the default; empty when one has to be chosen */
export function mailboxField(
	name: string,
	displayName: string,
	description: string,
	fallback: string,
): INodeProperties {
	return {
		displayName,
		name,
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getMailboxes' },
		default: fallback,
		description: `${description}. Choose from the list, or specify a name or a role (\\Archive) using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.`,
	};
}

/** The mailbox that is opened, listed or changed. */
export const mailboxOfOperation = mailboxField('mailbox', 'Mailbox Name or ID', 'Mailbox (folder)', 'INBOX');

/**
 * @param displayName as the editor shows it
 * @throws MailError when it is empty
 */
export function readMailbox(fields: ItemFields, name: string, displayName: string): string {
	const mailbox = fields.text(name).trim();
	if (mailbox !== '') return mailbox;
	throw new MailError('MAILBOX', `"${displayName}" is empty, so it is not known which mailbox is meant.`, {
		nextStep: 'Choose one from the list, or let the expression give a name such as INBOX.',
	});
}

/** Operation "Delete" of a mailbox. */
import { deleteMailbox } from '../../../mail/imap/mailboxes';
import { allowField, refuseUnlessAllowed } from '../../fields/allow';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { mailboxOfOperation, readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const deleteOne: SingleOperation = {
	kind: 'single',
	once: true,
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete a mailbox',
		description:
			'Delete a mailbox (folder); one that holds mail only if the node may. A second time is an error, and does nothing.',
	},
	properties: [
		mailboxOfOperation,
		allowField,
		{
			displayName: 'Delete Also When Not Empty',
			name: 'alsoNotEmpty',
			type: 'boolean',
			noDataExpression: true,
			default: false,
			description: 'Whether to delete the mailbox with all mail in it',
		},
	],
	async run(fields, line) {
		refuseUnlessAllowed(fields, 'Deleting the mailbox');
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'mailbox', 'Mailbox Name or ID'));
		await deleteMailbox(client, path, fields.flag('alsoNotEmpty', false));
		return mailboxOutput(path, { changed: true });
	},
};

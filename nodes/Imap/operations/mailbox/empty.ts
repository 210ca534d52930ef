/** Operation "Empty" of a mailbox. */
import { emptyMailbox } from '../../../mail/imap/mailboxes';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { allowField, refuseUnlessAllowed } from '../../fields/allow';
import { mailboxField, readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const empty: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Empty',
		value: 'empty',
		action: 'Empty a mailbox',
		description:
			'Delete all mail in the mailbox for deleted mail, or for junk, so that it cannot be brought back. Safe to repeat, but takes what has come since.',
	},
	properties: [
		mailboxField('emptied', 'Mailbox to Empty Name or ID', 'Mailbox (folder) to empty', '\\Trash'),
		allowField,
		{
			displayName: 'Allow Any Mailbox',
			name: 'anyMailbox',
			type: 'boolean',
			noDataExpression: true,
			default: false,
			description: 'Whether other mailboxes than those for deleted and junk mail may be emptied',
		},
	],
	async run(fields, line) {
		refuseUnlessAllowed(fields, 'Emptying the mailbox');
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'emptied', 'Mailbox to Empty'));
		return mailboxOutput(path, {
			deleted: await emptyMailbox(client, path, fields.flag('anyMailbox', false)),
		});
	},
};

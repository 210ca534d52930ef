/** Operation "Rename" of a mailbox. */
import { renameMailbox } from '../../../mail/imap/mailboxes';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { mailboxOfOperation, readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const rename: SingleOperation = {
	kind: 'single',
	once: true,
	option: {
		name: 'Rename',
		value: 'rename',
		action: 'Rename a mailbox',
		description:
			'Give a mailbox another path; the mailboxes in it move along. A second time is an error, and does nothing.',
	},
	properties: [
		mailboxOfOperation,
		{
			displayName: 'Rename To',
			name: 'renameTo',
			type: 'string',
			default: '',
			placeholder: 'Clients/Former',
			description: 'The new path',
		},
	],
	async run(fields, line) {
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'mailbox', 'Mailbox Name or ID'));
		const newPath = await pathOf(client, readMailbox(fields, 'renameTo', 'Rename To'));
		await renameMailbox(client, path, newPath);
		return mailboxOutput(newPath, { previousMailbox: path, changed: true });
	},
};

/** Operation "Create" of a mailbox. */
import { createMailbox } from '../../../mail/imap/mailboxes';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const create: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Create',
		value: 'create',
		action: 'Create a mailbox',
		description: 'Make a mailbox (folder). Safe to repeat: one that is there already stays as it is.',
	},
	properties: [
		{
			displayName: 'New Name',
			name: 'newName',
			type: 'string',
			default: '',
			placeholder: 'Clients/Example',
			description: 'Path of the new mailbox; most servers put "/" or "." between a mailbox and one in it',
		},
	],
	async run(fields, line) {
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'newName', 'New Name'));
		return mailboxOutput(path, { changed: await createMailbox(client, path) });
	},
};

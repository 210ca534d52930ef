/** Operation "Unsubscribe". */
import { subscribeMailbox } from '../../../mail/imap/mailboxes';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { mailboxOfOperation, readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const unsubscribe: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Unsubscribe',
		value: 'unsubscribe',
		action: 'Unsubscribe from a mailbox',
		description: 'Let mail programs hide a mailbox, which stays as it is. Safe to repeat.',
	},
	properties: [mailboxOfOperation],
	async run(fields, line) {
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'mailbox', 'Mailbox Name or ID'));
		await subscribeMailbox(client, path, false);
		return mailboxOutput(path, { subscribed: false });
	},
};

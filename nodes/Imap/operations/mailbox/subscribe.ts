/** Operation "Subscribe". */
import { subscribeMailbox } from '../../../mail/imap/mailboxes';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { mailboxOfOperation, readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const subscribe: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Subscribe',
		value: 'subscribe',
		action: 'Subscribe to a mailbox',
		description: 'Let mail programs show a mailbox. Safe to repeat.',
	},
	properties: [mailboxOfOperation],
	async run(fields, line) {
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'mailbox', 'Mailbox Name or ID'));
		await subscribeMailbox(client, path, true);
		return mailboxOutput(path, { subscribed: true });
	},
};

/** Operation "Get Status": how much is in a mailbox. */
import { mailboxStatus } from '../../../mail/imap/mailboxes';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { mailboxOfOperation, readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const status: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Get Status',
		value: 'status',
		action: 'Get the status of a mailbox',
		description: 'Count the mails of a mailbox, and the unread ones among them. Safe to repeat.',
	},
	properties: [mailboxOfOperation],
	async run(fields, line) {
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'mailbox', 'Mailbox Name or ID'));
		const { path: mailbox, ...rest } = await mailboxStatus(client, path);
		return mailboxOutput(mailbox, rest);
	},
};

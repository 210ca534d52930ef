/** Operation "Unsubscribe". */
import { subscribeMailbox } from '../../../mail/imap/mailboxes';
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
		const path = readMailbox(fields, 'mailbox', 'Mailbox Name or ID');
		await subscribeMailbox(await line.client(), path, false);
		return mailboxOutput(path, { subscribed: false });
	},
};

/** Operation "Get Quota": how full the account is. */
import { quotaOf } from '../../../mail/imap/mailboxes';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { mailboxOfOperation, readMailbox } from '../../fields/mailbox';
import { mailboxOutput } from '../../fields/mailboxOutput';
import type { SingleOperation } from '../operation';

export const quota: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Get Quota',
		value: 'quota',
		action: 'Get the quota of a mailbox',
		description:
			'Get how much the account may hold, and how much it does, in bytes. Safe to repeat. Needs a server with the extension QUOTA.',
	},
	properties: [mailboxOfOperation],
	async run(fields, line) {
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'mailbox', 'Mailbox Name or ID'));
		const uses = await quotaOf(client, path);
		const json = Object.fromEntries(Object.entries(uses).map(([name, use]) => [name, { ...use }]));
		return mailboxOutput(path, { storage: null, message: null, ...json });
	},
};

/** Operation "Get Many": the account's mailboxes. */
import { listMailboxDetails } from '../../../mail/imap/mailboxes';
import type { SingleOperation } from '../operation';

export const getMany: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Get Many',
		value: 'getMany',
		action: 'Get many mailboxes',
		description: 'List the mailboxes (folders) of the account with their roles. Safe to repeat.',
	},
	properties: [
		{
			displayName: 'With Counts',
			name: 'withCounts',
			type: 'boolean',
			default: true,
			description:
				'Whether to say how many mails each mailbox has, and how many of them are unread; slow on old servers with many mailboxes',
		},
		{
			displayName: 'Only Subscribed',
			name: 'onlySubscribed',
			type: 'boolean',
			default: false,
			description: 'Whether to leave out mailboxes that mail programs do not show',
		},
	],
	async run(fields, line) {
		const found = await listMailboxDetails(await line.client(), fields.flag('withCounts', true));
		const onlySubscribed = fields.flag('onlySubscribed', false);
		return found
			.filter(({ subscribed }) => subscribed || !onlySubscribed)
			.map(({ path, ...details }) => ({ json: { mailbox: path, ...details } }));
	},
};

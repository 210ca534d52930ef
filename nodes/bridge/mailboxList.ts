/** The account's mailboxes, for the pickers of the IMAP nodes. */
import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import { ImapClient } from '../mail/imap/client';
import { readAccount, type AccountType } from './account';
import { toNodeError } from './errors';

/** A `loadOptions` method: every mailbox that can be opened, with its role and how much is in it. */
export async function getMailboxes(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const type = (this.getCurrentNodeParameter('authentication') ?? 'mailAccountApi') as AccountType;
	try {
		const client = await ImapClient.connect(await readAccount(this, type));
		try {
			const mailboxes = (await client.list(true)).filter(({ selectable }) => selectable);
			return mailboxes.map(({ path, role, messages, unseen }) => {
				const counts = messages === null ? '' : `${messages} mails, ${unseen ?? 0} unread`;
				const details = [role?.replace('\\', ''), counts].filter(Boolean).join(' · ');
				return { name: path, value: path, ...(details !== '' && { description: details }) };
			});
		} finally {
			void client.logout();
		}
	} catch (error) {
		throw toNodeError(this.getNode(), error);
	}
}

/** The account's mailboxes, for the pickers of the IMAP nodes. */
import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import { systemClock } from '../mail/clock';
import { linesOf } from '../mail/imap/accountLines';
import { readAccount, type AccountType } from './account';
import { toNodeError } from './errors';

/**
 * A `loadOptions` method: every mailbox that can be opened, with its role and how much is in it; then the roles, which
 * name a mailbox on every account, and are what some fields start with.
 */
export async function getMailboxes(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const type = (this.getCurrentNodeParameter('authentication') ?? 'mailAccountApi') as AccountType;
	try {
		const account = await readAccount(this, type);
		// Not past the account's lines: they know of a refused login that must not be tried again yet.
		const lines = linesOf(account, systemClock);
		lines.askAgain();
		const client = await lines.connect(account, {});
		const listed = await client.list(true).finally(() => void client.logout());
		const mailboxes = listed.filter(({ selectable }) => selectable);
		const byName = mailboxes.map(({ path, role, messages, unseen }) => {
			const counts = messages === null ? '' : `${messages} mails, ${unseen ?? 0} unread`;
			const details = [role?.replace('\\', ''), counts].filter(Boolean).join(' · ');
			return { name: path, value: path, ...(details !== '' && { description: details }) };
		});
		const byRole = mailboxes.flatMap(({ path, role }) =>
			role === null ? [] : { name: role, value: role, description: `By its role; here ${path}` },
		);
		return [...byName, ...byRole];
	} catch (error) {
		throw toNodeError(this.getNode(), error);
	}
}

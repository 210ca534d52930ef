/** Which message is meant. */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import type { ItemFields } from '../../bridge/itemFields';
import type { Handled } from '../../mail/imap/handled';
import type { MessageWork } from '../../mail/imap/onMessages';
import { readReference, type MessageReference } from '../../mail/imap/reference';
import type { Output } from '../operations/operation';

export const messageFields: INodeProperties[] = [
	{
		displayName: 'Message',
		name: 'message',
		type: 'string',
		default: '={{ $json.id }}',
		placeholder: 'INBOX;UIDVALIDITY=1700000000/;UID=42',
		description:
			'Which message: what IMAP Trigger and this node give as ID, a Message-ID, or a UID together with its mailbox',
	},
	{
		displayName: 'Mailbox of the Message',
		name: 'messageMailbox',
		type: 'string',
		default: '',
		placeholder: 'INBOX',
		description:
			'Mailbox (folder) that a UID belongs to, or in which a Message-ID is looked for; a role such as \\Archive counts too. Not needed for an ID; all mailboxes are searched for a Message-ID when it is empty.',
	},
];

/** @throws MailError when no message is named */
export function readMessageField(fields: ItemFields): MessageReference {
	return readReference(fields.text('message'), fields.text('messageMailbox'));
}

/** The outcome of something done to a message, as an item. */
export function told(work: MessageWork<Handled>): MessageWork<Output> {
	return {
		readOnly: work.readOnly,
		act: async (client, mailbox, messages, report) => {
			await work.act(client, mailbox, messages, (uid, outcome) => {
				if ('error' in outcome) return report(uid, outcome);
				const { flags, ...rest } = outcome.value;
				const json: IDataObject = {
					...rest,
					previousMailbox: mailbox.path,
					previousUid: uid,
					...(flags && { flags }),
				};
				report(uid, { value: { json } });
			});
		},
	};
}

import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { Account } from '../../mail/account/account';
import type { ImapClient } from '../../mail/imap/client';
import type { MailRequest } from '../../mail/message/compose';
import type { ItemFields } from '../../bridge/itemFields';
import type { Mailboxes } from '../mailboxes';

/** What an item asks for. */
export interface Job {
	/** `draft`: filed among the drafts instead of sent. */
	kind: 'send' | 'draft';
	request: MailRequest;
	/** Mailbox for the draft; empty for the account's own. */
	draftsMailbox?: string;
	/** Done once the mail was accepted; a failure of it is told in the item's `warnings`. */
	afterwards?: (client: ImapClient) => Promise<void>;
}

/** One operation of Send Mail: its entry in the menu, its fields, and what an item asks for. */
export interface SendOperation {
	option: INodePropertyOptions & { value: string };
	properties: INodeProperties[];
	/** @throws MailError when the item's fields cannot become a mail */
	read(fields: ItemFields, account: Account, mailboxes: Mailboxes): Promise<Job>;
}

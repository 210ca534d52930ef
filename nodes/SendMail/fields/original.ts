/** The message that a reply or a forwarded mail is about. */
import type { INodeProperties } from 'n8n-workflow';
import type { Account } from '../../mail/account/account';
import { MailError } from '../../mail/errors';
import { fetchOriginal } from '../../mail/imap/originals';
import { changeFlags } from '../../mail/imap/messages';
import type { ImapClient } from '../../mail/imap/client';
import { attachmentBytes } from '../../mail/message/attachmentContent';
import type { OutgoingAttachment } from '../../mail/message/compose';
import type { ReceivedMessage } from '../../mail/message/parsed';
import type { Mailboxes } from '../mailboxes';
import type { ItemFields } from '../../bridge/itemFields';

export const originalField: INodeProperties = {
	displayName: 'Message',
	name: 'message',
	type: 'string',
	default: '={{ $json.id }}',
	placeholder: 'INBOX;UIDVALIDITY=1700000000/;UID=42',
	description:
		'Which message: what IMAP Trigger gives as ID, or a Message-ID. It is looked for in the account of the credential.',
};

/** @throws MailError when the field is empty, or the message is not found */
export async function readOriginal(
	fields: ItemFields,
	account: Account,
	mailboxes: Mailboxes,
): Promise<ReceivedMessage> {
	const reference = fields.text('message').trim();
	if (reference === '') {
		throw new MailError('MESSAGE', '"Message" is empty, so it is not known which mail is meant.', {
			nextStep: 'Give the "id" of an item of IMAP Trigger, for example {{ $json.id }}, or a Message-ID.',
		});
	}
	return await mailboxes.use(account, async (client) => await fetchOriginal(client, reference));
}

/** @param flag `\Answered`, or `$Forwarded` (RFC 5788), which servers may not know */
export async function markOriginal(
	client: ImapClient,
	original: ReceivedMessage,
	flag: string,
): Promise<void> {
	const mailbox = await client.select(original.mailbox);
	if (mailbox.uidValidity !== original.uidValidity) return;
	if (!flag.startsWith('\\') && !mailbox.allowsKeywords) return;
	await changeFlags(client, [original.uid], 'add', [flag]);
}

/**
 * The original's files.
 *
 * @param which `shown`: only what its HTML shows, to be shown again where it is quoted
 */
export function filesOf({ mail, source }: ReceivedMessage, which: 'all' | 'shown'): OutgoingAttachment[] {
	return mail.attachments
		.filter(({ inline }) => which === 'all' || inline)
		.map(({ fileName, mimeType, contentId, inline, content }) => ({
			fileName,
			mimeType,
			reference: inline ? contentId : null,
			open: async () => attachmentBytes(source, content),
		}));
}

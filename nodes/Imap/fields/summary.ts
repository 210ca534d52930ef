/** A message in a list: the same names as in the whole item, as far as they are known without its text. */
import type { IDataObject } from 'n8n-workflow';
import { addressItem, listText } from '../../bridge/formats/message';
import { attachedFiles } from '../../mail/message/files';
import type { MessageSummary } from '../../mail/imap/summaries';
import { messageLocator } from '../../mail/message/locator';
import { forAgent } from './reading';

/** @param isTool whether an agent reads it */
export function summaryItem(summary: MessageSummary, isTool: boolean): IDataObject {
	const { mail, files } = summary;
	const json: IDataObject = {
		id: messageLocator(summary),
		uid: summary.uid,
		uidValidity: summary.uidValidity,
		mailbox: summary.mailbox,
		messageId: mail.messageId,
		inReplyTo: mail.inReplyTo,
		references: mail.references,
		date: mail.date?.toISOString() ?? null,
		receivedAt: summary.receivedAt?.toISOString() ?? null,
		subject: mail.subject,
		from: mail.from[0] ? { ...addressItem(mail.from[0]) } : null,
		to: mail.to.map((address) => ({ ...addressItem(address) })),
		cc: mail.cc.map((address) => ({ ...addressItem(address) })),
		replyTo: mail.replyTo.map((address) => ({ ...addressItem(address) })),
		toText: listText(mail.to),
		ccText: listText(mail.cc),
		replyAddress: (mail.replyTo[0] ?? mail.from[0])?.address ?? null,
		flags: summary.flags,
		size: summary.size,
		hasAttachments: attachedFiles(mail).length > 0,
		attachments: files.map(({ number, fileName, mimeType, encodedBytes, contentId, inline }) => ({
			part: number,
			fileName,
			mimeType,
			encodedSize: encodedBytes,
			contentId,
			inline,
		})),
		priority: mail.priority,
	};
	return isTool ? forAgent(json) : json;
}

/** Format "eml": the message as a file, with what is needed to decide about it. */
import type { INodeExecutionData } from 'n8n-workflow';
import { storeFiles } from '../attachments';
import { messageLocator } from '../../mail/message/locator';
import type { ReceivedMessage } from '../../mail/message/parsed';
import { sourceFile, type FormatContext } from './format';

export async function emlItem(
	context: FormatContext,
	message: ReceivedMessage,
	attempt: number,
): Promise<INodeExecutionData> {
	const { mail, uid, uidValidity, mailbox, flags, size, truncated } = message;
	const { messageId, subject, headers } = mail;
	const json = {
		id: messageLocator(message),
		uid,
		uidValidity,
		mailbox,
		messageId,
		receivedAt: message.receivedAt?.toISOString() ?? null,
		subject,
		flags,
		size,
		truncated,
		headers,
		attempt,
	};
	return { json, binary: await storeFiles(context, message, [['message', sourceFile(message)]]) };
}

/** From a received message to the item a workflow gets (format "message"). */
import type { INodeExecutionData, ITriggerFunctions } from 'n8n-workflow';
import { storeFiles, type ReceivedFile } from '../bridge/attachments';
import type { Address, ParsedAttachment, ReceivedMessage } from '../mail/message/parsed';
import { messageLocator } from '../mail/message/locator';
import type { AttachmentMode } from './settings';

export interface AddressItem {
	address: string;
	name: string;
	/** As a mail program shows it. */
	text: string;
}

export interface AttachmentItem {
	/** Field of the item's binary data that holds the file; null when it was not downloaded. */
	binaryProperty: string | null;
	fileName: string;
	mimeType: string;
	/** Bytes. */
	size: number;
	contentId: string | null;
	/** Whether the HTML shows it in its place. */
	inline: boolean;
	/** SHA-256, in hex. */
	checksum: string;
}

/** What an item has; no key is ever missing, what is unknown is null or empty. */
export interface MessageItem {
	/** Names this message to the other nodes: mailbox, UIDVALIDITY and UID in one. */
	id: string;
	uid: number;
	uidValidity: string | null;
	mailbox: string;
	messageId: string | null;
	inReplyTo: string | null;
	references: string[];
	/** The sender's Date field, ISO 8601. */
	date: string | null;
	/** When the server received it, ISO 8601. */
	receivedAt: string | null;
	subject: string;
	from: AddressItem | null;
	to: AddressItem[];
	cc: AddressItem[];
	bcc: AddressItem[];
	replyTo: AddressItem[];
	toText: string;
	ccText: string;
	/** Where an answer should go: Reply-To, else From. */
	replyAddress: string | null;
	text: string;
	html: string | null;
	flags: string[];
	/** Bytes on the server. */
	size: number;
	/** Whether the message was longer than the limit and has been cut. */
	truncated: boolean;
	headers: Record<string, string[]>;
	hasAttachments: boolean;
	attachments: AttachmentItem[];
	/** 1 for the first run with this mail, 2 for the next. */
	attempt: number;
	/** Why the message could not be read; then only `headers` and the source in the binary field `source` are right. */
	parseError: string | null;
}

type Context = Pick<ITriggerFunctions, 'helpers'>;

/** @param attempt which run with this mail it is, from 1 */
export async function toItem(
	context: Context,
	message: ReceivedMessage,
	mode: AttachmentMode,
	attempt: number,
): Promise<INodeExecutionData> {
	const { mail } = message;
	const attachments = mode === 'none' ? [] : mail.attachments;
	const json: MessageItem = {
		id: messageLocator(message),
		uid: message.uid,
		uidValidity: message.uidValidity,
		mailbox: message.mailbox,
		messageId: mail.messageId,
		inReplyTo: mail.inReplyTo,
		references: mail.references,
		date: mail.date?.toISOString() ?? null,
		receivedAt: message.receivedAt?.toISOString() ?? null,
		subject: mail.subject,
		from: mail.from[0] ? toAddressItem(mail.from[0]) : null,
		to: mail.to.map(toAddressItem),
		cc: mail.cc.map(toAddressItem),
		bcc: mail.bcc.map(toAddressItem),
		replyTo: mail.replyTo.map(toAddressItem),
		toText: listText(mail.to),
		ccText: listText(mail.cc),
		replyAddress: (mail.replyTo[0] ?? mail.from[0])?.address ?? null,
		text: mail.text,
		html: mail.html,
		flags: message.flags,
		size: message.size,
		truncated: message.truncated,
		headers: mail.headers,
		hasAttachments: mail.attachments.some((attachment) => !attachment.inline),
		attachments: attachments.map((attachment, index) =>
			toAttachmentItem(attachment, mode === 'download' ? `attachment_${index}` : null),
		),
		attempt,
		parseError: mail.parseError,
	};
	const item: INodeExecutionData = { json: { ...json } };
	const files: (readonly [string, ReceivedFile])[] =
		mode === 'download' ? attachments.map((file, index) => [`attachment_${index}`, file]) : [];
	// A mail that nobody can parse still reaches the workflow, as the bytes it came in.
	if (mail.parseError !== null) files.push(['source', sourceFile(message)]);
	if (files.length > 0) item.binary = await storeFiles(context, message.source, files);
	return item;
}

/** The message itself as a file. */
function sourceFile({ source }: ReceivedMessage): ReceivedFile {
	return {
		fileName: 'message.eml',
		mimeType: 'message/rfc822',
		size: source.length,
		content: { kind: 'source', start: 0, end: source.length, encoding: '8bit' },
	};
}

function toAddressItem({ address, name }: Address): AddressItem {
	return { address, name, text: addressText({ address, name }) };
}

function addressText({ address, name }: Address): string {
	if (name === '') return address;
	return /^[\w\s!#$%&'*+/=?^`{|}~\u0080-\uffff-]*$/.test(name)
		? `${name} <${address}>`
		: `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`;
}

function listText(addresses: readonly Address[]): string {
	return addresses.map(addressText).join(', ');
}

function toAttachmentItem(attachment: ParsedAttachment, binaryProperty: string | null): AttachmentItem {
	const { fileName, mimeType, size, contentId, inline, checksum } = attachment;
	return { binaryProperty, fileName, mimeType, size, contentId, inline, checksum };
}

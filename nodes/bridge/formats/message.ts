/** Format "message": everything a workflow needs from a mail. */
import type { INodeExecutionData } from 'n8n-workflow';
import { storeFiles, type ReceivedFile } from '../attachments';
import { attachedFiles } from '../../mail/message/files';
import { messageLocator } from '../../mail/message/locator';
import type { Address, ParsedAttachment, ReceivedMessage } from '../../mail/message/parsed';
import { authenticationOf } from '../../mail/message/read/authentication';
import { matchesWildcard } from '../../mail/wildcard';
import { sourceFile, type FormatContext } from './format';
import type { AttachmentLimits, InlineRule, ItemSettings } from './itemSettings';
import type { AddressItem, AttachmentItem, MessageItem } from './messageItem';

export async function messageItem(
	context: FormatContext,
	message: ReceivedMessage,
	settings: ItemSettings,
	attempt: number,
): Promise<INodeExecutionData> {
	const { mail } = message;
	const files = mail.attachments.map((file) => ({ ...file, inline: isInline(file, settings.inlineRule) }));
	const { items, downloads } = describeFiles(files, settings);
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
		from: mail.from[0] ? addressItem(mail.from[0]) : null,
		to: mail.to.map(addressItem),
		cc: mail.cc.map(addressItem),
		bcc: mail.bcc.map(addressItem),
		replyTo: mail.replyTo.map(addressItem),
		toText: listText(mail.to),
		ccText: listText(mail.cc),
		replyAddress: (mail.replyTo[0] ?? mail.from[0])?.address ?? null,
		text: mail.text,
		textSource: mail.textSource,
		html: mail.html,
		replyText: mail.replyText,
		flags: message.flags,
		size: message.size,
		truncated: message.truncated,
		headers: mail.headers,
		hasAttachments: attachedFiles({ ...mail, attachments: files }).length > 0,
		attachments: items,
		thread: mail.thread,
		automatic: mail.automatic,
		bounce: mail.bounce,
		complaint: mail.complaint,
		receipt: mail.receipt,
		list: mail.list,
		priority: mail.priority,
		calendar: mail.calendar,
		protection: mail.protection,
		sender: mail.sender,
		authentication: authenticationOf(mail.headers['authentication-results'] ?? [], settings.trustedServers),
		attempt,
		warnings: message.truncated
			? ['The message is larger than the limit and was cut; its end is missing.', ...mail.warnings]
			: mail.warnings,
		parseError: mail.parseError,
	};
	// A mail that nobody can parse still reaches the workflow, as the bytes it came in.
	if (mail.parseError !== null) downloads.push(['source', sourceFile(message)]);
	const item: INodeExecutionData = { json: { ...json } };
	if (downloads.length > 0) item.binary = await storeFiles(context, message, downloads);
	return item;
}

interface Described {
	items: AttachmentItem[];
	downloads: (readonly [property: string, file: ReceivedFile])[];
}

function describeFiles(files: readonly ParsedAttachment[], settings: ItemSettings): Described {
	const described: Described = { items: [], downloads: [] };
	if (settings.attachmentMode === 'none') return described;
	for (const file of files) {
		const wanted = settings.attachmentMode === 'download';
		const skipped = wanted ? reasonToSkip(file, settings.limits) : null;
		const download = wanted && skipped === null;
		const binaryProperty = download ? `${settings.prefix}${described.downloads.length}` : null;
		if (binaryProperty !== null) described.downloads.push([binaryProperty, file]);
		const { fileName, mimeType, size, contentId, inline, checksum, subject } = file;
		described.items.push({
			binaryProperty,
			fileName,
			mimeType,
			size,
			contentId,
			inline,
			checksum,
			subject,
			skipped,
		});
	}
	return described;
}

/** Which limit keeps a file from being downloaded, if any does. */
export function reasonToSkip(
	file: Pick<ParsedAttachment, 'fileName' | 'mimeType' | 'size' | 'inline'>,
	limits: AttachmentLimits,
): AttachmentItem['skipped'] {
	const fits = (patterns: readonly string[], text: string) =>
		patterns.length === 0 || patterns.some((pattern) => matchesWildcard(pattern, text));
	if (limits.leaveOutInline && file.inline) return 'inline';
	if (!fits(limits.names, file.fileName)) return 'name';
	if (!fits(limits.types, file.mimeType)) return 'type';
	return file.size > limits.maxBytes ? 'size' : null;
}

function isInline(file: ParsedAttachment, rule: InlineRule): boolean {
	switch (rule) {
		case 'shown':
			return file.inline;
		case 'declared':
			return file.disposition === 'inline';
		case 'never':
			return false;
	}
}

export function addressItem({ address, name }: Address): AddressItem {
	return { address, name, text: addressText({ address, name }) };
}

function addressText({ address, name }: Address): string {
	if (name === '') return address;
	return /^[\w\s!#$%&'*+/=?^`{|}~\u0080-\uffff-]*$/.test(name)
		? `${name} <${address}>`
		: `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`;
}

export function listText(addresses: readonly Address[]): string {
	return addresses.map(addressText).join(', ');
}

/** Formats "simple" and "resolved": field for field what n8n's Email Trigger (IMAP) 2.2 gives. */
import type { IBinaryData, INodeExecutionData } from 'n8n-workflow';
import { storeFiles, type ReceivedFile } from '../attachments';
import { safeFileName } from '../../mail/message/fileName';
import { wholeSource } from '../../mail/message/attachmentContent';
import type { N8nMail } from '../../mail/message/operations';
import { parseAs } from '../../mail/message/parse';
import type { ReceivedMessage } from '../../mail/message/parsed';
import type { FormatContext } from './format';
import type { ItemSettings } from './itemSettings';
import { reasonToSkip } from './message';

/** @returns null when the message cannot be read this way */
export async function n8nItem(
	context: FormatContext,
	message: ReceivedMessage,
	settings: ItemSettings,
): Promise<INodeExecutionData | null> {
	const source = await wholeSource(message);
	const mail = await parseAs(settings.format === 'simple' ? 'simpleMail' : 'resolvedMail', source);
	if (!mail) return null;
	const { json, files } = mail;
	const item = { json: { ...json, attributes: { uid: message.uid } } } as INodeExecutionData;
	if (settings.attachmentMode !== 'download') return item;
	const binary = await storeAll(context, files, settings);
	if (Object.keys(binary).length > 0) item.binary = binary;
	return item;
}

async function storeAll(
	context: FormatContext,
	files: N8nMail['files'],
	{ limits, prefix }: ItemSettings,
): Promise<Record<string, IBinaryData>> {
	const wanted: [string, ReceivedFile][] = [];
	for (const [index, { bytes, fileName, mimeType }] of files.entries()) {
		const file: ReceivedFile = {
			fileName: safeFileName(fileName, `attachment-${index + 1}`),
			mimeType,
			size: bytes.byteLength,
			content: { kind: 'bytes', bytes },
		};
		// Numbers go by position, as there; a file left out leaves a gap.
		if (reasonToSkip({ ...file, inline: false }, limits) === null) wanted.push([`${prefix}${index}`, file]);
	}
	return await storeFiles(context, { source: Buffer.alloc(0) }, wanted);
}

/** Files of n8n items to attachments of mails, and back. */
import type { IBinaryData, IExecuteFunctions, ITriggerFunctions } from 'n8n-workflow';
import type { OutgoingAttachment } from '../mail/message/compose';
import { MailError } from '../mail/errors';
import { safeFileName } from '../mail/message/fileName';
import type { ParsedAttachment } from '../mail/message/parsed';

/**
 * Up to this size a received file travels inside the item and goes when its execution is deleted. n8n never deletes
 * what a trigger puts into its binary storage, so only larger files are put there.
 */
export const INLINE_MAX_BYTES = 256 * 1024;

/** Makes a received file n8n binary data. */
export async function storeBinary(
	context: Pick<ITriggerFunctions, 'helpers'>,
	file: Pick<ParsedAttachment, 'content' | 'fileName' | 'mimeType'>,
): Promise<IBinaryData> {
	const { content, fileName, mimeType } = file;
	if (content.length > INLINE_MAX_BYTES)
		return await context.helpers.prepareBinaryData(content, fileName, mimeType);
	const extension = /\.([A-Za-z0-9]{1,10})$/.exec(fileName)?.[1];
	return {
		data: content.toString('base64'),
		mimeType,
		fileName,
		fileSize: prettySize(content.length),
		bytes: content.length,
		...(extension !== undefined && { fileExtension: extension.toLowerCase() }),
	};
}

/**
 * The attachment behind a binary property, its content read when it is sent.
 *
 * @param html the mail's HTML; a file it refers to as `cid:<property>` is shown in its place
 * @throws MailError `MESSAGE` naming the properties that do exist
 */
export function toAttachment(
	context: IExecuteFunctions,
	itemIndex: number,
	property: string,
	html: string | null,
): OutgoingAttachment {
	const binary = findBinary(context, itemIndex, property);
	const inline = html?.includes(`cid:${property}`) ?? false;
	return {
		fileName: safeFileName(binary.fileName, property),
		mimeType: binary.mimeType,
		contentId: inline ? property : null,
		open: async () => {
			if (binary.id) return await context.helpers.getBinaryStream(binary.id);
			return await context.helpers.getBinaryDataBuffer(itemIndex, property);
		},
	};
}

function findBinary(context: IExecuteFunctions, itemIndex: number, property: string): IBinaryData {
	try {
		return context.helpers.assertBinaryData(itemIndex, property);
	} catch {
		const present = Object.keys(context.getInputData()[itemIndex]?.binary ?? {});
		throw new MailError('MESSAGE', `The item has no file in the field "${property}" to attach.`, {
			nextStep:
				present.length > 0
					? `It has: ${present.join(', ')}.`
					: 'It carries no files at all; a node before this one has to provide them.',
		});
	}
}

function prettySize(bytes: number): string {
	if (bytes < 1000) return `${bytes} B`;
	return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Files of n8n items to attachments of mails, and back. */
import type { IBinaryData, IExecuteFunctions, ITriggerFunctions } from 'n8n-workflow';
import type { OutgoingAttachment } from '../mail/message/compose';
import { MailError } from '../mail/errors';
import { decodeBase64 } from '../mail/message/inlineImages';
import { safeFileName } from '../mail/message/fileName';

/**
 * Up to this size a received file travels inside the item and goes when its execution is deleted. n8n never deletes
 * what a trigger puts into its binary storage, so only larger files are put there.
 */
export const INLINE_MAX_BYTES = 256 * 1024;

/** Makes a received file n8n binary data. */
export async function storeBinary(
	context: { helpers: Pick<ITriggerFunctions['helpers'], 'prepareBinaryData'> },
	file: { content: Buffer; fileName: string; mimeType: string },
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
 * @param alwaysFile whether it stays a file even if the HTML refers to it as `cid:<property>`
 * @throws MailError `MESSAGE` naming the properties that do exist
 */
export function toAttachment(
	context: BinaryContext,
	itemIndex: number,
	property: string,
	alwaysFile: boolean,
): OutgoingAttachment {
	const binary = findBinary(context, itemIndex, property);
	return {
		fileName: safeFileName(binary.fileName, property),
		// A Code node may give a file without a type, or without content.
		mimeType: binary.mimeType ?? '',
		reference: alwaysFile ? null : property,
		open: async () => {
			if (binary.id) return await context.helpers.getBinaryStream(binary.id);
			return inlineContent(binary, property);
		},
	};
}

/** Names of all files that the item carries. */
export function binaryProperties(context: BinaryContext, itemIndex: number): string[] {
	return Object.keys(context.getInputData()[itemIndex]?.binary ?? {});
}

type BinaryContext = Pick<IExecuteFunctions, 'helpers' | 'getInputData'>;

function inlineContent(binary: IBinaryData, property: string): Buffer {
	const content = binary.data === '' ? Buffer.alloc(0) : decodeBase64(String(binary.data ?? '?'));
	if (content) return content;
	throw new MailError('MESSAGE', `The file in the field "${property}" is damaged: its data is no base64.`, {
		nextStep: 'Look at the node that makes the file; it has to give base64 or n8n binary data.',
	});
}

function findBinary(context: BinaryContext, itemIndex: number, property: string): IBinaryData {
	try {
		return context.helpers.assertBinaryData(itemIndex, property);
	} catch {
		const present = binaryProperties(context, itemIndex);
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

/** Files of received mails as n8n binary data. */
import type { IBinaryData, ITriggerFunctions } from 'n8n-workflow';
import { attachmentBytes, attachmentStream, type SourceOfFiles } from '../mail/message/attachmentContent';
import type { AttachmentContent } from '../mail/message/parsed';
import { INLINE_MAX_BYTES, storeBinary } from './binary';

/** Bytes of all files of one mail that may travel inside its item. */
export const INLINE_MAX_TOTAL_BYTES = 1024 * 1024;

export interface ReceivedFile {
	fileName: string;
	mimeType: string;
	/** Bytes after decoding. */
	size: number;
	content: AttachmentContent;
}

/**
 * Makes received files n8n binary data, by property name. Small ones travel inside the item: n8n never deletes what a
 * trigger puts into its binary storage. Large ones are streamed there, so that n8n needs no memory for them where its
 * storage takes streams.
 */
export async function storeFiles(
	context: { helpers: Pick<ITriggerFunctions['helpers'], 'prepareBinaryData'> },
	message: SourceOfFiles,
	files: readonly (readonly [property: string, file: ReceivedFile])[],
): Promise<Record<string, IBinaryData>> {
	const stored: Record<string, IBinaryData> = {};
	let inlineBytes = 0;
	for (const [property, { fileName, mimeType, size, content }] of files) {
		const isSmall =
			content.kind !== 'server' && size <= INLINE_MAX_BYTES && inlineBytes + size <= INLINE_MAX_TOTAL_BYTES;
		if (isSmall) inlineBytes += size;
		stored[property] = isSmall
			? await storeBinary(context, { content: attachmentBytes(message.source, content), fileName, mimeType })
			: await context.helpers.prepareBinaryData(attachmentStream(message, content), fileName, mimeType);
	}
	return stored;
}

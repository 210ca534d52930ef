/** What all formats of items share. */
import type { ITriggerFunctions } from 'n8n-workflow';
import type { ReceivedFile } from '../attachments';
import type { ReceivedMessage } from '../../mail/message/parsed';

export type FormatContext = Pick<ITriggerFunctions, 'helpers'>;

/** The message itself as a file. */
export function sourceFile({ source, onServer }: ReceivedMessage): ReceivedFile {
	const size = onServer?.length ?? source.length;
	return {
		fileName: 'message.eml',
		mimeType: 'message/rfc822',
		size,
		content: { kind: onServer ? 'server' : 'source', start: 0, end: size, encoding: '8bit' },
	};
}

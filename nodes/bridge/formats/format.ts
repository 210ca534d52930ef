/** What all formats of items share. */
import type { ITriggerFunctions } from 'n8n-workflow';
import type { ReceivedFile } from '../attachments';
import type { ReceivedMessage } from '../../mail/message/parsed';

export type FormatContext = Pick<ITriggerFunctions, 'helpers'>;

/** The message itself as a file. */
export function sourceFile({ source }: ReceivedMessage): ReceivedFile {
	return {
		fileName: 'message.eml',
		mimeType: 'message/rfc822',
		size: source.length,
		content: { kind: 'source', start: 0, end: source.length, encoding: '8bit' },
	};
}

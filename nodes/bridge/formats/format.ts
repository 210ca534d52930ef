/** What all formats of items share. */
import type { ITriggerFunctions } from 'n8n-workflow';
import type { ReceivedFile } from '../attachments';
import type { ReceivedMessage } from '../../mail/message/parsed';

/** The slice of a node's context that is used: triggers and actions have it. */
export interface FormatContext {
	helpers: Pick<ITriggerFunctions['helpers'], 'prepareBinaryData'>;
}

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

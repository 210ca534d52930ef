/** From a received message to the item a workflow gets, in the format the user chose. */
import type { INodeExecutionData } from 'n8n-workflow';
import type { ReceivedMessage } from '../../mail/message/parsed';
import { emlItem } from './eml';
import type { FormatContext } from './format';
import type { ItemSettings } from './itemSettings';
import { messageItem } from './message';
import { n8nItem } from './n8nOwn';

export type { MessageItem } from './messageItem';

/**
 * Never fails because of the mail: one that cannot be read in another format comes in the format "message", which says
 * why and has the source.
 *
 * @param attempt which run with this mail it is, from 1
 */
export async function toItem(
	context: FormatContext,
	message: ReceivedMessage,
	settings: ItemSettings,
	attempt: number,
): Promise<INodeExecutionData> {
	switch (settings.format) {
		case 'message':
			return await messageItem(context, message, settings, attempt);
		case 'eml':
			return await emlItem(context, message, attempt);
		case 'simple':
		case 'resolved': {
			const { parseError } = message.mail;
			if (parseError === null) {
				const item = await n8nItem(context, message, settings);
				if (item) return item;
			}
			return await messageItem(context, message, settings, attempt);
		}
	}
}

/** Operation "Mark as Read". */
import { change } from '../../fields/flags';
import { messageFields } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const markRead: MessageOperation = {
	kind: 'message',
	option: {
		name: 'Mark as Read',
		value: 'markRead',
		action: 'Mark a message as read',
		description: 'Mark a message as read. Safe to repeat.',
	},
	properties: messageFields,
	read: (fields) => change(fields, { add: ['\\Seen'], remove: [] }),
};

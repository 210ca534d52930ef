/** Operation "Mark as Unread". */
import { change } from '../../fields/flags';
import { messageFields } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const markUnread: MessageOperation = {
	kind: 'message',
	option: {
		name: 'Mark as Unread',
		value: 'markUnread',
		action: 'Mark a message as unread',
		description: 'Mark a message as unread. Safe to repeat.',
	},
	properties: messageFields,
	read: (fields) => change(fields, { add: [], remove: ['\\Seen'] }),
};

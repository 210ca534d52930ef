/** Operation "Delete for Good". */
import { remove } from '../../../mail/imap/removal';
import { allowField, refuseUnlessAllowed } from '../../fields/allow';
import { messageFields, readMessageField, told } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const deleteMessage: MessageOperation = {
	kind: 'message',
	once: true,
	option: {
		name: 'Delete for Good',
		value: 'delete',
		action: 'Delete a message for good',
		description:
			'Delete a message so that it cannot be brought back; others that are marked as deleted stay. A second time is an error, and does nothing.',
	},
	properties: [...messageFields, allowField],
	read(fields) {
		refuseUnlessAllowed(fields, 'Deleting the message for good');
		return { reference: readMessageField(fields), settings: {}, work: () => told(remove()) };
	},
};

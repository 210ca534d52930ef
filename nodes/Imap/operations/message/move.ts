/** Operation "Move": to another mailbox. */
import { destinationField, toDestination, transferOptions } from '../../fields/destination';
import { messageFields } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const move: MessageOperation = {
	kind: 'message',
	once: true,
	option: {
		name: 'Move',
		value: 'move',
		action: 'Move a message',
		description:
			'Move a message to another mailbox; its ID changes by that, and the new one is in the output. Safe to repeat with a Message-ID.',
	},
	properties: [...messageFields, destinationField, transferOptions],
	read: (fields) => toDestination(fields, 'move'),
};

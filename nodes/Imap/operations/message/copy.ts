/** Operation "Copy": a copy in another mailbox. */
import { destinationField, toDestination, transferOptions } from '../../fields/destination';
import { messageFields } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const copy: MessageOperation = {
	kind: 'message',
	once: true,
	option: {
		name: 'Copy',
		value: 'copy',
		action: 'Copy a message',
		description: 'Put a copy of a message into another mailbox. Not safe to repeat: each time makes a copy.',
	},
	properties: [...messageFields, destinationField, transferOptions],
	read: (fields) => toDestination(fields, 'copy'),
};

/** Operation "Remove Flags". */
import { change, flagsField, readFlags } from '../../fields/flags';
import { messageFields } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const removeFlags: MessageOperation = {
	kind: 'message',
	option: {
		name: 'Remove Flags',
		value: 'removeFlags',
		action: 'Remove flags from a message',
		description: 'Take flags or keywords (tags) from a message. Safe to repeat.',
	},
	properties: [...messageFields, flagsField],
	read: (fields) => change(fields, { add: [], remove: readFlags(fields) }),
};

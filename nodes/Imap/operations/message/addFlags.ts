/** Operation "Add Flags". */
import { change, flagsField, readFlags } from '../../fields/flags';
import { messageFields } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const addFlags: MessageOperation = {
	kind: 'message',
	option: {
		name: 'Add Flags',
		value: 'addFlags',
		action: 'Add flags to a message',
		description: 'Add flags or keywords (tags) to a message. Safe to repeat.',
	},
	properties: [...messageFields, flagsField],
	read: (fields) => change(fields, { add: readFlags(fields), remove: [] }),
};

/** Operation "Get": one message as IMAP Trigger would give it. */
import { read } from '../../../mail/imap/reading';
import { messageFields, readMessageField } from '../../fields/message';
import { formatFields, readingOptions, readReadSettings, toOutput } from '../../fields/reading';
import type { MessageOperation } from '../operation';

export const get: MessageOperation = {
	kind: 'message',
	option: {
		name: 'Get',
		value: 'get',
		action: 'Get a message',
		description: 'Read a message as a whole, without marking it as read. Safe to repeat.',
	},
	properties: [
		...messageFields,
		...formatFields,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: readingOptions,
		},
	],
	read(fields) {
		const settings = readReadSettings(fields);
		return {
			reference: readMessageField(fields),
			settings,
			work: (run) =>
				read(settings.maxMessageBytes, async (message) => await toOutput(message, settings, run)),
		};
	},
};

/** Operation "Put Back": offers a mail to its trigger once more (delivery rule D11). */
import { mark } from '../../../mail/imap/flagging';
import { DONE_KEYWORD, FAILED_KEYWORD } from '../../../mail/imap/outcome';
import { messageFields, readMessageField, told } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const putBack: MessageOperation = {
	kind: 'message',
	once: true,
	option: {
		name: 'Put Back',
		value: 'putBack',
		action: 'Put a message back',
		description:
			'Offer a mail whose workflow failed to IMAP Trigger again: its marks are taken away, and it is unread. Not safe to repeat: each time is a run.',
	},
	properties: messageFields,
	read: (fields) => ({
		reference: readMessageField(fields),
		settings: {},
		work: () =>
			told(
				mark(({ allowsKeywords }) => ({
					add: [],
					remove: allowsKeywords ? ['\\Seen', FAILED_KEYWORD, DONE_KEYWORD] : ['\\Seen', '\\Flagged'],
				})),
			),
	}),
};

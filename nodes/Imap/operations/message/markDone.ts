/** Operation "Mark as Done": a mail whose workflow failed has been dealt with (delivery rule D11). */
import { mark } from '../../../mail/imap/flagging';
import { DONE_KEYWORD, FAILED_KEYWORD } from '../../../mail/imap/outcome';
import { messageFields, readMessageField, told } from '../../fields/message';
import type { MessageOperation } from '../operation';

export const markDone: MessageOperation = {
	kind: 'message',
	option: {
		name: 'Mark as Done',
		value: 'markDone',
		action: 'Mark a message as done',
		description:
			'Mark a message as read and take away the mark of a failed workflow, without running it again. Safe to repeat.',
	},
	properties: messageFields,
	read: (fields) => ({
		reference: readMessageField(fields),
		settings: {},
		work: () =>
			told(
				// Where no keywords are kept, the mark of a failure is \Flagged, and without it the mail would run again.
				mark(({ allowsKeywords }) =>
					allowsKeywords
						? { add: ['\\Seen', DONE_KEYWORD], remove: [FAILED_KEYWORD] }
						: { add: ['\\Seen'], remove: [] },
				),
			),
	}),
};

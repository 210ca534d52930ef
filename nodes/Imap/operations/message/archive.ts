/** Operation "Archive": to the mailbox for archived mail. */
import { moveToRole } from '../../fields/destination';

export const archive = moveToRole('\\Archive', {
	name: 'Archive',
	value: 'archive',
	action: 'Archive a message',
	description: 'Move a message to the mailbox for archived mail. Safe to repeat with a Message-ID.',
});

/** Operation "Move to Trash": to the mailbox for deleted mail. */
import { moveToRole } from '../../fields/destination';

export const trash = moveToRole('\\Trash', {
	name: 'Move to Trash',
	value: 'trash',
	action: 'Move a message to the trash',
	description:
		'Move a message to the mailbox for deleted mail, from where it can be taken back. Safe to repeat with a Message-ID.',
});

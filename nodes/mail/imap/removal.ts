/** Deleting for good. */
import { MailError } from '../errors';
import { inFewCommands } from './fewCommands';
import { deleteThroughTrash, trashOnTheWay } from './gmail';
import type { Handled } from './handled';
import { deleteMessages, fetchMarks } from './messages';
import { vanished, type MessageWork } from './onMessages';

/** Deletes for good, these messages and no others. */
export function remove(): MessageWork<Handled> {
	return {
		readOnly: false,
		async act(client, mailbox, messages, report) {
			const known = new Map(messages.map((message) => [message.uid, message]));
			const trash = await trashOnTheWay(client, mailbox);
			const command = async (uids: readonly number[]) => {
				const absent = trash === null ? [] : await deleteThroughTrash(client, mailbox, trash, uids);
				if (trash === null) await deleteMessages(client, uids);
				const still = await fetchMarks(client, uids);
				for (const uid of uids) {
					if (still.has(uid)) report(uid, { error: stillThere(mailbox.path) });
					else if (absent.includes(uid)) report(uid, { error: vanished(mailbox.path) });
					else report(uid, { value: gone(known.get(uid)?.messageId ?? null) });
				}
			};
			await inFewCommands(messages, command, report);
		},
	};
}

function gone(messageId: string | null): Handled {
	const nowhere = { id: null, mailbox: null, uid: null, uidValidity: null, flags: null };
	return { ...nowhere, messageId, changed: true, warnings: [] };
}

function stillThere(path: string): MailError {
	return new MailError(
		'COMMAND',
		`The mail server said that the message was deleted, but it is still in the mailbox "${path}".`,
		{ side: 'imap', nextStep: 'Check whether this account may delete messages in that mailbox.' },
	);
}

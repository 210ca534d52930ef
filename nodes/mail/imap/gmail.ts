/** Where Gmail's mailboxes are labels of one store: what other servers call archiving and deleting goes another way there. */
import { MailError } from '../errors';
import type { ImapClient } from './client';
import { rethrowLost } from './lineLost';
import { pathOf } from './mailboxNames';
import { deleteMessages, moveMessages, type Copies } from './messages';
import { renumbered } from './onMessages';
import type { SelectedMailbox } from './types';

/** In which UID EXPUNGE deletes; elsewhere it takes a label away, and the mail stays in "All Mail". */
const DELETING_ROLES = ['\\Trash', '\\Junk'];

export function isGmail(client: ImapClient): boolean {
	return client.supports('X-GM-EXT-1');
}

/** Path of the trash, if that is the only way by which messages of this mailbox are deleted; else null. */
export async function trashOnTheWay(client: ImapClient, { path }: SelectedMailbox): Promise<string | null> {
	if (!isGmail(client)) return null;
	const role = (await client.list()).find((mailbox) => mailbox.path === path)?.role ?? '';
	return DELETING_ROLES.includes(role) ? null : await pathOf(client, '\\Trash');
}

/**
 * Moves messages to the trash and deletes them there, these and no others.
 *
 * @param mailbox the one that is selected, before and afterwards
 * @returns those that were not there any more
 * @throws MailError
 */
export async function deleteThroughTrash(
	client: ImapClient,
	mailbox: SelectedMailbox,
	trash: string,
	uids: readonly number[],
): Promise<number[]> {
	const moved = await moveMessages(client, uids, trash);
	let failure: MailError | null = null;
	try {
		await deleteIn(client, trash, moved);
	} catch (error) {
		rethrowLost(error);
		// Without the server's reply as such: who reads that would try the move again.
		failure = leftInTrash(trash, error.line);
	}
	// Whatever has happened: who goes on must not go on in the trash.
	const { uidValidity } = await client.select(mailbox.path);
	if (uidValidity !== mailbox.uidValidity) throw renumbered(mailbox.path);
	if (failure) throw failure;
	return uids.filter((uid) => !moved.uids?.has(uid));
}

/** Deletes from a mailbox that cannot be left for it, because somebody watches it: at Gmail only into the trash. */
export async function deleteFromHere(client: ImapClient, uids: readonly number[]): Promise<void> {
	if (!isGmail(client)) return await deleteMessages(client, uids);
	await moveMessages(client, uids, await pathOf(client, '\\Trash'));
}

async function deleteIn(client: ImapClient, trash: string, { uidValidity, uids }: Copies): Promise<void> {
	if (uids?.size === 0) return;
	const selected = await client.select(trash);
	if (!uids || selected.uidValidity !== uidValidity)
		throw new MailError('COMMAND', 'The mail server does not say which message it is there.', {
			side: 'imap',
		});
	await deleteMessages(client, [...uids.values()]);
}

function leftInTrash(trash: string, why: string): MailError {
	return new MailError(
		'COMMAND',
		`The message was moved to "${trash}", but could not be deleted there for good.`,
		{ side: 'imap', nextStep: why },
	);
}

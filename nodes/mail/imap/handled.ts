/** What has become of one message that something was done to. */
import { messageLocator } from '../message/locator';
import type { FoundMessage } from './onMessages';
import type { SelectedMailbox } from './types';

/** What was done to a message, and where it is now. */
export interface Handled {
	/** Names the message from now on; null when the server does not say, or it is gone. The Message-ID stays. */
	id: string | null;
	messageId: string | null;
	mailbox: string | null;
	uid: number | null;
	uidValidity: string | null;
	/** Flags and keywords; null when they were not asked for. */
	flags: string[] | null;
	/** False when it was already so. */
	changed: boolean;
	warnings: string[];
}

/** A message that is where it was. */
export function handled(mailbox: SelectedMailbox, message: FoundMessage, changed: boolean): Handled {
	const { uid, messageId, flags } = message;
	const { path, uidValidity } = mailbox;
	return {
		id: messageLocator({ mailbox: path, uidValidity, uid }),
		messageId,
		mailbox: path,
		uid,
		uidValidity,
		// The server sets \Recent as it likes.
		flags: flags.filter((flag) => flag.toLowerCase() !== '\\recent').sort(),
		changed,
		warnings: [],
	};
}

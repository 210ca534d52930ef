/** What the IMAP side says of mailboxes and messages, free of any library's types. */

export interface SelectedMailbox {
	path: string;
	/** RFC 3501 §2.3.1.1; null when the server gives none. */
	uidValidity: string | null;
	/** Null when the server does not say. */
	uidNext: number | null;
	/** RFC 8474, null without OBJECTID. */
	mailboxId: string | null;
	exists: number;
	readOnly: boolean;
	/** Whether new keywords may be stored (`\*` in PERMANENTFLAGS). */
	allowsKeywords: boolean;
}

export interface MailboxInfo {
	path: string;
	/** Special use such as `\Sent` (RFC 6154), also when only guessed from the name. */
	role: string | null;
	selectable: boolean;
	messages: number | null;
	unseen: number | null;
}

/** What a FETCH tells of one message. `source` holds its first bytes, null when the server sent none. */
export interface FetchedMessage {
	uid: number;
	size: number;
	flags: string[];
	receivedAt: Date | null;
	source: Buffer | null;
}

/** Criteria as RFC 3501 §6.4.4 names them; the subset that the core uses. */
export interface SearchCriteria {
	uid?: string;
	seen?: boolean;
	since?: Date;
}

/** What the IMAP side says of mailboxes and messages, free of any library's types. */
import type { LineStage } from '../net/dial';
import type { MailError } from '../errors';

export interface ImapClientEvents {
	/** A message may have arrived. A hint only: what arrived is asked by SEARCH. */
	onChange?: () => void;
	/** Somebody changed the flags of a message. */
	onFlags?: () => void;
	/** The connection has ended, for whatever reason. Called once. */
	onClose?: (reason: MailError) => void;
	/** Told how far connecting has come. */
	onStage?: (stage: LineStage) => void;
	/** Ends the connection, also while it is being made. */
	signal?: AbortSignal;
}

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
	/** Flags that last, also keywords (PERMANENTFLAGS); null for any. */
	settableFlags: ReadonlySet<string> | null;
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

/** Criteria as RFC 3501 §6.4.4 names them; all of them have to hold. */
export interface SearchCriteria {
	uid?: string;
	all?: boolean;
	answered?: boolean;
	deleted?: boolean;
	draft?: boolean;
	flagged?: boolean;
	seen?: boolean;
	from?: string;
	to?: string;
	cc?: string;
	bcc?: string;
	subject?: string;
	body?: string;
	text?: string;
	keyword?: string;
	unKeyword?: string;
	/** Bytes. */
	larger?: number;
	smaller?: number;
	/** Days, in the server's time zone. */
	since?: Date;
	before?: Date;
	on?: Date;
	sentSince?: Date;
	sentBefore?: Date;
	sentOn?: Date;
	/** Field name to text in it; an empty text asks only for the field. */
	header?: Record<string, string>;
	/** The server's own thread (RFC 8474, or Gmail's). */
	threadId?: string;
	/** Gmail's own search language (needs X-GM-EXT-1). */
	gmraw?: string;
	or?: SearchCriteria[];
	not?: SearchCriteria;
}

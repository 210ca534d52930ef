/**
 * The item of format "message", as a type. Its comments are the documentation: `npm run docs` makes the JSON schema and
 * the table in docs/message.md from this file.
 */
import type {
	Authentication,
	Automatic,
	Bounce,
	CalendarEvent,
	Complaint,
	MailingList,
	Protection,
	Receipt,
	SenderChecks,
	Thread,
} from '../../mail/message/meaning';

export interface AddressItem {
	address: string;
	name: string;
	/** As a mail program shows it. */
	text: string;
}

export interface AttachmentItem {
	/** Field of the item's binary data that holds the file; null when it was not downloaded. */
	binaryProperty: string | null;
	fileName: string;
	mimeType: string;
	/** Bytes. */
	size: number;
	contentId: string | null;
	/** Whether the HTML shows it in its place. */
	inline: boolean;
	/** SHA-256, in hex. */
	checksum: string;
	/** Subject, of a mail that is attached as a whole. */
	subject: string | null;
	/** Why it was not downloaded though downloading is on: `name`, `type`, `size` or `inline`; else null. */
	skipped: 'name' | 'type' | 'size' | 'inline' | null;
}

/** What an item has; no key is ever missing, what is unknown is null or empty. */
export interface MessageItem {
	/** Names this message to the other nodes: mailbox, UIDVALIDITY and UID in one. */
	id: string;
	uid: number;
	uidValidity: string | null;
	mailbox: string;
	/** Message-ID header, with its angle brackets. */
	messageId: string | null;
	/** Message-ID of the mail that this one answers. */
	inReplyTo: string | null;
	/** Message-IDs of the conversation so far, oldest first. */
	references: string[];
	/** The sender's Date header, ISO 8601; null when it is missing or no date. */
	date: string | null;
	/** When the server received it (INTERNALDATE), ISO 8601. Nobody can forge it. */
	receivedAt: string | null;
	subject: string;
	/** The first address of From. */
	from: AddressItem | null;
	to: AddressItem[];
	cc: AddressItem[];
	bcc: AddressItem[];
	replyTo: AddressItem[];
	/** All of `to` in one line. */
	toText: string;
	/** All of `cc` in one line. */
	ccText: string;
	/** Where an answer should go: Reply-To, else From. */
	replyAddress: string | null;
	/** Readable text: the text part, else made from the HTML without what is hidden in it. Written by a stranger. */
	text: string;
	/** Where `text` comes from. */
	textSource: 'plain' | 'html' | null;
	/** The HTML as it came: unsafe to show without cleaning. */
	html: string | null;
	/** What the sender newly wrote: without quoted mail and signature. */
	replyText: string;
	/** Flags and keywords on the server when it was fetched. */
	flags: string[];
	/** Bytes on the server. */
	size: number;
	/** Whether the message was longer than the limit and has been cut. */
	truncated: boolean;
	/** All header fields by lower-case name, readable. */
	headers: Record<string, string[]>;
	/** Whether somebody attached a file; images shown in the text, signatures and reports do not count. */
	hasAttachments: boolean;
	attachments: AttachmentItem[];
	thread: Thread;
	/** Set when a program sent the mail; never answer such mail by itself. */
	automatic: Automatic | null;
	/** Set when the mail reports that another was not delivered. */
	bounce: Bounce | null;
	/** Set when a provider reports that somebody marked your mail as spam (ARF). */
	complaint: Complaint | null;
	/** Set when the mail confirms that another was read (MDN). */
	receipt: Receipt | null;
	/** Set for mail of lists and newsletters. */
	list: MailingList | null;
	priority: 'high' | 'normal' | 'low';
	/** Invitations, answers and cancellations in the mail. */
	calendar: CalendarEvent[];
	protection: Protection;
	/** What about the sender deserves a second look. */
	sender: SenderChecks;
	/** Verdicts of the servers named in "Trusted Servers"; null when that is empty or they said nothing. */
	authentication: Authentication | null;
	/** 1 for the first run with this mail, 2 for the next. */
	attempt: number;
	/** What had to be cut, guessed or left out, as sentences. */
	warnings: string[];
	/** Why the message could not be read; then only `headers` and the source in the binary field `source` are right. */
	parseError: string | null;
}

/** A received message after parsing: what every output format is made from. */
import type {
	Automatic,
	Bounce,
	CalendarEvent,
	Complaint,
	MailingList,
	Protection,
	Receipt,
	SenderChecks,
	Thread,
} from './meaning';

export interface Address {
	address: string;
	name: string;
}

/** Where the bytes of an attachment are; `attachmentContent.ts` reads them. */
export type AttachmentContent =
	/** A range of the message's source, in its transfer encoding. */
	| { kind: 'source'; start: number; end: number; encoding: string }
	/** The same of a large message of which only a part is kept in `source`. */
	| { kind: 'server'; start: number; end: number; encoding: 'base64' | '8bit' }
	/** Unpacked from something else. */
	| { kind: 'bytes'; bytes: Uint8Array };

/**
 * What a part is for, beside its type. `signature` and `report` are there for programs, not for people, so they do not
 * make a mail one "with attachments".
 */
export type AttachmentRole = 'file' | 'signature' | 'report' | 'calendar' | 'message';

export interface ParsedAttachment {
	/** Safe to use as a file name: no path, no control characters, never empty. */
	fileName: string;
	mimeType: string;
	/** Bytes after decoding. */
	size: number;
	/** Content-ID without its angle brackets. */
	contentId: string | null;
	/** Whether the HTML shows it in its place. */
	inline: boolean;
	/** What the sender called it: `inline`, `attachment`, or empty. */
	disposition: string;
	role: AttachmentRole;
	/** Subject of a mail that is attached as a whole. */
	subject: string | null;
	/** SHA-256 of the decoded bytes, in hex. */
	checksum: string;
	content: AttachmentContent;
}

export interface ParsedMail {
	messageId: string | null;
	inReplyTo: string | null;
	references: string[];
	/** The Date header, which the sender wrote; null when it is missing or no date. */
	date: Date | null;
	subject: string;
	from: Address[];
	to: Address[];
	cc: Address[];
	bcc: Address[];
	replyTo: Address[];
	/** Readable text: the text part, or made from the HTML. */
	text: string;
	/** Where `text` comes from. */
	textSource: 'plain' | 'html' | null;
	html: string | null;
	/** The new text of a reply: without quoted mail and signature. */
	replyText: string;
	/** Header fields by lower-case name, unfolded and readable, in the order of the message. */
	headers: Record<string, string[]>;
	attachments: ParsedAttachment[];
	thread: Thread;
	automatic: Automatic | null;
	bounce: Bounce | null;
	complaint: Complaint | null;
	receipt: Receipt | null;
	list: MailingList | null;
	priority: 'high' | 'normal' | 'low';
	calendar: CalendarEvent[];
	protection: Protection;
	sender: SenderChecks;
	/** What had to be cut, guessed or left out, as sentences. */
	warnings: string[];
	/** Why the message could not be parsed; only headers and source are right then. */
	parseError: string | null;
}

/** The bytes of a message that are not kept in memory. */
export interface MessageOnServer {
	/** Bytes of the message, as far as the limit of its size lets it in. */
	length: number;
	/** @throws MailError when the connection the message came over has ended, or the message is gone */
	read(start: number, end: number): AsyncIterable<Buffer>;
}

/** A message as a trigger hands it on: what the server says of it, and what is in it. */
export interface ReceivedMessage {
	uid: number;
	uidValidity: string | null;
	mailbox: string;
	flags: string[];
	/** Bytes on the server. */
	size: number;
	/** When the server got it (INTERNALDATE), which nobody can forge. */
	receivedAt: Date | null;
	/** The message as it came; shorter than `size` when it was over the limit. Without large files if `onServer` is set. */
	source: Buffer;
	/** Set when large files were left on the server: the message is read there once more where it is wanted whole. */
	onServer?: MessageOnServer;
	truncated: boolean;
	mail: ParsedMail;
}

/** A received message after parsing: what every output format is made from. */

export interface Address {
	address: string;
	name: string;
}

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
	/** SHA-256 of the decoded bytes, in hex. */
	checksum: string;
	content: Buffer;
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
	text: string;
	html: string | null;
	/** Header fields by lower-case name, unfolded, in the order of the message. */
	headers: Record<string, string[]>;
	attachments: ParsedAttachment[];
	/** Why the message could not be parsed; only headers and source are right then. */
	parseError: string | null;
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
	/** The message as it came; shorter than `size` when it was over the limit. */
	source: Buffer;
	truncated: boolean;
	mail: ParsedMail;
}

/** What a message means beyond its text. These types are part of the item, so their comments are its documentation. */

export interface Thread {
	/** Message-ID of the first mail of the conversation, as far as this mail says; its own when it begins one. */
	rootId: string | null;
	/** Message-ID of the mail that this one answers; null when it answers none. */
	parentId: string | null;
	isReply: boolean;
	/** Whether the subject says that a mail is passed on. */
	isForward: boolean;
	/** Subject without "Re:", "Fwd:" and their translations. */
	subject: string;
}

/**
 * `vacation`: an automatic answer. `bounce`: a report that mail was not or not yet delivered. `complaint`: a provider
 * reports that somebody marked your mail as spam. `receipt`: somebody's program confirms reading. `loop`: mail that
 * this workflow or one like it sent itself. `list`: from a mailing list. `bulk`: a newsletter, notification or the
 * like. `other`: made by a program, kind unknown.
 */
export type AutomaticKind =
	'bounce' | 'complaint' | 'receipt' | 'loop' | 'vacation' | 'list' | 'bulk' | 'other';

export interface Automatic {
	/** What kind of program; `other` when that cannot be told. */
	kind: AutomaticKind;
	/** The evidence, such as "Auto-Submitted: auto-replied". */
	reason: string;
}

export interface BouncedRecipient {
	/** Null when the report does not name it. */
	address: string | null;
	/** The address it was sent to first, when a server passed it on. */
	originalAddress: string | null;
	/** `failed`, `delayed`, `delivered`, `relayed` or `expanded` (RFC 3464 §2.3.3). */
	action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
	/** Enhanced status code such as 5.1.1 (RFC 3463). */
	status: string | null;
	/** What the server said, in its own words. */
	diagnostic: string | null;
	/** Server that said so. */
	remoteServer: string | null;
	/** Whether trying again is useless. */
	permanent: boolean;
}

export interface Bounce {
	/** `hard`: the address or content was refused for good. `soft`: it may work later. `none`: a report of success. */
	type: 'hard' | 'soft' | 'none';
	/** `standard`: machine-readable report (RFC 3464). `text`: read from the words of a free-form report. */
	source: 'standard' | 'text';
	recipients: BouncedRecipient[];
	/** Message-ID of the mail that came back. */
	originalMessageId: string | null;
	originalSubject: string | null;
	/** Server that wrote the report. */
	reportingServer: string | null;
}

export interface Complaint {
	/** Such as `abuse` (RFC 5965 §3.5). */
	feedbackType: string;
	/** Recipients who complained, as far as they are named. */
	recipients: string[];
	originalMessageId: string | null;
	originalSubject: string | null;
	/** Address from which the provider got the mail. */
	sourceIp: string | null;
	/** Program or provider that reports. */
	userAgent: string | null;
}

export interface Receipt {
	/** Such as `displayed`, `deleted` or `processed` (RFC 8098 §3.2.6). */
	disposition: string;
	/** Whether a person agreed to send it. */
	manual: boolean;
	/** Who read the mail. */
	recipient: string | null;
	originalMessageId: string | null;
}

export interface MailingList {
	/** List-Id without brackets and name (RFC 2919). */
	id: string | null;
	name: string | null;
	/** Web page for leaving the list. */
	unsubscribeUrl: string | null;
	/** Address for leaving the list, as a mailto URL. */
	unsubscribeMail: string | null;
	/** Whether a POST to `unsubscribeUrl` is enough (RFC 8058). */
	oneClick: boolean;
}

export interface CalendarAttendee {
	address: string;
	name: string;
	/** `accepted`, `declined`, `tentative`, `needs-action` or `delegated`. */
	status: string;
	/** Whether the person is required to come. */
	required: boolean;
}

export interface CalendarEvent {
	/** `REQUEST`, `CANCEL`, `REPLY`, `PUBLISH`, `COUNTER` and so on (RFC 5546 §1.4); null when not said. */
	method: string | null;
	uid: string | null;
	/** Counts the changes of the event. */
	sequence: number;
	/** `CONFIRMED`, `TENTATIVE` or `CANCELLED`. */
	status: string | null;
	summary: string | null;
	description: string | null;
	location: string | null;
	/** ISO 8601 with offset; a date alone for events of whole days. */
	start: string | null;
	/** Not included in the event. */
	end: string | null;
	/** Name of the zone in which the event was planned. */
	timeZone: string | null;
	allDay: boolean;
	/** Rule of repetition (RFC 5545 §3.3.10). */
	recurrence: string | null;
	/** Which one of a series this is about. */
	recurrenceId: string | null;
	organizer: CalendarAttendee | null;
	attendees: CalendarAttendee[];
	/** Page to join an online meeting, when the event names one. */
	url: string | null;
}

export interface Protection {
	/** Kind of signature found. That it is valid has not been checked. */
	signed: 'pgp' | 'smime' | null;
	/** Kind of encryption; text and attachments cannot be read then. */
	encrypted: 'pgp' | 'smime' | null;
}

export interface SenderChecks {
	/** Addresses in From. More than one is rare in honest mail. */
	fromCount: number;
	/** An address inside the display name that is not the sender's, such as `"boss@bank.example" <x@evil.example>`. */
	addressInName: string | null;
	/** Domain of the sender as people read it. */
	domain: string | null;
	/** The same in ASCII (IDNA), which shows letters that only look alike. */
	domainAscii: string | null;
	/** Whether the domain mixes scripts, such as Cyrillic letters among Latin ones. */
	mixedScripts: boolean;
	/** Whether answers go to another domain than the sender's. */
	replyToDiffers: boolean;
}

export interface Verdict {
	/** `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror` or `policy` (RFC 8601 §2.7). */
	result: string;
	/** The domain that was checked. */
	domain: string | null;
}

/**
 * What a server that you trust found out about the sender. No verdict makes a mail safe: `pass` says only that the
 * mail comes from the domain it names.
 */
export interface Authentication {
	/** The server that made the checks. */
	server: string;
	dkim: Verdict[];
	spf: Verdict | null;
	dmarc: Verdict | null;
}

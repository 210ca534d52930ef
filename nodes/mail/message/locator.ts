/** One string that names a message on its server, in the relative form of an IMAP URL (RFC 5092 §7). */

export interface MessageLocation {
	mailbox: string;
	uidValidity: string | null;
	uid: number;
}

/** Writes a location such as `INBOX;UIDVALIDITY=1700000000/;UID=42`. */
export function messageLocator({ mailbox, uidValidity, uid }: MessageLocation): string {
	const path = mailbox.split('/').map(encodeURIComponent).join('/');
	return `${path}${uidValidity === null ? '' : `;UIDVALIDITY=${uidValidity}`}/;UID=${uid}`;
}

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

/** Reads what {@link messageLocator} writes. @returns null when the text is no such location */
export function parseMessageLocator(text: string): MessageLocation | null {
	const match = /^([^;]+)(?:;UIDVALIDITY=(\d{1,20}))?\/;UID=(\d{1,10})$/i.exec(text.trim());
	if (!match) return null;
	const uid = Number(match[3]);
	const mailbox = decoded(match[1] ?? '');
	return mailbox === null || uid < 1 ? null : { mailbox, uidValidity: match[2] ?? null, uid };
}

/** Reads a Message-ID, with or without its angle brackets. @returns it with them; null when the text is none */
export function parseMessageId(text: string): string | null {
	const match = /^<?([^<>\s]{1,900}@[^<>\s]{1,900})>?$/.exec(text.trim());
	return match ? `<${match[1]}>` : null;
}

function decoded(path: string): string | null {
	try {
		return path.split('/').map(decodeURIComponent).join('/');
	} catch {
		return null;
	}
}

/** Where a message is looked for that may be anywhere. */
import type { MailboxInfo } from './types';

/** Mailboxes searched for a Message-ID when the likely ones do not have it. */
export const MAX_SEARCHED_MAILBOXES = 100;
/** In which a message is most likely; `\\All` has everything where it exists (RFC 6154). */
const LIKELY_ROLES = ['\\Inbox', '\\All', '\\Archive', '\\Sent'];
const UNLIKELY_ROLES = ['\\Junk', '\\Trash', '\\Drafts'];

/** Selectable mailboxes, the likeliest to hold a message that is looked for first. */
export function inOrderOfLikelihood(mailboxes: readonly MailboxInfo[]): MailboxInfo[] {
	const rank = ({ path, role }: MailboxInfo): number => {
		if (path.toUpperCase() === 'INBOX') return -1;
		const likely = LIKELY_ROLES.indexOf(role ?? '');
		if (likely >= 0) return likely;
		return UNLIKELY_ROLES.includes(role ?? '') ? 100 : 50;
	};
	return mailboxes.filter(({ selectable }) => selectable).sort((a, b) => rank(a) - rank(b));
}

import { isDynamic, resolveMailboxes } from '../../../nodes/mail/imap/mailboxNames';
import type { MailboxInfo } from '../../../nodes/mail/imap/types';

const box = (path: string, role: string | null = null, selectable = true): MailboxInfo => ({
	path,
	role,
	selectable,
	messages: null,
	unseen: null,
});

const LISTED = [
	box('INBOX'),
	box('Archiv', '\\Archive'),
	box('Clients', null, false),
	box('Clients/A'),
	box('Clients/B'),
	box('Sent', '\\Sent'),
];

describe('mailboxes by role or pattern', () => {
	it.each([
		[['\\Archive'], ['Archiv']],
		[
			['\\archive', '\\Inbox'],
			['INBOX', 'Archiv'],
		],
		[['Clients/*'], ['Clients/A', 'Clients/B']],
		[
			['clients/?', '\\Sent'],
			['Clients/A', 'Clients/B', 'Sent'],
		],
		[['\\Junk'], []],
	])('%j means %j', (entries, expected) => expect(resolveMailboxes(entries, LISTED)).toEqual(expected));

	it.each([
		['INBOX', false],
		['Clients/A', false],
		['\\Archive', true],
		['Clients/*', true],
	])('%s: to be asked for %p', (entry, expected) => expect(isDynamic(entry)).toBe(expected));
});

import { readReference } from '../../../nodes/mail/imap/reference';
import { messageLocator } from '../../../nodes/mail/message/locator';

const location = { mailbox: 'Kunden/Größe & Co', uidValidity: '1700000000', uid: 42 };

test.each([
	['the id of an item', messageLocator(location), '', { kind: 'location', ...location }],
	[
		'a UID with its mailbox',
		' 7 ',
		' INBOX ',
		{ kind: 'location', mailbox: 'INBOX', uidValidity: null, uid: 7 },
	],
	['a Message-ID', 'a@b.example', '', { kind: 'messageId', messageId: '<a@b.example>', mailbox: null }],
	[
		'a Message-ID in a mailbox',
		'<a@b>',
		'\\Archive',
		{ kind: 'messageId', messageId: '<a@b>', mailbox: '\\Archive' },
	],
	['an id wins over the mailbox', messageLocator(location), 'INBOX', { kind: 'location', ...location }],
])('%s', (_name, text, mailbox, reference) => {
	expect(readReference(text, mailbox)).toEqual(reference);
});

test.each([
	['', 'INBOX', /"Message" is empty/],
	['42', '', /UID 42 alone/],
	['0', 'INBOX', /0 is no UID/],
	['4294967296', 'INBOX', /is no UID/],
	['-1', 'INBOX', /does not name a message/],
	['INBOX/;UID=1;DELETE', '', /does not name a message/],
	['<a@b> <c@d>', '', /does not name a message/],
])('%j in %j names nothing', (text, mailbox, sentence) => {
	expect(() => readReference(text, mailbox)).toThrow(sentence);
});

import { MailError } from '../../../nodes/mail/errors';
import { parseSearch } from '../../../nodes/mail/imap/searchLanguage';
import type { SearchCriteria } from '../../../nodes/mail/imap/types';

describe("IMAP's search language", () => {
	it.each<[string, SearchCriteria[]]>([
		['', []],
		['UNSEEN', [{ seen: false }]],
		['unseen flagged', [{ seen: false }, { flagged: true }]],
		['FROM "Jane \\"JD\\" Doe"', [{ from: 'Jane "JD" Doe' }]],
		['FROM bob FROM example', [{ from: 'bob' }, { from: 'example' }]],
		['HEADER List-Id ""', [{ header: { 'List-Id': '' } }]],
		['LARGER 1000 SMALLER 2000', [{ larger: 1000 }, { smaller: 2000 }]],
		['SINCE 31-Jan-2026', [{ since: new Date(Date.UTC(2026, 0, 31)) }]],
		['NOT SEEN', [{ not: { seen: true } }]],
		['OR UNSEEN SUBJECT x', [{ or: [{ seen: false }, { subject: 'x' }] }]],
		[
			'OR (FROM a TO b) SUBJECT c',
			[{ or: [{ not: { or: [{ not: { from: 'a' } }, { not: { to: 'b' } }] } }, { subject: 'c' }] }],
		],
		['X-GM-RAW "has:attachment"', [{ gmraw: 'has:attachment' }]],
		['UID 5:9,12', [{ uid: '5:9,12' }]],
		['SUBJECT "(not a group)"', [{ subject: '(not a group)' }]],
	])('%s', (search, expected) => expect(parseSearch(search)).toEqual(expected));

	it.each([
		['HOKUS', '"HOKUS" is no search key'],
		['FROM', 'FROM needs something'],
		['LARGER big', 'LARGER needs a number of bytes, not "big"'],
		['SINCE yesterday', 'SINCE needs a date such as 31-Jan-2026, not "yesterday"'],
		['(UNSEEN', 'a bracket is not closed'],
		['()', 'a pair of brackets is empty'],
		['OR SEEN', 'something is missing'],
		['UID some', 'UID needs numbers such as 7 or 100:200, not "some"'],
		['SUBJECT "open', 'a quotation mark is not closed'],
		['NOT '.repeat(50) + 'SEEN', 'nested too deeply'],
		['x'.repeat(3000), 'too long'],
	])('%s is refused: %s', (search, why) => {
		expect(() => parseSearch(search)).toThrow(MailError);
		expect(() => parseSearch(search)).toThrow(why);
	});
});

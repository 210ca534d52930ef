import { filesOf, type Structure } from '../../../nodes/mail/imap/structure';

const text: Structure = { part: '1', type: 'text/plain' };
const names = (structure: Structure) =>
	filesOf(structure).map(({ number, fileName }) => `${number} ${fileName}`);

test.each<[string, Structure, string[]]>([
	['a text has no files', { type: 'text/plain' }, []],
	[
		'a mail that is just a file',
		{ type: 'application/pdf', parameters: { name: 'scan.pdf' } },
		['1 scan.pdf'],
	],
	[
		'a text file is a file when it is attached, or has a name',
		{
			type: 'multipart/mixed',
			childNodes: [
				text,
				{ part: '2', type: 'text/plain', disposition: 'attachment' },
				{ part: '3', type: 'text/html', parameters: { name: 'page.html' } },
			],
		},
		['2 attachment-1', '3 page.html'],
	],
	[
		'a forwarded mail is one file, whatever is in it',
		{
			type: 'multipart/mixed',
			childNodes: [
				text,
				{
					part: '2',
					type: 'message/rfc822',
					childNodes: [
						{ part: '2', type: 'multipart/mixed', childNodes: [{ part: '2.1', type: 'image/png' }] },
					],
				},
			],
		},
		['2 attachment-1.eml'],
	],
	[
		'a path is no name',
		{ type: 'application/x', dispositionParameters: { filename: '../../etc/passwd' } },
		['1 passwd'],
	],
])('%s', (_name, structure, files) => expect(names(structure)).toEqual(files));

test('an image that the text refers to is inline, unless it says that it is attached', () => {
	const image = (disposition: string) => ({ part: '2', type: 'image/png', id: '<pic@x>', disposition });
	const related = (child: Structure): Structure => ({ type: 'multipart/related', childNodes: [text, child] });
	expect(filesOf(related(image('inline')))).toMatchObject([{ inline: true, contentId: 'pic@x' }]);
	expect(filesOf(related(image('attachment')))).toMatchObject([{ inline: false }]);
	expect(filesOf({ type: 'multipart/mixed', childNodes: [text, image('')] })).toMatchObject([
		{ inline: false },
	]);
});

test('a structure of very many parts takes bounded time', () => {
	const childNodes = Array.from({ length: 100_000 }, (_none, i) => ({ part: String(i), type: 'image/png' }));
	expect(filesOf({ type: 'multipart/mixed', childNodes })).toHaveLength(999);
});

/** What programs get wrong and mail programs show all the same: broken headers, wrong encodings, files within the text. */
import { base64, composed, head, html, message, part, plain, textMail, type Case, type Field } from './build';

const PLAIN: Field = ['Content-Type', 'text/plain; charset=utf-8'];
const HTML: Field = ['Content-Type', 'text/html; charset=utf-8'];
const BASE64: Field = ['Content-Transfer-Encoding', 'base64'];
const image = (...fields: Field[]) =>
	message([['Content-Type', 'image/png'], BASE64, ...fields], base64('png'));

export function lenient(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, expected: object) =>
		cases.push({ name: `lenient/${name}`, source, expected });
	headers(add);
	bodies(add);
	dates(add);
	senders(add);
	return cases;
}

type Add = (name: string, source: Buffer, expected: object) => void;

function headers(add: Add): void {
	const lines = (...all: string[]) => Buffer.from(all.join('\r\n'));
	add(
		'subject-broken-without-indent',
		lines(
			'From: a@x.example',
			'Subject: A long subject that',
			'was folded badly',
			'Content-Type: text/html',
			'',
			'<p>Hello</p>',
		),
		{ subject: 'A long subject that was folded badly', text: 'Hello' },
	);
	add('byte-order-mark', Buffer.from('\ufeffFrom: a@x.example\r\nSubject: Hi\r\n\r\nHello'), {
		subject: 'Hi',
		from: [{ address: 'a@x.example' }],
		text: 'Hello',
	});
	add('empty-lines-first', lines('', '', 'Subject: Hi', '', 'Hello'), { subject: 'Hi', text: 'Hello' });
	add('body-without-empty-line', lines('Subject: Hi', 'Hello there', 'how are you?', ''), {
		subject: 'Hi',
		text: 'Hello there\nhow are you?',
	});
	add(
		'boundary-in-single-quotes',
		lines("Content-Type: multipart/mixed; boundary='b'", '', '--b', '', 'Hello', '--b--'),
		{ text: 'Hello' },
	);
	add('type-is-only-a-charset', message([...head('x'), ['Content-Type', 'charset=utf-8']], 'Hello'), {
		text: 'Hello',
	});
	add(
		'disposition-is-only-a-name',
		composed(head('x'), 'mixed', [
			plain('a'),
			part('application/octet-stream', 'x', ['Content-Disposition', 'filename="b.bin"']),
		]),
		{ attachments: [{ fileName: 'b.bin' }] },
	);
	const subject = (name: string, written: string, expected: string) =>
		add(`word-${name}`, textMail(head(written), 'x'), { subject: expected });
	subject('with-question-mark', '=?utf-8?Q?Wirklich?=20gr=C3=BCn?=', 'Wirklich? grün');
	subject('cut-short', '=?utf-8?B?5L2g5aW9', '你好');
	subject('cut-short-q', '=?utf-8?Q?Gr=C3=BC=C3=9Fe', 'Grüße');
}

function bodies(add: Add): void {
	add(
		'text-called-base64',
		message([...head('x'), PLAIN, BASE64], 'Hello there, this is plain text!\nSecond line, too.\n'),
		{ text: 'Hello there, this is plain text!\nSecond line, too.' },
	);
	add(
		'html-called-base64',
		message([...head('x'), HTML, BASE64], '<html><body><p>Hello there</p></body></html>'),
		{
			text: 'Hello there',
		},
	);
	add(
		'uuencoded-file-in-text',
		textMail(head('x'), 'See file.\n\nbegin 644 test.txt\n#0V%T\n`\nend\n\nBye'),
		{ text: 'See file.\n\n\nBye', attachments: [{ fileName: 'test.txt', size: 3 }] },
	);
	add('words-like-a-uuencoded-file', textMail(head('x'), 'We go.\nbegin 644 is odd\nno data here\nend'), {
		text: 'We go.\nbegin 644 is odd\nno data here\nend',
		attachments: [],
	});
	const located = (name: string, written: string, location: string) =>
		add(
			`location-${name}`,
			composed(head('x'), 'related', [html(written), image(['Content-Location', location])]),
			{ attachments: [{ inline: true }] },
		);
	located('absolute', '<img src="http://x.example/a.gif">', 'http://x.example/a.gif');
	located('without-quotes', '<img src=image001.gif>', 'image001.gif');
	add(
		'cid-with-entity',
		composed(head('x'), 'related', [html('<img src="cid:a&#64;b">'), image(['Content-ID', '<a@b>'])]),
		{ attachments: [{ inline: true }] },
	);
	add('markdown', message([...head('x'), ['Content-Type', 'text/markdown']], '# Hi'), { text: '# Hi' });
	add(
		'smime-called-octet-stream',
		message(
			[...head('x'), ['Content-Type', 'application/octet-stream; name=smime.p7m'], BASE64],
			base64('encrypted'),
		),
		{ protection: { encrypted: 'smime' } },
	);
}

function dates(add: Add): void {
	const date = (name: string, written: string, expected: string | null) =>
		add(`date-${name}`, textMail(head('x', ['Date', written]), 'x'), { date: expected });
	date('one-digit', 'Tue, 3 Mar 2026 9:5:0 +0100', '2026-03-03T08:05:00.000Z');
	date('no-blank-after-day', 'Tue,3 Mar 2026 09:15:00 +0100', '2026-03-03T08:15:00.000Z');
	date('american', 'March 3, 2026 09:15:00 +0100', '2026-03-03T08:15:00.000Z');
	date('no-such-day', 'Tue, 31 Feb 2026 09:15:00 +0000', null);
}

function senders(add: Add): void {
	const from = (name: string, written: string, expected: object[]) =>
		add(`from-${name}`, textMail(head('x', ['From', written]), 'x'), { from: expected });
	from('comma-in-bare-name', 'Doe, John <j@x.example>', [{ address: 'j@x.example', name: 'Doe, John' }]);
	from('quote-without-end', '"John <j@x.example>', [{ address: 'j@x.example', name: 'John' }]);
	from('two-brackets', 'John <<j@x.example>>', [{ address: 'j@x.example', name: 'John' }]);
}

/** Mail that breaks the rules, the way it really arrives; and file names that mean harm. */
import {
	base64,
	composed,
	head,
	message,
	multipart,
	part,
	plain,
	textMail,
	type Case,
	type Field,
} from './build';

type Add = (name: string, source: Buffer, expected: object) => void;

export function malformed(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, expected: object) =>
		cases.push({ name: `malformed/${name}`, source, expected });
	structures(add);
	fields(add);
	encodings(add);
	addresses(add);
	names(add);
	dates(add);
	return cases;
}

function structures(add: Add): void {
	const typed = (type: string): Field[] => head('Broken', ['Content-Type', type]);
	const two = [
		plain('One'),
		part('application/pdf', 'x', ['Content-Disposition', 'attachment; filename=a.pdf']),
	];
	const whole = multipart('b', ...two);
	const unended = whole.subarray(0, whole.lastIndexOf('--b--'));
	add('no-final-boundary', message(typed('multipart/mixed; boundary=b'), unended), {
		text: 'One',
		attachments: [{ fileName: 'a.pdf' }],
	});
	add('boundary-not-declared', message(typed('multipart/mixed'), whole), {
		text: 'One',
		attachments: [{ fileName: 'a.pdf' }],
	});
	add('boundary-declared-wrong', message(typed('multipart/mixed; boundary="other"'), whole), {
		text: 'One',
		attachments: [{ fileName: 'a.pdf' }],
	});
	add(
		'boundary-with-trailing-blanks',
		message(
			typed('multipart/mixed; boundary="b"'),
			Buffer.from(whole.toString('latin1').replace(/--b\r/g, '--b  \t\r'), 'latin1'),
		),
		{ text: 'One', attachments: [{ fileName: 'a.pdf' }] },
	);
	add('boundary-never-used', message(typed('multipart/mixed; boundary=zzz'), 'Only text here.\n'), {
		text: 'Only text here.',
	});
	add(
		'boundary-is-prefix-of-inner',
		message(
			typed('multipart/mixed; boundary=b'),
			multipart(
				'b',
				part(
					'multipart/alternative; boundary=bb',
					multipart('bb', plain('In'), part('text/html', '<p>In</p>')),
				),
				two[1] as Buffer,
			),
		),
		{ text: 'In', html: '<p>In</p>', attachments: [{ fileName: 'a.pdf' }] },
	);
	add(
		'inner-multipart-not-ended',
		message(
			typed('multipart/mixed; boundary=b'),
			multipart(
				'b',
				part('multipart/alternative; boundary=i', `--i\nContent-Type: text/plain\n\nInner\n`),
				two[1] as Buffer,
			),
		),
		{ text: 'Inner', attachments: [{ fileName: 'a.pdf' }] },
	);
	add(
		'preamble-and-epilogue',
		message(
			typed('multipart/mixed; boundary=b'),
			Buffer.concat([
				Buffer.from('This is a message in MIME format.\r\n'),
				whole,
				Buffer.from('epilogue\r\n'),
			]),
		),
		{ text: 'One' },
	);
	add(
		'line-feeds-only',
		Buffer.from(
			message(typed('multipart/mixed; boundary=b'), whole).toString('latin1').replace(/\r\n/g, '\n'),
			'latin1',
		),
		{ text: 'One', attachments: [{ fileName: 'a.pdf' }] },
	);
	add('no-header-at-all', Buffer.from('\r\nJust a body.\r\n'), {
		subject: '',
		from: [],
		text: 'Just a body.',
	});
	add('header-only', Buffer.from('From: a@x.example\r\nSubject: No body'), {
		subject: 'No body',
		text: '',
		from: [{ address: 'a@x.example' }],
	});
	add('empty-file', Buffer.alloc(0), { subject: '', text: '', from: [], messageId: null, parseError: null });
	add(
		'no-empty-line-before-body',
		Buffer.from('From: a@x.example\r\nSubject: Hi\r\nthis line is no field\r\nmore'),
		{ subject: 'Hi', text: 'this line is no field\nmore' },
	);
	add(
		'mbox-from-line',
		Buffer.concat([
			Buffer.from('From a@x.example Tue Mar  3 09:15:00 2026\r\n'),
			textMail(head('Mbox'), 'x'),
		]),
		{ subject: 'Mbox', text: 'x' },
	);
	add(
		'part-without-header',
		message(typed('multipart/mixed; boundary=b'), '--b\n\nplain by default\n--b--\n'),
		{ text: 'plain by default' },
	);
	add('type-of-one-word', message(typed('text'), 'still text'), { text: 'still text' });
	add('type-is-nonsense', message(typed('???; a=b'), 'data'), {
		attachments: [{ mimeType: 'application/octet-stream' }],
	});
	add('nested-120-deep', message(typed('multipart/mixed; boundary=n0'), nested(120)), {
		subject: 'Broken',
		parseError: null,
	});
	add(
		'1200-parts',
		message(
			typed('multipart/mixed; boundary=b'),
			multipart('b', ...Array.from({ length: 1_200 }, () => plain('p'))),
		),
		{ subject: 'Broken', parseError: null },
	);
}

function nested(depth: number): string {
	let body = '';
	for (let i = 0; i < depth; i++)
		body += `--n${i}\r\nContent-Type: multipart/mixed; boundary=n${i + 1}\r\n\r\n`;
	return `${body}--n${depth}\r\n\r\ndeepest\r\n`;
}

function fields(add: Add): void {
	add('folded-subject', textMail(head('one\r\n two\r\n\tthree'), 'x'), { subject: 'one two three' });
	add(
		'blank-before-colon',
		message(
			[
				['From ', 'a@x.example'],
				['Subject ', 'Blank'],
			],
			'x',
		),
		{ subject: 'Blank', from: [{ address: 'a@x.example' }] },
	);
	add(
		'field-names-in-capitals',
		message(
			[
				['FROM', 'a@x.example'],
				['SUBJECT', 'LOUD'],
				['CONTENT-TYPE', 'TEXT/HTML'],
			],
			'<p>Hi</p>',
		),
		{ subject: 'LOUD', text: 'Hi', textSource: 'html' },
	);
	add('two-subjects', textMail([...head('First'), ['Subject', 'Second']], 'x'), {
		subject: 'First',
		headers: { subject: ['First', 'Second'] },
	});
	add(
		'dangerous-field-names',
		textMail(head('Proto', ['__proto__', 'x'], ['constructor', 'y'], ['toString', 'z']), 'x'),
		{ subject: 'Proto', headers: { tostring: ['z'] } },
	);
	add('control-characters-in-subject', textMail(head('a\u0007b\u0000c\u001bd'), 'x'), { subject: 'abcd' });
	add(
		'references-without-brackets',
		textMail(head('Ref', ['In-Reply-To', 'abc@x.example'], ['References', '<1@x> <2@x>\r\n <1@x>']), 'x'),
		{ inReplyTo: '<abc@x.example>', references: ['<1@x>', '<2@x>'] },
	);
	add('message-id-with-blanks', textMail(head('Id', ['Message-ID', ' < a@x.example > ']), 'x'), {
		messageId: '<a@x.example>',
	});
	add('no-subject', message([['From', 'a@x.example']], 'x'), { subject: '' });
}

function encodings(add: Add): void {
	const encoded = (encoding: string, body: string) =>
		message(
			head('Enc', ['Content-Type', 'text/plain; charset=utf-8'], ['Content-Transfer-Encoding', encoding]),
			body,
		);
	add('base64-with-blanks', encoded('base64', 'SGVs bG8g\r\n\r\n d29y bGQ=\r\n'), { text: 'Hello world' });
	add('base64-in-pieces', encoded('base64', 'SGVsbG8=\r\nIHdvcmxk\r\n'), { text: 'Hello world' });
	add('base64-with-footer', encoded('base64', 'SGVsbG8gd29ybGQ=\r\n_______\r\nList info: here!\r\n'), {
		text: 'Hello world',
	});
	add('base64-upper-case-name', encoded('BASE64', 'SGVsbG8='), { text: 'Hello' });
	add('quoted-printable-lower-case', encoded('quoted-printable', 'Gr=c3=bc=c3=9fe'), { text: 'Grüße' });
	add('quoted-printable-bad-escapes', encoded('quoted-printable', '100 = 50 + 50 =ZZ =\r\nend='), {
		text: '100 = 50 + 50 =ZZ end',
	});
	add('quoted-printable-blanks-at-end', encoded('quoted-printable', 'a   \r\nb=20\r\nc'), {
		text: 'a\nb \nc',
	});
	add('unknown-encoding', encoded('x-strange', 'as it is'), { text: 'as it is' });
	add('encoding-with-comment', encoded('base64 (yes)', 'SGVsbG8='), { text: 'Hello' });
	add('carriage-returns-only', encoded('7bit', 'a\rb\rc'), { text: 'a\nb\nc' });
}

function addresses(add: Add): void {
	const from = (name: string, written: string, expected: object[]) =>
		add(`from-${name}`, textMail(head('From', ['From', written]), 'x'), { from: expected });
	from('bare', 'a@x.example', [{ address: 'a@x.example', name: '' }]);
	from('comment', 'a@x.example (Ada Example)', [{ address: 'a@x.example', name: 'Ada Example' }]);
	from('quotes-and-comma', '"Example, Ada" <a@x.example>', [
		{ address: 'a@x.example', name: 'Example, Ada' },
	]);
	from('escaped-quote', '"Ada \\"The\\" Example" <a@x.example>', [
		{ address: 'a@x.example', name: 'Ada "The" Example' },
	]);
	from('bracket-never-closed', 'Ada <a@x.example', [{ address: 'a@x.example', name: 'Ada' }]);
	from('quote-never-closed', '"Ada <a@x.example>', [{ address: 'a@x.example' }]);
	from('address-as-name', '"a@x.example" <a@x.example>', [{ address: 'a@x.example', name: '' }]);
	from('nothing', '', []);
	from('name-only', 'Ada Example', [{ address: '', name: 'Ada Example' }]);
	from('quoted-local-part', '"very odd"@x.example', [{ address: '"very odd"@x.example', name: '' }]);
	from('unicode', Buffer.from('Аня <аня@почта.рф>').toString(), [{ address: 'аня@почта.рф', name: 'Аня' }]);
	const to = (name: string, written: string, expected: object[]) =>
		add(`to-${name}`, textMail(head('To', ['To', written]), 'x'), { to: expected });
	to('group', 'Team: a@x.example, Bob <b@x.example>;, c@x.example', [
		{ address: 'a@x.example' },
		{ address: 'b@x.example', name: 'Bob' },
		{ address: 'c@x.example' },
	]);
	to('undisclosed', 'undisclosed-recipients:;', []);
	to('semicolons', 'a@x.example; b@x.example', [{ address: 'a@x.example' }, { address: 'b@x.example' }]);
	to('route', '<@relay.example,@other.example:a@x.example>', [{ address: 'a@x.example' }]);
	to('empty-entries', ', a@x.example,,b@x.example,', [
		{ address: 'a@x.example' },
		{ address: 'b@x.example' },
	]);
	add(
		'from-missing-sender-used',
		message(
			[
				['Sender', 'List <list@x.example>'],
				['Subject', 's'],
			],
			'x',
		),
		{ from: [{ address: 'list@x.example', name: 'List' }] },
	);
	add('two-from-addresses', textMail(head('Two', ['From', 'a@x.example, b@y.example']), 'x'), {
		from: [{ address: 'a@x.example' }, { address: 'b@y.example' }],
		sender: { fromCount: 2 },
	});
	add('address-inside-name', textMail(head('Spoof', ['From', '"ceo@bank.example" <x@evil.example>']), 'x'), {
		sender: { addressInName: 'ceo@bank.example', domain: 'evil.example' },
	});
	add('look-alike-domain', textMail(head('IDN', ['From', Buffer.from('Pay <a@раураl.example>')]), 'x'), {
		sender: { domain: 'раураl.example', domainAscii: 'xn--l-7sba6dbr.example', mixedScripts: true },
	});
	add('reply-to-elsewhere', textMail(head('Reply', ['Reply-To', 'x@evil.example']), 'x'), {
		sender: { replyToDiffers: true },
		replyTo: [{ address: 'x@evil.example' }],
	});
}

function names(add: Add): void {
	const named = (name: string, disposition: string, expected: string, type = 'application/octet-stream') =>
		add(
			`name-${name}`,
			composed(head('Name'), 'mixed', [
				plain('x'),
				part(
					type,
					base64('x'),
					['Content-Transfer-Encoding', 'base64'],
					['Content-Disposition', disposition],
				),
			]),
			{ attachments: [{ fileName: expected }] },
		);
	named('path', 'attachment; filename="../../etc/passwd"', 'passwd');
	named('windows-path', 'attachment; filename="C:\\\\temp\\\\x.exe"', 'x.exe');
	named('windows-path-unescaped', 'attachment; filename="..\\..\\a.exe"', 'a.exe');
	named('right-to-left', `attachment; filename*=UTF-8''invoice%E2%80%AEfdp.exe`, 'invoicefdp.exe');
	named('reserved', 'attachment; filename="CON.txt"', '_CON.txt');
	named('dot', 'attachment; filename="."', 'attachment-1');
	named('very-long', `attachment; filename="${'x'.repeat(4_000)}.pdf"`, `${'x'.repeat(196)}.pdf`);
	named('unquoted-with-blanks', 'attachment; filename=my report 2026.pdf', 'my report 2026.pdf');
	named('semicolon-in-quotes', 'attachment; filename="a;b.pdf"', 'a;b.pdf');
	named('encoded-word', 'attachment; filename="=?utf-8?B?5oql5Lu3LnBkZg==?="', '报价.pdf');
	named('rfc2231', "attachment; filename*=UTF-8''%E6%8A%A5%E4%BB%B7.pdf", '报价.pdf');
	named('rfc2231-gb2312', "attachment; filename*=gb2312'zh'%B1%A8%BC%DB.pdf", '报价.pdf');
	named(
		'rfc2231-pieces',
		"attachment; filename*0*=UTF-8''%E6%8A%A5%E4; filename*1*=%BB%B7; filename*2=.pdf",
		'报价.pdf',
	);
	named('rfc2231-out-of-order', 'attachment; filename*1=b.pdf; filename*0=a', 'ab.pdf');
	named(
		'rfc2231-beside-plain',
		'attachment; filename="fallback.pdf"; filename*=UTF-8\'\'gr%C3%BCn.pdf',
		'grün.pdf',
	);
	named('raw-utf-8', Buffer.from('attachment; filename="grün.pdf"').toString('latin1'), 'grün.pdf');
	named('only-in-type', 'attachment', 'typed.dat', 'application/octet-stream; name="typed.dat"');
	named('empty', 'attachment; filename=""', 'attachment-1');
	named('control-characters', 'attachment; filename="a\u0001b\u0007.txt"', 'ab.txt');
}

function dates(add: Add): void {
	const rows: [name: string, written: string, expected: string | null][] = [
		['plain', 'Tue, 3 Mar 2026 09:15:00 +0100', '2026-03-03T08:15:00.000Z'],
		['no-weekday', '03 Mar 2026 09:15 -0500', '2026-03-03T14:15:00.000Z'],
		['zone-name', 'Tue, 03 Mar 2026 09:15:00 EST', '2026-03-03T14:15:00.000Z'],
		['zone-in-comment', 'Tue, 03 Mar 2026 09:15:00 +0000 (UTC)', '2026-03-03T09:15:00.000Z'],
		['gmt-with-offset', 'Tue, 03 Mar 2026 09:15:00 GMT+0200', '2026-03-03T07:15:00.000Z'],
		['two-digit-year', 'Tue, 03 Mar 26 09:15:00 +0000', '2026-03-03T09:15:00.000Z'],
		['no-zone', 'Tue, 03 Mar 2026 09:15:00', '2026-03-03T09:15:00.000Z'],
		['asctime', 'Tue Mar  3 09:15:00 2026', '2026-03-03T09:15:00.000Z'],
		['iso', '2026-03-03T09:15:00+01:00', '2026-03-03T08:15:00.000Z'],
		['dashes', '03-Mar-2026 09:15:00 +0000', '2026-03-03T09:15:00.000Z'],
		['not-a-date', 'not a date', null],
		['impossible', 'Tue, 33 Foo 2026 99:99:99 +0000', null],
		['year-zero', 'Tue, 03 Mar 0000 09:15:00 +0000', '2000-03-03T09:15:00.000Z'],
	];
	for (const [name, written, expected] of rows)
		add(`date-${name}`, textMail(head('Date', ['Date', written]), 'x'), { date: expected });
}

/** Mails made to cost time or memory: the table of facts on hostile mail (threats T7 to T17), and what our own code could trip over. */

export interface Bomb {
	name: string;
	make(): Buffer;
}

const head = (type: string, ...more: string[]) =>
	`From: a@x.example\r\nTo: b@x.example\r\nSubject: Bomb\r\n${more.map((line) => `${line}\r\n`).join('')}MIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n`;
const text = (body: string, ...more: string[]) =>
	Buffer.from(head('text/plain; charset=utf-8', ...more) + body);
const html = (body: string) => Buffer.from(head('text/html; charset=utf-8') + body);
const times = (piece: string, count: number) => piece.repeat(count);
const nested = (depth: number, boundary: (i: number) => string) => {
	let body = head(`multipart/mixed; boundary="${boundary(0)}"`);
	for (let i = 0; i < depth; i++)
		body += `--${boundary(i)}\r\nContent-Type: multipart/mixed; boundary="${boundary(i + 1)}"\r\n\r\n`;
	return Buffer.from(body);
};

export const BOMBS: readonly Bomb[] = [
	{ name: '1000 nested multiparts', make: () => nested(1_000, (i) => `b${i}`) },
	{ name: '20000 multiparts with one boundary', make: () => nested(20_000, () => 'b') },
	{
		name: '2000 multiparts whose boundary does not exist, 5 MB',
		make: () =>
			Buffer.concat([
				Buffer.from(
					head('multipart/mixed; boundary=b') +
						times('--b\r\nContent-Type: multipart/mixed; boundary=none\r\n\r\nx\r\n', 2_000),
				),
				Buffer.alloc(5_000_000, 'a'),
			]),
	},
	{
		name: '100000 parts',
		make: () => Buffer.from(head('multipart/mixed; boundary=b') + times('--b\r\n\r\nx\r\n', 100_000)),
	},
	{
		name: '20000 header lines',
		make: () => text('x', ...Array.from({ length: 20_000 }, (_, i) => `X-${i}: v`)),
	},
	{ name: '2 MB single header', make: () => text('x', `X-Long: ${times('a', 2_000_000)}`) },
	{ name: '2 MB of folded header', make: () => text('x', `X-Long: ${times('a\r\n ', 500_000)}`) },
	{ name: '40000 Cc addresses', make: () => text('x', `Cc: ${times('"A, B" <a@x.example>, ', 40_000)}`) },
	{ name: '500000 commas in To', make: () => text('x', `To: ${times(',', 500_000)}`) },
	{ name: '500000 open brackets in From', make: () => text('x', `From: ${times('<', 500_000)}`) },
	{ name: '500000 open comments in From', make: () => text('x', `From: ${times('(', 500_000)}`) },
	{ name: '500000 quotes in From', make: () => text('x', `From: ${times('"', 500_001)}`) },
	{ name: '60000 encoded words', make: () => text('x', `X-Words: ${times('=?utf-8?Q?a?= ', 60_000)}`) },
	{
		name: '300000 beginnings of encoded words',
		make: () => text('x', `X-Words: ${times('=?u?Q?', 150_000)}`),
	},
	{
		name: '20000 RFC 2231 pieces',
		make: () =>
			Buffer.from(head(`text/plain; ${Array.from({ length: 20_000 }, (_, i) => `name*${i}*=a`).join('; ')}`)),
	},
	{
		name: '200000 semicolons in Content-Type',
		make: () => Buffer.from(head(`text/plain${times(';', 200_000)}`)),
	},
	{
		name: '60000 quotes in Content-Type',
		make: () => Buffer.from(head(`text/plain; name=${times('"', 60_000)}`)),
	},
	{ name: '100000 References', make: () => text('x', `References: ${times('<a@b> ', 100_000)}`) },
	{ name: 'subject of 100000 Re:', make: () => text('x', `Subject: ${times('Re: ', 100_000)}`) },
	{ name: 'HTML tables 5 MB', make: () => html(times('<table><tr><td>x</td></tr></table>', 150_000)) },
	{ name: 'HTML tables never closed', make: () => html(times('<table><tr><td>x', 300_000)) },
	{ name: 'HTML text 11 MB', make: () => html(times('<p>Hello world, this is text.</p>', 340_000)) },
	{ name: 'HTML of blanks 5 MB', make: () => html(`<pre>${times(' ', 5_000_000)}x</pre>`) },
	{ name: 'HTML of line breaks', make: () => html(times('<br>', 1_000_000)) },
	{ name: 'HTML bold never closed', make: () => html(times('<b>', 1_000_000)) },
	{ name: 'HTML ends without beginnings', make: () => html(times('</div>', 800_000)) },
	{ name: 'HTML links never closed', make: () => html(times('<a href="https://x.example/">x', 150_000)) },
	{ name: 'HTML quotes within quotes', make: () => html(times('<blockquote>x', 200_000)) },
	{ name: 'HTML lists within lists', make: () => html(times('<ul><li>x', 300_000)) },
	{ name: 'HTML one element, 500000 attributes', make: () => html(`<p ${times('a=1 ', 500_000)}>x`) },
	{ name: 'HTML one attribute of 4 MB', make: () => html(`<p style="${times('color:red;', 400_000)}">x`) },
	{
		name: 'HTML style block of 4 MB',
		make: () => html(`<style>${times('.a{display:none}', 250_000)}</style>x`),
	},
	{
		name: 'HTML style block of comments and selectors',
		make: () =>
			html(
				`<style>${times('/*', 40_000)}{}${times('a b,', 20_000)}{}${times('/*.a#b', 9_000)}{color:red}</style>` +
					times(`<p class="${times('a ', 200)}" style="color:#fff;font-size:0">x</p>`, 9_000),
			),
	},
	{ name: 'HTML invisible letters', make: () => html(`<p>x${times('&zwnj;&nbsp;', 300_000)}</p>`) },
	{ name: 'HTML entities', make: () => html(times('&amp;', 1_000_000)) },
	{ name: 'HTML comments never closed', make: () => html(times('<!--', 1_000_000)) },
	{ name: 'HTML less-than signs', make: () => html(times('<', 3_000_000)) },
	{ name: '20000 cid images', make: () => html(times('<img src="cid:a@b">', 20_000)) },
	{ name: 'HTML img without end', make: () => html(times('<img ', 500_000)) },
	{ name: 'text with 450000 links', make: () => text(times('http://a.b ', 450_000)) },
	{ name: 'text of 1000000 quote marks', make: () => text(times('> x\r\n', 1_000_000)) },
	{ name: 'text of attributions', make: () => text(times('On 1/1/2026 x wrote:\r\n', 150_000)) },
	{ name: 'text of attributions without verbs', make: () => text(times('12/12/2026 <<<<<:\r\n', 150_000)) },
	{ name: 'text of From: lines', make: () => text(times('From: x\r\n', 300_000)) },
	{ name: 'text of underscores', make: () => text(times('________________________________\r\n', 100_000)) },
	{ name: 'text in one line of 5 MB', make: () => text(times('a ', 2_500_000)) },
	{ name: 'text of colons in one line', make: () => text(times(':', 2_000_000)) },
	{
		name: 'bounce of 100000 addresses',
		make: () =>
			Buffer.from(
				`From: mailer-daemon@x.example\r\nSubject: Undelivered mail\r\n\r\n${times('a@b.example ', 100_000)}`,
			),
	},
	{
		name: 'bounce of blanks',
		make: () =>
			Buffer.from(
				`From: mailer-daemon@x.example\r\nSubject: Undelivered mail\r\n\r\na@b.example${times(' ', 500_000)}x`,
			),
	},
	{
		name: 'bounce of at signs',
		make: () =>
			Buffer.from(
				`From: mailer-daemon@x.example\r\nSubject: Undelivered mail\r\n\r\n${times('a@', 300_000)}`,
			),
	},
	{
		name: 'bounce of fields',
		make: () =>
			Buffer.from(
				`From: mailer-daemon@x.example\r\nSubject: Undelivered mail\r\n\r\n${times('Received: x\r\n', 50_000)}`,
			),
	},
	{
		name: 'delivery status of 50000 recipients',
		make: () =>
			Buffer.from(
				`${head('multipart/report; boundary=b')}--b\r\nContent-Type: message/delivery-status\r\n\r\n${times('Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n', 50_000)}`,
			),
	},
	{
		name: 'flowed text',
		make: () => Buffer.from(`${head('text/plain; format=flowed')}${times('a \r\n', 500_000)}`),
	},
	{
		name: 'quoted-printable 10 MB',
		make: () =>
			Buffer.from(
				`${head('text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable')}${times('=3D', 3_300_000)}`,
			),
	},
	{
		name: 'quoted-printable of blanks',
		make: () =>
			Buffer.from(
				`${head('text/plain', 'Content-Transfer-Encoding: quoted-printable')}${times(' ', 3_000_000)}x`,
			),
	},
	{
		name: 'quoted-printable of equals signs and blanks',
		make: () =>
			Buffer.from(
				`${head('text/plain', 'Content-Transfer-Encoding: quoted-printable')}${times('= ', 400_000)}x`,
			),
	},
	{
		name: 'base64 of equals signs',
		make: () =>
			Buffer.from(
				`${head('application/octet-stream', 'Content-Transfer-Encoding: base64')}${times('YQ==', 500_000)}`,
			),
	},
	{
		name: 'uuencode',
		make: () =>
			Buffer.from(
				`${head('application/octet-stream', 'Content-Transfer-Encoding: x-uuencode')}begin 644 x\r\n${times('M'.padEnd(61, '0') + '\r\n', 60_000)}`,
			),
	},
	{
		name: 'calendar of 20000 events',
		make: () =>
			Buffer.from(
				`${head('text/calendar')}BEGIN:VCALENDAR\r\n${times('BEGIN:VEVENT\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\n', 20_000)}END:VCALENDAR\r\n`,
			),
	},
	{
		name: 'calendar with a zone that changes every second',
		make: () =>
			Buffer.from(
				`${head('text/calendar')}BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART;TZID=X:20260101T000000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
			),
	},
	{
		name: 'calendar of components within components',
		make: () => Buffer.from(`${head('text/calendar')}${times('BEGIN:VCALENDAR\r\n', 30_000)}`),
	},
	{
		name: 'calendar in one folded line',
		make: () =>
			Buffer.from(
				`${head('text/calendar')}BEGIN:VCALENDAR\r\nX:a\r\n${times(' a\r\n', 200_000)}END:VCALENDAR\r\n`,
			),
	},
	{
		name: 'winmail.dat that claims a million properties',
		make: () =>
			Buffer.from(
				`${head('application/ms-tnef', 'Content-Transfer-Encoding: base64')}${Buffer.concat([Buffer.from('789f3e2200000103900600ffffff0f', 'hex'), Buffer.alloc(100_000, 1)]).toString('base64')}`,
			),
	},
	{
		name: 'ISO-2022-JP escapes',
		make: () =>
			Buffer.from(`${head('text/plain; charset=iso-2022-jp')}${times('\u001b$B\u001b(B', 300_000)}`),
	},
	{
		name: 'HZ beginnings',
		make: () => Buffer.from(`${head('text/plain; charset=hz-gb-2312')}${times('~{', 500_000)}`),
	},
	{ name: 'enriched text', make: () => Buffer.from(`${head('text/enriched')}${times('<param>', 200_000)}`) },
	{
		name: 'lines of hyphens',
		make: () => Buffer.from(`${head('multipart/mixed; boundary=b')}--b\r\n\r\n${times('--\r\n', 1_000_000)}`),
	},
	{
		name: 'delimiter lines of 299 bytes',
		make: () =>
			Buffer.from(
				`${head('multipart/mixed; boundary=b')}--b\r\n\r\n${times(`--${'c'.repeat(290)}\r\n`, 20_000)}`,
			),
	},
];

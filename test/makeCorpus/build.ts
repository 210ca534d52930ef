/** Builds messages byte by byte for the corpus. What is expected of a message stands beside it and never comes from the parser. */
import iconv from 'iconv-lite';

/** A message of the corpus. */
export interface Case {
	/** Folder and file name without ending, such as `charsets/gb18030-base64`. */
	name: string;
	source: Buffer;
	/** Part of what parsing has to give; arrays are compared whole, objects by the keys that are here. */
	expected: object;
}

export type Field = readonly [name: string, value: string | Buffer];

/** Bytes of text in a charset; text that is not said to be in one is ASCII. */
export function encode(text: string, charset: string): Buffer {
	const name = charset.toLowerCase();
	if (name === 'iso-2022-jp') return iso2022Jp(text);
	if (name === 'hz-gb-2312') return hz(text);
	if (name === 'iso-2022-kr') return iso2022Kr(text);
	return iconv.encode(text, name === 'shift_jis' ? 'cp932' : name === 'euc-kr' ? 'cp949' : name);
}

/** EUC-JP bytes without their high bit are JIS. */
function iso2022Jp(text: string): Buffer {
	return shifted(text, 'euc-jp', Buffer.from('\u001b$B'), Buffer.from('\u001b(B'));
}

function hz(text: string): Buffer {
	return shifted(text, 'gb2312', Buffer.from('~{'), Buffer.from('~}'));
}

function iso2022Kr(text: string): Buffer {
	return Buffer.concat([
		Buffer.from('\u001b$)C\n'),
		shifted(text, 'cp949', Buffer.from([14]), Buffer.from([15])),
	]);
}

function shifted(text: string, charset: string, into: Buffer, back: Buffer): Buffer {
	const out: Buffer[] = [];
	let inside = false;
	for (const character of text) {
		const bytes = iconv.encode(character, charset);
		const wide = bytes.length > 1;
		if (wide !== inside) out.push(wide ? into : back);
		inside = wide;
		out.push(wide ? Buffer.from(bytes.map((byte) => byte & 0x7f)) : bytes);
	}
	if (inside) out.push(back);
	return Buffer.concat(out);
}

/** An encoded word (RFC 2047). */
export function word(text: string | Buffer, charset: string, encoding: 'B' | 'Q' = 'B'): string {
	const bytes = typeof text === 'string' ? encode(text, charset) : text;
	const content =
		encoding === 'B'
			? bytes.toString('base64')
			: [...bytes]
					.map((byte) =>
						byte === 32
							? '_'
							: /[A-Za-z0-9]/.test(String.fromCharCode(byte))
								? String.fromCharCode(byte)
								: `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
					)
					.join('');
	return `=?${charset}?${encoding}?${content}?=`;
}

/** Base64 in lines of 76 characters. */
export function base64(content: string | Buffer): string {
	return (
		Buffer.from(content)
			.toString('base64')
			.match(/.{1,76}/g) ?? []
	).join('\r\n');
}

/** Quoted-printable in lines that are short enough. */
export function quotedPrintable(bytes: Buffer): string {
	let line = '';
	const lines: string[] = [];
	for (const byte of bytes) {
		if (byte === 10) {
			lines.push(line.replace(/[ \t]$/, (blank) => (blank === ' ' ? '=20' : '=09')));
			line = '';
			continue;
		}
		const plain = (byte >= 32 && byte <= 126 && byte !== 61) || byte === 9;
		const next = plain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
		if (line.length + next.length > 75) {
			lines.push(`${line}=`);
			line = '';
		}
		line += next;
	}
	return [...lines, line].join('\r\n');
}

const LINE = '\r\n';

/** Header, empty line, body. Text is taken as latin1, so that every byte can be written. */
export function message(fields: readonly Field[], body: string | Buffer = ''): Buffer {
	const header = fields.map(([name, value]) =>
		Buffer.concat([Buffer.from(`${name}: `), bytesOf(value), Buffer.from(LINE)]),
	);
	return Buffer.concat([...header, Buffer.from(LINE), bytesOf(body)]);
}

/** Text in UTF-8 when it has other letters than latin1 ones, else each character as a byte. */
function bytesOf(value: string | Buffer): Buffer {
	if (typeof value !== 'string') return value;
	const text = value.replace(/\r?\n/g, LINE);
	return /[^\u0000-\u00ff]/.test(text) ? Buffer.from(text) : Buffer.from(text, 'latin1');
}

/** A part of a multipart: its own header and body. */
export function part(type: string, body: string | Buffer, ...fields: Field[]): Buffer {
	return message([['Content-Type', type], ...fields], body);
}

/** The parts between delimiters. */
export function multipart(boundary: string, ...parts: Buffer[]): Buffer {
	const pieces = parts.flatMap((one) => [Buffer.from(`--${boundary}${LINE}`), one, Buffer.from(LINE)]);
	return Buffer.concat([...pieces, Buffer.from(`--${boundary}--${LINE}`)]);
}

/** Multipart as a part. */
export function group(kind: string, boundary: string, parts: Buffer[], extra = ''): Buffer {
	return part(`multipart/${kind}; boundary="${boundary}"${extra}`, multipart(boundary, ...parts));
}

/** The fields nearly every message has. */
export function head(subject: string | Buffer, ...more: Field[]): Field[] {
	const given = new Set(more.map(([name]) => name.toLowerCase()));
	const usual: Field[] = [
		['From', 'Ada Example <ada@sender.example>'],
		['To', 'Team <team@receiver.example>'],
		['Subject', subject],
		['Date', 'Tue, 03 Mar 2026 09:15:00 +0100'],
		['Message-ID', '<m1@sender.example>'],
		['MIME-Version', '1.0'],
	];
	return [...usual.filter(([name]) => !given.has(name.toLowerCase())), ...more];
}

/** Plain text in UTF-8. */
export function plain(text: string, ...fields: Field[]): Buffer {
	return part(
		'text/plain; charset=utf-8',
		Buffer.from(text.replace(/\r?\n/g, LINE)),
		['Content-Transfer-Encoding', '8bit'],
		...fields,
	);
}

/** HTML in UTF-8. */
export function html(text: string, ...fields: Field[]): Buffer {
	return part(
		'text/html; charset=utf-8',
		Buffer.from(text),
		['Content-Transfer-Encoding', '8bit'],
		...fields,
	);
}

/** A whole message of one multipart. */
export function composed(fields: readonly Field[], kind: string, parts: Buffer[], extra = ''): Buffer {
	return message(
		[...fields, ['Content-Type', `multipart/${kind}; boundary="=_b"${extra}`]],
		multipart('=_b', ...parts),
	);
}

/** A whole message of plain text. */
export function textMail(fields: readonly Field[], text: string): Buffer {
	return message(
		[...fields, ['Content-Type', 'text/plain; charset=utf-8'], ['Content-Transfer-Encoding', '8bit']],
		Buffer.from(text.replace(/\r?\n/g, LINE)),
	);
}

/** A whole message of HTML. */
export function htmlMail(fields: readonly Field[], text: string): Buffer {
	return message(
		[...fields, ['Content-Type', 'text/html; charset=utf-8'], ['Content-Transfer-Encoding', '8bit']],
		Buffer.from(text.replace(/\r?\n/g, LINE)),
	);
}

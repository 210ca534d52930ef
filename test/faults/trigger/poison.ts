/** Mails that cost parsers dearly or break them, and random damage to an ordinary one. */
import { mail } from './lab';

export interface Poison {
	name: string;
	raw: Buffer;
}

const HEAD = 'From: a@example.org\r\nTo: b@example.org\r\nMIME-Version: 1.0\r\n';

function html(body: string): string {
	return `${HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n${body}\r\n`;
}

function multipart(parts: string): string {
	return `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`;
}

const NESTED = Array.from(
	{ length: 1_000 },
	(_, i) => `Content-Type: multipart/mixed; boundary=n${i}\r\n\r\n--n${i}\r\n`,
);

/** By name; built when asked for, since some are large. */
const CORPUS: Record<string, () => string | Buffer> = {
	'1 100 parts': () => multipart('--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'.repeat(1_100)),
	'1 000 nested multiparts': () => `${HEAD}${NESTED.join('')}`,
	'20 000 header lines': () => `${HEAD}${'X-A: b\r\n'.repeat(20_000)}\r\nText\r\n`,
	'a header of 2 MB': () => `${HEAD}X-Long: ${'a'.repeat(2_000_000)}\r\n\r\nText\r\n`,
	'40 000 addresses': () =>
		`${HEAD}Cc: ${'Name <someone@example.org>, '.repeat(40_000)}x@y.z\r\n\r\nText\r\n`,
	'HTML tables of 5 MB': () => html('<table><tr><td>x'.repeat(300_000)),
	'450 000 links': () => html('<a href=http://x>x</a> '.repeat(200_000)),
	'60 000 encoded words': () => `${HEAD}Subject: ${'=?utf-8?q?a?= '.repeat(60_000)}\r\n\r\nText\r\n`,
	'20 000 continuations': () =>
		`${HEAD}Content-Type: text/plain;${Array.from({ length: 20_000 }, (_, i) => ` name*${i}=a;`).join('')}\r\n\r\nText\r\n`,
	'no header at all': () => 'just some words',
	'nothing at all': () => '\r\n',
	'only NUL bytes': () => Buffer.alloc(5_000),
	'random bytes': () => Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919 + (i >> 3)) % 256)),
	'a boundary that never comes': () => `${HEAD}Content-Type: multipart/mixed; boundary=never\r\n\r\nText\r\n`,
	'an unknown charset and encoding': () =>
		`${HEAD}Content-Type: text/plain; charset=x-klingon\r\nContent-Transfer-Encoding: x-rot13\r\n\r\nGrkg\r\n`,
	'broken base64': () =>
		`${HEAD}Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%${'A'.repeat(9_999)}\r\n`,
	'headers named like a prototype': () =>
		`${HEAD}__proto__: x\r\nconstructor: y\r\ntoString: z\r\n\r\nText\r\n`,
	'a forwarded message in a forwarded message, 200 deep': () =>
		`${HEAD}${'Content-Type: message/rfc822\r\n\r\n'.repeat(200)}Subject: deepest\r\n\r\nText\r\n`,
	'a date that is none': () => `${HEAD}Date: not a date\r\n\r\nText\r\n`,
	'bare line feeds': () => 'From: a@example.org\nSubject: lf\n\nText\n',
	'a file name with a path': () =>
		`${HEAD}Content-Type: application/x; name="../../etc/passwd"\r\nContent-Disposition: attachment; filename="C:\\x\\..\\a\0b.exe"\r\n\r\nx\r\n`,
};

/** @param fuzzed how many damaged copies of an ordinary mail to add */
export function poison(random: () => number, fuzzed: number): Poison[] {
	const made = Object.entries(CORPUS).map(([name, make]) => ({ name, raw: Buffer.from(make() as string) }));
	const ordinary = Buffer.from(
		mail('ordinary', {
			headers: ['MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary="b"'],
			body: '--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--b--\r\n',
		}),
	);
	const damaged = Array.from({ length: fuzzed }, (_, i) => ({
		name: `damaged ${i + 1}`,
		raw: damage(ordinary, random),
	}));
	return [...made, ...damaged];
}

/** Changes, doubles and removes pieces at random. */
function damage(raw: Buffer, random: () => number): Buffer {
	let bytes = Buffer.from(raw);
	const wounds = 1 + Math.floor(random() * 12);
	for (let i = 0; i < wounds; i++) {
		const at = Math.floor(random() * bytes.length);
		const length = Math.floor(random() * 40);
		const kind = random();
		if (kind < 0.4) bytes[at] = Math.floor(random() * 256);
		else if (kind < 0.7) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
		else bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
	}
	return bytes;
}

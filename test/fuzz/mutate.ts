/** Broken mail out of whole mail, the same for the same seed. */

/** Mulberry32: a small generator whose sequence depends on the seed alone. */
export function randomOf(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** Pieces that parsers stumble over. */
const TOKENS = [
	'\r\n',
	'\n',
	'\r',
	'\r\n\r\n',
	'--',
	'--=_b',
	'--=_b--',
	'\r\n--=_b\r\n',
	'"',
	'\\',
	'<',
	'>',
	'(',
	')',
	';',
	':',
	',',
	'=',
	'=?',
	'?=',
	'=?utf-8?B?',
	'=?iso-2022-jp?B?',
	'\u0000',
	'\u001b$B',
	'\u001b(B',
	'~{',
	'\u000e',
	'\u00ff',
	'\u00e4\u00b8',
	'=3D',
	'=\r\n',
	'%00',
	"*0*=utf-8''",
	'*1=',
	' ',
	'\t',
	'&#0;',
	'&#x110000;',
	'<!--',
	'<![CDATA[',
	'<table><tr><td>',
	'</td>',
	'<style>',
	'<blockquote type=cite>',
	'<a href="',
	'cid:',
	'Content-Type: multipart/mixed; boundary=',
	'Content-Type: message/rfc822\r\n\r\n',
	'Content-Transfer-Encoding: base64\r\n',
	'charset=',
	'charset=utf-16',
	'charset=hex',
	'begin 644 x\r\n',
	'BEGIN:VCALENDAR\r\n',
	'RRULE:FREQ=SECONDLY\r\n',
	'DTSTART:',
	'On 1/1/1 x wrote:\r\n',
	'> ',
	'From: ',
	'\r\nFrom: a@b.c\r\nSent: x\r\nTo: y\r\n',
];

export function mutate(seedMail: Buffer, others: readonly Buffer[], random: () => number): Buffer {
	let mail = seedMail;
	const at = () => Math.floor(random() * (mail.length + 1));
	const rounds = 1 + Math.floor(random() * 6);
	for (let round = 0; round < rounds; round++) {
		const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
		const cut = Math.min(to, from + 1 + Math.floor(random() * 400));
		switch (Math.floor(random() * 8)) {
			case 0: // flip bytes
				mail = Buffer.from(mail);
				for (let i = 0; i < 8 && mail.length > 0; i++)
					mail[Math.floor(random() * mail.length)] = Math.floor(random() * 256);
				break;
			case 1: // cut out
				mail = Buffer.concat([mail.subarray(0, from), mail.subarray(cut)]);
				break;
			case 2: // cut off
				mail = mail.subarray(0, from);
				break;
			case 3: // repeat, sometimes very often
				mail = Buffer.concat([
					mail.subarray(0, cut),
					...Array.from({ length: random() < 0.05 ? 500 : 1 + Math.floor(random() * 5) }, () =>
						mail.subarray(from, cut),
					),
					mail.subarray(cut),
				]);
				break;
			case 4: // insert a piece
			case 5:
				mail = Buffer.concat([mail.subarray(0, from), token(random), mail.subarray(from)]);
				break;
			case 6: {
				// graft from another mail
				const other = others[Math.floor(random() * others.length)] ?? mail;
				const start = Math.floor(random() * other.length);
				mail = Buffer.concat([
					mail.subarray(0, from),
					other.subarray(start, start + 600),
					mail.subarray(from),
				]);
				break;
			}
			default: // one piece, many times
				mail = Buffer.concat([
					mail.subarray(0, from),
					Buffer.concat(Array.from({ length: Math.floor(random() * 300) }, () => token(random))),
					mail.subarray(from),
				]);
		}
		if (mail.length > MAX_LENGTH) mail = mail.subarray(0, MAX_LENGTH);
	}
	return mail;
}

const MAX_LENGTH = 300_000;

function token(random: () => number): Buffer {
	return Buffer.from(TOKENS[Math.floor(random() * TOKENS.length)] ?? '', 'latin1');
}

/** Pieces of an attachment are the attachment, however it was encoded and wrapped. */
import { randomBytes } from 'node:crypto';
import { attachmentBytes, attachmentPieces } from '../../../nodes/mail/message/attachmentContent';

const SIZE = 300_000;
const random = randomBytes(SIZE);
const wrapped = (width: number, end: string) =>
	(random.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(end);
const text = Buffer.from('Größe = 100 %, ähnlich\r\n'.repeat(10_000));
const quoted = (bytes: Buffer) =>
	bytes
		.toString('latin1')
		.replace(/[=\u0080-\u00ff]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase()}`);

test.each<[string, string, string, Buffer]>([
	['base64, 76', 'base64', wrapped(76, '\r\n'), random],
	['base64, lines of odd length', 'base64', wrapped(75, '\n'), random],
	['base64, one line', 'base64', wrapped(SIZE * 2, ''), random],
	[
		'base64 in two encoded pieces',
		'base64',
		`${random.subarray(0, 100_000).toString('base64')}\r\n${random.subarray(100_000).toString('base64')}`,
		random,
	],
	['quoted-printable', 'quoted-printable', quoted(text), text],
	['8bit', '8bit', random.toString('latin1'), random],
	['none', '', random.toString('latin1'), random],
])('%s', (_name, encoding, written, expected) => {
	const source = Buffer.from(`before${written}after`, 'latin1');
	const content = { kind: 'source', start: 6, end: source.length - 5, encoding } as const;
	const pieces = [...attachmentPieces(source, content)];
	expect(Buffer.concat(pieces).equals(expected)).toBe(true);
	expect(attachmentBytes(source, content).equals(expected)).toBe(true);
});

test('a large file comes in small pieces', () => {
	const source = Buffer.from(wrapped(76, '\r\n'));
	const pieces = [
		...attachmentPieces(source, { kind: 'source', start: 0, end: source.length, encoding: 'base64' }),
	];
	expect(pieces.length).toBeGreaterThan(4);
	expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
});

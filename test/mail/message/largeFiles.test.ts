import { createHash, randomBytes } from 'node:crypto';
import { storeFiles } from '../../../nodes/bridge/attachments';
import { attachmentStream } from '../../../nodes/mail/message/attachmentContent';
import { LARGE_BODY_BYTES, LargeFileSieve, withFilesOnServer } from '../../../nodes/mail/message/largeFiles';
import type { ParsedAttachment, ParsedMail } from '../../../nodes/mail/message/parsed';
import { readMail } from '../../../nodes/mail/message/read/readMail';

const FILE = randomBytes(LARGE_BODY_BYTES + 12_345);

/** A file as programs write it into a mail, without the line break at its end. */
function base64(bytes: Buffer, eol: string): string {
	return (bytes.toString('base64').match(/.{1,76}/g) ?? []).join(eol);
}

function part(encoded: string, eol = '\r\n', more = '', type = 'application/pdf; name=a.pdf'): string {
	return ['--b', `Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', '', encoded + more, ''].join(
		eol,
	);
}

function mail(parts: readonly string[], eol = '\r\n'): Buffer {
	const head = ['Subject: large', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', ''];
	const text = ['--b', '', 'see the files', ''].join(eol);
	return Buffer.from([...head].join(eol) + text + parts.join('') + `--b--${eol}`, 'latin1');
}

interface Sieved {
	kept: Buffer;
	mail: ParsedMail | null;
}

function sieve(source: Buffer, pieceBytes: number): Sieved {
	const sieve = new LargeFileSieve(Buffer.alloc(source.length));
	for (let from = 0; from < source.length; from += pieceBytes)
		sieve.push(source.subarray(from, from + pieceBytes));
	const kept = Buffer.from(sieve.end());
	expect(kept.length + sieve.bodies.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(
		source.length,
	);
	return { kept, mail: withFilesOnServer(readMail(kept), kept, sieve.bodies) };
}

async function bytesOf(source: Buffer, { kept, mail }: Sieved, index: number): Promise<Buffer> {
	async function* read(start: number, end: number): AsyncGenerator<Buffer> {
		// In windows that do not end where groups of four do.
		for (let from = start; from < end; from += 100_001)
			yield await Promise.resolve(source.subarray(from, Math.min(end, from + 100_001)));
	}
	const onServer = { length: source.length, read };
	const content = mail?.attachments[index]?.content;
	if (!content) throw new Error('no such file');
	const pieces: Buffer[] = [];
	for await (const piece of attachmentStream({ source: kept, onServer }, content))
		pieces.push(piece as Buffer);
	return Buffer.concat(pieces);
}

describe('a mail whose large files are left on the server', () => {
	test.each([
		['CRLF, windows of a megabyte', '\r\n', 1024 * 1024],
		['LF, odd pieces', '\n', 70_001],
		['CRLF, small pieces', '\r\n', 1_000],
	])('is read like the whole one: %s', async (_name, eol, pieceBytes) => {
		const small = randomBytes(3_000);
		const parts = [FILE, small, FILE.subarray(1)].map((bytes) => part(base64(bytes, eol), eol));
		const source = mail(parts, eol);
		const sieved = sieve(source, pieceBytes);
		expect(sieved.kept.length).toBeLessThan(8_000);
		const whole = readMail(source);
		const plain = (file: object | undefined) => ({ ...file, content: null });
		expect(sieved.mail?.attachments.map(plain)).toEqual(whole.attachments.map(plain));
		expect({ ...sieved.mail, attachments: [] }).toEqual({ ...whole, attachments: [] });
		for (const [index, bytes] of [FILE, small, FILE.subarray(1)].entries()) {
			const read = await bytesOf(source, sieved, index);
			expect(read.equals(bytes)).toBe(true);
			expect(createHash('sha256').update(read).digest('hex')).toBe(whole.attachments[index]?.checksum);
		}
	});

	test('that was cut at the limit of its size', async () => {
		const source = mail([part(base64(FILE, '\r\n'))]).subarray(0, -9_001);
		const sieved = sieve(source, 65_536);
		expect(sieved.mail?.attachments[0]).toMatchObject(
			(({ size, checksum }) => ({ size, checksum }))(
				readMail(source).attachments[0] ?? { size: 0, checksum: '' },
			),
		);
		expect(
			(await bytesOf(source, sieved, 0)).equals(FILE.subarray(0, sieved.mail?.attachments[0]?.size)),
		).toBe(true);
	});

	test.each([
		['a footer after the file', part(base64(FILE, '\r\n'), '\r\n', '\r\n-- \r\nA list\r\n')],
		['two files joined', part(base64(FILE, '\r\n') + '\r\n' + base64(FILE, '\r\n'))],
		['a text', part(base64(FILE, '\r\n'), '\r\n', '', 'text/plain')],
		['a text that looks like base64', `--b\r\nContent-Type: text/plain\r\n\r\n${base64(FILE, '\r\n')}\r\n`],
		['an attached mail', part(base64(FILE, '\r\n'), '\r\n', '', 'message/rfc822')],
		['a calendar', part(base64(FILE, '\r\n'), '\r\n', '', 'application/octet-stream; name=invite.ics')],
		['a winmail.dat', part(base64(FILE, '\r\n'), '\r\n', '', 'application/ms-tnef; name=winmail.dat')],
	])('is asked for as a whole when it is not just a file: %s', (_name, part) => {
		expect(sieve(mail([part]), 65_536).mail).toBeNull();
	});

	test('keeps a file that is not long, and what is no base64', () => {
		const text = `--b\r\nContent-Type: application/x-log\r\n\r\n${'a line of a log: 1\r\n'.repeat(100_000)}`;
		const source = mail([part(base64(FILE.subarray(0, 700_000), '\r\n')), text]);
		const { kept, mail: read } = sieve(source, 65_536);
		expect(kept.equals(source)).toBe(true);
		expect(read?.attachments.map(({ content }) => content.kind)).toEqual(['source', 'source']);
	});

	test('a file that is small once decoded is stored like the large ones', async () => {
		const source = mail([part(base64(Buffer.from('hello!'), '\r\n') + '\r\n'.repeat(LARGE_BODY_BYTES))]);
		const { kept, mail: read } = sieve(source, 65_536);
		const file = read?.attachments[0];
		expect(file).toMatchObject({ size: 6, content: { kind: 'server' } });
		const stored: string[] = [];
		const prepareBinaryData = async (content: AsyncIterable<Buffer>): Promise<object> => {
			for await (const piece of content) stored.push(String(piece));
			return {};
		};
		const onServer = {
			length: source.length,
			read: async function* (start: number, end: number) {
				yield await Promise.resolve(source.subarray(start, end));
			},
		};
		await storeFiles({ helpers: { prepareBinaryData } } as never, { source: kept, onServer }, [
			['attachment_0', file as ParsedAttachment],
		]);
		expect(stored.join('')).toBe('hello!');
	});
});

/** Files that are not what they are called, or that break. */
import { Readable } from 'node:stream';
import { compose, readMessage, type MailRequest } from '../../../nodes/mail/message/compose';
import { allParts, readMime, type MimePart } from '../../e2e/mime';

const BASE: MailRequest = { from: 'ada@example.test', to: 'bob@example.test', subject: 'Hello' };
const BYTES = Buffer.from(Array.from({ length: 256 }, (_none, byte) => byte));
const file = (content: Buffer | Readable, mimeType = 'image/png') => ({
	fileName: 'file.bin',
	mimeType,
	reference: null,
	open: async () => await Promise.resolve(content),
});

async function parts(changes: Partial<MailRequest>): Promise<MimePart[]> {
	return allParts(readMime(await readMessage(await compose({ ...BASE, ...changes }))));
}

test('a file that is called a multipart arrives as it is', async () => {
	const content = Buffer.from('--b\n\n\0\xff no parts\n--b--\n', 'latin1');
	const attachments = [file(content, 'multipart/mixed; boundary=b')];
	const part = (await parts({ text: 'x', attachments })).at(-1);
	expect(part?.type).toBe('application/octet-stream');
	expect(part?.content.equals(content)).toBe(true);
});

test.each([
	[
		'text/calendar; method=REQUEST; charset="utf-8"; name=x',
		/^text\/calendar; method=REQUEST; charset=utf-8; name=/,
	],
	['text/plain;charset=iso-8859-1', /^text\/plain; charset=iso-8859-1; name=/],
	['text/plain; charset="x\r\nX-Evil: 1"', /^text\/plain; name=/],
])('of a file of the type %j stays what says how to read the file', async (type, header) => {
	const part = (await parts({ text: 'x', attachments: [file(BYTES, type)] })).at(-1);
	expect(part?.headers['content-type']).toMatch(header);
	expect(part?.content.equals(BYTES)).toBe(true);
});

test('a mail as a file goes unencoded, and the envelope says that it may have any byte', async () => {
	const eml = Buffer.from('Subject: x\r\n\r\nGrüße\r\n');
	const mail = await compose({ ...BASE, text: 'x', attachments: [file(eml, 'message/rfc822')] });
	expect(mail.envelope.eightBit).toBe(true);
	expect((await readMessage(mail)).includes(eml.toString().trim())).toBe(true);
	expect((await compose({ ...BASE, text: 'Grüße' })).envelope).not.toHaveProperty('eightBit');
});

test('a file that breaks while another is opened breaks the message, and not the process', async () => {
	const stream = new Readable({ read: () => undefined });
	const slow = {
		...file(BYTES),
		open: async () => {
			stream.destroy(new Error('disk is gone'));
			await new Promise((resolve) => setTimeout(resolve, 20));
			return BYTES;
		},
	};
	const mail = await compose({ ...BASE, attachments: [file(stream), slow] });
	await expect(mail.open()).rejects.toMatchObject({
		code: 'MESSAGE',
		message: expect.stringContaining('disk is gone'),
	});
});

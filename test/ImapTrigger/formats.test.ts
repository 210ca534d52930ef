/** Attachment modes, limits and names; inline rules; the format "eml"; what happens to mail that cannot be read. */
import type { IBinaryData } from 'n8n-workflow';
import type { Readable } from 'node:stream';
import { INLINE_MAX_TOTAL_BYTES } from '../../nodes/bridge/attachments';
import { INLINE_MAX_BYTES } from '../../nodes/bridge/binary';
import {
	DEFAULT_ITEM_SETTINGS,
	readItemSettings,
	type ItemSettings,
} from '../../nodes/bridge/formats/itemSettings';
import { toItem } from '../../nodes/bridge/formats/item';
import type { MessageItem } from '../../nodes/bridge/formats/item';
import { readMail } from '../../nodes/mail/message/read/readMail';
import { unparsedMail } from '../../nodes/mail/message/unparsed';
import { composed, head, html, part, plain } from '../makeCorpus/build';

const file = (name: string, type: string, bytes: Buffer, ...more: [string, string][]) =>
	part(
		type,
		bytes.toString('base64').replace(/.{76}/g, '$&\r\n'),
		['Content-Transfer-Encoding', 'base64'],
		['Content-Disposition', `attachment; filename="${name}"`],
		...more,
	);
const MAIL = composed(head('Files'), 'mixed', [
	plain('Text'),
	html('<img src="cid:logo@x">'),
	file('logo.png', 'image/png', Buffer.from('logo'), ['Content-ID', '<logo@x>']),
	file('invoice 1.pdf', 'application/pdf', Buffer.alloc(2_000, 1)),
	file('notes.txt', 'text/plain', Buffer.from('notes')),
]);

interface Stored {
	name: string | undefined;
	mimeType: string | undefined;
	streamed: boolean;
	bytes: number;
}

/** n8n's storage, as far as it is used. */
function storage() {
	const stored: Stored[] = [];
	const prepareBinaryData = async (content: Buffer | Readable, name?: string, mimeType?: string) => {
		let bytes = 0;
		if (Buffer.isBuffer(content)) bytes = content.length;
		else for await (const piece of content) bytes += (piece as Buffer).length;
		stored.push({ name, mimeType, streamed: !Buffer.isBuffer(content), bytes });
		return { id: `stored:${stored.length}`, data: 'filesystem' } as unknown as IBinaryData;
	};
	return { stored, context: { helpers: { prepareBinaryData } as never } };
}

const received = (source: Buffer, mail = readMail(source)) => ({
	uid: 7,
	uidValidity: '1',
	mailbox: 'INBOX',
	flags: ['\\Seen'],
	size: source.length,
	receivedAt: new Date(0),
	source,
	truncated: false,
	mail,
});

async function item(source: Buffer, settings: Partial<ItemSettings>) {
	const { stored, context } = storage();
	const { json, binary = {} } = await toItem(
		context,
		received(source),
		{ ...DEFAULT_ITEM_SETTINGS, ...settings },
		1,
	);
	return { json: json as unknown as MessageItem, binary, stored };
}

const limits = DEFAULT_ITEM_SETTINGS.limits;
const brief = ({ attachments }: MessageItem) =>
	attachments.map(({ fileName, binaryProperty, skipped }) => [fileName, binaryProperty, skipped]);

test('none, details, download', async () => {
	const none = await item(MAIL, { attachmentMode: 'none' });
	expect([none.json.attachments, none.json.hasAttachments, none.binary]).toEqual([[], true, {}]);
	const details = await item(MAIL, { attachmentMode: 'details' });
	expect(brief(details.json)).toEqual([
		['logo.png', null, null],
		['invoice 1.pdf', null, null],
		['notes.txt', null, null],
	]);
	expect(details.binary).toEqual({});
	const download = await item(MAIL, { attachmentMode: 'download' });
	expect(Object.keys(download.binary)).toEqual(['attachment_0', 'attachment_1', 'attachment_2']);
	expect(download.binary['attachment_2']).toMatchObject({
		data: Buffer.from('notes').toString('base64'),
		mimeType: 'text/plain',
		fileName: 'notes.txt',
		fileExtension: 'txt',
	});
	expect(download.stored).toEqual([]);
});

test.each<[string, Partial<ItemSettings['limits']>, unknown[]]>([
	['names', { names: ['*.PDF'] }, ['name', null, 'name']],
	['types', { types: ['image/*', 'text/plain'] }, [null, 'type', null]],
	['size', { maxBytes: 1_000 }, [null, 'size', null]],
	['inline', { leaveOutInline: true }, ['inline', null, null]],
	['nothing', { maxBytes: 0 }, ['size', 'size', 'size']],
])('limit by %s: described, not downloaded, numbered without gaps', async (_name, limit, expected) => {
	const { json, binary } = await item(MAIL, {
		attachmentMode: 'download',
		limits: { ...limits, ...limit },
		prefix: 'f',
	});
	expect(json.attachments.map(({ skipped }) => skipped)).toEqual(expected);
	const kept = json.attachments.filter(({ skipped }) => skipped === null);
	expect(kept.map(({ binaryProperty }) => binaryProperty)).toEqual(kept.map((_, index) => `f${index}`));
	expect(Object.keys(binary)).toEqual(kept.map((_, index) => `f${index}`));
});

test.each([
	['shown', [true, false, false]],
	['declared', [false, false, false]],
	['never', [false, false, false]],
] as const)('inline rule %s', async (inlineRule, expected) => {
	const { json } = await item(MAIL, { inlineRule });
	expect(json.attachments.map(({ inline }) => inline)).toEqual(expected);
});

test('large files are streamed to the storage, small ones travel inside the item until they are too many', async () => {
	const large = Buffer.alloc(INLINE_MAX_BYTES + 1, 7);
	const almost = Buffer.alloc(INLINE_MAX_BYTES, 8);
	const count = INLINE_MAX_TOTAL_BYTES / INLINE_MAX_BYTES;
	const files = [large, ...Array.from({ length: count + 1 }, () => almost)];
	const source = composed(
		head('Large'),
		'mixed',
		files.map((bytes, index) => file(`${index}.bin`, 'application/x-own', bytes)),
	);
	const { binary, stored } = await item(source, { attachmentMode: 'download' });
	expect(stored).toEqual([
		{ name: '0.bin', mimeType: 'application/x-own', streamed: true, bytes: large.length },
		{ name: `${count + 1}.bin`, mimeType: 'application/x-own', streamed: true, bytes: almost.length },
	]);
	const inside = Object.values(binary).filter(({ id }) => id === undefined);
	expect(inside).toHaveLength(count);
	expect(Buffer.from(inside[0]!.data, 'base64').equals(almost)).toBe(true);
});

test('eml: the source as it came, and what is needed to decide about it', async () => {
	const { json, binary } = await item(MAIL, { format: 'eml' });
	expect(json).toMatchObject({ uid: 7, subject: 'Files', messageId: '<m1@sender.example>', attempt: 1 });
	expect(Buffer.from(binary['message']!.data, 'base64').equals(MAIL)).toBe(true);
});

test.each(['message', 'simple', 'resolved'] as const)(
	'mail that cannot be read, as %s: reason and source',
	async (format) => {
		const { context } = storage();
		const settings = { ...DEFAULT_ITEM_SETTINGS, format };
		const { json, binary } = await toItem(
			context,
			received(MAIL, unparsedMail(MAIL, 'Too hard.')),
			settings,
			2,
		);
		expect(json).toMatchObject({ parseError: 'Too hard.', attempt: 2, headers: { subject: ['Files'] } });
		expect(Buffer.from(binary!['source']!.data, 'base64').equals(MAIL)).toBe(true);
	},
);

describe('reading the parameters', () => {
	const read = (values: Record<string, unknown>, trusted: unknown = '') =>
		readItemSettings(
			{
				getNodeParameter: (name: string, fallback: unknown) => values[name] ?? fallback,
				getNode: () => ({ name: 'IMAP Trigger' }),
			} as never,
			trusted,
		);

	test('nothing set', () => {
		expect(read({})).toEqual(DEFAULT_ITEM_SETTINGS);
	});

	test('lists, sizes, and what resolved implies', () => {
		const attachmentOptions = {
			names: ' *.pdf , a* ',
			types: 'image/*',
			maxSize: 2,
			leaveOutInline: true,
			prefix: ' p_ ',
		};
		expect(read({ format: 'resolved', attachmentOptions }, 'mx.a.example, mx.b.example')).toEqual({
			format: 'resolved',
			attachmentMode: 'download',
			limits: { names: ['*.pdf', 'a*'], types: ['image/*'], maxBytes: 2 * 1024 * 1024, leaveOutInline: true },
			inlineRule: 'shown',
			prefix: 'p_',
			trustedServers: ['mx.a.example', 'mx.b.example'],
		});
	});

	test('a size that is none is named', () => {
		expect(() => read({ attachmentOptions: { maxSize: 'big' } })).toThrow(
			'"Maximum Size" has to be a number from 0 up, not "big".',
		);
	});
});

/** @jest-environment ./test/engine/jestEnvironment.js */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';
import { itemsOf, type ExecutionRecord } from '../engine';
import { setConstants } from './built';
import { mail, NODE, Rig, subjects } from './rig';

jest.setTimeout(40_000);

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

interface File {
	name: string;
	type?: string;
	content: Buffer;
	/** Shown in the HTML by this Content-ID. */
	contentId?: string;
}

/** A message with files, as mail programs write it. */
function withFiles(subject: string, files: File[], html?: string): string {
	const part = ({ name, type = 'application/octet-stream', content, contentId }: File): string[] => [
		'--limit',
		`Content-Type: ${type}; name="${name}"`,
		`Content-Disposition: ${contentId === undefined ? 'attachment' : 'inline'}; filename="${name}"`,
		...(contentId === undefined ? [] : [`Content-ID: <${contentId}>`]),
		'Content-Transfer-Encoding: base64',
		'',
		content.toString('base64').replace(/.{76}/g, '$&\r\n'),
	];
	return [
		`Subject: ${subject}`,
		'From: ann@example.org',
		'MIME-Version: 1.0',
		`Content-Type: multipart/${html === undefined ? 'mixed' : 'related'}; boundary=limit`,
		'',
		'--limit',
		`Content-Type: text/${html === undefined ? 'plain' : 'html'}; charset=utf-8`,
		'',
		html ?? 'see the files',
		...files.flatMap(part),
		'--limit--',
		'',
	].join('\r\n');
}

function itemOf(execution: ExecutionRecord): INodeExecutionData | undefined {
	return itemsOf({ data: { resultData: { runData: execution.data } } } as never, NODE)[0];
}

/** The bytes behind a binary field, wherever n8n keeps them. */
function bytesOf(rig: Rig, item: INodeExecutionData | undefined, field: string): Buffer {
	const binary = item?.binary?.[field];
	if (!binary) throw new Error(`no binary field ${field}`);
	if (!binary.id) return Buffer.from(binary.data, 'base64');
	return readFileSync(path.join(rig.engine.binaryDir, binary.id.replace('filesystem-v2:', '')));
}

describe('attachments', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterAll(async () => await rig.stop());

	async function received(trigger: object, raw: string): Promise<INodeExecutionData | undefined> {
		const { user, wf } = await rig.live({ trigger: { ...trigger } });
		await rig.servers.deliver(user, raw);
		const execution = await wf.waitForExecution(undefined, 20_000);
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
		return itemOf(execution);
	}

	const pdf: File = { name: 'offer.pdf', type: 'application/pdf', content: randomBytes(3_000) };
	const image: File = { name: 'logo.png', type: 'image/png', content: randomBytes(800), contentId: 'logo@x' };
	const html = '<p>Hello <img src="cid:logo@x"></p>';

	test('"Details Only": names, types, sizes and checksums, no bytes', async () => {
		const item = await received({ attachmentMode: 'details' }, withFiles('details', [pdf, image], html));
		expect(item?.binary).toBeUndefined();
		expect(item?.json['hasAttachments']).toBe(true);
		expect(item?.json['attachments']).toEqual([
			expect.objectContaining({
				binaryProperty: null,
				fileName: 'offer.pdf',
				mimeType: 'application/pdf',
				size: 3_000,
				inline: false,
				checksum: createHash('sha256').update(pdf.content).digest('hex'),
			}),
			expect.objectContaining({
				binaryProperty: null,
				fileName: 'logo.png',
				contentId: 'logo@x',
				inline: true,
			}),
		]);
	});

	test('"None": nothing about them', async () => {
		const item = await received({ attachmentMode: 'none' }, withFiles('none', [pdf]));
		expect(item?.binary).toBeUndefined();
		expect(item?.json['attachments']).toEqual([]);
	});

	test('"Download": attachment_0 and so on, byte for byte; only large ones go to n8n’s storage', async () => {
		const small: File = { name: 'small.bin', content: randomBytes(256 * KILOBYTE) };
		const large: File = { name: 'large.bin', content: randomBytes(256 * KILOBYTE + 1) };
		const empty: File = { name: 'empty.txt', type: 'text/plain', content: Buffer.alloc(0) };
		const item = await received({ attachmentMode: 'download' }, withFiles('files', [small, large, empty]));
		expect(Object.keys(item?.binary ?? {})).toEqual(['attachment_0', 'attachment_1', 'attachment_2']);
		for (const [index, file] of [small, large, empty].entries()) {
			expect(bytesOf(rig, item, `attachment_${index}`).equals(file.content)).toBe(true);
			expect(item?.binary?.[`attachment_${index}`]?.fileName).toBe(file.name);
		}
		expect(item?.binary?.['attachment_0']?.id).toBeUndefined();
		expect(item?.binary?.['attachment_1']?.id).toMatch(/^filesystem/);
		const named = item?.json['attachments'] as Array<{ binaryProperty: string }>;
		expect(named.map(({ binaryProperty }) => binaryProperty)).toEqual(Object.keys(item?.binary ?? {}));
	});

	test.each([
		{ given: '../../etc/passwd', never: /\.\.|\// },
		{ given: 'C:\\Windows\\system32\\evil.exe', never: /[\\:]/ },
		{ given: 'line\tbreak\u0007.txt', never: /[\u0000-\u001f]/ },
		{ given: '', never: /^$/ },
	])('a file called $given gets a name that is safe', async ({ given, never }) => {
		const item = await received(
			{ attachmentMode: 'download' },
			withFiles('names', [{ name: given, content: Buffer.from('x') }]),
		);
		const fileName = item?.binary?.['attachment_0']?.fileName ?? '';
		expect(fileName).not.toMatch(never);
		expect(fileName.length).toBeGreaterThan(0);
	});

	test('a message over the limit is cut and says so; one below it is whole', async () => {
		const trigger = { attachmentMode: 'details', options: { maxMessageSize: 1 } };
		const content = randomBytes(2 * MEGABYTE);
		const cut = await received(trigger, withFiles('too long', [{ name: 'big.bin', content }]));
		expect(cut?.json).toMatchObject({ subject: 'too long', truncated: true });
		expect(cut?.json['size']).toBeGreaterThan(2 * MEGABYTE);
		const whole = await received(
			trigger,
			withFiles('fits', [{ name: 'ok.bin', content: content.subarray(0, 600_000) }]),
		);
		expect(whole?.json).toMatchObject({ subject: 'fits', truncated: false });
	});

	test('a large message is whole although it comes in windows', async () => {
		const content = randomBytes(5 * MEGABYTE);
		const item = await received(
			{ attachmentMode: 'download' },
			withFiles('5 MB', [{ name: 'big.bin', content }]),
		);
		expect(bytesOf(rig, item, 'attachment_0').equals(content)).toBe(true);
	});

	describe('in a message too large to be kept', () => {
		const content = randomBytes(9 * MEGABYTE);
		const small = randomBytes(2_000);
		const raw = withFiles('9 MB', [
			{ name: 'big.bin', content },
			{ name: 'small.bin', content: small },
		]);
		const windows = () => rig.servers.imap.commands.filter((text) => text.includes('BODY.PEEK[]<')).length;

		test('are read from the server when they are stored, and only then', async () => {
			const item = await received({ attachmentMode: 'download' }, raw);
			expect(bytesOf(rig, item, 'attachment_0').equals(content)).toBe(true);
			expect(bytesOf(rig, item, 'attachment_1').equals(small)).toBe(true);
			expect(item?.json['attachments']).toEqual([
				expect.objectContaining({
					size: content.length,
					checksum: createHash('sha256').update(content).digest('hex'),
				}),
				expect.objectContaining({ size: small.length }),
			]);
			const before = windows();
			await received({ attachmentMode: 'details' }, raw);
			// Thirteen megabytes in windows of one, once; the first window is half of one.
			expect(windows() - before).toBeLessThanOrEqual(14);
		});

		test.each(['eml', 'simple', 'resolved'])('come in the format "%s" too', async (format) => {
			const item = await received({ format, attachmentMode: 'download' }, raw);
			const [field, whole] = format === 'eml' ? ['message', Buffer.from(raw)] : ['attachment_0', content];
			expect(bytesOf(rig, item, field).equals(whole)).toBe(true);
		});

		test.each([15, 20])('are asked for again when the line breaks at window %i', async (broken) => {
			const { user, wf } = await rig.live({ trigger: { attachmentMode: 'download' } });
			let count = 0;
			rig.servers.imap.faults.onCommand = ({ text }) =>
				text.includes('BODY.PEEK[]<') && ++count === broken ? 'reset' : undefined;
			await rig.servers.deliver(user, raw);
			await rig.servers.deliver(user, mail('next'));
			const runs = [
				await wf.waitForExecution(undefined, 30_000),
				await wf.waitForExecution(undefined, 30_000),
			];
			expect(runs.flatMap(subjects).sort()).toEqual(['9 MB', 'next']);
			const large = runs.map(itemOf).find((item) => item?.json['subject'] === '9 MB');
			expect(bytesOf(rig, large, 'attachment_0').equals(content)).toBe(true);
			expect(count).toBeGreaterThan(broken);
			await rig.untilFlags(user, ['\\Seen'], 0);
			await rig.untilFlags(user, ['\\Seen'], 1);
			expect(wf.executions()).toHaveLength(2);
			await wf.deactivate();
			delete rig.servers.imap.faults.onCommand;
		});
	});

	test.each([
		{
			what: 'far too many parts',
			raw: [
				'Subject: poison',
				'Content-Type: multipart/mixed; boundary=b',
				'',
				...Array.from({ length: 1_100 }, () => '--b\r\nContent-Type: text/plain\r\n\r\nx'),
				'--b--',
				'',
			].join('\r\n'),
		},
		{
			what: 'parts nested far too deep',
			raw:
				'Subject: poison\r\n' +
				Array.from(
					{ length: 600 },
					(_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
				).join(''),
		},
		{ what: 'nothing but bytes', raw: randomBytes(3_000).toString('latin1') },
		{ what: 'nothing at all', raw: '' },
	])('a mail with $what still starts the workflow, and the next one flows', async ({ what, raw }) => {
		const { user, wf } = await rig.live();
		await rig.servers.deliver(user, raw);
		await rig.servers.deliver(user, mail('healthy'));
		const runs = [await wf.waitForExecution(undefined, 30_000), await wf.waitForExecution(undefined, 30_000)];
		expect(runs.map(({ status }) => status)).toEqual(['success', 'success']);
		expect(runs.flatMap(subjects)).toContain('healthy');
		const poison = runs.map(itemOf).find((item) => item?.json['subject'] !== 'healthy');
		expect(poison?.json['uid']).toBe(1);
		if (what === 'far too many parts')
			expect(poison?.json).toMatchObject({ subject: 'poison', warnings: [expect.stringContaining('parts')] });
		await rig.untilFlags(user, ['\\Seen'], 0);
		await rig.untilFlags(user, ['\\Seen'], 1);
		await wf.deactivate();
	});
});

describe('a mail whose reading has to be stopped', () => {
	let rig: Rig;
	let restore: () => void;
	beforeAll(async () => {
		rig = await Rig.start();
		restore = setConstants('nodes/mail/message/parsePool', { DEADLINE_MS: 1 });
	});
	afterAll(async () => {
		restore();
		await rig.stop();
	});

	test('is an item with its header, its source and the reason; it counts as received', async () => {
		const { user, wf } = await rig.live();
		const raw = mail('unreadable', { headers: ['X-Own: kept'] });
		await rig.servers.deliver(user, raw);
		const item = itemOf(await wf.waitForExecution());
		expect(item?.json).toMatchObject({
			uid: 1,
			subject: 'unreadable',
			headers: { 'x-own': ['kept'] },
			text: '',
			parseError: expect.stringContaining('was stopped') as string,
		});
		expect(Object.keys(item?.binary ?? {})).toEqual(['source']);
		expect(item?.binary?.['source']).toMatchObject({ fileName: 'message.eml', mimeType: 'message/rfc822' });
		expect(bytesOf(rig, item, 'source').toString()).toBe(raw);
		await rig.untilFlags(user, ['\\Seen']);
		await rig.deliver(user, 'the next');
		expect(subjects(await wf.waitForExecution())).toEqual(['the next']);
		await wf.deactivate();
	});
});

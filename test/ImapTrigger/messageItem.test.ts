/** The item is what its documents say: the schema, the table, the example, and what the editor is shown. */
import fs from 'node:fs';
import path from 'node:path';
import { DEFAULT_ITEM_SETTINGS } from '../../nodes/bridge/formats/itemSettings';
import { messageItem } from '../../nodes/bridge/formats/message';
import type { ReceivedMessage } from '../../nodes/mail/message/parsed';
import { readMail } from '../../nodes/mail/message/read/readMail';
import { unparsedMail } from '../../nodes/mail/message/unparsed';
import { corpusMails } from '../fuzz/fuzz';
import { documents, exampleItem, ROOT } from '../makeDocs/documents';
import { messageSchema, misfits } from '../makeDocs/schema';

const schema = messageSchema();
/** Without what Prettier decides. */
const words = (text: string) => text.replace(/[\s|-]+/g, '');

function received(source: Buffer, mail: ReceivedMessage['mail']): ReceivedMessage {
	const place = { uid: 1, uidValidity: null, mailbox: 'INBOX', flags: [], receivedAt: null };
	return { ...place, size: source.length, source, truncated: false, mail };
}

async function jsonOf(message: ReceivedMessage): Promise<unknown> {
	const helpers = { prepareBinaryData: async () => ({}) } as never;
	const { json } = await messageItem({ helpers }, message, DEFAULT_ITEM_SETTINGS, 1);
	return JSON.parse(JSON.stringify(json));
}

test('documents and editor schema are up to date (npm run docs)', async () => {
	for (const [file, content] of await documents())
		expect([file, words(fs.readFileSync(path.join(ROOT, file), 'utf8'))]).toEqual([file, words(content)]);
});

test('every field is explained or names itself, and none may be missing', () => {
	expect(Object.keys(schema.properties ?? {}).length).toBeGreaterThan(40);
	expect(schema.required).toEqual(Object.keys(schema.properties ?? {}));
	expect(schema.additionalProperties).toBe(false);
});

test('the example fits the schema', async () => {
	expect(misfits(await exampleItem(), schema)).toEqual([]);
});

test('the item of every mail of the corpus fits the schema, keys and all', async () => {
	for (const source of corpusMails())
		expect(misfits(await jsonOf(received(source, readMail(source))), schema)).toEqual([]);
});

test('so does that of a mail that cannot be read', async () => {
	const source = Buffer.from('Subject: =?x\r\nFrom: a@b.c\r\n\r\nx');
	const json = await jsonOf(received(source, unparsedMail(source, 'Because.')));
	expect(misfits(json, schema)).toEqual([]);
	expect(json).toMatchObject({ parseError: 'Because.', subject: '=?x', headers: { from: ['a@b.c'] } });
});

test('a misfit is found', () => {
	expect(misfits({ id: 1 }, schema)).toEqual(
		expect.arrayContaining(['item.id is number, not string', 'item.uid is missing']),
	);
	expect(misfits({ surprise: 1 }, schema)).toEqual(
		expect.arrayContaining(['item.surprise is not in the schema']),
	);
});

/** The examples that use the IMAP node: each of its nodes runs on a mailbox and does what its name says. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import type { WorkflowJson } from '../engine';
import { inMailbox, messageId, raw, Rig } from './rig';

const FOLDER = path.resolve(__dirname, '../../examples');
const TYPE = 'n8n-nodes-mailroom.imap';

jest.setTimeout(60_000);

let rig: Rig;
beforeAll(async () => (rig = await Rig.start('embedded', 10)));
afterAll(async () => await rig.stop());

const files = readdirSync(FOLDER).filter((file) =>
	readFileSync(path.join(FOLDER, file), 'utf8').includes(`"${TYPE}"`),
);

test('there are two', () => expect(files).toEqual(['archive-old-newsletters.json', 'file-invoices.json']));

function nodesOf(file: string): INode[] {
	const example = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as WorkflowJson;
	expect(JSON.stringify(example)).not.toContain('credentials');
	const known = new Set(example.nodes.map(({ name }) => name));
	for (const [from, { main }] of Object.entries(example.connections ?? {})) {
		const targets = main!.flatMap((output) => output ?? []).map(({ node }) => node);
		expect([from, ...targets].every((name) => known.has(name))).toBe(true);
	}
	return example.nodes.filter(({ type }) => type === TYPE) as INode[];
}

test('file invoices: the PDF is there, the mail is filed, the other is tagged', async () => {
	const account = await rig.account('other');
	const pdf = Buffer.from('%PDF').toString('base64');
	const head = [
		'MIME-Version: 1.0',
		'Content-Type: application/pdf; name=a.pdf',
		'Content-Transfer-Encoding: base64',
	];
	await account.append('INBOX', raw('invoice', head, pdf));
	const [download, file, tag] = nodesOf('file-invoices.json').map(
		({ parameters }) => parameters as IDataObject,
	);
	const downloaded = await account.run(download!, [{ id: messageId('invoice') }]);
	expect(Object.values(downloaded.items[0]!.binary ?? {})).toMatchObject([{ fileName: 'a.pdf', data: pdf }]);
	const filed = await account.run(file!, [downloaded.json[0]!]);
	expect(filed.json[0]).toMatchObject({ mailbox: 'Invoices', messageId: messageId('invoice') });
	expect((await account.run(tag!, [{ id: messageId('other') }])).json[0]!['flags']).toEqual(['Sorted']);
	const after = await account.everything();
	expect([inMailbox(after, 'INBOX'), inMailbox(after, 'Invoices')]).toEqual([['other'], ['invoice']]);
});

test('archive old newsletters: the old ones and no others', async () => {
	const account = await rig.account('old person');
	const list = ['List-Unsubscribe: <mailto:x@example.org>'];
	const mailbox = rig.place.embedded!.mailbox(account.user);
	mailbox.add({ raw: raw('old news', list), internalDate: new Date(Date.now() - 30 * 86_400_000) });
	mailbox.add({ raw: raw('fresh news', list) });
	const [find, archive] = nodesOf('archive-old-newsletters.json').map(
		({ parameters }) => parameters as IDataObject,
	);
	const found = await account.run(find!);
	expect(found.json.map(({ subject }) => subject)).toEqual(['old news']);
	expect((await account.run(archive!, found.json)).error).toBeUndefined();
	const after = await account.everything();
	expect([inMailbox(after, 'INBOX'), inMailbox(after, 'Archive')]).toEqual([
		['old-person', 'fresh-news'],
		['old-news'],
	]);
});

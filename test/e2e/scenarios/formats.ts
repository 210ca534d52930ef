/** The formats "simple" and "resolved" beside n8n's own trigger, on the same mails, in the same n8n. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from '../../servers';
import type { BinaryFile, Item } from '../restClient';
import type { Account, Rig } from '../rig';
import { chain, imapTrigger, node, noOp, type CredentialRef } from '../workflows';
import type { Figure } from './scenario';

const CORPUS = path.join(__dirname, '../../corpus');
/** One of each kind that people have; mail that the two parsers read differently on purpose is in docs/migrate.md. */
const MAILS = [
	'structure/plain',
	'structure/html-only',
	'structure/alternative',
	'structure/alternative-in-mixed',
	'structure/related-in-alternative',
	'attachments/only-a-file',
	'attachments/file-without-disposition',
	'attachments/smime-signed',
	'charsets/gb18030-base64',
	'charsets/iso-8859-1-quoted-printable',
	'charsets/utf-8-base64',
	'replies/text-thunderbird-english',
	'automatic/mailing-list',
];
const TIMEOUT_MS = 60_000;

export async function sameAsN8nsOwn(rig: Rig): Promise<Figure> {
	const account = await rig.account('formats');
	const own = await rig.rest.createCredential({
		name: 'formats (n8n)',
		type: 'imap',
		data: {
			user: account.user,
			password: account.password,
			host: account.data['imapHost'],
			port: account.data['imapPort'],
			secure: true,
			allowUnauthorizedCerts: false,
		},
	});
	const pairs = await Promise.all([
		startPair(rig, account, own, 'resolved', {}),
		startPair(rig, account, own, 'simple', { downloadAttachments: true }),
	]);
	const mails = MAILS.map((name) => fs.readFileSync(path.join(CORPUS, `${name}.eml`)));
	await rig.dovecot.deliver(account.user, mails);
	for (const { format, theirs, ours } of pairs) {
		const expected = await itemsOf(rig, theirs);
		const given = await itemsOf(rig, ours);
		for (const [index, name] of MAILS.entries())
			await assertSame(rig, `${format}, ${name}`, given[index]!, expected[index]!);
	}
	return `${MAILS.length} mails in 2 formats`;
}

async function startPair(
	rig: Rig,
	account: Account,
	own: CredentialRef,
	format: 'resolved' | 'simple',
	more: Record<string, unknown>,
): Promise<{ format: string; theirs: string; ours: string }> {
	const parameters = { format, postProcessAction: 'nothing', options: {}, ...more };
	const builtIn = {
		...node('Email Trigger (IMAP)', 'n8n-nodes-base.emailReadImap', parameters, 2.2),
		credentials: { imap: own },
	};
	const mine = imapTrigger(account.credential, { format, attachmentMode: 'download', onSuccess: {} });
	return {
		format,
		theirs: await rig.publish(chain(`${format}, n8n's own`, [builtIn, noOp()])),
		ours: await rig.publish(chain(`${format}, ours`, [mine, noOp()])),
	};
}

/** All items of all runs, in the order of the mailbox; n8n's own node gives several in one run. */
async function itemsOf(rig: Rig, workflowId: string): Promise<Item[]> {
	let items: Item[] = [];
	await eventually(TIMEOUT_MS, `${MAILS.length} items`, async () => {
		items = [];
		for (const { id } of await rig.rest.executions({ workflowId })) {
			const { data } = await rig.rest.execution(id);
			items.push(...(data.resultData.runData['Next']?.[0]?.data?.main?.[0] ?? []));
		}
		return items.length === MAILS.length;
	});
	return items.sort((a, b) => uidOf(a) - uidOf(b));
}

function uidOf({ json }: Item): number {
	return (json['attributes'] as { uid: number }).uid;
}

async function assertSame(rig: Rig, what: string, given: Item, expected: Item): Promise<void> {
	assert.deepEqual(given.json, expected.json, what);
	const files = async (binary: Record<string, BinaryFile> = {}) =>
		await Promise.all(
			Object.entries(binary).map(async ([name, file]) => [
				name,
				file.mimeType,
				(await rig.rest.binary(file)).toString('base64'),
			]),
		);
	assert.deepEqual(await files(given.binary), await files(expected.binary), `${what}: files`);
}

/** Where mailboxes are labels of one store, and where the server knows conversations by itself. */
import { inMailbox, messageId, raw, Rig, without, type Account } from './rig';

jest.setTimeout(60_000);

const GMAIL = ['UIDPLUS', 'MOVE', 'SPECIAL-USE', 'IDLE', 'NAMESPACE', 'X-GM-EXT-1'];
const ALL_MAIL = '[Gmail]/All Mail';

async function withRig(capabilities: string[], work: (rig: Rig, account: Account) => Promise<void>) {
	const rig = await Rig.start('embedded', 1, capabilities);
	try {
		const account = await rig.account('one', 'two', 'three');
		await work(rig, account);
	} finally {
		await rig.stop();
	}
}

async function atGmail(work: (rig: Rig, account: Account) => Promise<void>): Promise<void> {
	await withRig(GMAIL, async (rig, account) => {
		await account.client(async (client) => await client.mailboxDelete('Archive'));
		rig.place.embedded!.createMailbox(account.user, ALL_MAIL, '\\All');
		await work(rig, account);
	});
}

describe('Gmail', () => {
	test('archive: to where all mail is', async () => {
		await atGmail(async (_rig, account) => {
			const ran = await account.run({ operation: 'archive', message: messageId('two') });
			expect(ran.json[0]).toMatchObject({ mailbox: ALL_MAIL, changed: true });
			const after = await account.everything();
			expect(inMailbox(after, ALL_MAIL)).toEqual(['two']);
			expect(inMailbox(after, 'INBOX')).toEqual(['one', 'three']);
			const mailbox = { resource: 'mailbox', operation: 'empty', emptied: '\\Archive' };
			const emptied = await account.run({ ...mailbox, allowDelete: true, anyMailbox: true });
			expect(emptied.error?.message).toContain('no mailbox with the role \\Archive');
		});
	});

	test('delete for good: by way of the trash, and nothing else there', async () => {
		await atGmail(async (rig, account) => {
			await account.append('Trash', 'old');
			const before = await account.everything();
			const server = rig.place.embedded!.imap;
			server.commands.length = 0;
			const items = ['two', 'three'].map((name) => ({ id: messageId(name) }));
			const parameters = { operation: 'delete', message: '={{ $json.id }}', allowDelete: true };
			const ran = await account.run(parameters, items);
			expect(ran.json).toMatchObject([
				{ messageId: messageId('two'), id: null, changed: true },
				{ messageId: messageId('three'), id: null, changed: true },
			]);
			expect(server.commands.filter((line) => line.includes('UID MOVE'))).toHaveLength(1);
			expect(await account.everything()).toEqual(without(before, 'two', 'three'));
			const trashed = await account.run({ ...parameters, message: messageId('old') });
			expect(trashed.json[0]).toMatchObject({ changed: true });
			expect(inMailbox(await account.everything(), 'Trash')).toEqual([]);
		});
	});

	test('delete for good, refused in the trash: it is told where the mail is, and no other mail is touched', async () => {
		await atGmail(async (rig, account) => {
			const mailbox = rig.place.embedded!.mailbox(account.user);
			// The trash has messages with the UIDs that those of INBOX have.
			await account.append('Trash', ...Array.from({ length: 4 }, (_none, i) => `old ${i}`));
			// So many, and so scattered, that more than one command is needed.
			for (let i = 0; i < 600; i++) mailbox.add({ raw: raw(`m${i}`), uid: 100_000 + i * 3 });
			rig.place.embedded!.imap.faults.onCommand = ({ name }) =>
				name === 'UID EXPUNGE' ? { reply: '%TAG% NO [LIMIT] not now\r\n' } : undefined;
			const items = mailbox.messages.map(({ uid }) => ({ id: `INBOX/;UID=${uid}` }));
			const parameters = { operation: 'delete', message: '={{ $json.id }}', allowDelete: true };
			const ran = await account.run(parameters, items, { onError: 'continueRegularOutput' });
			expect(new Set(ran.json.map(({ error }) => error))).toEqual(
				new Set(['The message was moved to "Trash", but could not be deleted there for good.']),
			);
			expect(ran.json[0]!['description']).toContain('not now');
			const after = await account.everything();
			expect(inMailbox(after, 'INBOX')).toEqual([]);
			const inTrash = Object.values(after['Trash']!).map(({ messageId: id, flags }) => [id, flags.length]);
			expect(inTrash).toHaveLength(4 + items.length);
			expect(inTrash.slice(0, 4)).toEqual(
				Array.from({ length: 4 }, (_none, i) => [messageId(`old ${i}`), 0]),
			);
		});
	});
});

describe("the server's own conversations", () => {
	test.each([
		['Gmail', GMAIL, 'X-GM-THRID 1278455344230334865', 'X-GM-THRID "?1278455344230334865"?'],
		['OBJECTID', ['UIDPLUS', 'SPECIAL-USE', 'OBJECTID'], 'THREADID (Tabc)', 'THREADID "?Tabc"?'],
	])('get thread at %s: what the server says belongs together', async (name, capabilities, row, search) => {
		await withRig(capabilities, async (rig, account) => {
			const all = name === 'Gmail' ? ALL_MAIL : 'Sent';
			if (name === 'Gmail') rig.place.embedded!.createMailbox(account.user, ALL_MAIL, '\\All');
			// No References lead from one to the other.
			await account.append(all, 'two', 'answer', 'apart');
			await account.append('Drafts', 'unrelated');
			let selected = '';
			rig.place.embedded!.imap.faults.onCommand = ({ name: command, text }) => {
				if (/^(SELECT|EXAMINE)$/.test(command)) selected = text;
				if (/^UID FETCH 2 \(.*(X-GM-THRID|THREADID)/.test(text))
					return { reply: `* 2 FETCH (UID 2 ${row})\r\n%TAG% OK\r\n` };
				if (!new RegExp(`^UID SEARCH ${search}`).test(text)) return undefined;
				const uids = selected.includes('INBOX') ? '2' : selected.includes(all) ? '1 2' : '';
				return { reply: `* SEARCH ${uids}\r\n%TAG% OK\r\n` };
			};
			const ran = await account.run({ operation: 'getThread', message: 'INBOX/;UID=2' });
			expect(ran.error).toBeUndefined();
			expect(ran.json.map(({ messageId: id, mailbox }) => [id, mailbox])).toEqual([
				[messageId('two'), 'INBOX'],
				[messageId('answer'), all],
			]);
		});
	});
});

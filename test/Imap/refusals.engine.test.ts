/** What a server does not take or does not give. */
import { messageId, raw, Rig } from './rig';

jest.setTimeout(60_000);

const CAPABILITIES = ['UIDPLUS', 'MOVE', 'SPECIAL-USE', 'IDLE', 'NAMESPACE', 'APPENDLIMIT=2000'];

let rig: Rig;
beforeAll(async () => (rig = await Rig.start('embedded', 10, CAPABILITIES)));
afterEach(() => delete rig.place.embedded!.imap.faults.onCommand);
afterAll(async () => await rig.stop());

const DRAFT = { operation: 'append', appendTo: 'Drafts', fromEmail: 'me@example.org', subject: 'plan' };

test('append: a message that is too large for the server is no lost connection', async () => {
	const account = await rig.account();
	const ran = await account.run({ ...DRAFT, text: 'x'.repeat(5_000) });
	expect(ran.error?.message).toMatch(/the message is larger than it takes \(2000 bytes\)/);
	expect(rig.place.embedded!.messages(account.user, 'Drafts')).toEqual([]);
});

test('append: when the line breaks it is told that nobody knows, and where to look', async () => {
	const account = await rig.account();
	rig.place.embedded!.imap.faults.onCommand = ({ name }) => (name === 'APPEND' ? 'reset' : undefined);
	const ran = await account.run({ ...DRAFT, text: 'x' });
	expect(ran.error?.message).toMatch(/Whether the message is in "Drafts" now is not known/);
	expect(ran.error?.description).toMatch(/a second try puts another one there/);
});

test('get many: a message that the server lists but does not give is told in its place', async () => {
	const account = await rig.account('one', 'two', 'three');
	rig.place.embedded!.imap.faults.onCommand = ({ text }) =>
		/^UID FETCH 2\b|^UID FETCH 1:3/.test(text) ? { reply: '%TAG% NO [SERVERBUG] no\r\n' } : undefined;
	const ran = await account.run({ operation: 'getMany', mailbox: 'INBOX', format: 'message' });
	expect(ran.error).toBeUndefined();
	expect(ran.json.map(({ uid }) => uid)).toEqual([3, 2, 1]);
	expect(ran.json[1]!['parseError']).toMatch(/did not give its content/);
	expect(ran.json[2]).toMatchObject({ messageId: messageId('one'), parseError: null });
});

test('get many: one message that the server cannot describe does not hide the others', async () => {
	const account = await rig.account('one', 'two', 'three', 'four', 'five');
	rig.place.embedded!.imap.faults.onCommand = ({ name, text }) => {
		if (!/FETCH/.test(name) || !text.includes('BODYSTRUCTURE')) return undefined;
		const [, from = 0, to = from] = /FETCH (\d+)(?::(\d+))?/.exec(text) ?? [];
		const isIn = Number(from) <= 2 && Number(to) >= 2;
		return isIn ? { reply: '%TAG% NO [SERVERBUG] broken message\r\n' } : undefined;
	};
	for (const filters of [{}, { from: 'ann' }]) {
		const ran = await account.run({ operation: 'getMany', mailbox: 'INBOX', filters });
		expect(ran.error).toBeUndefined();
		expect(ran.json.map(({ subject }) => subject)).toEqual(['five', 'four', 'three', 'two', 'one']);
		expect(ran.json[3]).toMatchObject({ messageId: messageId('two'), attachments: [] });
	}
});

test('a read-only mailbox: nothing is changed, and the error says so', async () => {
	const account = await rig.account('one');
	const server = rig.place.embedded!.imap;
	server.faults.onResponse = (response) =>
		/PERMANENTFLAGS/.test(response.toString()) ? '* OK [PERMANENTFLAGS ()] Read-only\r\n' : response;
	server.faults.onCommand = ({ name }) =>
		/STORE|MOVE|EXPUNGE/.test(name) ? { reply: '%TAG% NO [READ-ONLY] Mailbox is read-only\r\n' } : undefined;
	try {
		const marked = await account.run({ operation: 'markRead', message: messageId('one') });
		expect(marked.error?.message).toMatch(/does not keep \\Seen in the mailbox "INBOX"/);
		expect(marked.error?.description).toContain('read-only');
		const moved = await account.run({ operation: 'archive', message: messageId('one') });
		expect(moved.error?.description).toContain('read-only');
	} finally {
		delete server.faults.onResponse;
	}
	expect(rig.place.embedded!.messages(account.user)).toMatchObject([{ uid: 1, flags: [], raw: raw('one') }]);
});

/**
 * Each operation on messages, with right, wrong and vanished targets, on several servers; and nothing touched that was
 * not named, by comparing everything there is before and after.
 */
import { describeWith } from '../servers';
import { inMailbox, messageId, PARTS, raw, Rig, without, type Account, type ServerKind } from './rig';

jest.setTimeout(120_000);

const MAILS = ['one', 'two', 'three', 'four'];

describe.each(['embedded', 'dovecot', 'cyrus', 'courier'] satisfies ServerKind[])('at %s', (kind) => {
	describeWith(PARTS[kind], 'messages', () => {
		let rig: Rig;
		beforeAll(async () => {
			rig = await Rig.start(kind);
		});
		afterAll(async () => await rig.stop());

		/** Runs an operation on "two", and says what else has changed. */
		async function onTwo(parameters: object, mailboxes: string[] = []) {
			const account = await rig.account(...MAILS);
			for (const mailbox of mailboxes) await account.append(mailbox);
			const id = await account.id('two');
			const before = await account.everything();
			const ran = await account.run({ resource: 'message', message: '={{ $json.id }}', ...parameters }, [
				{ id },
			]);
			const after = await account.everything();
			expect(without(after, 'two')).toEqual(without(before, 'two'));
			return { account, id, ran, before, after };
		}

		test('move: the new id names the message at its new place', async () => {
			const { account, id, ran, after } = await onTwo({ operation: 'move', destination: 'Done' }, ['Done']);
			expect(ran.error).toBeUndefined();
			expect(inMailbox(after, 'Done')).toEqual(['two']);
			expect(inMailbox(after, 'INBOX')).toEqual(['one', 'three', 'four']);
			const [moved] = ran.json;
			expect(moved).toMatchObject({
				messageId: messageId('two'),
				mailbox: rig.path('Done'),
				changed: true,
				previousMailbox: 'INBOX',
				warnings: [],
			});
			expect(moved!['id']).toBe(await account.id('two', 'Done'));
			expect(moved!['id']).not.toBe(id);
			expect(ran.items[0]!.pairedItem).toEqual({ item: 0 });
		});

		test('copy leaves the original', async () => {
			const { account, ran, after } = await onTwo({ operation: 'copy', destination: 'Done' }, ['Done']);
			expect(inMailbox(after, 'Done')).toEqual(['two']);
			expect(inMailbox(after, 'INBOX')).toEqual(MAILS);
			expect(ran.json[0]!['id']).toBe(await account.id('two', 'Done'));
		});

		test('a mailbox that is missing is made only when the node may', async () => {
			const missing = await onTwo({ operation: 'move', destination: 'New One' });
			expect(missing.ran.error?.message).toMatch(/^The mailbox ".*New One" does not exist\.$/);
			expect(missing.ran.error?.description).toMatch(/Create the Mailbox.*"INBOX"/);
			expect(missing.after).toEqual(missing.before);
			const made = await rig.account(...MAILS);
			const parameters = { operation: 'move', destination: 'New One', transferOptions: { create: true } };
			const ran = await made.run({ message: messageId('two'), ...parameters });
			expect(ran.error).toBeUndefined();
			expect(inMailbox(await made.everything(), 'New One')).toEqual(['two']);
		});

		test.each([
			['markRead', {}, ['\\Seen']],
			['addFlags', { flags: 'flagged, Invoice, $Todo' }, ['$Todo', 'Invoice', '\\Flagged']],
		])('%s, and back again', async (operation, parameters, flags) => {
			const { account, id, ran, before, after } = await onTwo({ operation, ...parameters });
			const uid = id.slice(id.lastIndexOf('=') + 1);
			expect(after['INBOX']![uid]!.flags).toEqual(flags);
			expect((ran.json[0]!['flags'] as string[]).filter((flag) => flag !== '\\Recent')).toEqual(flags);
			expect(ran.json[0]).toMatchObject({ id, changed: true });
			const again = await account.run({ operation, message: id, ...parameters });
			expect(again.json[0]).toMatchObject({ id, changed: false });
			const back = operation === 'markRead' ? 'markUnread' : 'removeFlags';
			expect((await account.run({ operation: back, message: id, ...parameters })).error).toBeUndefined();
			expect(await account.everything()).toEqual(before);
		});

		test.each([
			[
				'a UID with its mailbox',
				(id: string) => ({ message: id.split('UID=')[1]!, messageMailbox: 'INBOX' }),
			],
			['a Message-ID', () => ({ message: messageId('two') })],
			[
				'a Message-ID without brackets, in a mailbox',
				() => ({ message: 'two@example.org', messageMailbox: 'INBOX' }),
			],
			['an id without UIDVALIDITY', (id: string) => ({ message: id.replace(/;UIDVALIDITY=\d+/, '') })],
		])('%s names a message', async (_name, reference) => {
			const account = await rig.account(...MAILS);
			const id = await account.id('two');
			const lone = reference(id).message.split('UID=').at(-1)!;
			const target = _name.startsWith('a UID') ? { ...reference(id), message: lone } : reference(id);
			const ran = await account.run({ operation: 'markRead', ...target });
			expect(ran.error).toBeUndefined();
			expect(ran.json[0]).toMatchObject({ id, messageId: messageId('two') });
		});

		test('a stale id is refused, whatever message has that UID now', async () => {
			const account = await rig.account(...MAILS);
			const id = (await account.id('two')).replace(/UIDVALIDITY=\d+/, 'UIDVALIDITY=7');
			const before = await account.everything();
			for (const operation of ['move', 'copy', 'markRead', 'get', 'trash', 'addFlags']) {
				const ran = await account.run({ operation, message: id, destination: 'Archive', flags: 'X' });
				expect(ran.error?.message).toMatch(/renumbered the mailbox "INBOX".*Nothing was changed/);
				expect(ran.error?.description).toContain('Message-ID');
			}
			expect(await account.everything()).toEqual(before);
		});

		test.each([
			['', /"Message" is empty/],
			['nonsense', /does not name a message/],
			['17', /UID 17 alone/],
			['0', /0 is no UID/],
			['<nowhere@example.org>', /No mailbox of this account/],
			['Nowhere/;UID=1', /"Nowhere" does not exist/],
			['INBOX/;UID=4000000', /no longer in the mailbox "INBOX"/],
		])('%j: a sentence with a next step, and nothing touched', async (message, sentence) => {
			const account = await rig.account(...MAILS);
			const before = await account.everything();
			const ran = await account.run({ operation: 'move', message, destination: 'Archive' });
			expect(ran.error?.message).toMatch(sentence);
			expect(await account.everything()).toEqual(before);
		});

		test('many items, some of them wrong: each its own outcome, in the order of the items', async () => {
			const account = await rig.account(...MAILS);
			await account.append('Done');
			const items = [
				{ id: await account.id('four') },
				{ id: 'INBOX/;UID=999999' },
				{ id: messageId('one') },
				{ id: 'nonsense' },
				{ id: await account.id('two') },
			];
			const parameters = { operation: 'move', message: '={{ $json.id }}', destination: 'Done' };
			const ran = await account.run(parameters, items, { onError: 'continueRegularOutput' });
			expect(ran.json.map(({ messageId: id, error }) => id ?? error)).toEqual([
				messageId('four'),
				expect.stringContaining('no longer in the mailbox'),
				messageId('one'),
				expect.stringContaining('does not name a message'),
				messageId('two'),
			]);
			expect(ran.items.map(({ pairedItem }) => pairedItem)).toEqual(items.map((_item, item) => ({ item })));
			const after = await account.everything();
			expect(inMailbox(after, 'INBOX')).toEqual(['three']);
			expect(inMailbox(after, 'Done').sort()).toEqual(['four', 'one', 'two']);
			for (const { json } of ran.items.filter((item) => item.json['id']))
				expect(json['id']).toBe(await account.id(String(json['messageId']).slice(1, -13), 'Done'));
		});

		test('the error output has what failed, the other what went well', async () => {
			const account = await rig.account(...MAILS);
			const items = [{ id: 'INBOX/;UID=999999' }, { id: await account.id('two') }];
			const parameters = { operation: 'markRead', message: '={{ $json.id }}' };
			const ran = await account.run(parameters, items, { onError: 'continueErrorOutput' });
			expect(ran.json.map(({ messageId: id }) => id)).toEqual([messageId('two')]);
			expect(ran.errors.map(({ json }) => json)).toEqual([
				expect.objectContaining({
					error: expect.stringContaining('no longer in the mailbox') as string,
					details: { message: 'INBOX/;UID=999999' },
				}),
			]);
		});

		test('get: the whole message, as often as wanted, and still unread', async () => {
			const account = await rig.account(...MAILS);
			const before = await account.everything();
			const items = MAILS.map((subject) => ({ id: messageId(subject) }));
			const ran = await account.run({ operation: 'get', message: '={{ $json.id }}' }, [...items, ...items]);
			expect(ran.json.map(({ subject }) => subject)).toEqual([...MAILS, ...MAILS]);
			expect(ran.json[0]).toMatchObject({
				id: await account.id('one'),
				mailbox: 'INBOX',
				from: { address: 'ann@example.org', name: 'Ann Other' },
				text: expect.stringContaining('Text of one') as string,
			});
			const eml = await account.run({ operation: 'get', message: messageId('two'), format: 'eml' });
			const [file] = Object.values(eml.items[0]!.binary ?? {});
			expect(Buffer.from(file!.data, 'base64').toString()).toBe(raw('two').toString());
			expect(await account.everything()).toEqual(before);
		});

		test('get many: newest or oldest first, and by filter', async () => {
			const account = await rig.account(...MAILS);
			await account.append('Archive');
			const before = await account.everything();
			const subjects = async (parameters: object) => {
				const { json, error } = await account.run({ operation: 'getMany', mailbox: 'INBOX', ...parameters });
				expect(error).toBeUndefined();
				return json.map(({ subject }) => subject);
			};
			expect(await subjects({})).toEqual([...MAILS].reverse());
			expect(await subjects({ limit: 2 })).toEqual(['four', 'three']);
			expect(await subjects({ limit: 2, order: 'oldest' })).toEqual(['one', 'two']);
			expect(await subjects({ returnAll: true, order: 'oldest' })).toEqual(MAILS);
			expect(await subjects({ filters: { subject: 'o' } })).toEqual(['four', 'two', 'one']);
			expect(await subjects({ filters: { subject: 'o' }, limit: 1 })).toEqual(['four']);
			expect(await subjects({ filters: { subjectPattern: 't*' } })).toEqual(['three', 'two']);
			expect(await subjects({ filters: { subjectPattern: 't*', from: 'nobody' } })).toEqual([]);
			expect(await subjects({ format: 'message', limit: 3, filters: { from: 'ann' } })).toEqual([
				'four',
				'three',
				'two',
			]);
			expect(await subjects({ mailbox: 'Archive' })).toEqual([]);
			expect(await account.everything()).toEqual(before);
		});

		test('a summary: the same names and values as the whole item', async () => {
			const account = await rig.account(...MAILS);
			const [summary] = (await account.run({ operation: 'getMany', mailbox: 'INBOX', limit: 1 })).json;
			const [whole] = (await account.run({ operation: 'get', message: messageId('four') })).json;
			const { attachments: _files, flags: _flags, ...rest } = summary!;
			expect(whole).toMatchObject(rest);
			expect(summary).not.toHaveProperty('text');
		});

		const roles: [string, string][] = [
			['archive', 'Archive'],
			['trash', 'Trash'],
		];
		test.each(roles)(
			'%s goes where the server says, and twice is as good as once',
			async (operation, mailbox) => {
				const account: Account = await rig.account(...MAILS);
				await account.append(mailbox);
				const first = await account.run({ operation, message: messageId('two') });
				expect(first.error).toBeUndefined();
				const after = await account.everything();
				expect(inMailbox(after, mailbox)).toEqual(['two']);
				expect(inMailbox(after, 'INBOX')).toEqual(['one', 'three', 'four']);
				const second = await account.run({ operation, message: messageId('two') });
				expect(second.json[0]).toMatchObject({ id: first.json[0]!['id'], changed: false });
				expect(await account.everything()).toEqual(after);
			},
		);

		test('a Message-ID that two messages have is not guessed at', async () => {
			const account = await rig.account('one', 'two', 'two');
			const before = await account.everything();
			const ran = await account.run({ operation: 'trash', message: messageId('two') });
			expect(ran.error?.message).toContain('names 2 messages');
			expect(ran.error?.description).toContain(';UID=');
			expect(await account.everything()).toEqual(before);
		});
	});
});

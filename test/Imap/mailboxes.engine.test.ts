/** Each operation on mailboxes, with right and wrong targets, on several servers. */
import { describeWith } from '../servers';
import { inMailbox, PARTS, Rig, type ServerKind } from './rig';

jest.setTimeout(120_000);

describe.each(['embedded', 'dovecot', 'cyrus', 'courier'] satisfies ServerKind[])('at %s', (kind) => {
	describeWith(PARTS[kind], 'mailboxes', () => {
		let rig: Rig;
		beforeAll(async () => {
			rig = await Rig.start(kind);
		});
		afterAll(async () => await rig.stop());

		test('create, list, rename, subscribe, status, delete', async () => {
			const account = await rig.account('one', 'two');
			const run = async (operation: string, parameters: object) =>
				await account.run({ resource: 'mailbox', operation, ...parameters });
			const names = async () => (await run('getMany', {})).json.map(({ mailbox }) => mailbox);
			const [oldPath, newPath, parent] = [
				rig.path('Kunden', 'Größe'),
				rig.path('Kunden', 'Neu'),
				rig.path('Kunden'),
			];
			const created = await run('create', { newName: oldPath });
			expect(created.json).toEqual([{ mailbox: oldPath, changed: true }]);
			expect((await run('create', { newName: oldPath })).json[0]).toMatchObject({ changed: false });
			expect(await names()).toContain(oldPath);
			expect((await run('rename', { mailbox: oldPath, renameTo: newPath })).json[0]).toEqual({
				mailbox: newPath,
				previousMailbox: oldPath,
				changed: true,
			});
			expect(await names()).toContain(newPath);
			expect(await names()).not.toContain(oldPath);
			const listed = async () => (await run('getMany', {})).json.find(({ mailbox }) => mailbox === newPath);
			await run('unsubscribe', { mailbox: newPath });
			expect(await listed()).toMatchObject({ subscribed: false, name: 'Neu', parent, messages: 0 });
			await run('subscribe', { mailbox: newPath });
			expect(await listed()).toMatchObject({ subscribed: true });
			expect((await run('status', { mailbox: 'INBOX' })).json[0]).toMatchObject({
				mailbox: 'INBOX',
				messages: 2,
				unseen: 2,
				uidValidity: expect.stringMatching(/^\d+$/) as string,
			});
			const before = await account.everything();
			expect((await run('delete', { mailbox: newPath })).error?.message).toMatch(/was not done/);
			expect(await account.everything()).toEqual(before);
			expect((await run('delete', { mailbox: newPath, allowDelete: true })).json[0]).toEqual({
				mailbox: newPath,
				changed: true,
			});
			expect(await names()).not.toContain(newPath);
			expect(inMailbox(await account.everything(), 'INBOX')).toEqual(['one', 'two']);
		});

		test.each(['R & D', 'say "hi" 50%*', 'Größe 日本', '&AOQ-'])(
			'the name %s: all that is done to it, or a refusal in the words of the server',
			async (name) => {
				const account = await rig.account('one');
				const run = async (parameters: object) => await account.run(parameters as never);
				const mailbox = rig.path(name);
				const created = await run({ resource: 'mailbox', operation: 'create', newName: name });
				if (created.error) {
					expect(created.error.description).toMatch(/The server said: (NO|BAD)/);
					return;
				}
				expect(created.json).toEqual([{ mailbox, changed: true }]);
				const copy = await run({ operation: 'copy', message: '<one@example.org>', destination: name });
				expect(copy.json[0]).toMatchObject({ mailbox });
				const back = await run({ operation: 'move', message: copy.json[0]!['id'], destination: 'INBOX' });
				expect(back.json[0]).toMatchObject({ mailbox: 'INBOX', previousMailbox: mailbox });
				const list = await run({ operation: 'getMany', mailbox: name });
				expect([list.error, list.json]).toEqual([undefined, []]);
				const status = await run({ resource: 'mailbox', operation: 'status', mailbox: name });
				expect(status.json[0]).toMatchObject({ mailbox, messages: 0 });
				const other = `${name} 2`;
				const renamed = await run({
					...{ resource: 'mailbox', operation: 'rename', mailbox: name, renameTo: other },
				});
				expect(renamed.json[0]).toMatchObject({ mailbox: rig.path(other), previousMailbox: mailbox });
				const gone = { resource: 'mailbox', operation: 'delete', mailbox: other, allowDelete: true };
				expect((await run(gone)).error).toBeUndefined();
				expect(Object.keys(await account.everything())).not.toContain(rig.path(other));
			},
		);

		test('a mailbox that others are in is deleted without them', async () => {
			const account = await rig.account('one');
			await account.append(rig.path('Old'));
			await account.append(rig.path('Old', 'Kept'), 'kept');
			const parameters = { resource: 'mailbox', operation: 'delete', mailbox: 'Old', allowDelete: true };
			const ran = await account.run(parameters);
			if (ran.error) expect(ran.error.description).toMatch(/The server said: NO/);
			expect(await account.id('kept', rig.path('Old', 'Kept'))).toMatch(/;UID=1$/);
		});

		test('a mailbox with mail in it is deleted only when that is wanted, INBOX never', async () => {
			const account = await rig.account('one');
			await account.append('Full', 'kept');
			const before = await account.everything();
			const run = async (parameters: object) =>
				await account.run({ resource: 'mailbox', operation: 'delete', allowDelete: true, ...parameters });
			expect((await run({ mailbox: 'Full' })).error?.message).toContain('holds 1 mails');
			expect((await run({ mailbox: 'INBOX', alsoNotEmpty: true })).error?.message).toContain('INBOX cannot');
			expect((await run({ mailbox: 'Nowhere' })).error?.message).toContain('Nowhere" does not exist');
			expect(await account.everything()).toEqual(before);
			expect((await run({ mailbox: 'Full', alsoNotEmpty: true })).error).toBeUndefined();
			expect(await account.everything()).not.toHaveProperty([rig.path('Full')]);
		});

		test('empty: the trash; another mailbox only when that is wanted', async () => {
			const account = await rig.account('one', 'two');
			await account.append('Trash', 'old', 'older');
			const run = async (parameters: object) =>
				await account.run({ resource: 'mailbox', operation: 'empty', ...parameters });
			const before = await account.everything();
			expect((await run({ emptied: 'Trash' })).error?.message).toMatch(/was not done/);
			expect((await run({ emptied: 'INBOX', allowDelete: true })).error?.message).toContain(
				'was not emptied',
			);
			expect(await account.everything()).toEqual(before);
			expect((await run({ allowDelete: true })).json).toEqual([{ mailbox: rig.path('Trash'), deleted: 2 }]);
			const after = await account.everything();
			expect(inMailbox(after, 'Trash')).toEqual([]);
			expect(inMailbox(after, 'INBOX')).toEqual(['one', 'two']);
			expect((await run({ allowDelete: true })).json).toEqual([{ mailbox: rig.path('Trash'), deleted: 0 }]);
			const other = await run({ emptied: 'INBOX', allowDelete: true, anyMailbox: true });
			expect(other.json).toEqual([{ mailbox: 'INBOX', deleted: 2 }]);
		});

		if (kind === 'dovecot') {
			test('quota: what is used and allowed, in bytes', async () => {
				const account = await rig.account('one', 'two');
				const ran = await account.run({ resource: 'mailbox', operation: 'quota', mailbox: 'INBOX' });
				expect(ran.error).toBeUndefined();
				const [{ mailbox, storage }] = ran.json as [
					{ mailbox: string; storage: { used: number; limit: number } },
				];
				expect([mailbox, storage.limit]).toEqual(['INBOX', 10 * 1024 * 1024]);
				expect(storage.used).toBeLessThan(10_000);
			});
		}

		test.each(['status', 'subscribe', 'rename'])('%s of a mailbox that is not there', async (operation) => {
			const account = await rig.account('one');
			const before = await account.everything();
			const parameters = { resource: 'mailbox', operation, mailbox: 'Nowhere', renameTo: 'Else' };
			const ran = await account.run(parameters);
			expect(ran.error?.message).toMatch(/^[A-Z].*\.$/);
			expect(await account.everything()).toEqual(before);
		});
	});
});

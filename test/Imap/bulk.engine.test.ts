/** Many messages in few commands, and servers that lack an extension or refuse. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inMailbox, messageId, raw, Rig, without, type Account } from './rig';

jest.setTimeout(120_000);

const BASE = ['LITERAL+', 'SASL-IR', 'ID', 'NAMESPACE', 'UNSELECT', 'CHILDREN', 'ENABLE'];

async function withRig(capabilities: string[] | undefined, work: (rig: Rig) => Promise<void>): Promise<void> {
	const rig = await Rig.start('embedded', 4, capabilities);
	try {
		await work(rig);
	} finally {
		await rig.stop();
	}
}

/** Fills a mailbox behind the server's back: quicker than APPEND. */
function fill(rig: Rig, account: Account, count: number): string[] {
	const { embedded } = rig.place;
	const mailbox = embedded!.mailbox(account.user);
	const names = Array.from({ length: count }, (_none, i) => `m${i}`);
	// Every third UID is missing, so that no single range names them all.
	for (const [i, name] of names.entries()) mailbox.add({ raw: raw(name), uid: 10 + i * 3 });
	return names.map((_name, i) => `INBOX;UIDVALIDITY=${mailbox.uidValidity}/;UID=${10 + i * 3}`);
}

test('1 000 moves: one connection, few commands, each item its own new id', async () => {
	await withRig(undefined, async (rig) => {
		const account = await rig.account();
		const ids = fill(rig, account, 1_000);
		const shuffled = ids
			.map((id, i) => ({ id, i }))
			.sort((a, b) => ((a.i * 7) % 1_000) - ((b.i * 7) % 1_000));
		const server = rig.place.embedded!.imap;
		server.commands.length = 0;
		const { acceptedCount } = server;
		const parameters = { operation: 'move', message: '={{ $json.id }}', destination: 'Archive' };
		const ran = await account.run(parameters, shuffled);
		expect(ran.error).toBeUndefined();
		expect(server.acceptedCount - acceptedCount).toBe(1);
		expect(server.commands.length).toBeLessThan(25);
		expect(ran.json.map(({ messageId: id }) => id)).toEqual(shuffled.map(({ i }) => messageId(`m${i}`)));
		const archive = rig.place.embedded!.messages(account.user, 'Archive');
		const uidOf = new Map(
			archive.map(({ uid, raw: bytes }) => [/^Message-ID: (.*)\r$/m.exec(bytes.toString())![1], uid]),
		);
		for (const { id, messageId: mail } of ran.json)
			expect(id).toMatch(new RegExp(`^Archive;UIDVALIDITY=\\d+/;UID=${uidOf.get(String(mail))}$`));
		expect(rig.place.embedded!.messages(account.user)).toEqual([]);
		// The connection is kept for the next node of the workflow.
		await account.run({ operation: 'getMany', mailbox: 'INBOX' });
		expect(server.acceptedCount - acceptedCount).toBe(1);
	});
});

test('a message that the server refuses to move is found, and harms no other', async () => {
	await withRig(undefined, async (rig) => {
		const account = await rig.account();
		const ids = fill(rig, account, 64);
		const bad = 10 + 41 * 3;
		let commands = 0;
		rig.place.embedded!.imap.faults.onCommand = ({ name, text }) => {
			if (name !== 'UID MOVE') return undefined;
			commands++;
			const uids = text.split(' ')[2]!.split(',').map(Number);
			return uids.includes(bad) ? { reply: '%TAG% NO [LIMIT] this one is locked\r\n' } : undefined;
		};
		const items = ids.map((id) => ({ id }));
		const parameters = { operation: 'move', message: '={{ $json.id }}', destination: 'Archive' };
		const ran = await account.run(parameters, items, { onError: 'continueRegularOutput' });
		expect(ran.json.flatMap(({ error }, i) => (error ? [i] : []))).toEqual([41]);
		expect(ran.json[41]!['description']).toContain('this one is locked');
		expect(commands).toBeLessThan(16);
		expect(rig.place.embedded!.messages(account.user).map(({ uid }) => uid)).toEqual([bad]);
		expect(rig.place.embedded!.messages(account.user, 'Archive')).toHaveLength(63);
	});
});

test('a connection lost in mid-command: what was done is told, what is not known too, the rest goes on', async () => {
	await withRig(undefined, async (rig) => {
		const account = await rig.account('one');
		await account.append('Other', 'two');
		let cut = false;
		rig.place.embedded!.imap.faults.onCommand = ({ name }) => {
			if (name !== 'UID STORE' || cut) return undefined;
			cut = true;
			return 'reset';
		};
		const items = [{ id: await account.id('one') }, { id: await account.id('two', 'Other') }];
		const parameters = { operation: 'markRead', message: '={{ $json.id }}' };
		const ran = await account.run(parameters, items, { onError: 'continueRegularOutput' });
		expect(ran.json[0]!['error']).toMatch(/connection.*not known/);
		expect(ran.json[1]).toMatchObject({ messageId: messageId('two'), changed: true });
	});
});

test('many executions at once: two connections of the account, and all is done', async () => {
	await withRig(undefined, async (rig) => {
		const account = await rig.account();
		const ids = fill(rig, account, 8);
		const server = rig.place.embedded!.imap;
		let most = 0;
		server.faults.onCommand = async () => {
			most = Math.max(most, server.connectionCount);
			await sleep(5);
			return undefined;
		};
		const parameters = { operation: 'move', message: '={{ $json.id }}', destination: 'Archive' };
		const all = await Promise.all(ids.map(async (id) => await account.run(parameters, [{ id }])));
		expect(all.map(({ error }) => error)).toEqual(ids.map(() => undefined));
		expect(most).toBe(2);
		expect(rig.place.embedded!.messages(account.user, 'Archive')).toHaveLength(8);
	});
});

test('Retry On Fail: what is done is not done again, what failed is', async () => {
	await withRig(undefined, async (rig) => {
		const account = await rig.account();
		const ids = fill(rig, account, 3);
		await account.append('Other', 'late');
		let refused = 0;
		rig.place.embedded!.imap.faults.onCommand = ({ name, text }) => {
			if (name !== 'UID MOVE' || !text.startsWith('UID MOVE 1 ') || ++refused > 1) return undefined;
			return { reply: '%TAG% NO [INUSE] try again\r\n' };
		};
		const items = [...ids.map((id) => ({ id })), { id: await account.id('late', 'Other') }];
		const parameters = { operation: 'move', message: '={{ $json.id }}', destination: 'Archive' };
		const retry = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
		const ran = await account.run(parameters, items, retry);
		expect(ran.error).toBeUndefined();
		expect(refused).toBe(2);
		expect(ran.json.map(({ messageId: id }) => id)).toEqual(['m0', 'm1', 'm2', 'late'].map(messageId));
		expect(rig.place.embedded!.messages(account.user, 'Archive')).toHaveLength(4);
	});
});

test.each([
	['copy', { operation: 'copy', message: messageId('one'), destination: 'Archive' }, 'UID COPY'],
	['append', { operation: 'append', appendTo: 'Archive', fromEmail: 'me@example.org', text: 'x' }, 'APPEND'],
])(
	'Retry On Fail: %s, of which nobody can say whether it was done, is not done again',
	async (_name, parameters, command) => {
		await withRig(undefined, async (rig) => {
			const account = await rig.account('one');
			const { imap } = rig.place.embedded!;
			let tries = 0;
			imap.faults.onCommand = ({ name }) => (name === command && ++tries === 1 ? 'reset' : undefined);
			const retry = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
			const ran = await account.run(parameters, [{}], retry);
			expect(ran.error?.message).toMatch(/not known/);
			expect(ran.error?.description).toMatch(/before you try again/);
			expect(tries).toBe(1);
		});
	},
);

describe('servers without extensions', () => {
	/** "other" was marked as deleted by another mail program. */
	async function marked(rig: Rig): Promise<Account> {
		const account = await rig.account('one', 'two', 'other');
		await account.client(async (client) => {
			await client.mailboxOpen('INBOX');
			await client.messageFlagsAdd('3', ['\\Deleted']);
		});
		return account;
	}

	test('no MOVE: copied, and the original removed by UID EXPUNGE', async () => {
		await withRig([...BASE, 'UIDPLUS', 'SPECIAL-USE'], async (rig) => {
			const account = await marked(rig);
			const before = await account.everything();
			const ran = await account.run({ operation: 'move', message: messageId('two'), destination: 'Archive' });
			expect(ran.json[0]).toMatchObject({ id: await account.id('two', 'Archive'), warnings: [] });
			const after = await account.everything();
			expect(inMailbox(after, 'Archive')).toEqual(['two']);
			expect(inMailbox(after, 'INBOX')).toEqual(['one', 'other']);
			expect(without(after, 'two')).toEqual(without(before, 'two'));
		});
	});

	test('neither MOVE nor UIDPLUS: copied, the original marked; nothing that others marked is lost', async () => {
		await withRig([...BASE, 'SPECIAL-USE'], async (rig) => {
			const account = await marked(rig);
			const before = await account.everything();
			const ran = await account.run({ operation: 'archive', message: messageId('two') });
			expect(ran.json[0]).toMatchObject({ messageId: messageId('two'), mailbox: 'Archive' });
			expect(ran.json[0]!['warnings']).toEqual([expect.stringContaining('neither MOVE nor UIDPLUS')]);
			const after = await account.everything();
			expect(inMailbox(after, 'Archive')).toEqual(['two']);
			expect(after['INBOX']![2]!.flags).toEqual(['\\Deleted']);
			expect(without(after, 'two')).toEqual(without(before, 'two'));
			const deleted = await account.run({ operation: 'delete', message: 'INBOX/;UID=1', allowDelete: true });
			expect(deleted.error?.message).toContain('UIDPLUS');
			expect(await account.everything()).toEqual(after);
		});
	});

	test('no SPECIAL-USE: roles by the usual names', async () => {
		await withRig([...BASE, 'UIDPLUS', 'MOVE'], async (rig) => {
			const account = await rig.account('one');
			const ran = await account.run({ operation: 'archive', message: messageId('one') });
			expect(ran.json[0]).toMatchObject({ mailbox: 'Archive' });
		});
	});

	test('no mailbox for a role: an error that says what to do', async () => {
		await withRig(undefined, async (rig) => {
			const account = await rig.account('one');
			await account.client(async (client) => await client.mailboxDelete('Archive'));
			const before = await account.everything();
			const ran = await account.run({ operation: 'archive', message: messageId('one') });
			expect(ran.error?.message).toContain('no mailbox with the role \\Archive');
			expect(ran.error?.description).toContain('"INBOX"');
			expect(await account.everything()).toEqual(before);
		});
	});

	test('no QUOTA: an error that names it', async () => {
		await withRig(undefined, async (rig) => {
			const account = await rig.account('one');
			const ran = await account.run({ resource: 'mailbox', operation: 'quota', mailbox: 'INBOX' });
			expect(ran.error?.message).toContain('QUOTA');
		});
	});
});

/** @jest-environment ./test/engine/jestEnvironment.js */
/** What a connection makes of expunges, and of callers who gave up before it was made. */
import path from 'node:path';
import { eventually, startEmbeddedServers, type EmbeddedServers } from '../../servers';
import type { Account } from '../../../nodes/mail/account/account';
import { FakeClock } from '../../fakeClock';
import { testAccount } from '../account/accounts';

const USER = { user: 'ann@example.org', password: 'right-word' };

function source<Module>(module: string): Module {
	const load = (globalThis as unknown as { loadOutsideJest: (file: string) => unknown }).loadOutsideJest;
	return load(path.join(__dirname, '../../../nodes', module)) as Module;
}
const { ImapClient } = source<typeof import('../../../nodes/mail/imap/client')>('mail/imap/client');
const { deleteMessages } = source<typeof import('../../../nodes/mail/imap/messages')>('mail/imap/messages');
const { linesOf } = source<typeof import('../../../nodes/mail/imap/accountLines')>('mail/imap/accountLines');
const { listMailboxes } =
	source<typeof import('../../../nodes/mail/imap/mailboxNames')>('mail/imap/mailboxNames');

describe('a connection', () => {
	let servers: EmbeddedServers;
	let stopped: AbortController;
	beforeEach(async () => {
		stopped = new AbortController();
		servers = await startEmbeddedServers({ users: [USER] });
	});
	afterEach(async () => {
		stopped.abort();
		await eventually(5_000, 'no connection left', () => servers.imap.connectionCount === 0);
		await servers.stop();
	});

	function account(password = USER.password): Account {
		const { host, ports } = servers;
		return testAccount({ user: USER.user, password, imap: { host, port: ports.imaps, security: 'tls' } });
	}

	// Each would be followed by a SEARCH over all that waits, which in a large mailbox is megabytes.
	test('does not take a message that is removed for news, only one that arrives', async () => {
		for (let i = 0; i < 5; i++) await servers.deliver(USER.user, 'Subject: x\r\n\r\nx\r\n');
		let changes = 0;
		const events = { onChange: () => changes++, signal: stopped.signal };
		const client = await ImapClient.connect(account(), events);
		await client.select('INBOX');
		await deleteMessages(client, [1, 2, 3]);
		await client.probe();
		expect(changes).toBe(0);
		await servers.deliver(USER.user, 'Subject: y\r\n\r\ny\r\n');
		await client.probe();
		expect(changes).toBe(1);
	});

	test('is not made for somebody who gave up before', async () => {
		stopped.abort();
		const { signal } = stopped;
		await expect(ImapClient.connect(account(), { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
		expect(servers.imap.acceptedCount).toBe(0);
	});

	test('with a refused password is not tried again at once for the list of mailboxes', async () => {
		const { signal } = stopped;
		for (let i = 0; i < 5; i++) {
			await expect(listMailboxes(account('wrong'), signal)).rejects.toMatchObject({ code: 'LOGIN' });
		}
		expect(servers.imap.acceptedCount).toBe(1);
	});

	test('of many mailboxes at once is one login while the password is refused, and the pause grows by one step', async () => {
		const clock = new FakeClock();
		const lines = linesOf(account('wrong'), clock);
		const all = async () =>
			await Promise.allSettled(
				Array.from({ length: 8 }, async () => await lines.connect(account('wrong'), {})),
			);
		for (const logins of [1, 2]) {
			const results = await all();
			expect(results.map(({ status }) => status)).toEqual(Array(8).fill('rejected'));
			expect(servers.imap.acceptedCount).toBe(logins);
			await clock.advance(60_000);
		}
	});

	test('of many mailboxes at once is as many connections when the password is right', async () => {
		const lines = linesOf(account(), new FakeClock());
		const clients = await Promise.all(
			Array.from({ length: 4 }, async () => await lines.connect(account(), {})),
		);
		expect(servers.imap.connectionCount).toBe(4);
		for (const client of clients) client.close();
	});
});

/** @jest-environment ./test/engine/jestEnvironment.js */
/**
 * What a watch makes of a server that lets it in and then refuses, and of a corrected password. The source is loaded
 * outside jest's sandbox, inside which errors of sockets are no `Error`.
 */
import path from 'node:path';
import { eventually, startEmbeddedServers, type EmbeddedServers } from '../../servers';
import type { Account } from '../../../nodes/mail/account/account';
import { testAccount } from '../account/accounts';
import type { Clock } from '../../../nodes/mail/clock';
import type { MailError } from '../../../nodes/mail/errors';

/** So many seconds pass in one. */
const SPEED = 100;
const MINUTE_MS = 60_000;
const USER = { user: 'ann@example.org', password: 'right-word' };

jest.setTimeout(40_000);

function source<Module>(module: string): Module {
	const load = (globalThis as unknown as { loadOutsideJest: (file: string) => unknown }).loadOutsideJest;
	return load(path.join(__dirname, '../../../nodes', module)) as Module;
}
const { watchMailbox, openWatches } =
	source<typeof import('../../../nodes/mail/imap/watch')>('mail/imap/watch');
const { MailboxDelivery } = source<typeof import('../../../nodes/mail/imap/delivery')>('mail/imap/delivery');
const { Cursor, newCursor } = source<typeof import('../../../nodes/mail/imap/cursor')>('mail/imap/cursor');
const { NO_FILTER } = source<typeof import('../../../nodes/mail/imap/filter')>('mail/imap/filter');
const { NO_MARKS } = source<typeof import('../../../nodes/mail/imap/outcome')>('mail/imap/outcome');

class FastClock implements Clock {
	private readonly startedAt = performance.now();
	private readonly wallStart = Date.now();

	now(): number {
		return (performance.now() - this.startedAt) * SPEED;
	}

	wallTime(): number {
		return this.wallStart + this.now();
	}

	after(ms: number, callback: () => void): () => void {
		const timer = setTimeout(callback, ms / SPEED);
		return () => clearTimeout(timer);
	}
}

describe('a watch of a server that refuses', () => {
	let servers: EmbeddedServers;
	let clock: FastClock;
	const down: MailError[] = [];
	const back: number[] = [];
	const ran: number[] = [];
	const reports: string[] = [];
	let leave: () => void = () => undefined;

	beforeEach(async () => {
		servers = await startEmbeddedServers({ users: [USER] });
		clock = new FastClock();
		for (const list of [down, back, ran, reports]) list.length = 0;
	});
	afterEach(async () => {
		leave();
		expect(openWatches()).toBe(0);
		await eventually(5_000, 'no connection left', () => servers.imap.connectionCount === 0);
		await servers.stop();
	});

	function account(password = USER.password): Account {
		const { host, ports } = servers;
		return testAccount({ user: USER.user, password, imap: { host, port: ports.imaps, security: 'tls' } });
	}

	function watch(readAccount: () => Account = account): Promise<MailError | null> {
		const delivery = new MailboxDelivery({
			mailbox: 'INBOX',
			cursor: new Cursor(newCursor('ann', clock.wallTime(), { kind: 'none' })),
			policy: {
				acknowledge: 'succeeded',
				onSuccess: { ...NO_MARKS, markRead: true },
				onFailure: NO_MARKS,
				retries: 0,
				parallel: 5,
				batchSize: 1,
				afterCrash: 'run',
				fireAgainWhenMarkedUnread: false,
			},
			filter: NO_FILTER,
			workflowId: 'w',
			nodeId: 'n',
			clock,
			maxMessageBytes: 1e6,
			runLimitMs: 1e9,
			forcePolling: false,
			account: async () => await Promise.resolve(readAccount()),
			start: async ({ messages }) => {
				ran.push(...messages.map(({ uid }) => uid));
				return { kind: 'succeeded' };
			},
			save: () => undefined,
			report: (text) => reports.push(text),
			onLateEnd: () => undefined,
			lineDown: (error) => down.push(error),
			lineBack: (ms) => back.push(ms),
		});
		const joined = watchMailbox(readAccount(), delivery, true, clock);
		leave = joined.leave;
		return joined.first;
	}

	const deliver = async (): Promise<void> => await servers.deliver(USER.user, 'Subject: x\r\n\r\nx\r\n');
	/** Waits until so much of the watch's time has passed. */
	const pass = async (ms: number): Promise<void> => {
		const end = clock.now() + ms;
		await eventually(ms / SPEED + 5_000, 'time to pass', () => clock.now() >= end);
	};

	test('tells that no mail can be received when every session fails after SELECT, and its end', async () => {
		servers.imap.faults.onCommand = ({ name }) =>
			/SEARCH/.test(name) ? { reply: '%TAG% NO [SERVERBUG] Internal error\r\n' } : undefined;
		await watch();
		await pass(9 * MINUTE_MS);
		expect(down).toHaveLength(1);
		expect(back).toEqual([]);
		delete servers.imap.faults.onCommand;
		await eventually(10_000, 'the end of the outage', () => back.length === 1);
		expect(back[0]).toBeGreaterThan(8 * MINUTE_MS);
	});

	test('tries again soon when the server cannot open a mailbox that exists', async () => {
		let refused = 0;
		servers.imap.faults.onCommand = ({ name }) => {
			if (name !== 'SELECT' || ++refused > 4) return undefined;
			return { reply: '%TAG% NO [SERVERBUG] Internal error occurred\r\n' };
		};
		const first = await watch();
		expect(first).toMatchObject({ code: 'MAILBOX' });
		expect(first?.retry).not.toBe('configuration');
		await eventually(15_000, 'the mailbox to be open', () => refused > 4);
		expect(clock.now()).toBeLessThan(20 * MINUTE_MS);
	});

	test('a command refused once, for a reason that nobody knows, costs no pause', async () => {
		let refused = 0;
		servers.imap.faults.onCommand = ({ name }) =>
			name === 'UID FETCH' && ++refused === 1 ? { reply: '%TAG% NO The moon is full\r\n' } : undefined;
		await watch();
		await deliver();
		await eventually(5_000, 'a run', () => ran.length === 1);
		expect(refused).toBeGreaterThan(0);
		expect(clock.now()).toBeLessThan(MINUTE_MS);
	});

	test('tells the end of an outage that a corrected password ended', async () => {
		let password = 'wrong-word';
		const first = await watch(() => account(password));
		expect(first).toMatchObject({ retry: 'credentials' });
		expect(down).toHaveLength(1);
		password = USER.password;
		await eventually(5_000, 'the end of the outage', () => back.length === 1);
		await deliver();
		await eventually(5_000, 'a run', () => ran.length === 1);
	});
});

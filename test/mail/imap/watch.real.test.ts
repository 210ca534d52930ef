/** @jest-environment ./test/engine/jestEnvironment.js */
/**
 * How long a watch waits and what it tells, against a real server, with a clock that runs fast. The source is loaded
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

describe('a watch', () => {
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

	function watch(mine = account()): Promise<MailError | null> {
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
			account: async () => mine,
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
		const joined = watchMailbox(mine, delivery, true, clock);
		leave = joined.leave;
		return joined.first;
	}

	const deliver = async (): Promise<void> => await servers.deliver(USER.user, 'Subject: x\r\n\r\nx\r\n');
	/** Waits until so much of the watch's time has passed. */
	const pass = async (ms: number): Promise<void> => {
		const end = clock.now() + ms;
		await eventually(ms / SPEED + 5_000, 'time to pass', () => clock.now() >= end);
	};

	test('tells an outage after five minutes, once, and its end', async () => {
		expect(await watch()).toBeNull();
		await deliver();
		await eventually(5_000, 'a run', () => ran.length === 1);
		await servers.imap.refuse();
		const downAt = clock.now();
		await pass(4 * MINUTE_MS);
		expect(down).toEqual([]);
		await eventually(5_000, 'the report', () => down.length > 0);
		expect(clock.now() - downAt).toBeGreaterThan(4.9 * MINUTE_MS);
		await pass(5 * MINUTE_MS);
		expect(down).toHaveLength(1);
		expect(down[0]?.code).toBe('CONNECT');
		await servers.imap.open();
		await deliver();
		await eventually(5_000, 'a run', () => ran.length === 2);
		await eventually(5_000, 'the end of the outage', () => back.length === 1);
		expect(back[0]).toBeGreaterThan(9 * MINUTE_MS);
	});

	test('says nothing about an outage of a minute, and is back within half a minute after it', async () => {
		expect(await watch()).toBeNull();
		await servers.imap.refuse();
		await pass(MINUTE_MS);
		await servers.imap.open();
		const openAt = clock.now();
		await deliver();
		await eventually(5_000, 'a run', () => ran.length === 1);
		// The wait, at most 30 s, and connecting, which takes real time.
		expect(clock.now() - openAt).toBeLessThan(30_000 + 500 * SPEED);
		expect([down, back]).toEqual([[], []]);
	});

	test('a wrong password is told at once and tried rarely: after 1, 5, 15 minutes', async () => {
		const first = await watch(account('wrong-word'));
		expect(first).toMatchObject({ code: 'LOGIN', retry: 'credentials' });
		expect(down).toHaveLength(1);
		await pass(20 * MINUTE_MS);
		expect(servers.imap.acceptedCount).toBeGreaterThanOrEqual(2);
		expect(servers.imap.acceptedCount).toBeLessThanOrEqual(3);
		expect(down).toHaveLength(1);
	});

	test.each([
		['the greeting', { greeting: '* BYE [UNAVAILABLE] Maximum number of connections exceeded\r\n' }],
		[
			'the login',
			{
				onCommand: ({ name }: { name: string }) =>
					/^(AUTHENTICATE|LOGIN)$/.test(name)
						? { reply: '%TAG% NO [LIMIT] Too many simultaneous connections\r\n' }
						: undefined,
			},
		],
	])('too many connections, said at %s: waits minutes, then works', async (_when, faults) => {
		Object.assign(servers.imap.faults, faults);
		const first = await watch();
		expect(['limit', 'throttled']).toContain(first?.retry);
		await pass(4 * MINUTE_MS);
		expect(servers.imap.acceptedCount).toBeLessThanOrEqual(4);
		for (const name of Object.keys(faults)) delete servers.imap.faults[name as 'greeting'];
		await deliver();
		await eventually(12_000, 'a run', () => ran.length === 1);
	});

	test('a server that ends every session is not hammered', async () => {
		servers.imap.faults.onCommand = ({ name }) => (name === 'SELECT' ? 'close' : undefined);
		await watch();
		await pass(10 * MINUTE_MS);
		// 1, 2, 4 … 30 s between them: at most 25 in ten minutes.
		expect(servers.imap.acceptedCount).toBeLessThanOrEqual(26);
		servers.imap.faults.onCommand = undefined;
		await deliver();
		await eventually(10_000, 'a run', () => ran.length === 1);
	});

	test('looks again and again at a server that announces nothing', async () => {
		servers.imap.faults.silentIdle = true;
		expect(await watch()).toBeNull();
		await eventually(5_000, 'IDLE', () => servers.imap.commands.at(-1) === 'IDLE');
		await deliver();
		const at = clock.now();
		await eventually(5_000, 'a run', () => ran.length === 1);
		expect(clock.now() - at).toBeLessThan(2 * MINUTE_MS + 500 * SPEED);
	});

	test('leaving ends everything at once, also in the middle of a wait', async () => {
		await watch(account('wrong-word'));
		leave();
		const before = servers.imap.acceptedCount;
		await pass(3 * MINUTE_MS);
		expect(servers.imap.acceptedCount).toBe(before);
	});
});

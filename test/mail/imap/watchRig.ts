/**
 * One watch of a mailbox of the embedded server, in quick time. The package is loaded outside jest's sandbox, inside which
 * errors of sockets are no `Error`.
 */
import path from 'node:path';
import { eventually, startEmbeddedServers, type EmbeddedServers } from '../../servers';
import { ROOT } from '../../dist';
import { testAccount } from '../account/accounts';
import type { Account } from '../../../nodes/mail/account/account';
import type { Clock } from '../../../nodes/mail/clock';
import type { MailError } from '../../../nodes/mail/errors';
import type { OldMail } from '../../../nodes/mail/imap/cursor';
import type { Outcome, Run } from '../../../nodes/mail/imap/outcome';

/** So many seconds pass in one. */
export const QUICK_SPEED = 100;
export const USER = { user: 'ann@example.org', password: 'right-word' };

class FastClock implements Clock {
	private readonly startedAt = performance.now();
	private readonly wallStart = Date.now();

	constructor(private readonly speed: number) {}

	now(): number {
		return (performance.now() - this.startedAt) * this.speed;
	}

	wallTime(): number {
		return this.wallStart + this.now();
	}

	after(ms: number, callback: () => void): () => void {
		const timer = setTimeout(callback, ms / this.speed);
		return () => clearTimeout(timer);
	}
}

/** @param from `.` for the sources, in which nothing is read by the thread for that; `dist` for the built package */
export function outsideJest<Module>(from: '.' | 'dist', module: string): Module {
	const load = (globalThis as unknown as { loadOutsideJest: (file: string) => unknown }).loadOutsideJest;
	return load(path.join(ROOT, from, 'nodes', module)) as Module;
}

export class WatchRig {
	readonly down: MailError[] = [];
	readonly back: number[] = [];
	readonly ran: number[] = [];
	readonly reports: string[] = [];
	/** What a run does; it succeeds unless this says otherwise. */
	work: (run: Run) => Promise<Outcome | null> = async () => await Promise.resolve(null);
	leave: () => void = () => undefined;

	private constructor(
		readonly servers: EmbeddedServers,
		readonly clock: FastClock,
		private readonly from: '.' | 'dist',
		private readonly speed: number,
	) {}

	static async start(from: '.' | 'dist' = '.', speed = QUICK_SPEED): Promise<WatchRig> {
		return new WatchRig(await startEmbeddedServers({ users: [USER] }), new FastClock(speed), from, speed);
	}

	async stop(): Promise<void> {
		this.leave();
		const { openWatches } = this.load<typeof import('../../../nodes/mail/imap/watch')>('mail/imap/watch');
		expect(openWatches()).toBe(0);
		await eventually(5_000, 'no connection left', () => this.servers.imap.connectionCount === 0);
		await this.servers.stop();
	}

	account(password = USER.password): Account {
		const { host, ports } = this.servers;
		return testAccount({ user: USER.user, password, imap: { host, port: ports.imaps, security: 'tls' } });
	}

	/** @returns what became of the first attempt to connect */
	async watch(
		readAccount: () => Account = () => this.account(),
		old: OldMail = { kind: 'none' },
		mailbox = 'INBOX',
	): Promise<MailError | null> {
		const { clock } = this;
		const { watchMailbox } = this.load<typeof import('../../../nodes/mail/imap/watch')>('mail/imap/watch');
		const { MailboxDelivery } =
			this.load<typeof import('../../../nodes/mail/imap/delivery')>('mail/imap/delivery');
		const { Cursor, newCursor } =
			this.load<typeof import('../../../nodes/mail/imap/cursor')>('mail/imap/cursor');
		const { NO_FILTER } = this.load<typeof import('../../../nodes/mail/imap/filter')>('mail/imap/filter');
		const { NO_MARKS } = this.load<typeof import('../../../nodes/mail/imap/outcome')>('mail/imap/outcome');
		const delivery = new MailboxDelivery({
			mailbox,
			cursor: new Cursor(newCursor('ann', clock.wallTime(), old)),
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
			maxMessageBytes: 50e6,
			runLimitMs: 1e9,
			forcePolling: false,
			account: async () => await Promise.resolve(readAccount()),
			start: async (run) => {
				const outcome = await this.work(run);
				if (outcome) return outcome;
				this.ran.push(...run.messages.map(({ uid }) => uid));
				return { kind: 'succeeded' };
			},
			save: () => undefined,
			report: (text) => this.reports.push(text),
			onLateEnd: () => undefined,
			lineDown: (error) => this.down.push(error),
			lineBack: (ms) => this.back.push(ms),
		});
		const joined = watchMailbox(readAccount(), delivery, true, clock);
		const { leave } = this;
		this.leave = () => {
			leave();
			joined.leave();
		};
		return await joined.first;
	}

	async deliver(raw = 'Subject: x\r\n\r\nx\r\n'): Promise<void> {
		await this.servers.deliver(USER.user, raw);
	}

	/** Waits until so much of the watch's time has passed. */
	async pass(ms: number): Promise<void> {
		const end = this.clock.now() + ms;
		await eventually(ms / this.speed + 5_000, 'time to pass', () => this.clock.now() >= end);
	}

	private load<Module>(module: string): Module {
		return outsideJest(this.from, module);
	}
}

/** A delivery without server and without n8n: both are a few lines that keep the rules that matter here. */
import { Cursor, newCursor, type CursorState, type OldMail } from '../../../nodes/mail/imap/cursor';
import { MailboxDelivery } from '../../../nodes/mail/imap/delivery';
import { NO_FILTER } from '../../../nodes/mail/imap/filter';
import {
	FAILED_KEYWORD,
	NO_MARKS,
	type DeliveryPolicy,
	type Outcome,
	type Run,
} from '../../../nodes/mail/imap/outcome';
import type { Vote, Voter } from '../../../nodes/mail/imap/settle';
import type { ReceivedMessage } from '../../../nodes/mail/message/parsed';
import { FakeClock } from '../../fakeClock';

export const POLICY: DeliveryPolicy = {
	acknowledge: 'succeeded',
	onSuccess: { ...NO_MARKS, markRead: true },
	onFailure: NO_MARKS,
	retries: 0,
	afterCrash: 'run',
	fireAgainWhenMarkedUnread: false,
	parallel: 5,
	batchSize: 1,
};

export function message(uid: number, flags: readonly string[] = []): ReceivedMessage {
	return {
		uid,
		uidValidity: '7',
		mailbox: 'INBOX',
		flags: [...flags],
		size: 1000,
		receivedAt: new Date(Date.UTC(2026, 0, 1) + uid * 1000),
		source: Buffer.from(`Message-ID: <${uid}@x>\r\n\r\n`),
		truncated: false,
		mail: { messageId: `<${uid}@x>` } as ReceivedMessage['mail'],
	};
}

export interface StartedRun {
	uids: number[];
	attempt: number;
	key: string;
	end(outcome: Outcome): void;
}

/** What outlives a crash: the mailbox on the server, n8n's table of keys, the static data as last saved. */
export class World {
	readonly flags = new Map<number, Set<string>>();
	readonly rows = new Set<string>();
	saved: CursorState | null = null;
	/** Every start that n8n really made. */
	readonly runs: StartedRun[] = [];

	arrive(uid: number): void {
		this.flags.set(uid, new Set());
	}
}

export class Rig implements Pick<object, never> {
	readonly clock = new FakeClock();
	readonly votes: { uid: number; vote: Vote }[] = [];
	readonly reports: string[] = [];
	readonly delivery: MailboxDelivery;
	/** What n8n answers instead of running, for one key. */
	refuse: ((run: Run) => Outcome | null) | null = null;
	private readonly cursor: Cursor;
	dead = false;

	constructor(
		readonly world: World,
		policy: Partial<DeliveryPolicy> = {},
		old: OldMail = { kind: 'none' },
	) {
		const state = world.saved ?? newCursor('alice@example.com', 0, old);
		this.cursor = new Cursor(structuredClone(state));
		if (this.cursor.low === null) this.cursor.setBaseline(0, '7', null);
		this.delivery = new MailboxDelivery({
			mailbox: 'INBOX',
			cursor: this.cursor,
			policy: { ...POLICY, ...policy },
			filter: NO_FILTER,
			workflowId: 'w',
			nodeId: 'n',
			clock: this.clock,
			maxMessageBytes: 1e6,
			runLimitMs: 1_000_000,
			forcePolling: false,
			account: async () => await Promise.reject(new Error('not used')),
			start: async (run) => await this.start(run),
			save: () => (this.memory = this.cursor.toState()),
			report: (text) => this.reports.push(text),
			onLateEnd: () => undefined,
			lineDown: () => undefined,
			lineBack: () => undefined,
		});
		const settler = {
			vote: (_voter: Voter, uid: number, vote: Vote) => this.votes.push({ uid, vote }),
			dropProof: (uids: number[], keyword: string) =>
				uids.forEach((uid) => this.world.flags.get(uid)?.delete(keyword)),
		};
		this.delivery.attach(settler as never, () => undefined);
	}

	private memory: CursorState | null = null;

	/** One look at the mailbox: lists, fetches, hands over. */
	pass(): void {
		this.delivery.list([...this.world.flags.keys()]);
		this.offer();
	}

	offer(): void {
		this.delivery.offer((uid) => {
			const flags = this.world.flags.get(uid);
			return flags && message(uid, [...flags]);
		});
	}

	/** Does on the server what was voted for. */
	mark(): void {
		for (const { uid, vote } of this.votes.splice(0)) {
			const flags = this.world.flags.get(uid);
			if (vote.marks.markRead) flags?.add('\\Seen');
			if (vote.proof !== null) flags?.add(vote.proof);
			vote.proven();
			vote.applied([vote.marks.markRead ? '\\Seen' : '', vote.failed ? FAILED_KEYWORD : '']);
		}
	}

	/** The process is killed: only the world is left. */
	kill(): void {
		this.dead = true;
		this.delivery.close();
	}

	get state(): CursorState {
		return this.cursor.toState();
	}

	private async start(run: Run): Promise<Outcome> {
		run.save();
		// n8n saves static data at an emit, whatever becomes of it.
		this.world.saved = structuredClone(this.memory);
		const refused = this.refuse?.(run) ?? null;
		if (refused) return refused;
		if (this.world.rows.has(run.key)) return { kind: 'duplicate' };
		this.world.rows.add(run.key);
		return await new Promise<Outcome>((resolve) => {
			const uids = run.messages.map(({ uid }) => uid);
			this.world.runs.push({
				uids,
				attempt: run.attempt,
				key: run.key,
				end: (outcome) => !this.dead && resolve(outcome),
			});
		});
	}
}

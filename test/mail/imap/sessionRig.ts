/** A session on a mailbox in memory: the real session, settler and deliveries, with neither socket nor n8n. */
import type { ImapClient } from '../../../nodes/mail/imap/client';
import { Cursor, newCursor, type CursorState } from '../../../nodes/mail/imap/cursor';
import { MailboxDelivery } from '../../../nodes/mail/imap/delivery';
import { NO_FILTER, type MailFilter } from '../../../nodes/mail/imap/filter';
import { LineBreakers } from '../../../nodes/mail/imap/lineBreakers';
import type { DeliveryPolicy, Outcome, Run } from '../../../nodes/mail/imap/outcome';
import { Session } from '../../../nodes/mail/imap/session';
import { Settler } from '../../../nodes/mail/imap/settle';
import { fromSequenceSet } from '../../../nodes/mail/imap/uidSet';
import type { SelectedMailbox } from '../../../nodes/mail/imap/types';
import { FakeClock } from '../../fakeClock';
import { POLICY } from './deliveryRig';

export interface StoredMail {
	flags: Set<string>;
	source: Buffer;
	receivedAt: Date;
}

type Query = Record<string, unknown>;

/** What a server with IDLE and keywords does, as far as a session asks for it. */
export class FakeMailbox {
	readonly mails = new Map<number, StoredMail>();
	uidValidity: string | null = '7';
	allowsKeywords = true;
	/** Every command, such as `search` or `messageFlagsAdd 1:3 \Seen`. */
	readonly commands: string[] = [];
	/** Called before each command; may throw or take its time. */
	before: (command: string) => void | Promise<void> = () => undefined;
	private endIdle: (() => void) | null = null;
	private lastAnswerAt = 0;

	constructor(private readonly clock: FakeClock) {}

	add(uid: number, size = 200): StoredMail {
		const head = `Message-ID: <${uid}@example.org>\r\nSubject: mail ${uid}\r\n\r\n`;
		const mail = {
			flags: new Set<string>(),
			source: Buffer.from(head.padEnd(size, 'x')),
			receivedAt: new Date(Date.UTC(2026, 0, 15, 12) + uid * 1000),
		};
		this.mails.set(uid, mail);
		return mail;
	}

	get selected(): SelectedMailbox {
		const { uidValidity, allowsKeywords, mails } = this;
		const uidNext = Math.max(0, ...mails.keys()) + 1;
		const fixed = { path: 'INBOX', mailboxId: null, readOnly: false, settableFlags: null };
		return { ...fixed, uidValidity, uidNext, exists: mails.size, allowsKeywords };
	}

	client(): ImapClient {
		const client = {
			supports: (capability: string) => ['IDLE', 'MOVE', 'UIDPLUS'].includes(capability),
			select: async () => await this.run('select', () => this.selected),
			probe: async () => await this.run('probe', () => undefined),
			idle: async () => await this.idle(),
			command: async (_what: string, operation: (flow: object) => Promise<unknown>) =>
				await operation(this.flow()),
			refusal: (what: string) => new Error(what),
			close: () => undefined,
		};
		Object.defineProperty(client, 'lastAnswerAt', { get: () => this.lastAnswerAt });
		return client as never;
	}

	private async run<T>(command: string, answer: () => T): Promise<T> {
		this.endIdle?.();
		this.commands.push(command);
		await this.before(command);
		this.lastAnswerAt = this.clock.now();
		return answer();
	}

	private async idle(): Promise<boolean> {
		return await new Promise((resolve) => {
			this.endIdle = () => {
				this.endIdle = null;
				resolve(true);
			};
		});
	}

	private flow(): object {
		const store = (add: boolean) => async (set: string, flags: string[]) =>
			await this.run(`messageFlags${add ? 'Add' : 'Remove'} ${set} ${flags.join(' ')}`, () => {
				for (const uid of fromSequenceSet(set))
					for (const flag of flags) {
						if (add) this.mails.get(uid)?.flags.add(flag);
						else this.mails.get(uid)?.flags.delete(flag);
					}
				return true;
			});
		const { mails, run } = this;
		const fetch = run.bind(this);
		return {
			search: async (query: Query) => await this.run('search', () => this.search(query)),
			fetch: async function* (set: string, query: { source?: { maxLength: number } }) {
				const found = await fetch(`fetch ${set}`, () => fromSequenceSet(set).filter((uid) => mails.has(uid)));
				for (const uid of found) {
					const mail = mails.get(uid);
					if (!mail) continue;
					const { source, flags, receivedAt } = mail;
					const part = query.source && source.subarray(0, query.source.maxLength);
					yield { uid, size: source.length, flags, internalDate: receivedAt, source: part };
				}
			},
			fetchOne: async (uid: string, { source }: { source: { start: number; maxLength: number } }) =>
				await this.run(`window ${uid}`, () => {
					const mail = mails.get(Number(uid));
					const part = mail?.source.subarray(source.start, source.start + source.maxLength);
					return part ? { uid: Number(uid), source: part } : false;
				}),
			messageFlagsAdd: store(true),
			messageFlagsRemove: store(false),
			messageDelete: async (set: string) =>
				await this.run(`delete ${set}`, () => {
					for (const uid of fromSequenceSet(set)) mails.delete(uid);
					return true;
				}),
		};
	}

	private search(query: Query): number[] {
		const wanted = String(query.uid ?? '1:*').replace('*', String(Math.max(1, ...this.mails.keys())));
		const uids = new Set(fromSequenceSet(wanted));
		const has = (mail: StoredMail, flag: unknown) => mail.flags.has(String(flag));
		return [...this.mails]
			.filter(([uid, mail]) => {
				if (!uids.has(uid)) return false;
				if (query.since instanceof Date && mail.receivedAt < query.since) return false;
				if (query.seen !== undefined && has(mail, '\\Seen') !== query.seen) return false;
				if (query.flagged !== undefined && has(mail, '\\Flagged') !== query.flagged) return false;
				if (query.keyword !== undefined && !has(mail, query.keyword)) return false;
				if (query.unKeyword !== undefined && has(mail, query.unKeyword)) return false;
				return query.subject === undefined || mail.source.includes(String(query.subject));
			})
			.map(([uid]) => uid)
			.sort((a, b) => a - b);
	}
}

export interface RunUnderWay {
	uids: number[];
	/** Bytes of the mails as they were handed over. */
	bytes: number[];
	attempt: number;
	key: string;
	end(outcome: Outcome): void;
}

/** A trigger, its runs written down; what is not ended goes on for ever. */
export class FakeTrigger {
	readonly runs: RunUnderWay[] = [];
	readonly reports: string[] = [];
	readonly cursor: Cursor;
	readonly delivery: MailboxDelivery;
	/** Ends every run at once. */
	always: Outcome | null = null;

	constructor(
		clock: FakeClock,
		readonly name: string,
		more: { policy?: Partial<DeliveryPolicy>; filter?: MailFilter; state?: CursorState } = {},
	) {
		const state = more.state ?? newCursor('alice@example.com', clock.wallTime(), { kind: 'all' });
		this.cursor = new Cursor(structuredClone(state));
		this.delivery = new MailboxDelivery({
			mailbox: 'INBOX',
			cursor: this.cursor,
			policy: { ...POLICY, ...more.policy },
			filter: more.filter ?? NO_FILTER,
			workflowId: name,
			nodeId: 'n',
			clock,
			maxMessageBytes: 50 * 1024 * 1024,
			runLimitMs: 24 * 60 * 60_000,
			forcePolling: false,
			account: async () => await Promise.reject(new Error('not used')),
			start: async (run) => await this.start(run),
			save: () => undefined,
			report: (text) => this.reports.push(text),
			onLateEnd: () => undefined,
			lineDown: () => undefined,
			lineBack: () => undefined,
		});
	}

	get started(): string[] {
		return this.runs.map(({ uids, attempt }) => `${uids.join('+')}#${attempt}`);
	}

	/** What happens before the workflow is really started, such as storing attachments. */
	preparing: (() => Promise<void>) | null = null;

	private async start(run: Run): Promise<Outcome | null> {
		if (this.preparing) await this.preparing();
		if (run.isStopped()) return null;
		const { messages, attempt, key } = run;
		return await new Promise((resolve) => {
			const uids = messages.map(({ uid }) => uid);
			const bytes = messages.map(({ source }) => source.length);
			this.runs.push({ uids, bytes, attempt, key, end: resolve });
			if (this.always) resolve(this.always);
		});
	}
}

export class SessionRig {
	readonly clock = new FakeClock();
	readonly mailbox = new FakeMailbox(this.clock);
	readonly settler = new Settler(this.clock);
	readonly breakers = new LineBreakers();
	readonly deliveries = new Set<MailboxDelivery>();
	/** What ended the session, if it did. */
	failure: unknown = null;
	session: Session | null = null;
	private running: Promise<void> = Promise.resolve();

	join(trigger: FakeTrigger): FakeTrigger {
		trigger.delivery.attach(this.settler, () => this.session?.wake());
		this.deliveries.add(trigger.delivery);
		this.session?.wake();
		return trigger;
	}

	/** As the watch lets a trigger leave. */
	leave({ delivery }: FakeTrigger): void {
		delivery.close();
		this.deliveries.delete(delivery);
		this.settler.leave(delivery);
		this.session?.wake();
	}

	trigger(name: string, more?: ConstructorParameters<typeof FakeTrigger>[2]): FakeTrigger {
		return this.join(new FakeTrigger(this.clock, name, more));
	}

	start(more: { isVisit?: boolean } = {}): Session {
		const session = new Session({
			isVisit: more.isVisit ?? false,
			client: this.mailbox.client(),
			mailbox: this.mailbox.selected,
			settler: this.settler,
			breakers: this.breakers,
			clock: this.clock,
			deliveries: this.deliveries,
			isFresh: () => true,
			onOpened: () => undefined,
			onWorking: () => undefined,
			checkAccounts: async () => await Promise.resolve(),
		});
		this.session = session;
		this.running = session.run().then(
			() => undefined,
			(error: unknown) => {
				this.failure = error;
			},
		);
		return session;
	}

	/** Mail arrives while the session rests. */
	arrive(uid: number, size?: number): void {
		this.mailbox.add(uid, size);
		this.session?.changed();
	}

	/** Lets the session work until something is so, or long enough to know that it will not be. */
	async until(isSo: () => boolean): Promise<void> {
		for (let round = 0; round < 2_000 && !isSo(); round++) await this.clock.advance(1);
	}

	async stop(): Promise<void> {
		this.session?.stop();
		await this.running;
	}
}

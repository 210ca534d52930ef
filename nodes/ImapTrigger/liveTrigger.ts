/** The trigger of an active workflow: a delivery for each mailbox, watched until n8n closes it. */
import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { readAccount } from '../bridge/account';
import { accountIdentity, endpointOf, type Account } from '../mail/account/account';
import { sleep, systemClock } from '../mail/clock';
import type { MailError } from '../mail/errors';
import { Cursor } from '../mail/imap/cursor';
import { MailboxDelivery } from '../mail/imap/delivery';
import { isDynamic } from '../mail/imap/mailboxNames';
import { Places } from '../mail/imap/places';
import type { StartRun } from '../mail/imap/outcome';
import { FRESH_MS, watchMailbox } from '../mail/imap/watch';
import { CursorStore } from './cursorStore';
import { createEmitter } from './emitter';
import { findMailboxes } from './mailboxFinder';
import { Outages } from './outages';
import { triggerRecord, type TriggerRecord } from './registry';
import { createReports, type Reports } from './reports';
import type { TriggerSettings } from './settings';

/** How long closing waits for marks that are under way; n8n is told within 2 s whatever the server does. */
export const CLOSE_GRACE_MS = 1_500;
/** How much of that is spent on runs that may end soon; n8n waits for the others by itself before it stops. */
export const RUNS_GRACE_MS = 500;
/** How long the marks of a run that ended after closing may take. */
export const LATE_MARKS_MS = 60_000;

/** A run that takes this much longer than the workflow may is taken for one whose end nobody tells. */
const RUN_GRACE_MS = 60_000;
const ENDLESS_RUN_MS = 24 * 60 * 60_000;

interface Watched {
	delivery: MailboxDelivery;
	first: Promise<MailError | null>;
	leave: () => void;
}

/**
 * Starts watching and returns within {@link FRESH_MS}, whether the server answers or not.
 *
 * @throws MailError for an account that cannot be used, and, when the user switches a new trigger on, for a refused login
 */
export async function startLiveTrigger(
	context: ITriggerFunctions,
	settings: TriggerSettings,
): Promise<ITriggerResponse> {
	const readIt = async () => await readAccount(context, settings.accountType);
	const account = await readIt();
	endpointOf(account, 'imap');
	const record = triggerRecord(context.getWorkflow().id ?? '', context.getNode().id);
	// n8n may start a trigger a second time without having closed the first, even twice in the same moment.
	while (record.close) await record.close();
	const trigger = new LiveTrigger(context, settings, account, readIt, record);
	const failure = await trigger.start();
	if (failure?.retry === 'credentials' && trigger.isNew && context.getActivationMode() === 'activate') {
		await trigger.close();
		trigger.forget();
		throw failure;
	}
	return { closeFunction: async () => await trigger.close() };
}

class LiveTrigger {
	/** Whether no mailbox of this account was watched before. */
	readonly isNew: boolean;
	private readonly watched = new Map<string, Watched>();
	private readonly store: CursorStore;
	private readonly reports: Reports;
	private readonly outages: Outages;
	private readonly emitter: StartRun;
	private readonly places: Places;
	private readonly stopped = new AbortController();
	/** Found by a role or a pattern, and not to be opened any more. */
	private readonly missing = new Map<string, MailError>();
	private lookNow: () => void = () => undefined;
	private closing: Promise<void> | null = null;
	/** It is closed and its line given up. */
	private hasLeft = false;

	constructor(
		private readonly context: ITriggerFunctions,
		private readonly settings: TriggerSettings,
		private readonly account: Account,
		private readonly readAccount: () => Promise<Account>,
		private readonly record: TriggerRecord,
	) {
		const { policy, item, runOnOutage } = settings;
		this.store = new CursorStore(
			context,
			context.getWorkflow().id ?? '',
			context.getNode().id,
			record,
			settings,
		);
		this.places = new Places(policy.parallel);
		this.reports = createReports(context, runOnOutage);
		this.outages = new Outages(this.reports);
		this.emitter = createEmitter(context, {
			acknowledge: policy.acknowledge,
			item,
			record,
			report: this.reports.note,
		});
		this.isNew = !this.store.knows(accountIdentity(account));
		record.close = async () => await this.close();
		record.owner = this;
	}

	/** @returns what went wrong first, if anything did within the time that activation waits */
	async start(): Promise<MailError | null> {
		const fixed = this.settings.mailboxes.filter((mailbox) => !isDynamic(mailbox));
		const dynamic = this.settings.mailboxes.filter(isDynamic);
		const deliveries = fixed.map((mailbox) => this.open(mailbox));
		// The moment of activation is written down before anything can go wrong (D2).
		this.store.begin(systemClock.wallTime());
		this.store.save();
		for (const delivery of deliveries) this.watch(delivery, true);
		const firsts = [...this.watched.values()].map(async ({ first }) => await first);
		if (dynamic.length > 0) firsts.push(this.find(dynamic));
		const enough = new AbortController();
		const all = Promise.all(firsts).then((results) => results.find((result) => result !== null) ?? null);
		const over = AbortSignal.any([enough.signal, this.stopped.signal]);
		const time = sleep(systemClock, FRESH_MS, over).then(() => null);
		// n8n starts its workflows one after another; who knows where to go on need not hold up the others.
		const goesOn =
			this.context.getActivationMode() === 'init' && deliveries.every(({ cursor }) => cursor.low !== null);
		const failure = goesOn ? null : await Promise.race([all, time]);
		enough.abort();
		return failure;
	}

	/** Idempotent, never throws, and done in under 2 s whatever the server does. */
	async close(): Promise<void> {
		await (this.closing ??= this.closeOnce());
	}

	/** The trigger did not come to life, so the next try is the first again. */
	forget(): void {
		this.store.forget();
	}

	private async closeOnce(): Promise<void> {
		this.stopped.abort();
		const all = [...this.watched.values()];
		for (const { delivery } of all) delivery.close();
		const enough = new AbortController();
		const time = sleep(systemClock, CLOSE_GRACE_MS, enough.signal);
		const ended = Promise.all(all.map(async ({ delivery }) => await delivery.when('ended')));
		await Promise.race([ended, sleep(systemClock, RUNS_GRACE_MS, enough.signal)]);
		const marked = Promise.all(all.map(async ({ delivery }) => await delivery.when('marked')));
		await Promise.race([marked, time]);
		enough.abort();
		this.hasLeft = true;
		for (const { delivery, leave } of all) {
			delivery.close();
			leave();
		}
		if (this.record.owner === this) this.record.close = null;
	}

	private open(mailbox: string): MailboxDelivery {
		const { policy, filter, maxMessageBytes, forcePolling } = this.settings;
		const cursor = new Cursor(
			this.store.open(mailbox, accountIdentity(this.account), systemClock.wallTime()),
		);
		this.store.add(mailbox, cursor);
		const delivery: MailboxDelivery = new MailboxDelivery({
			mailbox,
			cursor,
			policy,
			places: this.places,
			filter,
			workflowId: this.context.getWorkflow().id ?? '',
			nodeId: this.context.getNode().id,
			clock: systemClock,
			maxMessageBytes,
			runLimitMs: runLimitOf(this.context),
			forcePolling,
			account: this.readAccount,
			start: this.emitter,
			save: () => {
				if (this.record.owner === this) this.store.save();
			},
			report: (text) => this.reports.note(text),
			onLateEnd: (settle) => {
				if (this.hasLeft) void this.markLate(delivery, settle);
				else settle();
			},
			lineDown: (error) => this.lineDown(mailbox, error),
			lineBack: (downMs) => this.outages.back(mailbox, downMs),
		});
		return delivery;
	}

	/** @param isNow whether what the mailbox holds was there before the trigger, unless that has been on before */
	private watch(delivery: MailboxDelivery, isNow: boolean): void {
		const { mailbox, cursor } = delivery.options;
		const isNew = isNow && !this.store.goesOn(mailbox, cursor.account);
		this.watched.set(mailbox, { delivery, ...watchMailbox(this.account, delivery, isNew) });
	}

	/** A mailbox that a role or a pattern meant may have been deleted, which is no outage: the server is asked first. */
	private lineDown(mailbox: string, error: MailError): void {
		if (error.code !== 'MAILBOX' || this.settings.mailboxes.includes(mailbox))
			return this.outages.down(mailbox, error);
		this.missing.set(mailbox, error);
		this.lookNow();
	}

	/** Tells of mailboxes that are there but cannot be opened, and gives up those that are not there. */
	private looked(mailboxes: readonly string[]): void {
		for (const [mailbox, error] of this.missing) {
			const watched = this.watched.get(mailbox);
			if (mailboxes.includes(mailbox)) this.outages.down(mailbox, error);
			else if (watched && this.watched.delete(mailbox)) {
				watched.delivery.close();
				watched.leave();
			}
		}
		this.missing.clear();
	}

	/** Watches what roles and patterns mean, now and whenever another mailbox fits. */
	private async find(entries: readonly string[]): Promise<MailError | null> {
		let isFirstLook = true;
		const failure = await new Promise<MailError | null>((resolve) => {
			void findMailboxes(entries, this.readAccount, this.stopped.signal, {
				onFound: (mailbox) => {
					if (this.stopped.signal.aborted || this.watched.has(mailbox)) return;
					// What is in a mailbox that appears later came after the trigger did.
					this.watch(this.open(mailbox), isFirstLook);
					this.store.save();
				},
				onLook: (mailboxes) => this.looked(mailboxes),
				onRest: (lookNow) => (this.lookNow = lookNow),
				onReport: (text) => this.reports.note(text),
				onFirst: (error) => {
					isFirstLook = false;
					resolve(error);
				},
			});
		});
		const firsts = await Promise.all([...this.watched.values()].map(async ({ first }) => await first));
		return failure ?? firsts.find((result) => result !== null) ?? null;
	}

	/** A run of a trigger that is switched off has ended: its mail is marked over a short session of its own (D9). */
	private async markLate(delivery: MailboxDelivery, settle: () => void): Promise<void> {
		// A successor takes the run's end from the record, and marks it.
		if (this.record.owner !== this || this.record.close !== null) return;
		try {
			const account = await this.readAccount();
			// In another account's mailbox the same number is another mail.
			if (accountIdentity(account) !== delivery.cursor.account) return;
			const { leave } = watchMailbox(account, delivery, false);
			settle();
			const enough = new AbortController();
			await Promise.race([delivery.when('marked'), sleep(systemClock, LATE_MARKS_MS, enough.signal)]);
			enough.abort();
			leave();
		} catch (error) {
			this.reports.note(
				`A mail whose workflow ended after the trigger was switched off could not be marked: ${String(error)}`,
			);
		}
	}
}

/** The workflow's own time limit with some grace; without one, a day. Older n8n does not tell it. */
function runLimitOf(context: ITriggerFunctions): number {
	const settings = typeof context.getWorkflowSettings === 'function' ? context.getWorkflowSettings() : {};
	const seconds = settings.executionTimeout ?? 0;
	return seconds > 0 ? seconds * 1_000 + RUN_GRACE_MS : ENDLESS_RUN_MS;
}

/** The trigger of an active workflow: a delivery for each mailbox, watched until n8n closes it. */
import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { toAccount } from '../bridge/account';
import { accountIdentity, endpointOf, type Account } from '../mail/account/account';
import { sleep, systemClock } from '../mail/clock';
import type { MailError } from '../mail/errors';
import { Cursor } from '../mail/imap/cursor';
import { MailboxDelivery } from '../mail/imap/delivery';
import { FRESH_MS, watchMailbox } from '../mail/imap/watch';
import { CursorStore } from './cursorStore';
import { createEmitter } from './emitter';
import { triggerRecord, type TriggerRecord } from './registry';
import { recentRefusal, rememberRefusal } from './refusedLogins';
import { createReports } from './reports';
import type { TriggerSettings } from './settings';

/** How long closing waits for marks that are under way; n8n is told within 2 s whatever the server does. */
export const CLOSE_GRACE_MS = 1_500;

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
	const readAccount = async () =>
		toAccount(settings.accountType, await context.getCredentials(settings.accountType));
	const account = await readAccount();
	endpointOf(account, 'imap');
	const workflowId = context.getWorkflow().id ?? '';
	const record = triggerRecord(workflowId, context.getNode().id);
	// n8n may start a trigger a second time without having closed the first.
	await record.close?.();
	const store = new CursorStore(context, workflowId, context.getNode().id, record, settings);
	const identity = accountIdentity(account);
	const isNew = settings.mailboxes.every((mailbox) => !store.knows(mailbox, identity));
	const asksPerson = isNew && context.getActivationMode() === 'activate';
	const remembered = asksPerson ? recentRefusal(account) : null;
	if (remembered) throw remembered;
	const watched = openDeliveries(context, settings, account, readAccount, record, store);
	const close = closer(watched, record);
	record.close = close;
	const failure = await firstFailure(watched);
	if (failure?.retry === 'credentials' && asksPerson) {
		await close();
		store.forget();
		rememberRefusal(account, failure);
		throw failure;
	}
	return { closeFunction: close };
}

function openDeliveries(
	context: ITriggerFunctions,
	settings: TriggerSettings,
	account: Account,
	readAccount: () => Promise<Account>,
	record: TriggerRecord,
	store: CursorStore,
): Watched[] {
	const workflowId = context.getWorkflow().id ?? '';
	const nodeId = context.getNode().id;
	const { policy, attachmentMode, maxMessageBytes, forcePolling } = settings;
	const reports = createReports(context);
	const start = createEmitter(context, { acknowledge: policy.acknowledge, attachmentMode, record });
	const deliveries = settings.mailboxes.map((mailbox) => {
		const cursor = new Cursor(store.open(mailbox, accountIdentity(account), systemClock.wallTime()));
		store.add(mailbox, cursor);
		return new MailboxDelivery({
			mailbox,
			cursor,
			policy,
			filter: settings.filter,
			workflowId,
			nodeId,
			clock: systemClock,
			maxMessageBytes,
			forcePolling,
			account: readAccount,
			start,
			save: () => store.save(),
			report: reports.note,
			lineDown: reports.down,
			lineBack: reports.back,
		});
	});
	// The moment of activation is written down before anything can go wrong (D2).
	store.save();
	return deliveries.map((delivery) => ({ delivery, ...watchMailbox(account, delivery) }));
}

/** What went wrong first, if anything did within the time that activation waits. */
async function firstFailure(watched: readonly Watched[]): Promise<MailError | null> {
	const enough = new AbortController();
	const all = Promise.all(watched.map(async ({ first }) => await first)).then(
		(results) => results.find((result) => result !== null) ?? null,
	);
	const time = sleep(systemClock, FRESH_MS, enough.signal).then(() => null);
	const failure = await Promise.race([all, time]);
	enough.abort();
	return failure;
}

/** Idempotent, never throws, and done in under 2 s whatever the server does. */
function closer(watched: readonly Watched[], record: TriggerRecord): () => Promise<void> {
	let closing: Promise<void> | null = null;
	const close = async () => {
		for (const { delivery } of watched) delivery.close();
		const enough = new AbortController();
		const marked = Promise.all(watched.map(async ({ delivery }) => await delivery.whenMarked()));
		await Promise.race([marked, sleep(systemClock, CLOSE_GRACE_MS, enough.signal)]);
		enough.abort();
		for (const { leave } of watched) leave();
		if (record.close === closeOnce) record.close = null;
	};
	const closeOnce = async () => await (closing ??= close());
	return closeOnce;
}

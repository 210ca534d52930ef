/**
 * What a pass above the low mark cannot see: messages that appear below it (some servers show UIDs out of order), and
 * mails that a person put back (D11). Looked at after each connection, every {@link AUDIT_INTERVAL_MS}, and when flags change.
 */
import type { ImapClient } from './client';
import type { MailboxDelivery } from './delivery';
import { rethrowLost, rethrowUnanswered } from './lineLost';
import { changeFlags, searchMessages } from './messages';
import { DONE_KEYWORD, FAILED_KEYWORD } from './outcome';
import { MAX_OFFERED_AGAIN, uidsOf, withoutEnd } from './putBack';
import type { SearchCriteria, SelectedMailbox } from './types';
import { toSequenceSet } from './uidSet';

export const AUDIT_INTERVAL_MS = 10 * 60_000;
/** How far below the low mark late messages are looked for. */
const LATE_WINDOW = 500;

/** Offers again what was put back. @returns whether there is more of it than is offered at a time */
export async function offerPutBack(
	client: ImapClient,
	mailbox: SelectedMailbox,
	delivery: MailboxDelivery,
): Promise<boolean> {
	const { cursor } = delivery;
	const failed = uidsOf(cursor.ends.failures);
	const putBack: number[] = [];
	if (failed.length > 0) {
		const unmarked: SearchCriteria = mailbox.allowsKeywords
			? { unKeyword: FAILED_KEYWORD }
			: { flagged: false };
		const uid = toSequenceSet(failed);
		const present = new Set(await searchMessages(client, { uid }));
		for (const one of failed) if (!present.has(one)) cursor.ends = withoutEnd(cursor.ends, one);
		const found = await searchMessages(client, { uid, ...unmarked });
		const done = await dealtWith(client, mailbox, found);
		for (const one of done) cursor.ends = withoutEnd(cursor.ends, one);
		putBack.push(...found.filter((one) => !done.has(one)));
	}
	if (delivery.options.policy.fireAgainWhenMarkedUnread) {
		const succeeded = uidsOf(cursor.ends.successes);
		const uid = toSequenceSet(succeeded);
		if (succeeded.length > 0) putBack.push(...(await searchMessages(client, { uid, seen: false })));
	}
	// All at once would fill the cursor, and hold up new mail.
	const room = Math.max(0, MAX_OFFERED_AGAIN - delivery.waitingAgain);
	await offerAgain(client, mailbox, delivery, putBack.slice(0, room));
	return putBack.length > room;
}

/** Those whose mark was taken away because somebody has dealt with them ("Mark as Done" of the IMAP node). */
async function dealtWith(
	client: ImapClient,
	mailbox: SelectedMailbox,
	uids: readonly number[],
): Promise<ReadonlySet<number>> {
	if (uids.length === 0 || !mailbox.allowsKeywords) return new Set();
	return new Set(await searchMessages(client, { uid: toSequenceSet(uids), keyword: DONE_KEYWORD }));
}

/** Takes our proof of the run before away first, or it would seem to prove that of the new one after a crash. */
async function offerAgain(
	client: ImapClient,
	mailbox: SelectedMailbox,
	delivery: MailboxDelivery,
	uids: readonly number[],
): Promise<void> {
	if (uids.length === 0) return;
	if (mailbox.allowsKeywords) {
		await changeFlags(client, uids, 'remove', [delivery.proof]).catch(rethrowLost);
	}
	delivery.offerAgain(uids);
}

/** Offers messages that became visible below the low mark. */
export async function offerLate(client: ImapClient, delivery: MailboxDelivery): Promise<void> {
	const { low, baseline } = delivery.cursor;
	if (low === null || low <= baseline) return;
	const from = Math.max(baseline, low - LATE_WINDOW) + 1;
	const listed = await searchMessages(client, { uid: `${from}:${low}` });
	const below = listed.filter((uid) => uid >= from && uid <= low);
	const late = delivery.lateFinder.find(below);
	if (late.length === 0) return delivery.offerLate(below, late);
	try {
		const chosen = await delivery.options.filter.choose(client, late);
		delivery.offerLate(
			below,
			late.filter((uid) => chosen.has(uid)),
		);
	} catch (error) {
		// While the server does not understand the filter, the mail waits.
		rethrowUnanswered(error);
		delivery.cannotFilter(error, late);
	}
}

/** Tells messages that appeared below the low mark from those that passed it. Pure. */
export class LateFinder {
	/** The low mark when the trigger began: what is up to there may have been dealt with by an earlier process. */
	private beganAt: number | null = null;
	private below: ReadonlySet<number> | null = null;
	/** Listed above the low mark; those that have passed it are dropped at the next look. */
	private readonly passed = new Set<number>();

	/** These were listed above the low mark. */
	note(uids: readonly number[], low: number): void {
		this.beganAt ??= low;
		for (const uid of uids) this.passed.add(uid);
	}

	/** Those of the messages at or below the low mark that were not there at the look before, and did not pass it. */
	find(uids: readonly number[]): number[] {
		const { below, beganAt } = this;
		const isKnown = (uid: number) => (below ? below.has(uid) : beganAt === null || uid <= beganAt);
		return uids.filter((uid) => !this.passed.has(uid) && !isKnown(uid));
	}

	/** These are known from now on. */
	saw(uids: readonly number[], low: number): void {
		this.below = new Set(uids);
		for (const uid of this.passed) if (uid <= low) this.passed.delete(uid);
	}
}

/**
 * What a pass above the low mark cannot see: messages that appear below it (some servers show UIDs out of order), and
 * mails that a person put back (D11). Looked at after each connection, every {@link AUDIT_INTERVAL_MS}, and when flags change.
 */
import type { ImapClient } from './client';
import type { MailboxDelivery } from './delivery';
import { searchMessages } from './messages';
import { FAILED_KEYWORD } from './outcome';
import { withoutEnd } from './putBack';
import type { SearchCriteria, SelectedMailbox } from './types';
import { toSequenceSet } from './uidSet';

export const AUDIT_INTERVAL_MS = 10 * 60_000;
/** How far below the low mark late messages are looked for. */
const LATE_WINDOW = 500;

/** Offers again what was put back. */
export async function offerPutBack(
	client: ImapClient,
	mailbox: SelectedMailbox,
	delivery: MailboxDelivery,
): Promise<void> {
	const { cursor } = delivery;
	const failed = Object.keys(cursor.ends.failed).map(Number);
	const { succeeded } = cursor.ends;
	if (failed.length > 0) {
		const unmarked: SearchCriteria = mailbox.allowsKeywords
			? { unKeyword: FAILED_KEYWORD }
			: { flagged: false };
		const uid = toSequenceSet(failed);
		const present = new Set(await searchMessages(client, { uid }));
		for (const one of failed) if (!present.has(one)) cursor.ends = withoutEnd(cursor.ends, one);
		delivery.offerAgain(await searchMessages(client, { uid, ...unmarked }));
	}
	if (succeeded !== '' && delivery.options.policy.fireAgainWhenMarkedUnread) {
		delivery.offerAgain(await searchMessages(client, { uid: succeeded, seen: false }));
	}
}

/** Offers messages that became visible below the low mark. */
export async function offerLate(client: ImapClient, delivery: MailboxDelivery): Promise<void> {
	const { low, baseline } = delivery.cursor;
	if (low === null || low <= baseline) return;
	const from = Math.max(baseline, low - LATE_WINDOW) + 1;
	const listed = await searchMessages(client, { uid: `${from}:${low}` });
	delivery.offerLate(listed.filter((uid) => uid >= from && uid <= low));
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

	/** @returns what is at or below the low mark, was not there at the look before, and did not pass it */
	look(uids: readonly number[], low: number): number[] {
		const { below, beganAt } = this;
		const isKnown = (uid: number) => (below ? below.has(uid) : beganAt === null || uid <= beganAt);
		const late = uids.filter((uid) => !this.passed.has(uid) && !isKnown(uid));
		this.below = new Set(uids);
		for (const uid of this.passed) if (uid <= low) this.passed.delete(uid);
		return late;
	}
}

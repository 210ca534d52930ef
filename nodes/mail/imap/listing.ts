/** Which of the listed messages a trigger is to run on: by where it starts from, and by its filter. */
import type { ImapClient } from './client';
import type { MailboxDelivery } from './delivery';
import { rethrowUnanswered } from './lineLost';
import { searchMessages } from './messages';

const DAY_MS = 24 * 60 * 60_000;

/**
 * Tells a trigger which messages there are for it.
 *
 * @param uids what the server lists, possibly more than what is above the trigger's low mark
 */
export async function listFor(
	client: ImapClient,
	delivery: MailboxDelivery,
	uids: readonly number[],
): Promise<void> {
	const counted = await leaveOutOld(client, delivery, uids);
	const { filter } = delivery.options;
	const unseen = filter.isEmpty ? [] : delivery.unseen(counted);
	if (unseen.length === 0) return delivery.list(counted);
	try {
		const chosen = await filter.choose(client, unseen);
		delivery.leaveOut(unseen.filter((uid) => !chosen.has(uid)));
		delivery.list(counted);
	} catch (error) {
		rethrowUnanswered(error);
		// While the server does not understand the filter, the mail waits.
		delivery.cannotFilter(error, unseen);
	}
}

/** Leaves out what was there before the trigger and does not count (D3). */
async function leaveOutOld(
	client: ImapClient,
	delivery: MailboxDelivery,
	uids: readonly number[],
): Promise<number[]> {
	const { baseline, old } = delivery.cursor;
	const low = delivery.cursor.low ?? 0;
	const above = uids.filter((uid) => uid > low);
	if (low >= baseline || old.kind === 'all' || old.kind === 'none') return above;
	const range = `${low + 1}:${baseline}`;
	// SINCE knows only days, in the server's time zone; the moment itself is looked at when the message is there.
	const criteria =
		old.kind === 'unread'
			? { uid: range, seen: false }
			: { uid: range, since: new Date(old.wallTime - DAY_MS) };
	const chosen = new Set(await searchMessages(client, criteria));
	return above.filter((uid) => uid > baseline || chosen.has(uid));
}

/** Where a trigger starts in a mailbox, and how it finds its place again when the server renumbered it (D2, D14). */
import type { ImapClient } from './client';
import type { SelectedMailbox } from './types';
import type { Cursor } from './cursor';
import { isSameNumbering } from './identity';
import { fetchDates, searchMessages } from './messages';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Clocks of two machines differ: a message this much older than the trigger still counts as new. */
export const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS;
/** After a renumbering, messages this much older than the last good moment are looked at again. */
export const RENUMBER_LOOKBACK_MS = 2 * DAY_MS;
const DATES_PER_FETCH = 500;

/** `opened`: as expected. `renumbered`: the server gave all messages new UIDs; told to the user once. */
export type Opened = 'opened' | 'renumbered';

/**
 * Brings a cursor and a freshly selected mailbox together.
 *
 * @param fresh whether the trigger was switched on only seconds ago, so that what is there now was there before it
 * @param current whether the mailbox was selected for this; else its numbers are those of a moment long before
 * @param wallTime now, in ms
 */
export async function openCursor(
	cursor: Cursor,
	client: ImapClient,
	mailbox: SelectedMailbox,
	fresh: boolean,
	current: boolean,
	wallTime: number,
): Promise<Opened> {
	const { uidValidity, mailboxId } = mailbox;
	let opened: Opened = 'opened';
	if (cursor.low === null) {
		// Asked for first: what comes between the two questions counts as new.
		const highest = await highestUid(client, current ? mailbox : null);
		const before = fresh ? null : await lastUidBefore(client, cursor.since - CLOCK_TOLERANCE_MS);
		cursor.setBaseline(before ?? highest, uidValidity, mailboxId);
	} else if (!isSameNumbering(cursor, mailbox)) {
		// The tolerance also covers that INTERNALDATE has no fractions of a second.
		const lookBack = Math.max(cursor.since - CLOCK_TOLERANCE_MS, cursor.lastGoodAt - RENUMBER_LOOKBACK_MS);
		const highest = await highestUid(client, current ? mailbox : null);
		const low = (await lastUidBefore(client, lookBack)) ?? highest;
		cursor.renumber(low, highest, mailbox, lookBack);
		opened = 'renumbered';
	}
	cursor.sawGood(wallTime);
	return opened;
}

/**
 * The highest UID in use, 0 for an empty mailbox. UIDNEXT is trusted only here; servers may leave it out.
 *
 * @param selected the answer to a SELECT of this moment; null to ask the server
 */
async function highestUid(client: ImapClient, selected: SelectedMailbox | null): Promise<number> {
	if (selected && selected.uidNext !== null) return selected.uidNext - 1;
	if (selected?.exists === 0) return 0;
	return Math.max(0, ...(await searchMessages(client, { uid: '*' })));
}

/** The UID below the first message that the server got at or after a moment; null when there is none so young. */
async function lastUidBefore(client: ImapClient, wallTime: number): Promise<number | null> {
	// SINCE knows only days, in the server's time zone.
	const candidates = await searchMessages(client, { since: new Date(wallTime - DAY_MS) });
	for (let i = 0; i < candidates.length; i += DATES_PER_FETCH) {
		const uids = candidates.slice(i, i + DATES_PER_FETCH);
		const dates = await fetchDates(client, uids);
		const first = uids.find((uid) => (dates.get(uid)?.getTime() ?? 0) >= wallTime);
		if (first !== undefined) return first - 1;
	}
	return null;
}

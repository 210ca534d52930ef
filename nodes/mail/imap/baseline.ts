/** Where a trigger starts in a mailbox, and how it finds its place again when the server renumbered it (D2, D14). */
import type { ImapClient } from './client';
import type { SelectedMailbox } from './types';
import type { Cursor } from './cursor';
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
 * @param wallTime now, in ms
 */
export async function openCursor(
	cursor: Cursor,
	client: ImapClient,
	mailbox: SelectedMailbox,
	fresh: boolean,
	wallTime: number,
): Promise<Opened> {
	const { uidValidity, mailboxId } = mailbox;
	let opened: Opened = 'opened';
	if (cursor.low === null) {
		const highest = fresh
			? await highestUid(client, mailbox)
			: await lastUidBefore(client, mailbox, cursor.since - CLOCK_TOLERANCE_MS);
		cursor.setBaseline(highest, uidValidity, mailboxId);
	} else if (
		cursor.uidValidity !== uidValidity ||
		(cursor.mailboxId !== null && mailboxId !== null && cursor.mailboxId !== mailboxId)
	) {
		// The tolerance also covers that INTERNALDATE has no fractions of a second.
		const lookBack = Math.max(cursor.since - CLOCK_TOLERANCE_MS, cursor.lastGoodAt - RENUMBER_LOOKBACK_MS);
		const low = await lastUidBefore(client, mailbox, lookBack);
		cursor.renumber(low, await highestUid(client, mailbox), uidValidity, mailboxId);
		opened = 'renumbered';
	}
	cursor.sawGood(wallTime);
	return opened;
}

/** The highest UID in use, 0 for an empty mailbox. UIDNEXT is trusted only here; servers may leave it out. */
async function highestUid(client: ImapClient, mailbox: SelectedMailbox): Promise<number> {
	if (mailbox.uidNext !== null) return mailbox.uidNext - 1;
	if (mailbox.exists === 0) return 0;
	return Math.max(0, ...(await searchMessages(client, { uid: '*' })));
}

/** The UID below the first message that the server got at or after a moment. */
async function lastUidBefore(
	client: ImapClient,
	mailbox: SelectedMailbox,
	wallTime: number,
): Promise<number> {
	// SINCE knows only days, in the server's time zone.
	const candidates = await searchMessages(client, { since: new Date(wallTime - DAY_MS) });
	for (let i = 0; i < candidates.length; i += DATES_PER_FETCH) {
		const uids = candidates.slice(i, i + DATES_PER_FETCH);
		const dates = await fetchDates(client, uids);
		const first = uids.find((uid) => (dates.get(uid)?.getTime() ?? 0) >= wallTime);
		if (first !== undefined) return first - 1;
	}
	return await highestUid(client, mailbox);
}

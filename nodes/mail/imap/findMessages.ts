/** The messages of a mailbox that a filter wants, the newest or the oldest first. */
import type { ImapClient } from './client';
import type { MailFilter } from './filter';
import { fetchWhole } from './reading';
import { asReceived, fetchSummaries, type MessageSummary } from './summaries';
import type { SelectedMailbox } from './types';

/** Messages looked at in one step when the server cannot judge them. */
const STEP = 100;
/** Bytes of a message that is read because a text is looked for which the server does not search. */
const MAX_JUDGED_BYTES = 5 * 1024 * 1024;

export interface MessageQuery {
	filter: MailFilter;
	/** By the order in which they came into the mailbox. */
	order: 'newest' | 'oldest';
	/** Infinity for all. */
	limit: number;
}

/**
 * UIDs of the wanted messages in the wanted order.
 *
 * @throws MailError when the server refuses a criterion that cannot be looked at here
 */
export async function findUids(
	client: ImapClient,
	mailbox: SelectedMailbox,
	query: MessageQuery,
): Promise<number[]> {
	const candidates = inOrder(await query.filter.find(client), query.order);
	if (!query.filter.judgesHere) return candidates.slice(0, query.limit);
	const wanted: number[] = [];
	for (let i = 0; i < candidates.length && wanted.length < query.limit; i += STEP) {
		const chosen = await judge(client, mailbox, candidates.slice(i, i + STEP), query.filter);
		wanted.push(...candidates.slice(i, i + STEP).filter((uid) => chosen.has(uid)));
	}
	return wanted.slice(0, query.limit);
}

/** Summaries of the wanted messages in the wanted order. Without a filter no search is needed, however large the mailbox. */
export async function findSummaries(
	client: ImapClient,
	mailbox: SelectedMailbox,
	query: MessageQuery,
): Promise<MessageSummary[]> {
	const { filter, order, limit } = query;
	if (!filter.isEmpty) {
		const uids = await findUids(client, mailbox, query);
		return inOrder(await fetchSummaries(client, mailbox, { uids }), order);
	}
	if (mailbox.exists === 0 || limit < 1) return [];
	const count = Math.min(limit, mailbox.exists);
	const positions =
		order === 'newest' ? { from: mailbox.exists - count + 1, to: mailbox.exists } : { from: 1, to: count };
	return inOrder(await fetchSummaries(client, mailbox, positions), order);
}

async function judge(
	client: ImapClient,
	mailbox: SelectedMailbox,
	uids: readonly number[],
	filter: MailFilter,
): Promise<ReadonlySet<number>> {
	const wanted = new Set<number>();
	if (filter.needsText) {
		await fetchWhole(client, mailbox, uids, { maxMessageBytes: MAX_JUDGED_BYTES }, async (uid, fetched) => {
			if (fetched.kind === 'message' && filter.accepts(fetched.message)) wanted.add(uid);
		});
		return wanted;
	}
	for (const summary of await fetchSummaries(client, mailbox, { uids }, true))
		if (filter.accepts(asReceived(summary))) wanted.add(summary.uid);
	return wanted;
}

function inOrder<T>(ascending: readonly T[], order: MessageQuery['order']): T[] {
	return order === 'newest' ? [...ascending].reverse() : [...ascending];
}

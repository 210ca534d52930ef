/** How the last mails' runs ended, as far as it matters for offering them again when a person puts them back (D11). Pure. */
import type { Unit } from './cursor';
import { fromSequenceSet, toSequenceSet } from './uidSet';

/** Failed mails that are remembered; many fail together, and their numbers follow each other. */
export const MAX_FAILED = 1_000;
/** Characters of all failed mails as they are stored: at least 60 mails that lie far apart. */
export const MAX_FAILED_LENGTH = 700;
/** Successful mails that are remembered where marking them unread counts. */
export const MAX_SUCCEEDED = 60;
/** Mails that are offered again at a time; the others follow when these have run. */
export const MAX_OFFERED_AGAIN = 50;

/** Sequence sets of mails by the attempt at which they ended, such as `{"1": "7:9", "3": "12"}`. */
type ByAttempt = Record<string, string>;

/** Stored with the cursor. */
export interface PutBackState {
	/** Mails whose run failed; taking their mark away offers them again. */
	failures: ByAttempt;
	/** The last mails that ran well, kept only where marking them unread offers them again. */
	successes: ByAttempt;
}

export const NOTHING_TO_PUT_BACK: PutBackState = { failures: {}, successes: {} };

/** Remembers how a mail's run ended. */
export function withEnd(
	state: PutBackState,
	uid: number,
	attempt: number,
	end: 'failed' | 'succeeded',
): PutBackState {
	const { failures, successes } = withoutEnd(state, uid);
	if (end === 'succeeded')
		return { failures, successes: newest(added(successes, uid, attempt), MAX_SUCCEEDED) };
	return { failures: newest(added(failures, uid, attempt), MAX_FAILED, MAX_FAILED_LENGTH), successes };
}

/** The mail is gone from the mailbox, or runs again. */
export function withoutEnd({ failures, successes }: PutBackState, uid: number): PutBackState {
	return { failures: removed(failures, uid), successes: removed(successes, uid) };
}

/** The next run of a mail that was put back; under an attempt that has been, n8n would run nothing. */
export function unitOf({ failures, successes }: PutBackState, uid: number): Unit {
	const last = attemptOf(failures, uid) ?? attemptOf(successes, uid) ?? 1;
	return { uids: [uid], attempt: last + 1 };
}

/** All mails of one kind, ascending. */
export function uidsOf(ends: ByAttempt): number[] {
	return Object.values(ends)
		.flatMap(fromSequenceSet)
		.sort((a, b) => a - b);
}

function attemptOf(ends: ByAttempt, uid: number): number | undefined {
	const found = Object.entries(ends).find(([, set]) => fromSequenceSet(set).includes(uid));
	return found && Number(found[0]);
}

function added(ends: ByAttempt, uid: number, attempt: number): ByAttempt {
	return { ...ends, [attempt]: toSequenceSet([...fromSequenceSet(ends[attempt] ?? ''), uid]) };
}

function removed(ends: ByAttempt, uid: number): ByAttempt {
	const sets = Object.entries(ends).map(([attempt, set]) => {
		const uids = fromSequenceSet(set);
		return [attempt, uids.includes(uid) ? toSequenceSet(uids.filter((other) => other !== uid)) : set];
	});
	return Object.fromEntries(sets.filter(([, set]) => set !== '')) as ByAttempt;
}

/** Without the lowest numbers, as far as there are too many or they take too much room. */
function newest(ends: ByAttempt, most: number, mostLength = Infinity): ByAttempt {
	const uids = uidsOf(ends);
	let kept = ends;
	for (const uid of uids) {
		const length = Object.values(kept).reduce((sum, set) => sum + set.length + 1, 0);
		if (uids.length - uids.indexOf(uid) <= most && length <= mostLength) break;
		kept = removed(kept, uid);
	}
	return kept;
}

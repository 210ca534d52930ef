/** How the last mails' runs ended, as far as it matters for offering them again when a person puts them back (D11). Pure. */
import type { Unit } from './cursor';
import { fromSequenceSet, toSequenceSet } from './uidSet';

/** Failed mails, and mails offered again, that are remembered. */
export const MAX_PUT_BACK = 20;
/** Successful mails that are remembered where marking them unread counts. */
export const MAX_SUCCEEDED = 60;

/** Stored with the cursor. */
export interface PutBackState {
	/** Mails whose run failed, and the attempt it was; taking their mark away offers them again. */
	failed: Record<string, number>;
	/** The last mails that ran well, kept only where marking them unread offers them again. */
	succeeded: string;
	/** Mails that were offered again, and the last attempt. */
	replayed: Record<string, number>;
}

export const NOTHING_TO_PUT_BACK: PutBackState = { failed: {}, succeeded: '', replayed: {} };

/** Remembers how a mail's run ended. */
export function withEnd(
	state: PutBackState,
	uid: number,
	attempt: number,
	end: 'failed' | 'succeeded',
): PutBackState {
	const { failed, succeeded, replayed } = withoutEnd(state, uid);
	const key = String(uid);
	return {
		failed: end === 'failed' ? newest({ ...failed, [key]: attempt }) : failed,
		succeeded:
			end === 'failed'
				? succeeded
				: toSequenceSet([...fromSequenceSet(succeeded), uid].slice(-MAX_SUCCEEDED)),
		replayed: attempt > 1 ? newest({ ...replayed, [key]: attempt }) : replayed,
	};
}

/** The mail is gone from the mailbox, or runs again. */
export function withoutEnd(state: PutBackState, uid: number): PutBackState {
	const { [String(uid)]: _gone, ...failed } = state.failed;
	const succeeded = fromSequenceSet(state.succeeded).filter((other) => other !== uid);
	return { failed, succeeded: toSequenceSet(succeeded), replayed: state.replayed };
}

/** The next run of a mail that was put back. */
export function unitOf(state: PutBackState, uid: number): Unit {
	const last = state.failed[String(uid)] ?? state.replayed[String(uid)] ?? 1;
	return { uids: [uid], attempt: last + 1 };
}

/** The entries with the highest UIDs; object keys that are numbers come in ascending order. */
function newest(entries: Record<string, number>): Record<string, number> {
	return Object.fromEntries(Object.entries(entries).slice(-MAX_PUT_BACK));
}

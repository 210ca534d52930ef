/** A trigger's place in a mailbox as it is stored (D1): plain JSON. */
import { NOTHING_TO_PUT_BACK, type PutBackState } from './putBack';

/** What counts of the messages that were there before the trigger was. */
export type OldMail =
	{ kind: 'none' } | { kind: 'all' } | { kind: 'unread' } | { kind: 'since'; wallTime: number };

/** The cursor as it is stored: plain JSON, at most a few KB. */
export interface CursorState {
	/** Whose mailbox it is: user and server domain. */
	account: string;
	mailboxId: string | null;
	uidValidity: string | null;
	/** Wall time (ms) when the trigger was first asked to watch; the baseline when no UID could be had yet. */
	since: number;
	/** Every listed UID up to here is done. Null until the mailbox was opened for the first time. */
	low: number | null;
	/** Highest UID that was there before the trigger; up to here only `old` counts. */
	baseline: number;
	old: OldMail;
	/** Done above `low`, as a sequence set. */
	settled: string;
	/** Runs under way: a UID, or the set of a batch, and which attempt it is. */
	inFlight: Record<string, number>;
	/** Counts wanted replays; part of the key under which n8n drops what it has run before. */
	epoch: number;
	/** Fingerprints of the last messages done, one after the other, to recognise them after the server renumbered the mailbox. */
	ring: string;
	putBack: PutBackState;
	/** After a renumbering: UIDs up to here are compared with the ring. */
	recheckUpTo: number;
	/** Wall time (ms) when the mailbox was last seen in good order. */
	lastGoodAt: number;
}

/** Starts a cursor that has not seen its mailbox yet (D2). */
export function newCursor(account: string, since: number, old: OldMail, epoch = 0): CursorState {
	return {
		account,
		mailboxId: null,
		uidValidity: null,
		since,
		low: null,
		baseline: 0,
		old,
		settled: '',
		inFlight: {},
		epoch,
		ring: '',
		putBack: NOTHING_TO_PUT_BACK,
		recheckUpTo: 0,
		lastGoodAt: since,
	};
}

/** Messages that run together: their UIDs, ascending, and which attempt it is. */
export interface Unit {
	uids: number[];
	attempt: number;
}

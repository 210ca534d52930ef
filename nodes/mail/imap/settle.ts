/**
 * What is done to mails on the server once their runs have ended. Triggers that share a mailbox vote; a mail is marked
 * when all have decided, and is not marked read when one of them failed on it (delivery.md D17).
 */
import type { Clock } from '../clock';
import type { MailError } from '../errors';
import { deleteFromHere } from './gmail';
import { isSameNumbering, type Numbering } from './identity';
import { rethrowLost } from './lineLost';
import type { ImapClient } from './client';
import type { SelectedMailbox } from './types';
import { changeFlags, moveMessages, searchMessages } from './messages';
import { FAILED_KEYWORD, type Marks } from './outcome';
import { toSequenceSet } from './uidSet';

/** Flags wait this long for a trigger that does not decide; moving, and marking what counts only while unread, without bound. */
export const FLAG_WAIT_MS = 10 * 60_000;
/** Times a refused mark is tried before it is told and given up. */
export const MARK_ATTEMPTS = 3;

/** What one trigger wants done to one mail. */
export interface Vote {
	marks: Marks;
	failed: boolean;
	/** Keyword by which the trigger knows after a crash that this mail was dealt with (D4); null for none. */
	proof: string | null;
	/** Called once, when a crash can no longer make the mail run again; at the latest with `applied`. */
	proven(): void;
	/** Called when it was done, or given up; with the flags that the mail has by it, which others may have had a say in. */
	applied(flags: readonly string[]): void;
	/** Called when the server would not do it. */
	refused(error: MailError): void;
}

interface Pending {
	votes: Map<object, Vote>;
	/** Votes whose proof is on the server, while others still have to decide. */
	proven: Set<Vote>;
	since: number;
	attempts: number;
}

/** Whether a voter still has to decide on a message. */
export interface Voter {
	isUndecided(uid: number): boolean;
	/** Whether the message counts for it only as long as nobody has marked it read. */
	wantsUnread?(uid: number): boolean;
}

export class Settler {
	private readonly pending = new Map<number, Pending>();
	private stale: { uids: number[]; keyword: string }[] = [];
	/** Mails marked, or given up, so far. */
	settled = 0;
	private numbering: Numbering | null = null;

	constructor(private readonly clock: Clock) {}

	/**
	 * The mailbox was selected. If the server has renumbered it, all votes are about other messages now, also those of
	 * triggers that have left; those that are there find out by their cursors.
	 */
	selected({ uidValidity, mailboxId }: SelectedMailbox): void {
		const before = this.numbering;
		this.numbering = { uidValidity, mailboxId };
		if (before === null || isSameNumbering(before, this.numbering)) return;
		this.pending.clear();
		this.stale = [];
	}

	/** Adds a trigger's decision on a mail. */
	vote(voter: Voter, uid: number, vote: Vote): void {
		const entry = this.pending.get(uid) ?? {
			votes: new Map<object, Vote>(),
			proven: new Set<Vote>(),
			since: this.clock.now(),
			attempts: 0,
		};
		entry.votes.set(voter, vote);
		this.pending.set(uid, entry);
	}

	/** Takes back what a trigger wants done. */
	takeVotes(voter: Voter): [uid: number, vote: Vote][] {
		const taken: [number, Vote][] = [];
		for (const [uid, entry] of this.pending) {
			const vote = entry.votes.get(voter);
			if (!vote) continue;
			taken.push([uid, vote]);
			entry.votes.delete(voter);
			if (entry.votes.size === 0) this.pending.delete(uid);
		}
		return taken;
	}

	/** A proof is no longer needed, because what it proves has been stored. */
	dropProof(uids: number[], keyword: string): void {
		this.stale.push({ uids, keyword });
	}

	/** A trigger leaves. What can no longer run again is still marked; the rest is decided anew by its next start. */
	leave(voter: Voter): void {
		for (const [uid, entry] of this.pending) {
			const vote = entry.votes.get(voter);
			if (vote && !entry.proven.has(vote)) entry.votes.delete(voter);
			if (entry.votes.size === 0) this.pending.delete(uid);
		}
	}

	/** The UIDs that a trigger knew name other messages now: what it wants done would be done to those. */
	forget(voter: Voter, proof: string): void {
		this.takeVotes(voter);
		this.stale = this.stale.filter(({ keyword }) => keyword !== proof);
	}

	/** Whether {@link apply} has anything to do now. */
	hasWork(voters: Iterable<Voter>, tidy = true): boolean {
		const all = [...voters];
		return (
			(tidy && this.stale.length > 0) ||
			[...this.pending].some(([uid, entry]) => this.isDue(uid, entry, all) || unprovenOf(entry).length > 0)
		);
	}

	/**
	 * Marks all mails that everybody has decided on, one STORE for each kind of marks. What others still run on gets its
	 * proof, so that no trigger has to wait for its siblings.
	 *
	 * @param tidy also takes away proofs that are no longer needed, which can wait while there is mail to fetch
	 * @throws MailError `LOST` or `TIMEOUT` when the line broke: what was not done is kept for the next session
	 */
	async apply(
		client: ImapClient,
		mailbox: SelectedMailbox,
		voters: Iterable<Voter>,
		tidy = true,
	): Promise<void> {
		const all = [...voters];
		const due = [...this.pending].filter(([uid, entry]) => this.isDue(uid, entry, all));
		const groups = groupBy(due, ([uid, entry]) => {
			return JSON.stringify(decide([...entry.votes.values()], mailbox, !this.allDecided(uid, entry, all)));
		});
		for (const [marks, entries] of groups) {
			const uids = entries.map(([uid]) => uid);
			await this.applyGroup(client, mailbox, JSON.parse(marks) as Decision, uids);
		}
		await this.prove(client, mailbox, all);
		if (!tidy) return;
		const stale = groupBy(this.stale, ({ keyword }) => keyword);
		this.stale = [];
		for (const [keyword, entries] of stale) {
			const uids = entries.flatMap((entry) => entry.uids);
			await changeFlags(client, uids, 'remove', [keyword]).catch(rethrowLost);
		}
	}

	/** Writes down on the server whose runs have ended, where the marks themselves have to wait for others. */
	private async prove(client: ImapClient, mailbox: SelectedMailbox, voters: readonly Voter[]): Promise<void> {
		// Those that may be marked by now get their proof along with the marks, in the next round.
		const waiting = [...this.pending].filter(([uid, entry]) => !this.isDue(uid, entry, voters));
		const open = waiting.flatMap(([uid, entry]) => unprovenOf(entry).map((vote) => ({ uid, entry, vote })));
		for (const [keyword, votes] of groupBy(open, ({ vote }) => vote.proof ?? '')) {
			const uids = votes.map(({ uid }) => uid);
			if (keyword !== '' && mailbox.allowsKeywords) {
				await changeFlags(client, uids, 'add', [keyword]).catch(rethrowLost);
			}
			for (const { entry, vote } of votes) {
				entry.proven.add(vote);
				vote.proven();
			}
		}
	}

	private async applyGroup(
		client: ImapClient,
		mailbox: SelectedMailbox,
		marks: Decision,
		uids: number[],
	): Promise<void> {
		let unkept: ReadonlySet<number> = new Set();
		try {
			if (marks.flags.length > 0) await changeFlags(client, uids, 'add', marks.flags);
			if (marks.flags.includes(FAILED_KEYWORD)) unkept = await this.flagUnkept(client, uids);
			if (marks.moveTo !== '') await moveMessages(client, uids, marks.moveTo);
			else if (marks.delete) await deleteFromHere(client, uids);
		} catch (error) {
			rethrowLost(error);
			for (const uid of uids) this.retryOrTell(uid, error);
			return;
		}
		const set = marks.flags.filter((flag) => mailbox.settableFlags?.has(flag) ?? true);
		for (const uid of uids) this.close(uid, unkept.has(uid) ? [] : set);
	}

	/**
	 * Some servers take a keyword and forget it: such a mail would seem to have been put back, and would run again and
	 * again. It gets a flag instead.
	 */
	private async flagUnkept(client: ImapClient, uids: readonly number[]): Promise<Set<number>> {
		const kept = await searchMessages(client, { uid: toSequenceSet(uids), keyword: FAILED_KEYWORD });
		const unkept = uids.filter((uid) => !kept.includes(uid));
		if (unkept.length > 0) await changeFlags(client, unkept, 'add', ['\\Flagged']);
		return new Set(unkept);
	}

	private retryOrTell(uid: number, error: MailError): void {
		const entry = this.pending.get(uid);
		if (!entry || ++entry.attempts < MARK_ATTEMPTS) return;
		for (const vote of entry.votes.values()) vote.refused(error);
		this.close(uid, []);
	}

	private close(uid: number, flags: readonly string[]): void {
		const entry = this.pending.get(uid);
		if (!entry) return;
		this.pending.delete(uid);
		this.settled++;
		for (const vote of entry.votes.values()) {
			if (!entry.proven.has(vote)) vote.proven();
			vote.applied(flags);
		}
	}

	private allDecided(uid: number, entry: Pending, voters: readonly Voter[]): boolean {
		return voters.every((voter) => entry.votes.has(voter) || !voter.isUndecided(uid));
	}

	private isDue(uid: number, entry: Pending, voters: readonly Voter[]): boolean {
		if (this.allDecided(uid, entry, voters)) return true;
		const removes = [...entry.votes.values()].some(({ marks }) => marks.delete || marks.moveTo !== '');
		if (voters.some((voter) => !entry.votes.has(voter) && voter.wantsUnread?.(uid))) return false;
		return !removes && this.clock.now() - entry.since >= FLAG_WAIT_MS;
	}
}

interface Decision {
	flags: string[];
	moveTo: string;
	delete: boolean;
}

function unprovenOf(entry: Pending): Vote[] {
	return [...entry.votes.values()].filter((vote) => !entry.proven.has(vote));
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const value of values) {
		const key = keyOf(value);
		const group = groups.get(key);
		if (group) group.push(value);
		else groups.set(key, [value]);
	}
	return groups;
}

/** Joins the votes on one mail. */
function decide(votes: readonly Vote[], mailbox: SelectedMailbox, someUndecided: boolean): Decision {
	const failed = votes.filter((vote) => vote.failed);
	const movers = failed.length > 0 ? failed : votes;
	const moveTo = someUndecided ? '' : (movers.find(({ marks }) => marks.moveTo !== '')?.marks.moveTo ?? '');
	const isDeleted = !someUndecided && movers.some(({ marks }) => marks.delete);
	const flags = new Set<string>();
	for (const { marks, proof } of votes) {
		if (marks.flag) flags.add('\\Flagged');
		if (marks.addKeyword !== '' && mailbox.allowsKeywords) flags.add(marks.addKeyword);
		// What leaves the mailbox proves it by that, and would take the keyword along for ever.
		const leaves = moveTo !== '' || isDeleted;
		if (proof !== null && mailbox.allowsKeywords && !leaves) flags.add(proof);
	}
	// A failed mail is left unread, so that a person finds it, unless its own rule says otherwise.
	const readers = failed.length > 0 ? failed : votes;
	if (readers.some(({ marks }) => marks.markRead)) flags.add('\\Seen');
	if (failed.length > 0) flags.add(mailbox.allowsKeywords ? FAILED_KEYWORD : '\\Flagged');
	return { flags: [...flags], moveTo, delete: isDeleted };
}

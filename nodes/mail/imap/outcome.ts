/** What the runs of a workflow say about the mail they were started with, and what is then done to it. */
import type { Account } from '../account/account';
import type { Clock } from '../clock';
import type { MailError } from '../errors';
import type { ReceivedMessage } from '../message/parsed';
import type { Cursor } from './cursor';
import type { MailFilter } from './filter';
import type { Places } from './places';

/** How a run ended (delivery.md D7). */
export type Outcome =
	/** It finished, or reached a Wait step. */
	| { kind: 'succeeded' }
	/** It failed, crashed, was cancelled or timed out. */
	| { kind: 'failed'; reason: string }
	/** n8n has run this key before, or another process has. */
	| { kind: 'duplicate' }
	/** n8n could not say; whether a run exists is not known. */
	| { kind: 'unclear'; reason: string }
	/** n8n cannot tell outcomes at all; the mail was handed over, and that is all. */
	| { kind: 'unconfirmed' };

/** One start of the workflow. */
export interface Run {
	messages: ReceivedMessage[];
	/** 1 for the first. */
	attempt: number;
	/** Under this n8n refuses a second run; at most 255 characters (D6). */
	key: string;
	/** Writes the cursor down. To be called in the very tick in which the workflow is started (D1). */
	save(): void;
	/** Whether the trigger was closed meanwhile: then the workflow must not be started any more. */
	isStopped(): boolean;
}

/**
 * Starts the workflow and tells how the run ended; null when it was stopped before it started. Never rejects; may never
 * settle. Runs start in the order of the calls.
 */
export type StartRun = (run: Run) => Promise<Outcome | null>;

/** What is done to a mail on the server. */
export interface Marks {
	markRead: boolean;
	flag: boolean;
	/** A keyword such as `Done`; empty for none. */
	addKeyword: string;
	/** Path of a mailbox; empty for none. */
	moveTo: string;
	delete: boolean;
}

export const NO_MARKS: Marks = { markRead: false, flag: false, addKeyword: '', moveTo: '', delete: false };

/**
 * When a mail counts as dealt with.
 * - `succeeded`: after a run without error. A failed mail stays unread and is marked.
 * - `ended`: after any run. A failed run counts like a success.
 * - `started`: as soon as n8n was asked to run. What fails then is lost to the trigger.
 */
export type Acknowledge = 'succeeded' | 'ended' | 'started';

export interface DeliveryPolicy {
	acknowledge: Acknowledge;
	onSuccess: Marks;
	onFailure: Marks;
	/** Further attempts after a failed run. */
	retries: number;
	/**
	 * A mail whose run was under way when n8n died, and whose end nobody knows.
	 * - `run`: once more. It may have run to its end before.
	 * - `leave`: not again; it is marked like a failed one, and told. It may not have run to its end.
	 */
	afterCrash: 'run' | 'leave';
	/** Whether a mail that ran, and is marked unread later, starts the workflow again. */
	fireAgainWhenMarkedUnread: boolean;
	/** Runs at a time, over all mailboxes. */
	parallel: number;
	/** Messages of one run. */
	batchSize: number;
}

/** Waits between attempts (ms); the last one repeats. */
export const RETRY_WAITS_MS = [30_000, 120_000, 600_000, 1_800_000, 3_600_000];

/** Set on mails whose run failed, where the server allows keywords; `\Flagged` otherwise (D11). */
export const FAILED_KEYWORD = 'MailroomFailed';
/** Set on a failed mail that somebody has dealt with: it does not run again although its mark is gone. */
export const DONE_KEYWORD = 'MailroomDone';
export const FAILED_MARKS: readonly string[] = [FAILED_KEYWORD, '\\Flagged'];

/** n8n never tells the end of some runs, such as one that is stopped while it is queued. */
export const ENDLESS_RUN =
	'A run of this workflow has not ended in the time it may take. It keeps one of the places for parallel executions; publish the workflow again to free it.';

/** Everything a delivery is made with. */
export interface DeliveryOptions {
	mailbox: string;
	cursor: Cursor;
	policy: DeliveryPolicy;
	/** Shared by all mailboxes of the trigger; without, this one has them for itself. */
	places?: Places;
	/** What is left out is settled without a run and without a mark (D13). */
	filter: MailFilter;
	workflowId: string;
	nodeId: string;
	clock: Clock;
	/** Bytes of one message; what is longer is cut and says so. */
	maxMessageBytes: number;
	/** How long a run may take (ms) before it is told that its end is not in sight; it keeps its place. */
	runLimitMs: number;
	/** Ask the server now and then instead of waiting for its word (IDLE). */
	forcePolling: boolean;
	/** Reads the credential anew (D15). */
	account(): Promise<Account>;
	start: StartRun;
	/** Writes the cursor down. */
	save(): void;
	/** Something a person should know. */
	report(message: string): void;
	/** A run ended after the trigger was closed; what is to be done about it is done by calling `settle`. */
	onLateEnd(settle: () => void): void;
	/** The line to the server was down long enough to tell, or is back after that (D21). */
	lineDown(error: MailError): void;
	lineBack(downMs: number): void;
}

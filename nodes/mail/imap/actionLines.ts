/**
 * Connections for what is done on demand, such as moving a mail: few for an account, kept for a short while, because the
 * next item of a workflow mostly follows soon. A watched mailbox keeps its own connection: a command there would end
 * its IDLE, and its trigger may close it at any time.
 */
import type { Account } from '../account/account';
import { PerAccount } from '../account/perAccount';
import { systemClock, type Clock } from '../clock';
import { MailError } from '../errors';
import { linesOf } from './accountLines';
import type { ImapClient } from './client';

/** At a time and account. With those of the triggers this stays below the 10 to 15 that providers allow. */
export const MAX_ACTION_LINES = 2;
/** How long a connection is kept after use. */
export const ACTION_IDLE_MS = 20_000;
/** A connection that answered so lately is not asked whether it is alive. */
const FRESH_MS = 2_000;
/** Connections made in a row for one piece of work: a server that drops each of them is not asked for ever. */
const MAX_CONNECTS = 3;
/** A connection that lasted so long does not count among them. */
const LASTING_MS = 10_000;

interface Open {
	client: ImapClient;
	/** Ends the connection. */
	end: AbortController;
}

interface Desk {
	taken: number;
	waiting: (() => void)[];
	kept: Open | null;
	cancelIdle: () => void;
}

const desks = new PerAccount<Desk>(({ taken, kept }) => taken === 0 && kept === null);

/** One connection, for one user at a time; made at first use, and anew when it was lost. */
export class ActionLine {
	private connects = 0;
	private connectedAt = 0;
	/** Why the last one could not be made. */
	private failure: MailError | null = null;

	/** @param open a connection that was kept */
	constructor(
		private readonly account: Account,
		private readonly signal: AbortSignal | undefined,
		private readonly clock: Clock,
		private open: Open | null,
	) {}

	/** @throws MailError when no connection can be made */
	async client(): Promise<ImapClient> {
		this.refuseCancelled();
		if (this.open?.client.alive) return this.open.client;
		if (this.open && this.clock.now() - this.connectedAt >= LASTING_MS) this.connects = 0;
		this.open = null;
		if (++this.connects > MAX_CONNECTS) throw this.failure ?? dropped();
		const end = new AbortController();
		const abort = () => end.abort();
		this.signal?.addEventListener('abort', abort, { once: true });
		try {
			const client = await linesOf(this.account, this.clock).connect(this.account, { signal: end.signal });
			this.open = { client, end };
			this.connectedAt = this.clock.now();
			this.failure = null;
			return client;
		} catch (error) {
			if (error instanceof MailError) this.failure = error;
			throw error;
		} finally {
			this.signal?.removeEventListener('abort', abort);
		}
	}

	/** Ends the connection in the middle of whatever it does. */
	abort(): void {
		this.open?.end.abort();
	}

	/** The connection as it is left; null when there is none any more. */
	left(): Open | null {
		return this.open?.client.alive ? this.open : null;
	}

	private refuseCancelled(): void {
		if (this.signal?.aborted) throw cancelled();
	}
}

/**
 * Does some work on a connection of the account that nobody else uses meanwhile.
 *
 * @param signal stops the work and ends the connection
 * @throws what `work` throws
 */
export async function withActionLine<T>(
	account: Account,
	work: (line: ActionLine) => Promise<T>,
	signal?: AbortSignal,
	clock = systemClock,
): Promise<T> {
	const desk = desks.of(account, () => ({ taken: 0, waiting: [], kept: null, cancelIdle: () => undefined }));
	if (desk.taken >= MAX_ACTION_LINES) await placeAt(desk, signal);
	else desk.taken++;
	const line = new ActionLine(account, signal, clock, await takeKept(desk, clock));
	const abort = () => line.abort();
	signal?.addEventListener('abort', abort, { once: true });
	try {
		return await work(line);
	} finally {
		signal?.removeEventListener('abort', abort);
		const left = line.left();
		const next = desk.waiting.shift();
		if (left) keep(desk, left, clock);
		// The place is handed on, so that nobody who comes in between takes it.
		if (next) next();
		else desk.taken--;
	}
}

/** Waits for a place. @throws MailError `CANCELLED` when the signal aborts first */
async function placeAt(desk: Desk, signal: AbortSignal | undefined): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const giveUp = () => {
			desk.waiting = desk.waiting.filter((other) => other !== come);
			reject(cancelled());
		};
		const come = () => {
			signal?.removeEventListener('abort', giveUp);
			resolve();
		};
		if (signal?.aborted) return reject(cancelled());
		signal?.addEventListener('abort', giveUp, { once: true });
		desk.waiting.push(come);
	});
}

/** Ends all connections that nobody uses at the moment. */
export function closeIdleActionLines(): void {
	for (const desk of desks.all()) drop(desk);
}

/** A connection that was kept may have died unseen: asking costs a round trip, finding out in mid-command costs certainty. */
async function takeKept(desk: Desk, clock: Clock): Promise<Open | null> {
	const { kept } = desk;
	desk.cancelIdle();
	desk.kept = null;
	if (!kept?.client.alive) return null;
	kept.client.holdProcess(true);
	if (clock.now() - kept.client.lastAnswerAt < FRESH_MS) return kept;
	return await kept.client.probe().then(
		() => kept,
		() => null,
	);
}

function keep(desk: Desk, open: Open, clock: Clock): void {
	drop(desk);
	open.client.holdProcess(false);
	desk.kept = open;
	desk.cancelIdle = clock.after(ACTION_IDLE_MS, () => drop(desk));
}

function drop(desk: Desk): void {
	desk.cancelIdle();
	void desk.kept?.client.logout();
	desk.kept = null;
}

function cancelled(): MailError {
	return new MailError('CANCELLED', 'The work was stopped.', { side: 'imap' });
}

function dropped(): MailError {
	return new MailError('LOST', 'The mail server drops every connection that is made.', {
		side: 'imap',
		retry: 'transient',
		nextStep: 'Try again later. If it stays so, the account may have too many connections open.',
	});
}

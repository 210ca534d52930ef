/** Finds the mailboxes that roles and patterns mean, at the start and every now and then. */
import type { Account } from '../mail/account/account';
import { endingOf, FRESH, nextDelay } from '../mail/backoff';
import { sleep, systemClock } from '../mail/clock';
import { MailError } from '../mail/errors';
import { waitForCredential } from '../mail/imap/credentialWait';
import { unexpected } from '../mail/imap/lineLost';
import { listMailboxes, MAX_MAILBOXES, resolveMailboxes } from '../mail/imap/mailboxNames';

/** How often new mailboxes are looked for. */
export const FIND_INTERVAL_MS = 15 * 60_000;

export interface FinderEvents {
	/** Called for every mailbox that fits, each time it is seen. */
	onFound(mailbox: string): void;
	/** Called after each look with all that fit. */
	onLook(mailboxes: readonly string[]): void;
	/** Called with what makes it look at once. */
	onRest(lookNow: () => void): void;
	onReport(text: string): void;
	/** How the first look went: null for well. */
	onFirst(error: MailError | null): void;
}

/** Looks until the signal aborts. Never rejects. */
export async function findMailboxes(
	entries: readonly string[],
	readAccount: () => Promise<Account>,
	signal: AbortSignal,
	events: FinderEvents,
): Promise<void> {
	let backoff = FRESH;
	let told = '';
	const tell = (text: string) => {
		if (text !== told && text !== '') events.onReport(text);
		told = text;
	};
	while (!signal.aborted) {
		try {
			const listed = await listMailboxes(await readAccount(), signal);
			const found = resolveMailboxes(entries, listed);
			for (const mailbox of found.slice(0, MAX_MAILBOXES)) events.onFound(mailbox);
			events.onLook(found);
			tell(
				complaint(
					entries,
					found,
					listed.map(({ path }) => path),
				),
			);
			events.onFirst(null);
			backoff = FRESH;
			const nap = new AbortController();
			events.onRest(() => nap.abort());
			await sleep(systemClock, FIND_INTERVAL_MS, AbortSignal.any([signal, nap.signal]));
		} catch (caught) {
			if (signal.aborted) return;
			const error = caught instanceof MailError ? caught : unexpected(caught);
			events.onFirst(error);
			const next = nextDelay(backoff, endingOf(error.retry, error.waitMs), Math.random());
			backoff = next.state;
			if (error.retry === 'credentials' || error.retry === 'configuration')
				tell(`The mailboxes cannot be listed. ${error.line}`);
			await waitForCredential(systemClock, next.delayMs, signal, [{ account: readAccount }]);
		}
	}
}

function complaint(
	entries: readonly string[],
	found: readonly string[],
	existing: readonly string[],
): string {
	const wanted = entries.map((entry) => `"${entry}"`).join(', ');
	if (found.length === 0)
		return `No mailbox fits ${wanted}. There are: ${existing.slice(0, 50).join(', ')}. It is looked for again.`;
	if (found.length <= MAX_MAILBOXES) return '';
	return `${found.length} mailboxes fit ${wanted}; only the first ${MAX_MAILBOXES} are watched, because a trigger remembers no more. Give the others a trigger of their own.`;
}

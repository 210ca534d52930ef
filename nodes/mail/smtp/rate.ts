/** At most so many mails per time and account, whoever sends them. */
import { accountFingerprint, type Account } from '../account/account';
import { sleep, type Clock } from '../clock';

/** When the next mail of an account may begin, by the clock's monotonic time. One small entry for each account with a limit. */
const nextStarts = new Map<string, number>();

/**
 * Waits until the next mail may begin, at least `intervalMs` after the one before it; several waiting take turns.
 *
 * @returns false when the signal ended the wait
 */
export async function takeTurn(
	account: Account,
	intervalMs: number,
	clock: Clock,
	signal: AbortSignal,
): Promise<boolean> {
	if (intervalMs <= 0) return !signal.aborted;
	const key = accountFingerprint(account);
	const now = clock.now();
	const at = Math.max(now, nextStarts.get(key) ?? 0);
	nextStarts.set(key, at + intervalMs);
	return at === now ? !signal.aborted : await sleep(clock, at - now, signal);
}

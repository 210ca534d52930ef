/** n8n tries a trigger five times before it gives up; a refused login must not cost five logins, which may lock the account (D19). */
import { accountFingerprint, type Account } from '../mail/account/account';
import { systemClock } from '../mail/clock';
import type { MailError } from '../mail/errors';

/** Longer than n8n's five tries take, short enough for a person who has set the server right. */
export const REFUSAL_REMEMBERED_MS = 60_000;

const refusals = new Map<string, { failure: MailError; until: number }>();

/** Notes that an account was refused. */
export function rememberRefusal(account: Account, failure: MailError): void {
	for (const [key, { until }] of refusals) if (until <= systemClock.now()) refusals.delete(key);
	refusals.set(accountFingerprint(account), { failure, until: systemClock.now() + REFUSAL_REMEMBERED_MS });
}

/** How the very same account was refused a moment ago, if it was. */
export function recentRefusal(account: Account): MailError | null {
	const refusal = refusals.get(accountFingerprint(account));
	return refusal && refusal.until > systemClock.now() ? refusal.failure : null;
}

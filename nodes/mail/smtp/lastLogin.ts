/** How the last login of each account went, so that a refused one is not repeated for every mail until the account is locked. */
import { accountFingerprint, type Account } from '../account/account';
import { connectionOf } from '../account/tokenLogin';
import { MailError } from '../errors';

/** A refused login is not repeated before this, whoever wants to send. */
export const REFUSED_MS = 30_000;
/** Accounts that are remembered. */
const MAX_REMEMBERED = 500;

const lastLogins = new Map<string, 'worked' | { error: MailError; at: number; connection: string }>();

/** Whether the account has logged in before and was not refused since. */
export function loginWorked(account: Account): boolean {
	return lastLogins.get(accountFingerprint(account)) === 'worked';
}

/** The refusal of a login shortly before; null also when the account was connected again meanwhile. */
export async function refusedLately(account: Account): Promise<MailError | null> {
	const last = lastLogins.get(accountFingerprint(account));
	if (last === undefined || last === 'worked' || performance.now() - last.at > REFUSED_MS) return null;
	return last.connection === (await connectionOf(account)) ? last.error : null;
}

/** @param outcome what the server refused the login with; null when it let us in */
export async function rememberLogin(account: Account, outcome: MailError | null): Promise<void> {
	const key = accountFingerprint(account);
	const last = lastLogins.get(key);
	// One that is only told again is not younger for that.
	if (typeof last === 'object' && last.error === outcome) return;
	if (lastLogins.size >= MAX_REMEMBERED) lastLogins.clear();
	const refused = outcome && {
		error: outcome,
		at: performance.now(),
		connection: await connectionOf(account),
	};
	lastLogins.set(key, refused ?? 'worked');
}

/** Whether a person has to act before the next login can go better. */
export function isRefusedLogin(error: unknown): error is MailError {
	if (!(error instanceof MailError) || error.code !== 'LOGIN') return false;
	return error.retry === 'credentials' || error.retry === 'configuration';
}

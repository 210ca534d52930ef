/** Logging in with a token: renewed before it runs out, and once more when the server will not take it. */
import { MailError } from '../errors';
import { endpointOf, type Account } from './account';
import type { AccessToken } from './token';

/**
 * Runs a login; for an account with a token, with the token to use, and a second time with a new one when the server
 * refused the first.
 *
 * @param attempt makes a new connection each time
 * @throws what the last attempt threw, or MailError `LOGIN` when there is no token to be had
 */
export async function logInWithToken<T>(
	account: Account,
	side: 'imap' | 'smtp',
	attempt: (token: AccessToken | null) => Promise<T>,
): Promise<T> {
	const { auth } = account;
	if (auth.kind === 'password') return await attempt(null);
	endpointOf(account, side);
	const token = await auth.tokens.token();
	try {
		return await attempt(token);
	} catch (error) {
		if (!(error instanceof MailError) || error.code !== 'LOGIN' || error.retry !== 'credentials') throw error;
		const renewed = await auth.tokens.token(token);
		return await attempt({ ...renewed, isFresh: true });
	}
}

/**
 * Changes when the person connects the account again, so that an earlier refusal counts no more. Empty for a password,
 * whose change makes another account.
 */
export async function connectionOf({ auth }: Account): Promise<string> {
	if (auth.kind === 'password') return '';
	// Who cannot be asked has not changed.
	return await auth.tokens.connection().catch(() => '');
}

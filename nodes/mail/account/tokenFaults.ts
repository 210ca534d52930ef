/** What can be said about a token that a mail server refused, from the token itself and from the server's words. Pure. */
import type { Account } from './account';
import { providerKeyForHost } from './providers';
import type { Symptom } from './refusals';
import type { AccessToken } from './token';

/**
 * - `expired`: it was too old
 * - `wrong-audience`: it is for another service than mail
 * - `scope-missing`: it does not allow this protocol
 * - `fresh`: it was issued for this login, so neither its age nor a revocation is the reason
 */
export type TokenFault = 'expired' | 'wrong-audience' | 'scope-missing' | 'fresh';

/** Longest token that is looked into. */
const MAX_TOKEN_LENGTH = 16_384;
/** Microsoft's names for Exchange Online, also as the number it has there. */
const EXCHANGE_AUDIENCE =
	/\boutlook\.office(365)?\.(com|us)\b|\bpartner\.outlook\.cn\b|00000002-0000-0ff1-ce00/i;
const EXCHANGE_SCOPE = { imap: /IMAP\.AccessAs(User\.All|App)\b/i, smtp: /SMTP\.Send(AsApp)?\b/i };
const GOOGLE_SCOPE = /https:\/\/mail\.google\.com\//;

/** What a diagnosis needs to know about a login with a token. */
export function loginFacts(
	account: Account,
	side: 'imap' | 'smtp',
	token: AccessToken | null,
	oauthError: unknown,
): Pick<Symptom, 'login' | 'oauthError' | 'tokenFault'> {
	if (account.auth.kind === 'password') return { login: 'password' };
	const said = oauthErrorOf(oauthError);
	const fault = token && tokenFaultOf(account, side, token);
	return {
		login: 'token',
		...(said !== undefined && { oauthError: said }),
		...(fault && { tokenFault: fault }),
	};
}

/** The first thing that is wrong with a token as far as it tells; null when it tells nothing. */
export function tokenFaultOf(
	{ provider, imap, smtp }: Pick<Account, 'provider' | 'imap' | 'smtp'>,
	side: 'imap' | 'smtp',
	token: AccessToken,
	now = Date.now(),
): TokenFault | null {
	const claims = claimsOf(token.value.reveal());
	const host = (side === 'imap' ? imap : smtp)?.host ?? '';
	const key = provider === 'custom' ? providerKeyForHost(host) : provider;
	const granted = [token.scope, claims.scp, ...[claims.roles].flat()].filter(
		(text): text is string => typeof text === 'string',
	);
	if (key === 'outlook' || key === 'microsoft365') {
		if (typeof claims.aud === 'string' && !EXCHANGE_AUDIENCE.test(claims.aud)) return 'wrong-audience';
		if (granted.length > 0 && !granted.some((text) => EXCHANGE_SCOPE[side].test(text)))
			return 'scope-missing';
	}
	if (key === 'gmail' && token.scope !== null && !GOOGLE_SCOPE.test(token.scope)) return 'scope-missing';
	const ends = token.expiresAt ?? (typeof claims.exp === 'number' ? claims.exp * 1000 : null);
	if (ends !== null && ends <= now) return 'expired';
	return token.isFresh === true ? 'fresh' : null;
}

interface Claims {
	aud?: unknown;
	scp?: unknown;
	roles?: unknown;
	exp?: unknown;
}

/** The claims of a token that is a JWT (RFC 7519 §4); its signature is the server's business. */
function claimsOf(token: string): Claims {
	const payload =
		token.length <= MAX_TOKEN_LENGTH ? /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1] : undefined;
	return payload === undefined ? {} : parse(Buffer.from(payload, 'base64url').toString());
}

/** `status` of the JSON by which a server refuses a token (RFC 7628 §3.2.2), such as `invalid_token` or `400`. */
function oauthErrorOf(said: unknown): string | undefined {
	const json = typeof said === 'string' ? parse(said) : said;
	if (typeof json !== 'object' || json === null) return undefined;
	const { status, error } = json as { status?: unknown; error?: unknown };
	const code = status ?? error;
	return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
}

function parse(json: string): Claims {
	try {
		const value: unknown = JSON.parse(json);
		return typeof value === 'object' && value !== null ? value : {};
	} catch {
		return {};
	}
}

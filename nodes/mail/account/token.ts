/** OAuth2 access tokens as a login uses them (RFC 6749 §1.4, RFC 6750). Where they come from is not the core's business. */
import type { Clock } from '../clock';
import type { Secret } from './secret';

/** A token is renewed this long before it runs out; a short-lived one when a quarter of its life is left. */
export const RENEW_BEFORE_MS = 5 * 60_000;
const RENEW_AT_PART = 4;
/** A session lives this long even if its token was about to run out when it began. */
const SHORTEST_SESSION_MS = 5_000;

export interface AccessToken {
	value: Secret;
	/** When it runs out, by the wall clock; null when nobody said. */
	expiresAt: number | null;
	/** How long it is good for in all, in milliseconds; null when nobody said. */
	lifetimeMs: number | null;
	/** What it allows, as the provider said; null when it did not. */
	scope: string | null;
	/** It was issued for this very login, so that a refusal has another reason than its age. */
	isFresh?: boolean;
}

export interface TokenSource {
	/** Equal for the same credential with the same settings, whichever token it holds at the moment; no secret. */
	readonly grant: string;
	/**
	 * The token for a login, renewed when it is about to run out.
	 *
	 * @param refused a token that the mail server did not take: another one is wanted
	 * @throws MailError `LOGIN`, also when the person has to connect the account again
	 */
	token(refused?: AccessToken): Promise<AccessToken>;
	/** Changes when the person connects the account again, so that an old refusal counts no more. */
	connection(): Promise<string>;
	/** Tokens handed out lately, which must not be seen. */
	readonly issued: readonly Secret[];
}

/** Milliseconds before its end at which a token is to be replaced. */
export function renewalMargin({ lifetimeMs }: Pick<AccessToken, 'lifetimeMs'>): number {
	return lifetimeMs === null ? RENEW_BEFORE_MS : Math.min(RENEW_BEFORE_MS, lifetimeMs / RENEW_AT_PART);
}

/**
 * Monotonic time at which a new session should take over; null for never. Half of the margin at which a login renews the
 * token, so that the login that follows gets a new one.
 */
export function sessionEnd(token: AccessToken | null, clock: Clock): number | null {
	if (token?.expiresAt == null) return null;
	const left = token.expiresAt - renewalMargin(token) / 2 - clock.wallTime();
	return clock.now() + Math.max(left, SHORTEST_SESSION_MS);
}

/** What a client answers to AUTH XOAUTH2, before base64 (developers.google.com/gmail/imap/xoauth2-protocol). */
export function xoauth2(user: string, token: string): string {
	return `user=${user}\x01auth=Bearer ${token}\x01\x01`;
}

/** The same for AUTH OAUTHBEARER (RFC 7628 §3.1). */
export function oauthBearer(user: string, token: string, host: string, port: number): string {
	const name = user.replace(/=/g, '=3D').replace(/,/g, '=2C');
	return `n,a=${name},\x01host=${host}\x01port=${port}\x01auth=Bearer ${token}\x01\x01`;
}

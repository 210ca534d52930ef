/** Accounts of the mail core for tests. */
import type { Account } from '../../../nodes/mail/account/account';
import { Secret } from '../../../nodes/mail/account/secret';
import { NO_TLS_SETTINGS } from '../../../nodes/mail/net/tls';
import type { AccessToken, TokenSource } from '../../../nodes/mail/account/token';

export type AccountChanges = Partial<Omit<Account, 'auth'>> & { auth?: Account['auth']; password?: string };

/** An account with a password and no server; `changes` win. */
export function testAccount({ password = 'secret', ...changes }: AccountChanges = {}): Account {
	return {
		provider: 'custom',
		user: 'ann@example.org',
		auth: { kind: 'password', password: new Secret(password) },
		imap: null,
		smtp: null,
		ignoreCertificateErrors: true,
		tls: NO_TLS_SETTINGS,
		proxy: null,
		egress: null,
		ehloName: '',
		senderAddress: null,
		senderName: null,
		...changes,
	};
}

/** Hands out tokens in their order: the next one whenever the one before was refused. */
export class FakeTokens implements TokenSource {
	readonly grant = 'grant';
	readonly issued: Secret[] = [];
	readonly #tokens: (string | Error)[];
	readonly #asked: (string | null)[] = [];

	constructor(tokens: (string | Error)[]) {
		this.#tokens = tokens;
	}

	/** What was asked: the token that had been refused, or null. */
	asked(): (string | null)[] {
		return this.#asked;
	}

	async token(refused?: AccessToken): Promise<AccessToken> {
		this.#asked.push(refused?.value.reveal() ?? null);
		if (refused) this.#tokens.shift();
		const next = this.#tokens[0] ?? new Error('no more tokens');
		if (next instanceof Error) throw next;
		const value = new Secret(next);
		this.issued.push(value);
		return await Promise.resolve({ value, expiresAt: null, lifetimeMs: null, scope: null });
	}

	async connection(): Promise<string> {
		return await Promise.resolve('connection');
	}
}

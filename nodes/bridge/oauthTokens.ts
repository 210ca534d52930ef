/** Access tokens out of n8n's OAuth2 credentials, renewed by n8n's own helper, which stores them and never renews twice at once. */
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	ITriggerFunctions,
	Logger,
} from 'n8n-workflow';
import { keyedHash } from '../mail/account/account';
import { NO_TOKEN } from '../mail/account/oauthRefusals';
import { diagnose } from '../mail/account/refusals';
import { Secret } from '../mail/account/secret';
import { renewalMargin, type AccessToken, type TokenSource } from '../mail/account/token';
import { cleanServerText, MailError } from '../mail/errors';

/** A provider that said no to a renewal is not asked again for the same grant before this. */
export const REFUSED_MS = 60_000;
/**
 * How long a renewal may take; n8n itself waits five minutes for the provider. What comes later n8n stores all the same, and
 * the next login finds it. Below the limit of an account's check.
 */
export const RENEW_TIMEOUT_MS = 12_000;
/** Tokens whose end is remembered, because older n8n does not store it. */
const MAX_REMEMBERED = 500;
/** Request Timeout, Too Early, Too Many Requests. */
const COME_BACK_LATER = [408, 425, 429];
/** Tokens handed out that are kept to be masked: the old and the new one of a renewal. */
const MAX_ISSUED = 4;

/** What reading and renewing a credential takes of n8n's contexts; trigger, execution and editor have it. */
export interface OAuthContext {
	helpers: Partial<Pick<ITriggerFunctions['helpers'], 'refreshOAuth2Token'>>;
	logger: Logger;
	getNode(): INode;
	getMode?: ITriggerFunctions['getMode'];
	/** Has `credentials` where a credential is another one for each person who starts the workflow. */
	getExecutionContext?(): { credentials?: unknown } | undefined;
}

/** The longest that each token can be good for (wall time), by its hash. */
const ends = new Map<string, number>();
/** Grants whose renewal the provider refused, by their connection. */
const refusals = new Map<string, { error: MailError; at: number }>();

export class CredentialTokens implements TokenSource {
	readonly grant: string;
	readonly issued: Secret[] = [];
	readonly #context: OAuthContext;
	readonly #type: string;
	readonly #provider: string;
	readonly #read: () => Promise<ICredentialDataDecryptedObject>;

	/**
	 * @param read gives the credential as it is now
	 * @param data the credential as it was read for the account
	 */
	constructor(
		context: OAuthContext,
		type: string,
		provider: string,
		read: () => Promise<ICredentialDataDecryptedObject>,
		data: ICredentialDataDecryptedObject,
	) {
		this.#context = context;
		this.#type = type;
		this.#provider = provider;
		this.#read = read;
		const { oauthTokenData, ...settings } = data;
		const id = context.getNode().credentials?.[type]?.id ?? '';
		const isPersonal = context.getExecutionContext?.()?.credentials !== undefined;
		this.grant = keyedHash(JSON.stringify([type, id, settings, isPersonal && oauthTokenData]));
	}

	async token(refused?: AccessToken): Promise<AccessToken> {
		const data = await this.#read();
		const held = heldToken(data);
		const isRefused = refused !== undefined && refused.value.reveal() === held?.value.reveal();
		if (held && !isRefused && !isEnding(held)) return this.#handOut(held);
		try {
			return this.#handOut(await this.#renew(data));
		} catch (error) {
			const failure = error instanceof MailError ? error : this.#failure(error, data);
			// With a token for renewal that is good once, another process that was first has ended ours, and stored what it got.
			const now = failure.retry === 'transient' ? null : heldToken(await this.#read());
			const known = [held, refused].map((token) => token?.value.reveal());
			if (now && !known.includes(now.value.reveal()) && !isEnding(now)) return this.#handOut(now);
			const stillGood = held && !isRefused && (held.expiresAt ?? Infinity) > Date.now();
			if (stillGood && failure.retry === 'transient') return this.#handOut(held);
			throw failure;
		}
	}

	async connection(): Promise<string> {
		return connectionOf(await this.#read());
	}

	async #renew(data: ICredentialDataDecryptedObject): Promise<AccessToken> {
		const connection = connectionOf(data);
		const known = refusals.get(connection);
		if (known && Date.now() - known.at < REFUSED_MS) throw known.error;
		refusals.delete(connection);
		const isUnattended = data.grantType === 'clientCredentials';
		if (!isUnattended && tokenData(data).access_token === undefined) {
			throw this.#failure(new Error('The account is not connected'), data);
		}
		const { helpers, logger, getMode } = this.#context;
		if (typeof helpers.refreshOAuth2Token !== 'function') {
			throw new MailError(
				'LOGIN',
				'This n8n cannot renew access tokens for nodes, so the account cannot log in.',
				{
					retry: 'configuration',
					nextStep: 'Update n8n to 1.119 or newer, or use a Mail Account with an app password.',
				},
			);
		}
		// The helper expects stored tokens even where, without a user, none has been fetched yet.
		const credential = { ...data, oauthTokenData: tokenData(data) };
		const self = {
			helpers,
			logger,
			getNode: () => this.#context.getNode(),
			getCredentials: async () => await Promise.resolve(credential),
			...(getMode && { getMode: () => getMode.call(this.#context) }),
		};
		try {
			const renewal: Promise<unknown> = helpers.refreshOAuth2Token.call(self as never, this.#type);
			const renewed = await inTime(renewal, RENEW_TIMEOUT_MS);
			const token = tokenOf(renewed as TokenData, true);
			if (token) return token;
			throw new Error('Expected "access_token" to exist');
		} catch (error) {
			const failure = this.#failure(error, data);
			if (failure.retry !== 'transient') {
				if (refusals.size >= MAX_REMEMBERED) refusals.clear();
				refusals.set(connection, { error: failure, at: Date.now() });
			}
			throw failure;
		}
	}

	#handOut(token: AccessToken): AccessToken {
		if (!this.issued.some((secret) => secret.reveal() === token.value.reveal())) {
			this.issued.push(token.value);
			this.issued.splice(0, this.issued.length - MAX_ISSUED);
		}
		return token;
	}

	#failure(error: unknown, data: ICredentialDataDecryptedObject): MailError {
		if (error instanceof MailError) return error;
		const { oauthError, text } = answerOf(error, secretsIn(data));
		const diagnosis = diagnose({
			side: 'imap',
			provider: this.#provider,
			code: NO_TOKEN,
			text,
			login: 'token',
			...(oauthError !== undefined && { oauthError }),
		});
		return new MailError('LOGIN', diagnosis.cause, {
			diagnosis,
			retry: diagnosis.class,
			nextStep: diagnosis.nextStep,
			...(diagnosis.url !== undefined && { url: diagnosis.url }),
			...(oauthError !== undefined && { reply: { text, code: oauthError } }),
		});
	}
}

/** @throws Error when it takes longer */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`No answer within ${ms / 1000} s`)), ms);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}

interface TokenData {
	access_token?: unknown;
	refresh_token?: unknown;
	expires_in?: unknown;
	/** Set by n8n when it renews: milliseconds since 1970 as text. */
	n8n_expires_at?: unknown;
	scope?: unknown;
}

function tokenData(data: ICredentialDataDecryptedObject): TokenData & IDataObject {
	const { oauthTokenData } = data;
	const isObject =
		typeof oauthTokenData === 'object' && oauthTokenData !== null && !Array.isArray(oauthTokenData);
	return isObject ? oauthTokenData : {};
}

function heldToken(data: ICredentialDataDecryptedObject): AccessToken | null {
	return tokenOf(tokenData(data), false);
}

function tokenOf(data: TokenData, isNew: boolean): AccessToken | null {
	const { access_token: value, scope } = data;
	if (typeof value !== 'string' || value === '') return null;
	const seconds = Number(data.expires_in);
	const lifetimeMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
	const told = isNew ? NaN : Number(data.n8n_expires_at);
	return {
		value: new Secret(value),
		expiresAt: Number.isFinite(told) && told > 0 ? told : endOf(value, lifetimeMs),
		lifetimeMs,
		scope: typeof scope === 'string' ? scope : null,
	};
}

/** Nobody told when it was issued: it cannot be good for longer than its life from when it was first seen. */
function endOf(token: string, lifetimeMs: number | null): number | null {
	if (lifetimeMs === null) return null;
	const key = keyedHash(token);
	const known = ends.get(key);
	if (known !== undefined) return known;
	if (ends.size >= MAX_REMEMBERED) ends.clear();
	ends.set(key, Date.now() + lifetimeMs);
	return Date.now() + lifetimeMs;
}

function isEnding(token: AccessToken): boolean {
	return token.expiresAt !== null && token.expiresAt - renewalMargin(token) <= Date.now();
}

/** Changes when the account is connected again, when a token is renewed, and when the client changes. */
function connectionOf(data: ICredentialDataDecryptedObject): string {
	const { access_token, refresh_token } = tokenData(data);
	const { clientId, clientSecret, accessTokenUrl, scope } = data;
	return keyedHash(
		JSON.stringify([access_token, refresh_token, clientId, clientSecret, accessTokenUrl, scope]),
	);
}

/** What the provider of the login answered (RFC 6749 §5.2), or why there was no answer. */
function answerOf(error: unknown, secrets: readonly string[]): { oauthError?: string; text: string } {
	const message = error instanceof Error ? error.message : String(error);
	const body = bodyOf(error);
	const oauthError = typeof body.error === 'string' ? body.error : undefined;
	const status = statusOf(error);
	// A busy provider's page is no sign of a wrong address, which n8n's words about it would be.
	const said = status !== undefined && COME_BACK_LATER.includes(status) ? `HTTP status ${status}` : message;
	const details = typeof body.error_description === 'string' ? body.error_description : said;
	return {
		text: cleanServerText([oauthError, details].filter(Boolean).join(': '), secrets),
		...(oauthError !== undefined && { oauthError }),
	};
}

function statusOf(error: unknown): number | undefined {
	const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
	return typeof status === 'number' ? status : undefined;
}

function bodyOf(error: unknown): { error?: unknown; error_description?: unknown } {
	const body = typeof error === 'object' && error !== null && 'body' in error ? error.body : null;
	return typeof body === 'object' && body !== null ? body : {};
}

function secretsIn(data: ICredentialDataDecryptedObject): string[] {
	const { access_token, refresh_token } = tokenData(data);
	return [data.clientSecret, data.privateKey, access_token, refresh_token].filter(
		(value): value is string => typeof value === 'string' && value !== '',
	);
}

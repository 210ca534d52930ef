/**
 * A provider of OAuth2 logins for tests: authorisation code with PKCE (RFC 7636), renewal, client credentials,
 * revocation (RFC 7009), and introspection (RFC 7662) as Dovecot asks for it. Refusals can be scripted.
 */
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './certificates';
import { HOST, listen } from './local';

const TOKEN_LIFETIME_S = 3_600;

export interface OAuthOptions {
	/** Whose mailbox the tokens open, when nobody else is named at /authorize. */
	user: string;
	clientId?: string;
	clientSecret?: string;
	/** Seconds that a token is good for. */
	lifetimeS?: number;
	/** Whether each renewal gives a new refresh token and ends the old one, as Microsoft does. */
	rotates?: boolean;
	port?: number;
	/** Also answers over TLS, on a port of its own. */
	certificate?: KeyPair;
}

/** An answer instead of a token. */
export interface Refusal {
	status: number;
	body: Record<string, unknown> | string;
}

interface Grant {
	user: string;
	scope: string;
	revoked: boolean;
}

interface Issued {
	grant: Grant;
	/** Milliseconds since 1970. */
	expiresAt: number;
}

interface Code extends Grant {
	redirectUri: string;
	challenge: string | null;
}

/** What the token endpoint was asked, secrets included. */
export type TokenRequest = Record<string, string>;

export class OAuthProvider {
	readonly clientId: string;
	readonly clientSecret: string;
	/** Seconds; counts for tokens issued from now on. */
	lifetimeS: number;
	/** Answers of the token endpoint instead of a token, until it is null again. */
	refusal: Refusal | null = null;
	/** The scope that tokens get, whatever was asked for. */
	grantedScope: string | null = null;
	/** Done before the token endpoint answers, such as what another process does meanwhile. */
	beforeAnswer: (() => Promise<void>) | null = null;
	readonly requests: TokenRequest[] = [];
	/** What the browser brought along when it asked for a person's consent. */
	readonly consents: TokenRequest[] = [];
	/** Whose mailbox an application opens that signs in by itself. */
	applicationUser: string;
	/** Every token ever issued, of both kinds. */
	readonly secrets: string[] = [];
	private readonly codes = new Map<string, Code>();
	private readonly access = new Map<string, Issued>();
	private readonly refresh = new Map<string, Grant>();
	private readonly server: http.Server;
	private readonly tlsServer: https.Server | null;
	private readonly grants = new Set<Grant>();

	private constructor(private readonly options: OAuthOptions) {
		this.clientId = options.clientId ?? 'mailroom-client';
		this.clientSecret = options.clientSecret ?? 'client-secret-of-tests';
		this.lifetimeS = options.lifetimeS ?? TOKEN_LIFETIME_S;
		this.applicationUser = options.user;
		const serve = (request: http.IncomingMessage, response: http.ServerResponse): void => {
			this.answer(request).then(
				({ status, body, location }) => {
					const text = typeof body === 'string' ? body : JSON.stringify(body);
					const type = typeof body === 'string' ? 'text/html' : 'application/json';
					response.writeHead(status, { 'content-type': type, ...(location && { location }) });
					response.end(text);
				},
				(error: unknown) => response.writeHead(500).end(String(error)),
			);
		};
		this.server = http.createServer(serve);
		this.tlsServer = options.certificate ? https.createServer(options.certificate, serve) : null;
		for (const server of this.servers) server.keepAliveTimeout = 1;
	}

	private get servers(): Array<http.Server | https.Server> {
		return this.tlsServer ? [this.server, this.tlsServer] : [this.server];
	}

	static async start(options: OAuthOptions): Promise<OAuthProvider> {
		const provider = new OAuthProvider(options);
		await listen(provider.server, options.port);
		if (provider.tlsServer) await listen(provider.tlsServer);
		return provider;
	}

	async stop(): Promise<void> {
		for (const server of this.servers) {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		}
	}

	/** Where it answers over TLS. */
	get tlsPort(): number {
		return (this.tlsServer?.address() as AddressInfo).port;
	}

	get origin(): string {
		const address = this.server.address();
		return `http://${HOST}:${typeof address === 'object' ? address?.port : ''}`;
	}

	get authorizeUrl(): string {
		return `${this.origin}/authorize`;
	}

	get tokenUrl(): string {
		return `${this.origin}/token`;
	}

	/** Where Dovecot asks whether a token is good; `passdb { driver = oauth2 }`. */
	get introspectionUrl(): string {
		return `${this.origin}/introspect`;
	}

	/** What n8n stores after a person has allowed access. */
	connect(user = this.options.user, scope = 'mail'): Record<string, unknown> {
		return this.issue({ user, scope, revoked: false }, true);
	}

	/** People (or an administrator) take every permission back; tokens are good for nothing from now on. */
	revokeAll(user?: string): void {
		for (const grant of this.grants) if (user === undefined || grant.user === user) grant.revoked = true;
	}

	/** Every token that is good now is no longer, as if its time were over; renewing works. */
	expireAll(): void {
		for (const issued of this.access.values()) issued.expiresAt = 0;
	}

	private issue(grant: Grant, withRefresh: boolean): Record<string, unknown> {
		this.grants.add(grant);
		const token = this.random();
		this.access.set(token, { grant, expiresAt: Date.now() + this.lifetimeS * 1_000 });
		const refresh = withRefresh ? this.random() : null;
		if (refresh !== null) this.refresh.set(refresh, grant);
		return {
			access_token: token,
			token_type: 'Bearer',
			expires_in: this.lifetimeS,
			scope: this.grantedScope ?? grant.scope,
			...(refresh !== null && { refresh_token: refresh }),
		};
	}

	private random(): string {
		const text = randomBytes(24).toString('base64url');
		this.secrets.push(text);
		return text;
	}

	private async answer(request: http.IncomingMessage): Promise<Refusal & { location?: string }> {
		const url = new URL(request.url ?? '/', this.origin);
		const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
		// Providers keep them at different paths with the same ends.
		switch (url.pathname.split('/').at(-1)) {
			case 'auth':
			case 'authorize':
				return this.authorize(url.searchParams);
			case 'token':
				this.requests.push({ ...clientOf(request), ...form });
				await this.beforeAnswer?.();
				return this.token({ ...clientOf(request), ...form });
			case 'introspect':
				return { status: 200, body: this.introspect(form['token'] ?? '') };
			case 'revoke':
				this.revokeAll();
				return { status: 200, body: {} };
			default:
				return { status: 404, body: 'Not found' };
		}
	}

	/** Shows a page that asks who it is and for consent; with `consent=yes` its button was clicked. */
	private authorize(query: URLSearchParams): Refusal & { location?: string } {
		const redirectUri = query.get('redirect_uri') ?? '';
		if (query.get('client_id') !== this.clientId) return { status: 400, body: 'Unknown client' };
		if (query.get('consent') !== 'yes') {
			const hidden = [...query].filter(([name]) => name !== 'login_hint');
			const fields = hidden.map(
				([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`,
			);
			const user = escape(query.get('login_hint') ?? this.options.user);
			const who = `<input id="account" type="email" name="login_hint" value="${user}">`;
			const button = '<button id="allow" name="consent" value="yes">Allow access to your mail</button>';
			return { status: 200, body: `<h1>Sign in</h1><form>${fields.join('')}${who}${button}</form>` };
		}
		this.consents.push(Object.fromEntries(query));
		const code = this.random();
		this.codes.set(code, {
			user: query.get('login_hint') ?? this.options.user,
			scope: query.get('scope') ?? '',
			revoked: false,
			redirectUri,
			challenge: query.get('code_challenge'),
		});
		const location = new URL(redirectUri);
		location.searchParams.set('code', code);
		location.searchParams.set('state', query.get('state') ?? '');
		return { status: 302, body: '', location: location.href };
	}

	private token(form: TokenRequest): Refusal {
		if (this.refusal) return this.refusal;
		if (form['client_id'] !== this.clientId || form['client_secret'] !== this.clientSecret)
			return refused('invalid_client', 'The OAuth client was not found.', 401);
		switch (form['grant_type']) {
			case 'authorization_code':
				return this.redeem(form);
			case 'refresh_token':
				return this.renew(form['refresh_token'] ?? '');
			case 'client_credentials': {
				const grant = { user: this.applicationUser, scope: form['scope'] ?? '', revoked: false };
				return { status: 200, body: this.issue(grant, false) };
			}
			default:
				return refused('unsupported_grant_type', 'Unsupported grant_type');
		}
	}

	private redeem(form: TokenRequest): Refusal {
		const code = this.codes.get(form['code'] ?? '');
		this.codes.delete(form['code'] ?? '');
		const verifier = createHash('sha256')
			.update(form['code_verifier'] ?? '')
			.digest('base64url');
		const isHis = code && (code.challenge === null || code.challenge === verifier);
		if (!isHis || code.redirectUri !== form['redirect_uri'])
			return refused('invalid_grant', 'The code is not valid.');
		return { status: 200, body: this.issue(code, true) };
	}

	private renew(token: string): Refusal {
		const grant = this.refresh.get(token);
		if (!grant || grant.revoked) return refused('invalid_grant', 'Token has been expired or revoked.');
		const rotates = this.options.rotates === true;
		if (rotates) this.refresh.delete(token);
		return { status: 200, body: this.issue(grant, rotates) };
	}

	private introspect(token: string): Record<string, unknown> {
		const issued = this.access.get(token);
		const active = issued !== undefined && !issued.grant.revoked && issued.expiresAt > Date.now();
		return active ? { active, email: issued.grant.user, scope: issued.grant.scope } : { active: false };
	}
}

function refused(error: string, description: string, status = 400): Refusal {
	return { status, body: { error, error_description: description } };
}

/** The client may name itself in the header or in the form (RFC 6749 §2.3.1). */
function clientOf(request: http.IncomingMessage): TokenRequest {
	const [, basic] = /^Basic (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
	if (basic === undefined) return {};
	const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':');
	return { client_id: id, client_secret: secret };
}

async function bodyOf(request: http.IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString();
}

function escape(text: string): string {
	return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

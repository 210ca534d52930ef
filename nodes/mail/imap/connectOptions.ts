/** How a connection is made: addresses, encryption, login and limits, as imapflow wants to be told. */
import type { Account, Endpoint } from '../account/account';
import type { AccessToken } from '../account/token';

/** DNS, TCP and TLS together. */
export const CONNECT_TIMEOUT_MS = 20_000;
/** Silence on the socket after which the library itself gives up. Above any deadline of ours, so that ours speaks first. */
const SOCKET_TIMEOUT_MS = 150_000;
/** Bytes asked for at once of one message; keeps a slow line inside the deadline of a command above 17 KB/s. */
export const WINDOW_BYTES = 1024 * 1024;
/** A SEARCH answer is one line of about 8 bytes a UID: room for two million. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_LITERAL_BYTES = WINDOW_BYTES + 64 * 1024;
const MAX_RESPONSE_BYTES = MAX_LITERAL_BYTES + 1024 * 1024;

/** @param token to log in with; null for a password */
export function connectOptions(account: Account, endpoint: Endpoint, token: AccessToken | null) {
	return {
		host: endpoint.host,
		port: endpoint.port,
		secure: endpoint.security === 'tls',
		doSTARTTLS: endpoint.security === 'tls' ? undefined : endpoint.security === 'starttls',
		auth: authOf(account, token),
		clientInfo: { name: 'n8n-nodes-mailroom', vendor: 'n8n-nodes-mailroom' },
		disableAutoIdle: true,
		disableCompression: true,
		disableIMAP4rev2: true,
		connectionTimeout: CONNECT_TIMEOUT_MS,
		greetingTimeout: CONNECT_TIMEOUT_MS,
		socketTimeout: SOCKET_TIMEOUT_MS,
		maxLineLength: MAX_LINE_BYTES,
		maxLiteralSize: MAX_LITERAL_BYTES,
		maxResponseSize: MAX_RESPONSE_BYTES,
	} as const;
}

function authOf(
	{ user, auth }: Account,
	token: AccessToken | null,
): { user: string } & Record<string, string> {
	if (auth.kind === 'password') return { user, pass: auth.password.reveal() };
	return { user, accessToken: token?.value.reveal() ?? '' };
}

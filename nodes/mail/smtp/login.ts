/** Greeting, EHLO, STARTTLS and AUTH by nodemailer, which then hands over the socket. The only file that knows its connection. */
import type { Socket } from 'net';
import { endpointOf, logsIn, refusePlainTextLogin, type Account } from '../account/account';
import { oauthBearer, xoauth2, type AccessToken } from '../account/token';
import { logInWithToken } from '../account/tokenLogin';
import { lazy } from '../lazy';
import type { LineStage } from '../net/dial';
import { tlsOptions } from '../net/tls';
import { cancelled, CONNECT_TIMEOUT_MS, dial } from './dial';
import { smtpError, type SmtpFailure, type SmtpStep } from './smtpErrors';
import type { Transcript } from './transcript';
import type { Extensions } from './transaction';

export const GREETING_TIMEOUT_MS = 30_000;
/** One answer during the login. */
export const LOGIN_TIMEOUT_MS = 60_000;

/** All of the greeting, EHLO and TLS, and all of the login: a server that says a word now and then is never silent. */
export const STEP_TIMEOUT_MS = 120_000;

/** A connection that is logged in. */
export interface OpenConnection {
	socket: Socket;
	/** The one without TLS below it, which decides whether the process may end. */
	tcp: Socket;
	roundTripMs: number;
	extensions: Extensions;
}

const library = lazy(async () => (await import('nodemailer/lib/smtp-connection')).default);
/** Name by which the library finds our own login; its own would take a password method instead. */
const TOKEN_LOGIN = 'MAILROOM-TOKEN';

/**
 * Connects and logs in.
 *
 * @throws MailError `ACCOUNT`, `CONNECT`, `LOGIN` or `CANCELLED`; nothing stays open then
 */
export async function logIn(
	account: Account,
	transcript: Transcript,
	signal?: AbortSignal,
	onStage: (stage: LineStage) => void = () => undefined,
): Promise<OpenConnection> {
	return await logInWithToken(
		account,
		'smtp',
		async (token) => await logInOnce(account, token, transcript, signal, onStage),
	);
}

async function logInOnce(
	account: Account,
	token: AccessToken | null,
	transcript: Transcript,
	signal?: AbortSignal,
	onStage: (stage: LineStage) => void = () => undefined,
): Promise<OpenConnection> {
	const endpoint = endpointOf(account, 'smtp');
	refusePlainTextLogin(account, endpoint, 'smtp');
	const Connection = await library();
	const tls = tlsOptions(account, endpoint);
	const { socket: tcp, roundTripMs } = await dial(account, endpoint, signal, onStage);
	const spoken = { ehlo: '', asked: '' };
	// The library tells what is said on the line only to its logger; secrets are replaced there already.
	const listen = (entry: { tnx?: string }, text?: unknown) => {
		if (entry.tnx !== 'client' && entry.tnx !== 'server') return;
		const said = String(text);
		transcript.add(entry.tnx === 'client' ? 'C' : 'S', said);
		if (entry.tnx === 'server') onStage('greeting');
		if (entry.tnx === 'client') spoken.asked = said;
		else if (/^EHLO /i.test(spoken.asked) && said.startsWith('250')) spoken.ehlo = said;
	};
	const ignore = () => undefined;
	const connection = new Connection({
		host: endpoint.host,
		port: endpoint.port,
		secure: endpoint.security === 'tls',
		requireTLS: endpoint.security === 'starttls',
		ignoreTLS: endpoint.security === 'none',
		connection: tcp,
		connectionTimeout: CONNECT_TIMEOUT_MS,
		greetingTimeout: GREETING_TIMEOUT_MS,
		socketTimeout: LOGIN_TIMEOUT_MS,
		tls,
		...(account.ehloName !== '' && { name: account.ehloName }),
		customAuth: { [TOKEN_LOGIN]: async (dialogue) => await sendToken(dialogue, account, token, spoken.ehlo) },
		transactionLog: true,
		logger: {
			level: ignore,
			trace: ignore,
			debug: listen,
			info: ignore,
			warn: ignore,
			error: ignore,
			fatal: ignore,
		},
	});
	const step = async (name: SmtpStep, start: (done: (error?: Error | null) => void) => void): Promise<void> =>
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => finish(tooSlow()), STEP_TIMEOUT_MS);
			const finish = (error?: Error | null) => {
				clearTimeout(timer);
				signal?.removeEventListener('abort', onAbort);
				connection.removeListener('error', finish);
				if (error) reject(smtpError(error, account, name, false, token));
				else resolve();
			};
			const onAbort = () => {
				// First, for finish() without an error would count as done.
				reject(cancelled());
				finish();
			};
			connection.once('error', finish);
			if (signal?.aborted) return onAbort();
			signal?.addEventListener('abort', onAbort, { once: true });
			start(finish);
		});
	// An `error` event without a listener would end the whole n8n process; each step reports its own.
	connection.on('error', ignore);
	try {
		await step('connect', (done) => connection.connect(done));
		onStage('capabilities');
		const { user, auth } = account;
		if (auth.kind === 'token') {
			const credentials = { user, pass: '' };
			await step('login', (done) => connection.login({ user, method: TOKEN_LOGIN, credentials }, done));
		} else if (logsIn(account)) {
			const credentials = { user, pass: auth.password.reveal() };
			await step('login', (done) => connection.login({ user, credentials }, done));
		}
	} catch (error) {
		connection.close();
		tcp.destroy();
		throw error;
	}
	return { socket: connection._socket as Socket, tcp, roundTripMs, extensions: extensionsOf(spoken.ehlo) };
}

function tooSlow(): Error {
	return Object.assign(new Error('Timeout'), { code: 'ETIMEDOUT' });
}

interface Dialogue {
	sendCommand(command: string): Promise<{ status?: number; text?: string }>;
}

/** AUTH OAUTHBEARER (RFC 7628) or XOAUTH2, whichever the server offers. */
async function sendToken(
	{ sendCommand }: Dialogue,
	account: Account,
	token: AccessToken | null,
	ehlo: string,
): Promise<void> {
	const { host, port } = endpointOf(account, 'smtp');
	const value = token?.value.reveal() ?? '';
	const offered = loginMethodsOf(ehlo);
	const bearer = offered.includes('OAUTHBEARER');
	if (!bearer && !offered.includes('XOAUTH2')) throw new Error('Unsupported authentication mechanism');
	const words = bearer ? oauthBearer(account.user, value, host, port) : xoauth2(account.user, value);
	const method = bearer ? 'OAUTHBEARER' : 'XOAUTH2';
	let answer = await sendCommand(`AUTH ${method} ${Buffer.from(words).toString('base64')}`);
	let oauthError: string | undefined;
	if (answer.status === 334) {
		oauthError = Buffer.from(answer.text?.trim() ?? '', 'base64').toString();
		// The server says why, and waits for an answer before it refuses (RFC 7628 §3.2.3).
		answer = await sendCommand(bearer ? 'AQ==' : '');
	}
	if (answer.status === 235) return;
	const failure: SmtpFailure = new Error('Invalid login');
	if (oauthError !== undefined) failure.oauthError = oauthError;
	throw failure;
}

/** The methods of login that the answer to EHLO names (RFC 4954 §3). */
function loginMethodsOf(ehlo: string): string[] {
	return ehlo
		.split(/\r?\n/)
		.map((line) => line.slice(4).trim().toUpperCase())
		.filter((line) => /^AUTH[ =]/.test(line))
		.flatMap((line) => line.slice(5).split(/\s+/));
}

/** Reads the answer to EHLO (RFC 5321 §4.1.1.1): a keyword a line. */
export function extensionsOf(ehlo: string): Extensions {
	const lines = ehlo.split(/\r?\n/).map((line) => line.slice(4).trim().toUpperCase());
	const offers = (keyword: string) => lines.some((line) => line.split(/\s/)[0] === keyword);
	const size = /^SIZE\s+(\d{1,15})$/.exec(lines.find((line) => line.startsWith('SIZE')) ?? '')?.[1];
	return {
		pipelining: offers('PIPELINING'),
		chunking: offers('CHUNKING'),
		smtpUtf8: offers('SMTPUTF8'),
		eightBitMime: offers('8BITMIME'),
		size: offers('SIZE'),
		maxBytes: Number(size ?? 0),
	};
}

/** Opens the TCP connection below a session, straight or through a proxy. TLS is the business of whoever asked for it. */
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'net';
import type { Account, Endpoint } from '../account/account';
import { throughProxy } from './proxy';

/** Names of the faults that only a connection of ours has; the others are Node's. */
export const PROXY_DOWN = 'EPROXYDOWN';
export const EGRESS_BLOCKED = 'EGRESS_BLOCKED';

/** Rules of whoever runs n8n about where nodes may connect to. */
export interface Egress {
	/** Looks up names, and fails for those that lead to a forbidden address. */
	lookup: LookupFunction;
	/** Why an address that needs no lookup is forbidden; null when it is not. */
	refusal(address: string): Error | null;
}

export interface Dialled {
	socket: Socket;
	/** How long the network takes there and back: the time of the TCP handshake, without the name lookup. */
	roundTripMs: number;
}

/** What of a connection has worked so far. */
export type LineStage = 'name' | 'tcp' | 'tls' | 'greeting' | 'capabilities';

export interface DialOptions {
	/** DNS, TCP and the proxy together. */
	timeoutMs: number;
	signal?: AbortSignal | undefined;
	onStage?: ((stage: LineStage) => void) | undefined;
}

/**
 * Connects, without TLS. All addresses of the host are tried, since n8n switches that off for the whole process.
 *
 * @throws Error with Node's code, `ETIMEDOUT` when time is up, `NoConnection` when the signal ended it; nothing stays
 * open then
 */
export async function dial(account: Account, endpoint: Endpoint, options: DialOptions): Promise<Dialled> {
	const { proxy, egress } = account;
	for (const host of proxy ? [endpoint.host, proxy.host] : [endpoint.host]) {
		const refusal = egress && isIP(host) ? egress.refusal(host) : null;
		if (refusal) throw withCode(refusal, EGRESS_BLOCKED);
	}
	const { onStage, signal } = options;
	const timeout = AbortSignal.timeout(options.timeoutMs);
	const over = signal ? AbortSignal.any([signal, timeout]) : timeout;
	const first = proxy ?? endpoint;
	const startedAt = performance.now();
	let lookedUpAt = startedAt;
	const socket = connectTcp({
		host: first.host,
		port: first.port,
		autoSelectFamily: true,
		...(egress && { lookup: egress.lookup }),
	});
	// Also between here and the session's own listeners: an `error` that nobody hears ends the whole n8n process.
	socket.on('error', () => undefined);
	socket.setNoDelay(true);
	socket.once('lookup', (error: Error | null) => {
		lookedUpAt = performance.now();
		if (!error) onStage?.('name');
	});
	const end = () => socket.destroy();
	over.addEventListener('abort', end, { once: true });
	if (over.aborted) end();
	try {
		await connected(socket).catch((error: unknown) => {
			throw proxy ? withCode(error, PROXY_DOWN) : error;
		});
		const roundTripMs = performance.now() - lookedUpAt;
		if (proxy) await throughProxy(socket, proxy, endpoint);
		onStage?.('tcp');
		return { socket, roundTripMs };
	} catch (error) {
		socket.destroy();
		if (signal?.aborted) throw withCode(new Error('Connection not available'), 'NoConnection');
		if (timeout.aborted) throw withCode(new Error('Connection timeout'), proxy ? PROXY_DOWN : 'ETIMEDOUT');
		throw error;
	} finally {
		over.removeEventListener('abort', end);
	}
}

async function connected(socket: Socket): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		socket.once('connect', resolve);
		socket.once('error', reject);
		socket.once('close', () => reject(new Error('Connection closed')));
	});
}

/** The same error under a name that says which part of the way it is about. */
function withCode(error: unknown, code: string): Error {
	const failure = error instanceof Error ? error : new Error(String(error));
	const own = (failure as { code?: unknown }).code;
	// Several addresses that all failed come as one error without words.
	const words = failure.message || (typeof own === 'string' ? own : 'no connection');
	return Object.assign(new Error(words), { code });
}

/** Opens the TCP connection below a session, straight or through a proxy. TLS is the business of whoever asked for it. */
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'net';
import type { Account, Endpoint } from '../account/account';
import { PROXY_DOWN, throughProxy } from './proxy';

/** Name of a fault that only a connection of ours has. */
export const EGRESS_BLOCKED = 'EGRESS_BLOCKED';

/**
 * How long Node waits for one of several addresses before it gives that one up for the next; nobody is waited for twice, so
 * a far server, or one packet lost, would look like a dead one. Three seconds are a lost packet and a slow line.
 */
export const ADDRESS_MS = 250;
export const FAR_ADDRESS_MS = 3_000;

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
	const onName = () => onStage?.('name');
	let line: Dialled | null = null;
	try {
		line = await reach(proxy ?? endpoint, egress, over, onName);
		if (proxy) await whileOpen(line.socket, over, throughProxy(line.socket, proxy, endpoint));
		onStage?.('tcp');
		return line;
	} catch (error) {
		line?.socket.destroy();
		if (signal?.aborted) throw withCode(new Error('Connection not available'), 'NoConnection');
		if (timeout.aborted) throw withCode(new Error('Connection timeout'), proxy ? PROXY_DOWN : 'ETIMEDOUT');
		const isOurs = line !== null || codeOf(error) === EGRESS_BLOCKED;
		throw proxy && !isOurs ? withCode(error, PROXY_DOWN) : error;
	}
}

/** Connects to the first address that answers: each gets little time at first, and all of them more when it was too little. */
async function reach(
	to: Pick<Endpoint, 'host' | 'port'>,
	egress: Egress | null,
	over: AbortSignal,
	onName: () => void,
): Promise<Dialled> {
	try {
		return await connect(to, egress, over, onName, ADDRESS_MS);
	} catch (error) {
		if (over.aborted || !wasCutShort(error)) throw error;
		return await connect(to, egress, over, onName, FAR_ADDRESS_MS);
	}
}

async function connect(
	{ host, port }: Pick<Endpoint, 'host' | 'port'>,
	egress: Egress | null,
	over: AbortSignal,
	onName: () => void,
	addressMs: number,
): Promise<Dialled> {
	let lookedUpAt = performance.now();
	const socket = connectTcp({
		host,
		port,
		autoSelectFamily: true,
		autoSelectFamilyAttemptTimeout: addressMs,
		...(egress && { lookup: egress.lookup }),
	});
	// Also between here and the session's own listeners: an `error` that nobody hears ends the whole n8n process.
	socket.on('error', () => undefined);
	socket.setNoDelay(true);
	socket.once('lookup', (error: Error | null) => {
		lookedUpAt = performance.now();
		if (!error) onName();
	});
	const connected = new Promise<void>((resolve, reject) => {
		socket.once('connect', resolve);
		socket.once('error', reject);
		socket.once('close', () => reject(new Error('Connection closed')));
	});
	try {
		await whileOpen(socket, over, connected);
	} catch (error) {
		socket.destroy();
		throw error;
	}
	return { socket, roundTripMs: performance.now() - lookedUpAt };
}

/** Waits for something on a socket that ends when time is up. */
async function whileOpen(socket: Socket, over: AbortSignal, work: Promise<void>): Promise<void> {
	const end = () => socket.destroy();
	over.addEventListener('abort', end, { once: true });
	if (over.aborted) end();
	try {
		await work;
	} finally {
		over.removeEventListener('abort', end);
	}
}

/** Whether some address was given up before the network could have said that nobody is there. */
function wasCutShort(error: unknown): boolean {
	const { errors } = error as { errors?: unknown };
	return Array.isArray(errors) && errors.some((one) => codeOf(one) === 'ETIMEDOUT');
}

function codeOf(error: unknown): unknown {
	return (error as { code?: unknown } | null)?.code;
}

/** The same error under a name that says which part of the way it is about. */
function withCode(error: unknown, code: string): Error {
	const failure = error instanceof Error ? error : new Error(String(error));
	const own = codeOf(failure);
	// Several addresses that all failed come as one error without words.
	const words = failure.message || (typeof own === 'string' ? own : 'no connection');
	return Object.assign(new Error(words), { code });
}

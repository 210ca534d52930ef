/** Opens the TCP connection under an SMTP session. */
import { connect as connectTcp, type Socket } from 'net';
import type { Account, Endpoint } from '../account/account';
import { MailError } from '../errors';
import { smtpError } from './smtpErrors';

/** DNS, TCP and TLS together. */
export const CONNECT_TIMEOUT_MS = 30_000;

export interface Dialled {
	socket: Socket;
	/** How long the network takes there and back: the time of the TCP handshake, without the name lookup. */
	roundTripMs: number;
}

/** Connects without TLS; both address families are tried, since n8n switches that off for the whole process. */
export async function dial(account: Account, endpoint: Endpoint, signal?: AbortSignal): Promise<Dialled> {
	return await new Promise((resolve, reject) => {
		const socket = connectTcp({ host: endpoint.host, port: endpoint.port, autoSelectFamily: true });
		const timer = setTimeout(
			() => fail(Object.assign(new Error('Connection timeout'), { code: 'ETIMEDOUT' })),
			CONNECT_TIMEOUT_MS,
		);
		const finish = () => {
			clearTimeout(timer);
			signal?.removeEventListener('abort', onAbort);
			socket.removeListener('error', fail);
		};
		const fail = (error: Error) => {
			finish();
			socket.destroy();
			reject(error instanceof MailError ? error : smtpError(error, account, 'connect', false));
		};
		const onAbort = () => fail(cancelled());
		if (signal?.aborted) return onAbort();
		signal?.addEventListener('abort', onAbort, { once: true });
		let startedAt = performance.now();
		socket.once('lookup', () => (startedAt = performance.now()));
		socket.once('error', fail);
		socket.once('connect', () => {
			finish();
			socket.setNoDelay(true);
			resolve({ socket, roundTripMs: performance.now() - startedAt });
		});
	});
}

/** The error of everything that the caller's signal ended before a message was handed over. */
export function cancelled(): MailError {
	return new MailError('CANCELLED', 'Sending was cancelled before the message was handed over.', {
		side: 'smtp',
	});
}

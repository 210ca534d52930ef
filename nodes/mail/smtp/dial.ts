/** Opens the TCP connection under an SMTP session. */
import type { Account, Endpoint } from '../account/account';
import { MailError } from '../errors';
import { dial as dialLine, type Dialled, type LineStage } from '../net/dial';
import { smtpError } from './smtpErrors';

export type { Dialled } from '../net/dial';

/** DNS, TCP and TLS together. */
export const CONNECT_TIMEOUT_MS = 30_000;

/** Connects without TLS. @throws MailError `CONNECT` or `CANCELLED`; nothing stays open then */
export async function dial(
	account: Account,
	endpoint: Endpoint,
	signal?: AbortSignal,
	onStage?: (stage: LineStage) => void,
): Promise<Dialled> {
	try {
		return await dialLine(account, endpoint, { timeoutMs: CONNECT_TIMEOUT_MS, signal, onStage });
	} catch (error) {
		if (signal?.aborted) throw cancelled();
		const failure = error instanceof Error ? error : new Error(String(error));
		throw smtpError(failure, account, 'connect', false);
	}
}

/** The error of everything that the caller's signal ended before a message was handed over. */
export function cancelled(): MailError {
	return new MailError('CANCELLED', 'Sending was cancelled before the message was handed over.', {
		side: 'smtp',
	});
}

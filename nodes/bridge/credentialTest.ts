/** The test behind the credential's "Test" button: logs in to each server of the account and names the side that failed. */
import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import type { Account } from '../mail/account/account';
import { portAdvice } from '../mail/account/ports';
import { MailError } from '../mail/errors';
import { ImapClient } from '../mail/imap/client';
import { verifySmtp } from '../mail/smtp/transport';
import { toAccount } from './account';

/** Both sides together; they are tried at the same time. */
export const TEST_DEADLINE_MS = 14_000;

/** Named by `testedBy` in the nodes' credentials. */
export async function mailAccountTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	try {
		const account = toAccount('mailAccountApi', credential.data ?? {});
		const failures = (await Promise.all([testSide(account, 'imap'), testSide(account, 'smtp')])).filter(
			(failure) => failure !== null,
		);
		if (failures.length > 0) return { status: 'Error', message: failures.join(' — ') };
		return { status: 'OK', message: 'Logged in' };
	} catch (error) {
		return { status: 'Error', message: lineOf(error) };
	}
}

async function testSide(account: Account, side: 'imap' | 'smtp'): Promise<string | null> {
	const endpoint = account[side];
	if (!endpoint) return null;
	const signal = AbortSignal.timeout(TEST_DEADLINE_MS);
	const where = `${side.toUpperCase()} (${endpoint.host}:${endpoint.port})`;
	try {
		if (side === 'imap') await (await ImapClient.connect(account, { signal })).logout();
		else await verifySmtp(account, signal);
		return null;
	} catch (error) {
		if (signal.aborted)
			return `${where}: The server did not finish the login within ${TEST_DEADLINE_MS / 1000} s. Check host, port and firewall. ${portAdvice({ side, ...endpoint })}`;
		return `${where}: ${lineOf(error)}`;
	}
}

function lineOf(error: unknown): string {
	if (error instanceof MailError) return error.line;
	return error instanceof Error ? error.message : String(error);
}

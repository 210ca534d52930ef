/** The test behind the credential's "Test" button: tries each server of the account and names the side that failed. */
import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { checkAccount } from '../mail/account/check';
import { MailError } from '../mail/errors';
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
		const failures = (await checkAccount(account, TEST_DEADLINE_MS)).flatMap(({ side, error }) => {
			const endpoint = account[side];
			return error ? [`${side.toUpperCase()} (${endpoint?.host}:${endpoint?.port}): ${lineOf(error)}`] : [];
		});
		if (failures.length > 0) return { status: 'Error', message: failures.join(' — ') };
		return { status: 'OK', message: 'Logged in' };
	} catch (error) {
		return { status: 'Error', message: lineOf(error) };
	}
}

function lineOf(error: unknown): string {
	if (error instanceof MailError) return error.line;
	return error instanceof Error ? error.message : String(error);
}

/** The check of an account as items, for the IMAP node's operation `account: check`. */
import type { IDataObject } from 'n8n-workflow';
import type { Account } from '../mail/account/account';
import { checkAccount, type StageResult } from '../mail/account/check';

/**
 * Checks both sides of an account; also for types that sign in with OAuth2, which n8n does not test.
 *
 * @returns the JSON of one item for each stage: `side`, `stage`, `ok`, `ms`, `detail`, and of a failure `error`,
 * `description`, `diagnosis` and `nextStep` (null otherwise)
 */
export async function accountCheckItems(account: Account, signal?: AbortSignal): Promise<IDataObject[]> {
	return (await checkAccount(account, undefined, signal)).map(toJson);
}

function toJson({ side, stage, ok, ms, detail, error }: StageResult): IDataObject {
	return {
		side,
		stage,
		ok,
		ms,
		detail,
		error: error?.message ?? null,
		description: error?.description ?? null,
		diagnosis: error?.diagnosis?.id ?? null,
		nextStep: error?.nextStep ?? null,
	};
}

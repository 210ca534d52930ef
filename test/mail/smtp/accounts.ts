/** Accounts of the mail core for tests of sending. */
import type { Account, Security } from '../../../nodes/mail/account/account';
import { testAccount, type AccountChanges } from '../account/accounts';
import { HOST } from '../../servers';

export const PASSWORD = 'pass-word 7!';

export function smtpAccount(port: number, changes: AccountChanges & { security?: Security } = {}): Account {
	const { security = 'none', ...rest } = changes;
	return testAccount({
		user: 'ada@example.test',
		password: PASSWORD,
		smtp: { host: HOST, port, security },
		senderAddress: 'ada@example.test',
		...rest,
	});
}

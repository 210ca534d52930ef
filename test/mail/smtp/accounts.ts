/** Accounts of the mail core for tests of sending. */
import type { Account, Security } from '../../../nodes/mail/account/account';
import { HOST } from '../../servers';

export const PASSWORD = 'pass-word 7!';

export function smtpAccount(port: number, changes: Partial<Account> & { security?: Security } = {}): Account {
	const { security = 'none', ...rest } = changes;
	return {
		provider: 'custom',
		user: 'ada@example.test',
		password: PASSWORD,
		imap: null,
		smtp: { host: HOST, port, security },
		ignoreCertificateErrors: true,
		senderAddress: 'ada@example.test',
		senderName: null,
		...rest,
	};
}

import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { accountFrom } from '../../nodes/bridge/account';
import { accountFingerprint } from '../../nodes/mail/account/account';

const TYPE = 'mailAccountOAuth2Api';
const SETTINGS = { provider: 'custom', user: 'info@example.test', smtpHost: 'mail.test', smtpPort: 465 };
const dataOf = (token: string): ICredentialDataDecryptedObject => ({
	...SETTINGS,
	oauthTokenData: { access_token: token, refresh_token: `renews ${token}` },
});

/** What connections of this account are shared by. */
function fingerprint(token: string, id: string, executionContext?: { credentials?: string }): string {
	const context = {
		helpers: {},
		getNode: () => ({ credentials: { [TYPE]: { id, name: id } } }),
		getExecutionContext: () => executionContext,
	};
	return accountFingerprint(accountFrom(context as never, TYPE, dataOf(token)));
}

test('connections are shared by a credential whichever token it has, and by no other credential', () => {
	expect(fingerprint('old', 'one')).toBe(fingerprint('new', 'one'));
	expect(fingerprint('old', 'one', {})).toBe(fingerprint('old', 'one'));
	expect(fingerprint('same', 'one')).not.toBe(fingerprint('same', 'two'));
});

test('people with a token each in one credential share none', () => {
	const person = { credentials: 'who it is, encrypted' };
	expect(fingerprint('of ann', 'one', person)).not.toBe(fingerprint('of bob', 'one', person));
	expect(fingerprint('of ann', 'one', person)).toBe(fingerprint('of ann', 'one', person));
});

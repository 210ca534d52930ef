/** What the editor says after saving an account that does not work. */
import assert from 'node:assert/strict';
import { ANN, PASSWORD, type OAuthRig } from './oauthRig';

export const WRONG_PASSWORD = 'a password that is wrong 0815';

/** A wrong password, then TLS on a port that speaks plain text first; both by the test that runs on saving. */
export async function diagnoses(oauth: OAuthRig): Promise<string> {
	const { editor } = oauth;
	await editor.newCredential('Mail Account');
	await editor.fill({ user: ANN, password: WRONG_PASSWORD, imapHost: 'imap.example.test' });
	await editor.fill(oauth.throughProxy);
	await editor.save();
	const wrongPassword = await editor.failure(
		/IMAP \(imap\.example\.test:993\).*refused user name or password.*Check the user name/s,
	);
	await oauth.picture('account-diagnosis');

	await editor.fill({ imapPort: 143, password: PASSWORD });
	await editor.save();
	const plainPort = await editor.failure(/IMAP \(imap\.example\.test:143\).*STARTTLS/s);
	for (const secret of [WRONG_PASSWORD, PASSWORD])
		assert.ok(!`${wrongPassword} ${plainPort}`.includes(secret), 'a password in what is shown');
	return `TLS on a plain port: "${/IMAP \([^)]*\): (.*)/.exec(plainPort)?.[1]}"`;
}

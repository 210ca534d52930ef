import assert from 'node:assert/strict';
import type { Rig } from '../rig';
import { CREDENTIAL_TYPE } from '../workflows';

/** A port on which nothing listens: 1 is reserved (tcpmux) and in use nowhere. */
const DEAD_PORT = 1;

/** What the editor shows after "Save": right password, wrong password, wrong port, and a side left out. */
export async function credentialTest(rig: Rig): Promise<string> {
	const account = await rig.account('tested', rig.embeddedSubmission);
	const test = async (changes: Record<string, unknown>) =>
		await rig.rest.testCredential({
			...account.credential,
			type: CREDENTIAL_TYPE,
			data: { ...account.data, ...changes },
		});
	const good = await test({});
	assert.equal(good.status, 'OK', good.message);
	const imapOnly = await test({ smtpHost: '' });
	assert.equal(imapOnly.status, 'OK', imapOnly.message);
	const wrongPassword = await test({ password: 'wrong' });
	assert.equal(wrongPassword.status, 'Error');
	assert.match(wrongPassword.message, /IMAP/);
	assert.ok(!wrongPassword.message.includes('wrong"'), 'the password does not show in the message');
	const wrongPort = await test({ smtpPort: DEAD_PORT });
	assert.equal(wrongPort.status, 'Error');
	assert.match(wrongPort.message, /SMTP/);
	return `bad password: "${wrongPassword.message.split('. ')[0]}."`;
}

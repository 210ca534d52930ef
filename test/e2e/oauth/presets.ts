/** The credentials for Google and Microsoft as they are: with the real addresses, which lead to servers of ours. */
import assert from 'node:assert/strict';
import { eventually } from '../../servers';
import { chain, imap, manualTrigger, sendMail, type CredentialRef } from '../workflows';
import { CLIENT, GINA, INFO, type OAuthRig } from './oauthRig';

const ARRIVAL_MS = 15_000;
const TENANT = 'f3a1c0de-0000-4000-8000-000000000007';
const MICROSOFT = `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0`;

/** Signs in with the button of Google; the mail servers are imap.gmail.com and smtp.gmail.com. */
export async function google(oauth: OAuthRig): Promise<string> {
	const { editor, provider, proxy } = oauth;
	await editor.newCredential('Mail Account (Google)');
	await editor.fill({ ...CLIENT, user: GINA, ...oauth.throughProxy });
	await editor.signIn(GINA);
	const consent = provider.consents.at(-1) ?? {};
	assert.equal(consent['scope'], 'https://mail.google.com/');
	// Without these Google gives nothing to renew the token with.
	assert.equal(consent['access_type'], 'offline');
	assert.equal(consent['prompt'], 'consent');
	for (const destination of ['oauth2.googleapis.com:443']) assert.ok(proxy.asked.includes(destination));
	return await worksAs(oauth, await oauth.stored('mailAccountGoogleOAuth2Api'), GINA);
}

/** An application on its own: there is nothing to connect, and it asks for what an administrator has granted. */
export async function microsoftApplication(oauth: OAuthRig): Promise<string> {
	const { editor, provider } = oauth;
	provider.applicationUser = INFO;
	const before = provider.requests.length;
	await editor.newCredential('Mail Account (Microsoft)');
	await editor.fill({ grantType: { choose: 'Application' }, ...CLIENT, user: INFO, ...oauth.throughProxy });
	await editor.fill({ accessTokenUrl: `${MICROSOFT}/token` });
	assert.equal(await editor.isShown('authUrl'), false, 'an address where nobody signs in');
	assert.equal(await editor.canSignIn(), false);
	await editor.save();
	await editor.saved();
	const figure = await worksAs(oauth, await oauth.stored('mailAccountMicrosoftOAuth2Api'), INFO);
	const asked = provider.requests.slice(before);
	assert.deepEqual(
		asked.map(({ grant_type, scope }) => [grant_type, scope]),
		[['client_credentials', 'https://outlook.office365.com/.default']],
	);
	return figure;
}

/** A person, with the addresses of her organization. */
export async function microsoftUser(oauth: OAuthRig): Promise<string> {
	const { editor, provider } = oauth;
	await editor.newCredential('Mail Account (Microsoft)');
	await editor.fill({ ...CLIENT, user: GINA, ...oauth.throughProxy });
	await editor.fill({ authUrl: `${MICROSOFT}/authorize`, accessTokenUrl: `${MICROSOFT}/token` });
	await editor.signIn(GINA);
	assert.equal(
		provider.consents.at(-1)?.['scope'],
		'https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access',
	);
	return await worksAs(oauth, await oauth.stored('mailAccountMicrosoftOAuth2Api'), GINA);
}

/** The account's check finds nothing wrong; a mail is sent, and read again from the server. */
async function worksAs(oauth: OAuthRig, account: CredentialRef, user: string): Promise<string> {
	const check = imap(account, { resource: 'account', operation: 'check' });
	const stages = items(await oauth.run(chain(`check ${account.name}`, [manualTrigger(), check])));
	assert.deepEqual(
		stages.filter(({ ok }) => ok !== true),
		[],
	);
	const logins = stages.filter(({ stage }) => stage === 'login').map(({ side }) => String(side));
	assert.deepEqual(logins.sort(), ['imap', 'smtp']);

	const subject = `from ${account.type} ${Math.random()}`;
	const content = { subject, emailFormat: 'text', text: `Text ${subject}` };
	const send = sendMail(account, { fromEmail: user, toEmail: user, ...content });
	const [sent] = items(await oauth.run(chain('send', [manualTrigger(), send])));
	assert.equal(sent?.['outcome'], 'accepted', JSON.stringify(sent));
	await eventually(ARRIVAL_MS, `mail in ${user}`, async () =>
		(await oauth.rig.dovecot.fetchAll(user)).some(({ raw }) => raw.includes(subject)),
	);
	const get = imap(account, { resource: 'message', operation: 'get', message: sent['messageId'] });
	const [read] = items(await oauth.run(chain('get', [manualTrigger(), get])));
	assert.equal(read?.['subject'], subject);
	assert.ok(String(read['text']).includes(`Text ${subject}`));
	return `${stages.length} stages of the check, a mail sent and read`;
}

function items(run: { data?: { main?: Array<Array<{ json: Record<string, unknown> }> | null> } }) {
	return (run.data?.main?.[0] ?? []).map(({ json }) => json);
}

/** An account at a provider of its own: connected through the screens, its token renewed, its grant taken back. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../servers';
import type { ExecutionSummary } from '../restClient';
import { chain, imapTrigger, manualTrigger, sendMail } from '../workflows';
import { ANN, BOB, CLIENT, type OAuthRig } from './oauthRig';

const TYPE = 'mailAccountOAuth2Api';
/** So short that it ends several times while mail comes in; renewed when a quarter is left. */
const SHORT_LIFETIME_S = 6;
const LONG_LIFETIME_S = 3_600;
/** Over two and a half lifetimes. */
const MAILS = 20;
const EVERY_MS = 750;
const SOON_MS = 20_000;
/** The trigger looks at its credential every 20 s. */
const RECONNECT_MS = 60_000;
/** As long as a second report would take at least several times over. */
const QUIET_MS = 4_000;

let forwarding = '';

/** Creates the credential, signs in, and lets one published workflow receive as Ann and pass on to Bob. */
export async function connects(oauth: OAuthRig): Promise<string> {
	const { editor, provider, rig } = oauth;
	provider.lifetimeS = SHORT_LIFETIME_S;
	await editor.newCredential('Mail Account (Other OAuth2)');
	await editor.fill({
		...{ grantType: { choose: 'PKCE' }, ...CLIENT },
		...{
			authUrl: 'https://login.example.test/authorize',
			accessTokenUrl: 'https://login.example.test/token',
		},
		...{ mailScope: 'mail offline_access', imapHost: 'imap.example.test', smtpHost: 'smtp.example.test' },
		...oauth.throughProxy,
	});
	assert.equal(
		await editor.canSignIn(),
		false,
		'signing in is offered before it is said whose mailbox it is',
	);
	await editor.fill({ user: ANN });
	await editor.signIn(ANN);
	await oauth.picture('account-connected');
	const [exchange] = provider.requests;
	assert.equal(exchange?.['grant_type'], 'authorization_code');
	assert.ok(exchange['code_verifier'], 'PKCE was used');
	assert.equal(provider.consents[0]?.['scope'], 'mail offline_access');

	oauth.ann = await oauth.stored(TYPE);
	const pass = { subject: '=Passed on: {{ $json.subject }}', emailFormat: 'text', text: '={{ $json.text }}' };
	const nodes = [
		imapTrigger(oauth.ann),
		sendMail(oauth.ann, { fromEmail: ANN, toEmail: BOB, ...pass }, 'Pass On'),
	];
	forwarding = await rig.publish(chain('pass on', nodes));
	await deliver(oauth, 'first');
	await passedOn(oauth, 'first');
	assert.match(
		rig.dovecot.log(),
		/imap-login: (Info: )?Login: user=<ann@example\.test>, method=(XOAUTH2|OAUTHBEARER)/,
	);
	const [, method] = /sasl_method=(\w+), sasl_username=ann@example\.test/.exec(oauth.postfix.log()) ?? [];
	assert.match(method ?? '', /^(XOAUTH2|OAUTHBEARER)$/);
	return `Postfix: ${method}`;
}

/** Mail comes in while the token of the resting session ends again and again. */
export async function renewsInMidIdle(oauth: OAuthRig): Promise<string> {
	const { provider, rig } = oauth;
	const renewals = () => provider.requests.filter(({ grant_type }) => grant_type === 'refresh_token').length;
	const before = renewals();
	const words = Array.from({ length: MAILS }, (_none, index) => `mail ${index + 1}.`);
	for (const word of words) {
		await deliver(oauth, word);
		await sleep(EVERY_MS);
	}
	for (const word of words) await passedOn(oauth, word);
	const mails = await rig.dovecot.fetchAll(BOB);
	assert.equal(mails.length, 1 + MAILS, 'mails that Bob has');
	await succeeded(oauth, 1 + MAILS);
	assert.equal((await runs(oauth, 'error')).length, 0, 'failed runs');
	const count = renewals() - before;
	assert.ok(count >= 2, `${count} renewals`);
	assert.doesNotMatch(rig.dovecot.log(), /imap-login: .*auth failed/, 'a token was too old');
	return `${MAILS} mails, each once; ${count} renewals`;
}

/** Ann takes her permission back: said once, nothing restarts; she signs in again and the mail that waited runs. */
export async function grantTakenBack(oauth: OAuthRig): Promise<string> {
	const { editor, provider, rig } = oauth;
	const ann = oauth.ann ?? assert.fail('Ann is not connected');
	provider.lifetimeS = LONG_LIFETIME_S;
	const { versionId } = await rig.rest.workflow(forwarding);
	const asked = provider.requests.length;
	provider.revokeAll(ANN);
	await rig.dovecot.doveadm(['kick', ANN]);
	const failures = await eventually(SOON_MS, 'report of the revoked grant', async () => {
		const failed = await runs(oauth, 'error');
		return failed.length > 0 && failed;
	});
	const { message, told } = await errorOf(oauth, failures[0]);
	assert.match(told, /Reconnect the account/);
	await deliver(oauth, 'waits');

	// What is logged in already may go on sending.
	await oauth.postfix.halt();
	await oauth.postfix.start();
	const failing = {
		...sendMail(ann, { fromEmail: ANN, toEmail: BOB, subject: 'no', emailFormat: 'text', text: 'no' }),
		onError: 'continueErrorOutput',
	};
	const sent = await oauth.run(chain('send without a grant', [manualTrigger(), failing]));
	const [, errors] = sent.data?.main ?? [];
	assert.match(
		JSON.stringify(errors),
		/Reconnect the account/,
		`error output of Send Mail, which gave ${JSON.stringify(sent.data)}`,
	);
	await sleep(QUIET_MS);
	assert.equal((await runs(oauth, 'error')).length, 1, 'reports');
	assert.equal((await runs(oauth, 'success')).length, 1 + MAILS, 'no mail ran meanwhile');
	const refreshes = provider.requests.slice(asked);
	assert.equal(refreshes.length, 1, 'the provider was asked once');

	await editor.openCredential(ann.id);
	await editor.signIn(ANN);
	const signedInAt = Date.now();
	oauth.pending.push(async () => {
		await passedOn(oauth, 'waits', RECONNECT_MS);
		await deliver(oauth, 'at last');
		await passedOn(oauth, 'at last');
		await succeeded(oauth, 3 + MAILS);
		assert.equal((await rig.dovecot.fetchAll(BOB)).length, 3 + MAILS, 'mails that Bob has');
		const [, over, ...more] = await runs(oauth, 'error');
		assert.match((await errorOf(oauth, over)).told, /Recovered/);
		assert.equal(more.length, 0, 'reports after the end of the outage');
		const { triggers } = await rig.rest.publicationStatus(forwarding);
		assert.deepEqual(
			triggers.map(({ errorMessage }) => errorMessage),
			[null],
		);
		assert.equal((await rig.rest.workflow(forwarding)).versionId, versionId);
		assert.ok(Date.now() - signedInAt < 2 * RECONNECT_MS);
	});
	return `told: "${message}"`;
}

/** The trigger takes a moment to see that somebody has signed in again. */
export async function waitedMailRuns(oauth: OAuthRig): Promise<undefined> {
	assert.equal(oauth.pending.length, 1, 'the scenario before has failed');
	for (const check of oauth.pending.splice(0)) await check();
	return undefined;
}

async function deliver({ rig }: OAuthRig, word: string): Promise<void> {
	const head = `From: eve@elsewhere.test\r\nTo: ${ANN}\r\nSubject: ${word}\r\nMessage-ID: <${Math.random()}@elsewhere.test>\r\n`;
	await rig.dovecot.deliver(ANN, `${head}\r\nThe word is: ${word}\r\n`);
}

/** Waits until Bob has this mail, with its content, and just once. */
async function passedOn({ rig }: OAuthRig, word: string, limitMs = SOON_MS): Promise<void> {
	const found = await eventually(limitMs, `"${word}" at Bob`, async () => {
		const mails = (await rig.dovecot.fetchAll(BOB)).map(({ raw }) => raw.toString());
		const same = mails.filter((mail) => mail.includes(`\r\nSubject: Passed on: ${word}\r\n`));
		return same.length > 0 && same;
	});
	assert.equal(found.length, 1, `mails with "${word}"`);
	assert.ok(found[0]!.includes(`The word is: ${word}\r\n`), 'its text');
}

/** A run may end a moment after its mail has arrived. */
async function succeeded(oauth: OAuthRig, count: number): Promise<void> {
	const good = async () => (await runs(oauth, 'success')).length;
	await eventually(SOON_MS, `${count} good runs`, async () => (await good()) >= count);
	assert.equal(await good(), count, 'good runs');
}

async function runs({ rig }: OAuthRig, status: string): Promise<ExecutionSummary[]> {
	return (await rig.rest.executions({ workflowId: forwarding })).filter((each) => each.status === status);
}

/** What a failed execution says. */
async function errorOf({ rig }: OAuthRig, failed: ExecutionSummary | undefined) {
	assert.ok(failed, 'no failed execution');
	const { message = '', description = '' } =
		(await rig.rest.execution(failed.id)).data.resultData.error ?? {};
	return { message, told: `${message} ${description}` };
}

/** After all that went well and wrong: no password, token or client secret is anywhere but in the encrypted store. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { installN8n } from '../install';
import { chain, imapTrigger } from '../workflows';
import { WRONG_PASSWORD } from './diagnosis';
import { CLIENT, PASSWORD, type OAuthRig } from './oauthRig';
import { everythingOf, placesWith } from './secrets';

/** Workflows are named in the log, in the database and in each of their executions. */
const HOLD_NAMES = ['log', 'database'];

export async function noSecretsLeft(oauth: OAuthRig): Promise<string> {
	const { provider, rig } = oauth;
	const secrets = [...provider.secrets, CLIENT.clientSecret, PASSWORD, WRONG_PASSWORD];
	const planted = await plant(oauth);
	const places = await everythingOf(rig.n8n, await installN8n());
	for (const secret of planted) {
		const found = placesWith([secret], places);
		for (const name of HOLD_NAMES)
			assert.ok(found.includes(name), `the planted secret was not found: ${name}`);
		assert.ok(
			found.some((name) => name.startsWith('execution')),
			`${secret} was not found: executions`,
		);
	}
	assert.deepEqual(placesWith(secrets, places), []);
	const characters = places.reduce((sum, { text }) => sum + text.length, 0);
	return `${secrets.length} secrets, ${places.length} places, ${Math.round(characters / 1e6)} MB; planted ones were found`;
}

/** A workflow whose name holds a secret as it is and another in base64, which runs once. */
async function plant({ ann, rig }: OAuthRig): Promise<string[]> {
	const secrets = [randomBytes(18).toString('base64url'), randomBytes(18).toString('base64url')];
	const wrapped = Buffer.from(`user=ann\x01auth=Bearer ${secrets[1]}\x01\x01`).toString('base64');
	const trigger = imapTrigger(ann ?? assert.fail('Ann is not connected'), { startFrom: 'all' });
	const id = await rig.publish(chain(`${secrets[0]} ${wrapped}`, [trigger]));
	await rig.rest.waitForExecutions({ workflowId: id });
	await rig.rest.unpublish(id);
	return secrets;
}

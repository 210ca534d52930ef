import type { Figure } from '../scenarios';
import { diagnoses } from './diagnosis';
import { noSecretsLeft } from './noSecrets';
import type { OAuthRig } from './oauthRig';
import { google, microsoftApplication, microsoftUser } from './presets';
import { connects, grantTakenBack, renewsInMidIdle, waitedMailRuns } from './signedIn';

export { OAuthRig } from './oauthRig';

export interface OAuthScenario {
	name: string;
	run: (oauth: OAuthRig) => Promise<Figure>;
}

/** In this order; later ones build on earlier ones. */
export const OAUTH_SCENARIOS: OAuthScenario[] = [
	{ name: 'oauth: connected in the editor; receives, and sends through Postfix', run: connects },
	{ name: 'oauth: the token ends in mid-IDLE again and again, every mail once', run: renewsInMidIdle },
	{ name: 'oauth: a grant taken back is told once; signing in again is all it takes', run: grantTakenBack },
	{ name: 'oauth: Google, with its real addresses', run: google },
	{ name: 'oauth: Microsoft, an application on its own', run: microsoftApplication },
	{ name: 'oauth: Microsoft, a person of an organization', run: microsoftUser },
	{ name: 'accounts: the editor shows why an account does not work', run: diagnoses },
	{ name: 'oauth: the mail that waited for the new sign-in ran once', run: waitedMailRuns },
	{ name: 'oauth: no secret in logs, executions, files and answers', run: noSecretsLeft },
];

import { classifyAndMove } from './actOnMail';
import { burstAtConcurrencyOne } from './burst';
import { convertedRuns } from './convert';
import { credentialTest } from './credentialTest';
import { deliveryTime } from './deliveryTime';
import { duplicatesStartAnew } from './duplicate';
import { sameAsN8nsOwn } from './formats';
import { packageIsLoaded } from './packageIsLoaded';
import { killBeforeFirstMail, lastMailRunsOnce, stopInMidRun } from './restarts';
import { testStep } from './receive';
import { renameKeepsCursor } from './rename';
import { failedStaysUnread, saveNone, twoWorkflows } from './runs';
import type { Restart, Scenario } from './scenario';
import { sendsByteCorrect } from './sendMail';
import { twoTriggers } from './twoTriggers';

export type { AroundEnd, Figure, Restart, RestartScenario, Scenario } from './scenario';

/** In this order, on one n8n. */
export const SCENARIOS: Scenario[] = [
	{ name: 'nodes, credential, icons and codex are there', run: packageIsLoaded },
	{ name: 'the credential test is right for good and bad', run: credentialTest },
	{ name: 'a delivered mail starts its workflow', run: deliveryTime },
	{ name: 'a sent mail lands byte-correct and comes back whole', run: sendsByteCorrect },
	{ name: "the formats simple and resolved are those of n8n's own trigger", run: sameAsN8nsOwn },
	{ name: "a converted workflow of n8n's own nodes runs", run: convertedRuns },
	{ name: 'a test step shows the newest mail and changes nothing', run: testStep },
	{ name: 'two workflows on one mailbox both run', run: twoWorkflows },
	{ name: 'a duplicated workflow starts anew, and all run', run: duplicatesStartAnew },
	{ name: 'a failed run leaves the mail unread, a good one marks it', run: failedStaysUnread },
	{ name: 'a mail runs once when successful runs are not saved', run: saveNone },
	{ name: 'a mail is classified and moved by the IMAP node', run: classifyAndMove },
	{ name: 'renaming the trigger keeps its cursor', run: renameKeepsCursor },
];

/** After them, on the same n8n: as few restarts as possible, each takes 10 s and more. */
export const RESTARTS: Restart[] = [
	{
		how: 'kill -9',
		scenarios: [
			{ name: 'before the first mail, mail while down', before: killBeforeFirstMail },
			{ name: 'two triggers of one workflow keep their cursors', before: twoTriggers },
		],
		then: [],
	},
	{
		how: 'SIGTERM',
		scenarios: [
			{ name: 'the last mail, marked before, does not run again', before: lastMailRunsOnce },
			{ name: 'in mid-run: not lost, not often', before: stopInMidRun },
		],
		env: { N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' },
		then: [{ name: 'one run at a time, 20 mails, a redeploy: each once', run: burstAtConcurrencyOne }],
	},
];

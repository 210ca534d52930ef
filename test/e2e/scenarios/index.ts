import type { Rig } from '../rig';
import { credentialTest } from './credentialTest';
import { deliveryTime } from './deliveryTime';
import { packageIsLoaded } from './packageIsLoaded';
import { killBeforeFirstMail, stopInMidRun } from './restarts';
import { testStep } from './receive';
import { renameKeepsCursor } from './rename';
import { failedStaysUnread, saveNone, twoWorkflows } from './runs';
import { sendsByteCorrect } from './sendMail';

export interface Scenario {
	name: string;
	/** Throws when it does not hold. @returns a figure worth printing, or nothing */
	run: (rig: Rig) => Promise<string | undefined>;
}

/** In this order, on one n8n; those that restart it come last. */
export const SCENARIOS: Scenario[] = [
	{ name: 'nodes, credential, icons and codex are there', run: packageIsLoaded },
	{ name: 'the credential test is right for good and bad', run: credentialTest },
	{ name: 'a delivered mail starts its workflow', run: deliveryTime },
	{ name: 'a sent mail lands byte-correct and comes back whole', run: sendsByteCorrect },
	{ name: 'a test step shows the newest mail and changes nothing', run: testStep },
	{ name: 'two workflows on one mailbox both run', run: twoWorkflows },
	{ name: 'a failed run leaves the mail unread, a good one marks it', run: failedStaysUnread },
	{ name: 'a mail runs once when successful runs are not saved', run: saveNone },
	{ name: 'renaming the trigger keeps its cursor', run: renameKeepsCursor },
	{ name: 'kill -9 before the first mail, mail while down, start', run: killBeforeFirstMail },
	{ name: 'SIGTERM in mid-run, start: not lost, not often', run: stopInMidRun },
];

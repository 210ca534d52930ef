import type { Figure } from '../scenarios';
import type { QueueRig } from './queueRig';
import { killMainInMidRun, runsOnTheWorker } from './scenarios';

export { QueueRig } from './queueRig';

export interface QueueScenario {
	name: string;
	run: (queue: QueueRig) => Promise<Figure>;
}

/** In this order; the last one restarts the main. */
export const QUEUE_SCENARIOS: QueueScenario[] = [
	{
		name: 'queue mode: runs on the worker; success is marked read, failure stays unread',
		run: runsOnTheWorker,
	},
	{ name: 'queue mode: kill -9 of the main in mid-run: none lost', run: killMainInMidRun },
];

import type { Rig } from '../rig';

/** A figure worth printing, or nothing. */
export type Figure = string | undefined;

export interface Scenario {
	name: string;
	/** Throws when it does not hold. */
	run: (rig: Rig) => Promise<Figure>;
}

/** What a scenario does while n8n is down and when it is back. */
export interface AroundEnd {
	whileDown?: () => Promise<void>;
	after: () => Promise<Figure>;
}

/** A scenario that needs n8n to end; several share one end and one start. */
export interface RestartScenario {
	name: string;
	/** Prepares what the end of n8n must not harm. */
	before: (rig: Rig) => Promise<AroundEnd>;
}

/** An end of n8n, its start, and the scenarios about them. */
export interface Restart {
	/** SIGKILL at once, or SIGTERM with time to close. */
	how: 'kill -9' | 'SIGTERM';
	/** Prepared in this order; the last one is the nearest to the end. */
	scenarios: RestartScenario[];
	/** n8n's environment from this start on. */
	env?: Record<string, string>;
	/** On the n8n that has started. */
	then: Scenario[];
}

/** How long to wait before the next connection: delivery.md D20, as pure functions. All times in milliseconds. */
import type { RetryClass } from './errors';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Nobody answered: full jitter below a ceiling that doubles up to this. */
export const UNREACHED_CAP_MS = 30 * SECOND;
/** The line broke after a login: 1, 2, 4 … up to this. */
export const LOST_CAP_MS = 30 * SECOND;
/** Sessions in a row that ended without having done anything, after which the server is left alone for longer. */
export const FRUITLESS_SESSIONS = 10;
export const FRUITLESS_CAP_MS = 5 * MINUTE;
/** A refused login or a wrong setting: a person has to act, and more tries might lock the account. */
export const REFUSED_STEPS_MS = [1, 5, 15, 30, 60].map((minutes) => minutes * MINUTE);
/** Too many connections, or asked to slow down, when the server does not say for how long. */
export const LIMITED_STEPS_MS = [1, 2, 5, 10].map((minutes) => minutes * MINUTE);

/** What is remembered between attempts. */
export interface BackoffState {
	/** Attempts in a row that did not lead to a session. */
	failures: number;
	/** Sessions in a row that ended without progress (a message settled, or a minute alive). */
	fruitless: number;
}

export const FRESH: BackoffState = { failures: 0, fruitless: 0 };

/** How an attempt or a session ended. */
export type Ending =
	| { stage: 'unreached' }
	| { stage: 'refused' }
	| { stage: 'limited'; waitMs?: number }
	| { stage: 'lost'; progress: boolean };

/** Sorts an error by what it says about the next attempt. */
export function endingOf(retry: RetryClass, waitMs?: number): Ending {
	switch (retry) {
		case 'credentials':
		case 'configuration':
		case 'permanent':
			return { stage: 'refused' };
		case 'limit':
		case 'throttled':
			return waitMs === undefined ? { stage: 'limited' } : { stage: 'limited', waitMs };
		case 'transient':
			return { stage: 'unreached' };
	}
}

/**
 * @param random a number in [0, 1)
 * @returns how long to wait, and the state to hand in next time
 */
export function nextDelay(
	state: BackoffState,
	ending: Ending,
	random: number,
): { delayMs: number; state: BackoffState } {
	const failures = state.failures + 1;
	switch (ending.stage) {
		case 'unreached': {
			const ceiling = Math.min(UNREACHED_CAP_MS, SECOND * 2 ** Math.min(state.failures, 10));
			return { delayMs: random * ceiling, state: { ...state, failures } };
		}
		case 'refused':
			return { delayMs: step(REFUSED_STEPS_MS, state.failures), state: { ...state, failures } };
		case 'limited': {
			const wanted = ending.waitMs ?? step(LIMITED_STEPS_MS, state.failures);
			const delayMs = Math.min(Math.max(wanted, MINUTE), 10 * MINUTE);
			return { delayMs: delayMs + random * SECOND, state: { ...state, failures } };
		}
		case 'lost': {
			if (ending.progress) return { delayMs: random * SECOND, state: FRESH };
			const fruitless = state.fruitless + 1;
			const after = { failures: 0, fruitless };
			// Not less, or it would be more than twelve logins an hour.
			if (fruitless > FRUITLESS_SESSIONS) return { delayMs: FRUITLESS_CAP_MS, state: after };
			const delayMs = Math.min(LOST_CAP_MS, SECOND * 2 ** Math.min(state.fruitless, 20));
			return { delayMs: delayMs * (0.75 + random / 4), state: after };
		}
	}
}

function step(steps: readonly number[], index: number): number {
	return steps[Math.min(index, steps.length - 1)] ?? 0;
}

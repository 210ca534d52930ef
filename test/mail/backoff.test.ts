import {
	endingOf,
	FRESH,
	FRUITLESS_SESSIONS,
	nextDelay,
	type BackoffState,
	type Ending,
} from '../../nodes/mail/backoff';

const MINUTE = 60_000;

/** Delays of the same ending again and again. */
function delays(ending: Ending, count: number, random: number): number[] {
	let state: BackoffState = FRESH;
	return Array.from({ length: count }, () => {
		const next = nextDelay(state, ending, random);
		state = next.state;
		return next.delayMs;
	});
}

describe('waiting before the next connection (D20)', () => {
	it('spreads over a ceiling that doubles to 30 s while nobody answers', () => {
		expect(delays({ stage: 'unreached' }, 8, 0.5)).toEqual([
			500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
		]);
		expect(delays({ stage: 'unreached' }, 3, 0)).toEqual([0, 0, 0]);
	});

	it('is at once and at most 1 s after a session that did something', () => {
		expect(delays({ stage: 'lost', progress: true }, 3, 0.999)).toEqual([999, 999, 999]);
	});

	it('grows to 30 s after sessions that did nothing, and to 5 min after ten of them', () => {
		const waits = delays({ stage: 'lost', progress: false }, FRUITLESS_SESSIONS + 4, 0.999999);
		expect(waits.slice(0, 6).map(Math.round)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000]);
		expect(Math.max(...waits)).toBeLessThanOrEqual(5 * MINUTE);
		expect(waits.at(-1)).toBeGreaterThan(4.9 * MINUTE);
	});

	it('keeps logins that flap at once below 12 an hour after the ramp', () => {
		let state: BackoffState = FRESH;
		let time = 0;
		const logins: number[] = [];
		while (time < 3 * 60 * MINUTE) {
			logins.push(time);
			const next = nextDelay(state, { stage: 'lost', progress: false }, 0);
			state = next.state;
			time += next.delayMs;
		}
		expect(logins.filter((at) => at > 60 * MINUTE && at <= 120 * MINUTE).length).toBeLessThanOrEqual(12);
	});

	it('asks a server that refused the login five times in the first hour, then once an hour', () => {
		const waits = delays({ stage: 'refused' }, 7, 0.5);
		expect(waits).toEqual([1, 5, 15, 30, 60, 60, 60].map((minutes) => minutes * MINUTE));
	});

	it.each([
		[undefined, MINUTE],
		[5_000, MINUTE],
		[4 * MINUTE, 4 * MINUTE],
		[60 * MINUTE, 10 * MINUTE],
	])('waits 1 to 10 min when told to slow down, by the hint %p', (waitMs, expected) => {
		const ending: Ending = waitMs === undefined ? { stage: 'limited' } : { stage: 'limited', waitMs };
		expect(nextDelay(FRESH, ending, 0).delayMs).toBe(expected);
	});

	it.each([
		['credentials', 'refused'],
		['configuration', 'refused'],
		['permanent', 'refused'],
		['limit', 'limited'],
		['throttled', 'limited'],
		['transient', 'unreached'],
	] as const)('an error of class %s is treated as %s', (retry, stage) =>
		expect(endingOf(retry).stage).toBe(stage),
	);
});

/**
 * Time, injected: everything that waits or measures takes a Clock, so that tests need not sleep.
 * Durations are monotonic; the wall clock may jump and serves only for what people read.
 */
export interface Clock {
	/** Monotonic milliseconds since some fixed moment. */
	now(): number;
	/** Milliseconds since 1970 by the wall clock. */
	wallTime(): number;
	/** Runs `callback` after `ms`; the function returned cancels it. The timer does not keep the process alive. */
	after(ms: number, callback: () => void): () => void;
}

/** Longest delay that Node's timers take; more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
	now: () => performance.now(),
	wallTime: () => Date.now(),
	after(ms, callback) {
		const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
		timer.unref();
		return () => clearTimeout(timer);
	},
};

/**
 * Waits, and wakes early when the signal aborts. Leaves no timer and no listener behind.
 *
 * @returns true when the whole time passed, false when the signal ended it
 */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
	if (signal.aborted) return false;
	return await new Promise((resolve) => {
		const cancel = clock.after(ms, () => {
			signal.removeEventListener('abort', onAbort);
			resolve(true);
		});
		const onAbort = () => {
			cancel();
			resolve(false);
		};
		signal.addEventListener('abort', onAbort, { once: true });
	});
}

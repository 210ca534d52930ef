/** Looks at a session from outside: whether it is stuck, and whether the machine slept. */
import type { Clock } from '../clock';
import { COMMAND_DEADLINE_MS } from './client';
import { IDLE_RENEWAL_MS, type Session } from './session';

/** No step of a session takes longer than this, so a session silent for longer is stuck. */
export const STUCK_AFTER_MS = IDLE_RENEWAL_MS + 2 * COMMAND_DEADLINE_MS;
/** How often it looks. */
export const LOOK_INTERVAL_MS = 15_000;
/** Difference of the clocks, and lateness of a timer, that mean the machine slept. */
export const CLOCK_DRIFT_MS = 10_000;
export const LATE_TIMER_MS = 30_000;

/**
 * Ends a session that is stuck, whatever it waits for. After a sleep, which shows as a wall clock that has gone further
 * than the monotonic one or as a late timer, it has the line tried.
 *
 * @param end closes the connection
 * @returns stops looking
 */
export function watchProgress(
	clock: Clock,
	session: Pick<Session, 'lastProgressAt' | 'doubt'>,
	end: () => void,
): () => void {
	let last = { now: clock.now(), wall: clock.wallTime() };
	const look = () => {
		const now = { now: clock.now(), wall: clock.wallTime() };
		const passed = now.now - last.now;
		const drift = Math.abs(now.wall - last.wall - passed);
		last = now;
		if (now.now - session.lastProgressAt > STUCK_AFTER_MS) return end();
		if (drift > CLOCK_DRIFT_MS || passed > LOOK_INTERVAL_MS + LATE_TIMER_MS) session.doubt();
		cancel = clock.after(LOOK_INTERVAL_MS, look);
	};
	let cancel = clock.after(LOOK_INTERVAL_MS, look);
	return () => cancel();
}

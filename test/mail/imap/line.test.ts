import { MailError } from '../../../nodes/mail/errors';
import { downFor, transition, type Line } from '../../../nodes/mail/imap/line';
import { endingOfLine, LineLost } from '../../../nodes/mail/imap/lineLost';
import { OUTAGE_TOLD_AFTER_MS, OutageReports, SPREAD_MS } from '../../../nodes/mail/imap/outage';
import {
	CLOCK_DRIFT_MS,
	LOOK_INTERVAL_MS,
	STUCK_AFTER_MS,
	watchProgress,
} from '../../../nodes/mail/imap/watchdog';
import { FakeClock } from '../../fakeClock';

const because = new MailError('CONNECT', 'Nobody answered.', { retry: 'transient' });
const refused = new MailError('LOGIN', 'Wrong password.', { retry: 'credentials' });

describe('the line', () => {
	it('counts how long it has been down from the moment it was lost, over all attempts', () => {
		let line: Line = { state: 'connecting', downSince: 0 };
		line = transition(line, { kind: 'opened', now: 10 });
		expect(downFor(line, 50)).toBe(0);
		line = transition(line, { kind: 'lost', now: 100, because });
		line = transition(line, { kind: 'attempt', now: 200 });
		line = transition(line, { kind: 'lost', now: 300, because });
		expect(line).toEqual({ state: 'waiting', downSince: 100, because });
		expect(downFor(line, 400)).toBe(300);
		line = transition(transition(line, { kind: 'attempt', now: 500 }), { kind: 'opened', now: 600 });
		expect(line).toEqual({ state: 'live', since: 600 });
	});

	it('stays closed whatever comes late', () => {
		const closed = transition({ state: 'live', since: 1 }, { kind: 'left' });
		for (const event of [
			{ kind: 'opened', now: 2 },
			{ kind: 'attempt', now: 2 },
			{ kind: 'lost', now: 2, because },
		] as const) {
			expect(transition(closed, event)).toEqual({ state: 'closed' });
		}
	});
});

describe('outage reports (D21)', () => {
	const listener = () => ({ lineDown: jest.fn(), lineBack: jest.fn() });

	it('tells a network outage once, after five minutes, and its end', async () => {
		const clock = new FakeClock();
		const reports = new OutageReports(clock);
		const one = listener();
		reports.down([one], because, OUTAGE_TOLD_AFTER_MS - 1);
		expect(one.lineDown).not.toHaveBeenCalled();
		reports.down([one], because, OUTAGE_TOLD_AFTER_MS);
		reports.down([one], because, OUTAGE_TOLD_AFTER_MS * 2);
		expect(one.lineDown.mock.calls).toEqual([[because]]);
		await clock.advance(400_000);
		reports.up();
		reports.up();
		expect(one.lineBack.mock.calls).toEqual([[OUTAGE_TOLD_AFTER_MS + 400_000]]);
	});

	it('tells at once what a person has to mend, and nothing of the end to who was not told', () => {
		const reports = new OutageReports(new FakeClock());
		const [told, late] = [listener(), listener()];
		reports.down([told], refused, 0);
		expect(told.lineDown).toHaveBeenCalledTimes(1);
		reports.up();
		expect(late.lineBack).not.toHaveBeenCalled();
	});

	it('spreads the reports of many triggers, and takes back what was not told when the line is up again', async () => {
		const clock = new FakeClock();
		const reports = new OutageReports(clock);
		const all = Array.from({ length: 100 }, listener);
		reports.down(all, refused, 0);
		expect(all.filter(({ lineDown }) => lineDown.mock.calls.length > 0)).toHaveLength(1);
		await clock.advance(SPREAD_MS / 2);
		const told = all.filter(({ lineDown }) => lineDown.mock.calls.length > 0);
		expect(told.length).toBeGreaterThan(10);
		expect(told.length).toBeLessThan(90);
		reports.up();
		await clock.advance(SPREAD_MS);
		expect(all.filter(({ lineDown }) => lineDown.mock.calls.length > 0)).toEqual(told);
		expect(all.filter(({ lineBack }) => lineBack.mock.calls.length > 0)).toEqual(told);
		expect(clock.pending).toBe(0);
	});
});

describe('an outage and triggers that come and go', () => {
	const listener = () => ({ lineDown: jest.fn(), lineBack: jest.fn() });

	it('says nothing to a trigger that has left', async () => {
		const clock = new FakeClock();
		const reports = new OutageReports(clock);
		const [first, second] = [listener(), listener()];
		reports.down([first, second], refused, 0);
		reports.forget(second);
		await clock.advance(SPREAD_MS);
		expect(second.lineDown).not.toHaveBeenCalled();
	});

	it('tells the end to a trigger that waits for it on another line by now, as after a corrected password', async () => {
		const clock = new FakeClock();
		const [before, after] = [new OutageReports(clock), new OutageReports(clock)];
		const one = listener();
		before.down([one], refused, 0);
		before.handOver(one, after);
		await clock.advance(60_000);
		before.up();
		expect(one.lineBack).not.toHaveBeenCalled();
		after.up();
		expect(one.lineBack.mock.calls).toEqual([[60_000]]);
	});
});

describe('what a lost line means for the next attempt', () => {
	const throttled = new MailError('COMMAND', 'Slow down.', { retry: 'throttled' });
	const hinted = new MailError('LOST', 'Slow down.', { retry: 'throttled', waitMs: 120_000 });

	it('is a pause where the server asked for one', () => {
		expect(endingOfLine(new LineLost(throttled, false))).toEqual({ stage: 'limited' });
		expect(endingOfLine(new LineLost(hinted, true))).toEqual({ stage: 'limited', waitMs: 120_000 });
	});

	it('is a new attempt soon otherwise', () => {
		expect(endingOfLine(new LineLost(throttled, true))).toEqual({ stage: 'lost', progress: true });
		expect(endingOfLine(new LineLost(because, false))).toEqual({ stage: 'lost', progress: false });
		expect(endingOfLine(refused)).toEqual({ stage: 'refused' });
	});
});

describe('the watchdog', () => {
	it('ends a session that has been stuck, and not one that goes on', async () => {
		const clock = new FakeClock();
		const session = { lastProgressAt: 0, doubt: jest.fn() };
		const end = jest.fn();
		watchProgress(clock, session, end);
		for (let i = 0; i < 40; i++) {
			await clock.advance(LOOK_INTERVAL_MS);
			session.lastProgressAt = clock.now();
		}
		expect(end).not.toHaveBeenCalled();
		await clock.advance(STUCK_AFTER_MS + 2 * LOOK_INTERVAL_MS);
		expect(end).toHaveBeenCalledTimes(1);
		expect(session.doubt).not.toHaveBeenCalled();
		expect(clock.pending).toBe(0);
	});

	it.each([CLOCK_DRIFT_MS + 1, -CLOCK_DRIFT_MS - 1, 86_400_000])(
		'has the line tried when the wall clock jumped by %i ms',
		async (jump) => {
			const clock = new FakeClock();
			let wallJump = 0;
			jest.spyOn(clock, 'wallTime').mockImplementation(() => clock.wallStart + clock.now() + wallJump);
			const session = { lastProgressAt: 0, doubt: jest.fn() };
			const stop = watchProgress(clock, session, jest.fn());
			await clock.advance(LOOK_INTERVAL_MS);
			expect(session.doubt).not.toHaveBeenCalled();
			wallJump = jump;
			await clock.advance(LOOK_INTERVAL_MS);
			expect(session.doubt).toHaveBeenCalledTimes(1);
			stop();
			expect(clock.pending).toBe(0);
		},
	);
});

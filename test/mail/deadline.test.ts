import { withDeadline } from '../../nodes/mail/deadline';
import { sleep } from '../../nodes/mail/clock';
import { FakeClock } from '../fakeClock';

describe('withDeadline', () => {
	const never = async (): Promise<never> => await new Promise(() => undefined);

	it('gives the result and leaves no timer', async () => {
		const clock = new FakeClock();
		expect(await withDeadline(clock, 1_000, 'reading', async () => 7, jest.fn())).toBe(7);
		expect(clock.pending).toBe(0);
	});

	it('passes an error on and leaves no timer', async () => {
		const clock = new FakeClock();
		const destroy = jest.fn();
		const failed = withDeadline(
			clock,
			1_000,
			'reading',
			async () => await Promise.reject(new Error('no')),
			destroy,
		);
		await expect(failed).rejects.toThrow('no');
		expect(clock.pending).toBe(0);
		expect(destroy).not.toHaveBeenCalled();
	});

	it('ends the socket when time is up, once, and says what was being done', async () => {
		const clock = new FakeClock();
		const destroy = jest.fn();
		const late = withDeadline(clock, 45_000, 'searching the mailbox', never, destroy);
		const told = expect(late).rejects.toMatchObject({
			code: 'TIMEOUT',
			retry: 'transient',
			message: 'The mail server did not answer within 45 s while searching the mailbox.',
		});
		await clock.advance(44_999);
		expect(destroy).not.toHaveBeenCalled();
		await clock.advance(1);
		await told;
		expect(destroy).toHaveBeenCalledTimes(1);
	});

	it('what ends because the socket was destroyed changes nothing any more', async () => {
		const clock = new FakeClock();
		let fail: (error: Error) => void = () => undefined;
		const operation = async (): Promise<never> => await new Promise((_resolve, reject) => (fail = reject));
		const late = withDeadline(clock, 10, 'waiting', operation, () => fail(new Error('socket closed')));
		const told = expect(late).rejects.toMatchObject({ code: 'TIMEOUT' });
		await clock.advance(10);
		await told;
	});
});

describe('sleep', () => {
	it('takes its time', async () => {
		const clock = new FakeClock();
		const slept = sleep(clock, 100, new AbortController().signal);
		await clock.advance(100);
		expect(await slept).toBe(true);
	});

	it('wakes at once, leaving neither timer nor listener', async () => {
		const clock = new FakeClock();
		const controller = new AbortController();
		const removed = jest.spyOn(controller.signal, 'removeEventListener');
		const slept = sleep(clock, 100, controller.signal);
		controller.abort();
		expect(await slept).toBe(false);
		expect(clock.pending).toBe(0);
		const whole = new AbortController();
		const done = jest.spyOn(whole.signal, 'removeEventListener');
		const other = sleep(clock, 5, whole.signal);
		await clock.advance(5);
		expect(await other).toBe(true);
		expect(done).toHaveBeenCalledTimes(1);
		expect(removed).not.toHaveBeenCalled();
	});

	it('does not even begin when it was stopped before', async () => {
		const clock = new FakeClock();
		expect(await sleep(clock, 100, AbortSignal.abort())).toBe(false);
		expect(clock.pending).toBe(0);
	});
});

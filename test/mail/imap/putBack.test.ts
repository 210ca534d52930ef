import { LateFinder } from '../../../nodes/mail/imap/audit';
import {
	MAX_FAILED,
	MAX_SUCCEEDED,
	NOTHING_TO_PUT_BACK,
	uidsOf,
	unitOf,
	withEnd,
	withoutEnd,
} from '../../../nodes/mail/imap/putBack';

describe('what can be put back (D11)', () => {
	it('counts attempts on, also over several times', () => {
		let state = withEnd(NOTHING_TO_PUT_BACK, 7, 1, 'failed');
		expect(unitOf(state, 7)).toEqual({ uids: [7], attempt: 2 });
		state = withEnd(withoutEnd(state, 7), 7, 2, 'succeeded');
		expect(state).toEqual({ failures: {}, successes: { 2: '7' } });
		expect(unitOf(state, 7)).toEqual({ uids: [7], attempt: 3 });
	});

	it('a mail that ran well only at a later attempt keeps its count as long as it may be put back', () => {
		// Under an attempt that n8n has run before it would run nothing.
		let state = NOTHING_TO_PUT_BACK;
		for (let uid = 1; uid <= MAX_SUCCEEDED; uid++) state = withEnd(state, uid, 2, 'succeeded');
		expect(unitOf(state, 1)).toEqual({ uids: [1], attempt: 3 });
	});

	it('all mails of a bad night are remembered, as they lie together', () => {
		let state = NOTHING_TO_PUT_BACK;
		for (let uid = 101; uid <= 900; uid++) state = withEnd(state, uid, uid % 400 === 0 ? 1 : 4, 'failed');
		expect(uidsOf(state.failures)).toHaveLength(800);
		expect(unitOf(state, 101)).toEqual({ uids: [101], attempt: 5 });
		expect(JSON.stringify(state).length).toBeLessThan(100);
	});

	it('stays small: the newest are remembered', () => {
		let state = NOTHING_TO_PUT_BACK;
		for (let uid = 4_000_000_000; uid < 4_000_004_000; uid += 2)
			state = withEnd(state, uid, 2, uid % 4 ? 'failed' : 'succeeded');
		expect(uidsOf(state.failures).length).toBeGreaterThanOrEqual(60);
		expect(uidsOf(state.failures).at(-1)).toBe(4_000_003_998);
		expect(uidsOf(state.successes)).toHaveLength(MAX_SUCCEEDED);
		expect(JSON.stringify(state).length).toBeLessThan(1_500);
		state = NOTHING_TO_PUT_BACK;
		for (let uid = 1; uid <= 2 * MAX_FAILED; uid++) state = withEnd(state, uid, 1, 'failed');
		expect(uidsOf(state.failures).length).toBeLessThanOrEqual(MAX_FAILED);
	});
});

/** One look below the low mark. */
function look(finder: LateFinder, uids: number[], low: number): number[] {
	const late = finder.find(uids);
	finder.saw(uids, low);
	return late;
}

describe('late messages (D5)', () => {
	it('are those that were not there before, and did not pass above the low mark', () => {
		const finder = new LateFinder();
		finder.note([], 3);
		expect(look(finder, [1, 3], 3)).toEqual([]);
		finder.note([4, 5], 3);
		expect(look(finder, [1, 2, 3, 4, 5], 5)).toEqual([2]);
		expect(look(finder, [1, 2, 3, 4, 5], 5)).toEqual([]);
	});

	it('may be found at the first look, above where the trigger began', () => {
		const finder = new LateFinder();
		finder.note([], 3);
		finder.note([5, 6], 3);
		expect(look(finder, [1, 2, 3, 4, 5, 6], 6)).toEqual([4]);
	});

	it('are never those that were still running at the look before', () => {
		const finder = new LateFinder();
		finder.note([4, 5], 3);
		expect(look(finder, [1, 3], 3)).toEqual([]);
		expect(look(finder, [1, 3, 4, 5], 5)).toEqual([]);
	});
});

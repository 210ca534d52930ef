import { LateFinder } from '../../../nodes/mail/imap/audit';
import {
	MAX_PUT_BACK,
	MAX_SUCCEEDED,
	NOTHING_TO_PUT_BACK,
	unitOf,
	withEnd,
	withoutEnd,
} from '../../../nodes/mail/imap/putBack';

describe('what can be put back (D11)', () => {
	it('counts attempts on, also over several times', () => {
		let state = withEnd(NOTHING_TO_PUT_BACK, 7, 1, 'failed');
		expect(unitOf(state, 7)).toEqual({ uids: [7], attempt: 2 });
		state = withEnd(withoutEnd(state, 7), 7, 2, 'succeeded');
		expect(state).toMatchObject({ failed: {}, succeeded: '7' });
		expect(unitOf(withoutEnd(state, 7), 7)).toEqual({ uids: [7], attempt: 3 });
	});

	it('stays small: the newest are remembered', () => {
		let state = NOTHING_TO_PUT_BACK;
		for (let uid = 1; uid <= 1000; uid++) state = withEnd(state, uid, 2, uid % 2 ? 'failed' : 'succeeded');
		expect(Object.keys(state.failed)).toHaveLength(MAX_PUT_BACK);
		expect(state.failed['999']).toBe(2);
		expect(state.succeeded.split(',')).toHaveLength(MAX_SUCCEEDED);
		expect(JSON.stringify(state).length).toBeLessThan(2_500);
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

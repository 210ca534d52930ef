import {
	NO_MARKS,
	RETRY_WAITS_MS,
	type DeliveryPolicy,
	type Outcome,
} from '../../../nodes/mail/imap/outcome';
import { UNCLEAR_WAITS_MS, verdictOn } from '../../../nodes/mail/imap/verdict';
import { POLICY } from './deliveryRig';

const FAILED: Outcome = { kind: 'failed', reason: 'boom' };
const FAILURE = { ...NO_MARKS, flag: true };
const policy = (changes: Partial<DeliveryPolicy> = {}): DeliveryPolicy => ({
	...POLICY,
	onFailure: FAILURE,
	...changes,
});
const unit = { uids: [4, 5], attempt: 1 };

describe('the end of a run (D7)', () => {
	it.each([{ kind: 'succeeded' }, { kind: 'unconfirmed' }] as Outcome[])(
		'%j settles with the marks of success',
		(outcome) => {
			expect(verdictOn(outcome, unit, policy(), false, 0)).toEqual({
				kind: 'settle',
				marks: POLICY.onSuccess,
				failed: false,
			});
		},
	);

	it('a failure settles with the marks of failure, and with "ended" with those of success', () => {
		expect(verdictOn(FAILED, unit, policy(), false, 0)).toEqual({
			kind: 'settle',
			marks: FAILURE,
			failed: true,
		});
		const ended = verdictOn(FAILED, unit, policy({ acknowledge: 'ended' }), false, 0);
		expect(ended).toEqual({ kind: 'settle', marks: POLICY.onSuccess, failed: false });
	});

	it.each([1, 2, 3, 20])(
		'a failure with retries left runs again, each member alone (attempt %i)',
		(attempt) => {
			const waitMs = RETRY_WAITS_MS[Math.min(attempt, RETRY_WAITS_MS.length) - 1];
			expect(verdictOn(FAILED, { ...unit, attempt }, policy({ retries: 20 }), false, 0)).toEqual({
				kind: 'again',
				units: [
					{ uids: [4], attempt: attempt + 1 },
					{ uids: [5], attempt: attempt + 1 },
				],
				waitMs,
			});
		},
	);

	it('a duplicate that this process started is dealt with elsewhere; an older one runs once more, or is left', () => {
		const duplicate: Outcome = { kind: 'duplicate' };
		expect(verdictOn(duplicate, unit, policy(), false, 0)).toEqual({
			kind: 'settle',
			marks: NO_MARKS,
			failed: false,
		});
		const again = { kind: 'again', units: [{ uids: [4, 5], attempt: 2 }], waitMs: 0 };
		expect(verdictOn(duplicate, unit, policy(), true, 0)).toEqual(again);
		const left = verdictOn(duplicate, unit, policy({ afterCrash: 'leave' }), true, 0);
		expect(left).toEqual({ kind: 'settle', marks: NO_MARKS, failed: true });
	});

	it.each([0, 1, 2, 3, 9])(
		'when n8n could not say, the same comes again under the same key (after %i times)',
		(tries) => {
			const waitMs = UNCLEAR_WAITS_MS[Math.min(tries, UNCLEAR_WAITS_MS.length - 1)];
			expect(verdictOn({ kind: 'unclear', reason: 'x' }, unit, policy(), false, tries)).toEqual({
				kind: 'again',
				units: [unit],
				waitMs,
			});
		},
	);
});

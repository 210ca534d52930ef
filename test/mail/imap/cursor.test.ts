import fc from 'fast-check';
import { Cursor, newCursor, RING_SIZE, type CursorState, type Unit } from '../../../nodes/mail/imap/cursor';
import { withEnd } from '../../../nodes/mail/imap/putBack';
import { fromSequenceSet, toSequenceSet } from '../../../nodes/mail/imap/uidSet';

const reload = (cursor: Cursor): Cursor =>
	new Cursor(JSON.parse(JSON.stringify(cursor.toState())) as CursorState);

function opened(low: number, old: CursorState['old'] = { kind: 'none' }): Cursor {
	const cursor = new Cursor(newCursor('alice@example.com', 0, old));
	cursor.setBaseline(low, '7', null);
	return cursor;
}

describe('sequence sets', () => {
	it('are read back as they were written', () => {
		fc.assert(
			fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { maxLength: 200 }), (uids) => {
				const sorted = [...uids].sort((a, b) => a - b);
				expect(fromSequenceSet(toSequenceSet(uids))).toEqual(sorted);
			}),
		);
	});

	it.each([
		[[], ''],
		[[5], '5'],
		[[3, 1, 2, 9], '1:3,9'],
		[[4294967294, 4294967295], '4294967294:4294967295'],
	])('%j is written %j', (uids, set) => expect(toSequenceSet(uids)).toBe(set));

	it.each(['', 'x', '3:', '0', '-1', '1.5'])('nothing is read from %j', (set) =>
		expect(fromSequenceSet(set)).toEqual([]),
	);

	it('a tampered range does not fill the memory', () => {
		expect(fromSequenceSet('1:4294967295').length).toBe(100_000);
	});
});

describe('cursor', () => {
	it('takes what is below the baseline only when old mail counts', () => {
		expect(opened(5).list([3, 5, 6])).toEqual([6]);
		expect(opened(5, { kind: 'all' }).list([3, 5, 6])).toEqual([3, 5, 6]);
	});

	it('moves its low mark only over messages that were listed and are done', () => {
		const cursor = opened(0);
		cursor.list([2, 4, 9]);
		cursor.settle([4]);
		expect(cursor.low).toBe(0);
		cursor.settle([2]);
		expect(cursor.low).toBe(4);
		cursor.settle([9]);
		expect(cursor.low).toBe(9);
		expect(cursor.toState().settled).toBe('');
	});

	it('still offers a message that shows up below others that are done', () => {
		const cursor = opened(0);
		cursor.list([1, 3]);
		cursor.start({ uids: [1], attempt: 1 });
		cursor.settle([3]);
		expect(cursor.list([1, 2, 3])).toEqual([2]);
	});

	it('gives back after a reload what was under way, with its attempt, batches as one', () => {
		const cursor = opened(0);
		cursor.list([1, 2, 3, 4, 5]);
		cursor.start({ uids: [1, 2], attempt: 1 });
		cursor.start({ uids: [4], attempt: 3 });
		const again = reload(cursor);
		expect(again.takeRecovered()).toEqual([
			{ uids: [1, 2], attempt: 1 },
			{ uids: [4], attempt: 3 },
		]);
		expect(again.list([1, 2, 3, 4, 5])).toEqual([3, 5]);
		expect(again.loadedHigh).toBe(4);
	});

	it('puts the members of a failed batch in its place', () => {
		const cursor = opened(0);
		cursor.list([1, 2]);
		cursor.start({ uids: [1, 2], attempt: 1 });
		cursor.replace({ uids: [1, 2], attempt: 1 }, [
			{ uids: [1], attempt: 2 },
			{ uids: [2], attempt: 2 },
		]);
		expect(cursor.toState().inFlight).toEqual({ '1': 2, '2': 2 });
		cursor.settle([1]);
		expect(reload(cursor).takeRecovered()).toEqual([{ uids: [2], attempt: 2 }]);
	});

	it('forgets UIDs but not fingerprints when the server renumbers', () => {
		const cursor = opened(10);
		cursor.list([11, 12]);
		cursor.start({ uids: [11], attempt: 1 });
		cursor.remember('knownone');
		cursor.renumber(2, 6, { uidValidity: '8', mailboxId: null }, 0);
		expect(cursor.toState()).toMatchObject({ low: 2, inFlight: {}, settled: '', uidValidity: '8' });
		expect(cursor.ranBeforeRenumbering(3, 'knownone')).toBe(true);
		expect(cursor.ranBeforeRenumbering(7, 'knownone')).toBe(false);
		expect(cursor.ranBeforeRenumbering(3, 'otherone')).toBe(false);
		expect(cursor.list([2, 3, 6])).toEqual([3, 6]);
	});

	it('stays small: full stores are at most 4 KB for a mailbox', () => {
		const cursor = opened(0);
		const uids = Array.from({ length: 5000 }, (_, i) => 4_000_000_000 + i * 3);
		cursor.list(uids);
		for (const uid of uids.slice(1)) {
			if (cursor.newAtOnce(undefined, 0, 1) === 0) break;
			cursor.settle([uid]);
		}
		for (let i = 0; i < RING_SIZE + 50; i++) cursor.remember(String(10_000_000 + i));
		for (let i = 0; i < 500; i++) {
			cursor.ends = withEnd(cursor.ends, 4_100_000_000 + i * 2, 2, i % 2 ? 'failed' : 'succeeded');
		}
		for (let i = 0; i < 25; i++) cursor.start({ uids: [4_000_000_001 + i], attempt: 1 });
		expect(JSON.stringify(cursor.toState()).length).toBeLessThan(4096);
	});

	it('never loses a message and never offers a finished one again, whatever happens in whatever order', () => {
		const step = fc.oneof(
			fc.record({ kind: fc.constant('arrive' as const), gap: fc.integer({ min: 1, max: 3 }) }),
			fc.record({ kind: fc.constant('start' as const) }),
			fc.record({ kind: fc.constant('settle' as const), which: fc.nat(20) }),
			fc.record({ kind: fc.constant('fail' as const), which: fc.nat(20) }),
			fc.record({ kind: fc.constant('reload' as const) }),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
				let cursor = opened(0);
				let nextUid = 1;
				const onServer: number[] = [];
				const done = new Set<number>();
				const running = new Map<number, Unit>();
				for (const action of steps) {
					const open = cursor.list(onServer);
					switch (action.kind) {
						case 'arrive':
							nextUid += action.gap;
							onServer.push(nextUid);
							break;
						case 'start': {
							const [uid] = open;
							if (uid === undefined) break;
							const unit = { uids: [uid], attempt: 1 };
							cursor.start(unit);
							running.set(uid, unit);
							break;
						}
						case 'settle':
						case 'fail': {
							const unit = [...running.values()][action.which % Math.max(1, running.size)];
							if (!unit) break;
							const [uid = 0] = unit.uids;
							if (action.kind === 'settle') {
								cursor.settle(unit.uids);
								running.delete(uid);
								done.add(uid);
							} else {
								const next = { ...unit, attempt: unit.attempt + 1 };
								cursor.replace(unit, [next]);
								running.set(uid, next);
							}
							break;
						}
						case 'reload':
							cursor = reload(cursor);
							break;
					}
					const offered = new Set([...cursor.list(onServer), ...running.keys()]);
					for (const uid of onServer) expect(offered.has(uid)).toBe(!done.has(uid));
				}
				const recovered = reload(cursor).takeRecovered();
				expect(recovered.flatMap(({ uids }) => uids).sort()).toEqual([...running.keys()].sort());
			}),
			{ numRuns: 300 },
		);
	});
});

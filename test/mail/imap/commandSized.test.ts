import fc from 'fast-check';
import {
	commandSized,
	fromSequenceSet,
	MAX_SET_LENGTH,
	MAX_SET_UIDS,
	toSequenceSet,
} from '../../../nodes/mail/imap/uidSet';

const uids = fc.array(fc.integer({ min: 1, max: 4_000_000_000 }), { maxLength: 300 });
const dense = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 300 });

test('every UID once, in sets that a command holds', () => {
	fc.assert(
		fc.property(fc.oneof(uids, dense), fc.integer({ min: 11, max: 200 }), (list, length) => {
			const parts = commandSized(list, length);
			const sets = parts.map(toSequenceSet);
			expect(sets.every((set) => set.length <= length)).toBe(true);
			expect(sets.flatMap(fromSequenceSet)).toEqual([...new Set(list)].sort((a, b) => a - b));
		}),
	);
});

test('no command names more messages than a server handles within its deadline, however short the set', () => {
	const many = Array.from({ length: 90_000 }, (_none, i) => i + 95_000);
	const parts = commandSized(many);
	expect(parts.map(({ length }) => length)).toEqual(Array(90_000 / MAX_SET_UIDS).fill(MAX_SET_UIDS));
});

test('scattered UIDs fill their commands', () => {
	const scattered = Array.from({ length: 10_000 }, (_none, i) => 100_000 + i * 2);
	expect(commandSized(scattered)).toHaveLength(Math.ceil(70_000 / MAX_SET_LENGTH));
});

import { tallyOf, type ItemState } from '../../nodes/SendMail/tally';

const LETTERS: Record<string, ItemState> = { d: 'done', u: 'unknown', o: 'open' };

test.each([
	['o', 'Of the 1 items 0 were done. The other 1 were not sent.'],
	['ood', 'Of the 3 items 1 were done: 2. The other 2 were not sent.'],
	['ddodu', 'Of the 5 items 3 were done: 0–1, 3. Of 1 nobody knows: 4. The other 1 were not sent.'],
	['oo', 'Of the 2 items 0 were done. The other 2 were not sent.'],
	['o     ', 'Of the 6 items 0 were done. The other 6 were not sent.'],
	['du', 'Of the 2 items 1 were done: 0. Of 1 nobody knows: 1.'],
])('%j: %s', (letters, expected) => {
	const states = [...letters].map((letter) => LETTERS[letter]);
	expect(tallyOf(states, letters.length)).toBe(expected);
});

test('a long list is cut', () => {
	const states = Array.from({ length: 1_000 }, (_none, index) => (index % 2 ? 'done' : 'open') as ItemState);
	expect(tallyOf(states, 1_000)).toMatch(/^Of the 1000 items 500 were done: 1, 3, .* …\. The other 500 /);
	expect(tallyOf(states, 1_000).length).toBeLessThan(400);
});

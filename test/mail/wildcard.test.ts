import { matchesWildcard } from '../../nodes/mail/wildcard';

describe('wildcards', () => {
	it.each([
		['*', '', true],
		['*.pdf', 'Invoice.PDF', true],
		['*.pdf', 'invoice.pdf.exe', false],
		['invoice*', 'Invoice 7.docx', true],
		['a?c', 'abc', true],
		['a?c', 'ac', false],
		['*@example.com', 'bob@example.com', true],
		['*@example.com', 'bob@example.com.evil.test', false],
		['[Ticket #*]*', '[Ticket #12] broken', true],
		['a*b*c', 'a--b--b--c', true],
		['a*b*c', 'a--c--b', false],
		['', '', true],
		['', 'x', false],
		['?', '🙂', true],
	])('%j and %j: %p', (pattern, text, expected) => expect(matchesWildcard(pattern, text)).toBe(expected));

	it('takes bounded time for a pattern and a text made to be slow', () => {
		const startedAt = performance.now();
		expect(matchesWildcard(`${'*a'.repeat(500)}b`, 'a'.repeat(100_000))).toBe(false);
		expect(performance.now() - startedAt).toBeLessThan(1_000);
	});
});

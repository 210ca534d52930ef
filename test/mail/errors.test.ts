import { cleanServerText, enhancedCodeOf, MailError, MAX_REPLY_LENGTH } from '../../nodes/mail/errors';

describe('cleanServerText', () => {
	it.each([
		['line one\r\nline two', 'line one line two'],
		['bell \u0007 and escape \u001b[31mred', 'bell   and escape  [31mred'],
		['right \u202eto left\u2066', 'right  to left'],
		['\u0000\u0001', ''],
		['  plain  ', 'plain'],
	])('%j', (text, clean) => {
		expect(cleanServerText(text)).toBe(clean);
	});

	const base64 = (text: string): string => Buffer.from(text).toString('base64');

	it.each([
		['as it is', 'hunter2 was wrong'],
		['in base64', `${base64('hunter2')} was wrong`],
		['in base64 without padding', `${base64('hunter2').replace(/=+$/, '')} was wrong`],
		['twice', 'hunter2 hunter2'],
	])('a secret is hidden: %s', (_how, text) => {
		const clean = cleanServerText(text, ['hunter2']);
		expect(clean).toContain('***');
		expect(clean).not.toContain('hunter2');
		expect(clean).not.toContain(base64('hunter2').replace(/=+$/, ''));
	});

	it('a secret is hidden in an IMAP quoted string, too (RFC 3501 §4.3)', () => {
		expect(cleanServerText('bad LOGIN "bob" "pa\\"ss\\\\word"', ['pa"ss\\word'])).toBe(
			'bad LOGIN "bob" "***"',
		);
	});

	it('what SASL PLAIN sends is hidden', () => {
		const sent = '\0bob\0hunter2';
		expect(cleanServerText(`AUTHENTICATE PLAIN ${base64(sent)}`, ['hunter2', sent])).toBe(
			'AUTHENTICATE PLAIN ***',
		);
	});

	it('is never long', () => {
		expect(cleanServerText('x'.repeat(100_000)).length).toBe(MAX_REPLY_LENGTH + 1);
	});

	it('hides before it cuts, so that no half of a secret is left', () => {
		const secret = 's3cr3t'.repeat(20);
		const clean = cleanServerText('x'.repeat(MAX_REPLY_LENGTH - 10) + secret, [secret]);
		expect(clean).not.toContain('s3cr3t');
	});
});

describe('MailError', () => {
	it('says what happened, the server’s words, what to do and where to read on', () => {
		const error = new MailError('LOGIN', 'The password was refused.', {
			reply: { text: '535 5.7.8 no' },
			nextStep: 'Make an app password.',
			url: 'https://example.com/help',
		});
		expect(error.description).toBe(
			'The server said: 535 5.7.8 no\nMake an app password.\nSee https://example.com/help',
		);
		expect(error.line).toBe(
			'The password was refused. The server said: 535 5.7.8 no. Make an app password. See https://example.com/help',
		);
		expect(error.retry).toBe('permanent');
	});

	it('has an empty description when nothing more is known', () => {
		expect(new MailError('LOST', 'Gone.').description).toBe('');
		expect(new MailError('LOST', 'Gone.').line).toBe('Gone.');
	});
});

describe('enhancedCodeOf', () => {
	it.each([
		['550 5.1.1 unknown', '5.1.1'],
		['550-5.7.26 part', '5.7.26'],
		['550 unknown', undefined],
		['5.1.1', undefined],
	])('%s', (reply, code) => {
		expect(enhancedCodeOf(reply)).toBe(code);
	});
});

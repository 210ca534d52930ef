/** Plain text from HTML, for programs and people that read no HTML. The only file that knows html-to-text. */

/** HTML beyond this is not turned into text: the time it takes grows with the square of what tables hold. */
export const MAX_HTML_LENGTH = 300_000;
const MAX_DEPTH = 200;
const MAX_CHILDREN = 5_000;

/** The text of HTML, its beginning where there is too much of it; links keep their address. */
export async function htmlToText(html: string): Promise<string> {
	const { convert } = await import('html-to-text');
	const whole = html.length <= MAX_HTML_LENGTH;
	const text = convert(whole ? html : html.slice(0, MAX_HTML_LENGTH), {
		wordwrap: false,
		limits: { ellipsis: '…', maxDepth: MAX_DEPTH, maxChildNodes: MAX_CHILDREN },
		selectors: [
			{ selector: 'img', format: 'skip' },
			{ selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['(', ')'] } },
			...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
				selector,
				options: { uppercase: false },
			})),
		],
	});
	return whole ? text.trim() : `${text.trim()} …`;
}

/**
 * HTML from Markdown (CommonMark with tables and strikethrough). The only file that knows markdown-it. HTML in the
 * Markdown is shown as text, and links run no scripts: what a workflow puts into it may come from strangers.
 */

import { lazy } from '../lazy';

/** Markdown beyond this is refused; the longest letters have a tenth of it. */
export const MAX_MARKDOWN_LENGTH = 1_000_000;

const renderer = lazy(async () => {
	const { default: MarkdownIt } = await import('markdown-it');
	return new MarkdownIt({ html: false, linkify: true, breaks: true });
});

/** @param markdown at most {@link MAX_MARKDOWN_LENGTH} characters; the rest is dropped */
export async function markdownToHtml(markdown: string): Promise<string> {
	return (await renderer()).render(markdown.slice(0, MAX_MARKDOWN_LENGTH)).trim();
}

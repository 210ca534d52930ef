/** What the recipient reads: text, HTML or Markdown, then the signature, then what is quoted. */
import { textToHtml, type Quotation } from './answer';
import { textOf } from './htmlText';
import { markdownToHtml } from './markdown';

export type Format = 'html' | 'text' | 'both' | 'markdown';

export interface ContentRequest {
	format: Format;
	text: string;
	html: string;
	markdown: string;
	/** Text or HTML; empty for none. */
	signature: string;
	quotation: Quotation | null;
}

/** @returns the parts that the mail has; of HTML alone the text is made later */
export async function contentOf(request: ContentRequest): Promise<{ text?: string; html?: string }> {
	const { format, text, quotation } = request;
	const html = format === 'markdown' ? await markdownToHtml(request.markdown) : request.html;
	const signature = await signatureOf(request.signature);
	const withText = format === 'text' || format === 'both';
	const withHtml = format !== 'text';
	return {
		...(withText && { text: [text, signature?.text, quotation?.text].filter(isThere).join('\n\n') }),
		...(withHtml && { html: beforeEndOfBody(html, [signature?.html, quotation?.html].filter(isThere)) }),
	};
}

function isThere(part: string | undefined): part is string {
	return part !== undefined && part !== '';
}

/** The usual line of two hyphens and a space tells programs where the signature begins (RFC 3676 §4.3). */
async function signatureOf(signature: string): Promise<Quotation | null> {
	if (signature.trim() === '') return null;
	const isHtml = /<[a-z][^<>]*>/i.test(signature);
	const text = isHtml ? await textOf(signature) : signature.trim();
	const html = isHtml ? signature.trim() : textToHtml(signature.trim());
	return { text: `-- \n${text}`, html: `<div>-- <br>\n${html}</div>` };
}

/** Into the document, where the HTML is one. */
function beforeEndOfBody(html: string, additions: readonly string[]): string {
	if (additions.length === 0) return html;
	const added = additions.map((addition) => `<br>\n${addition}`).join('\n');
	const lower = html.toLowerCase();
	const endOfBody = lower.lastIndexOf('</body');
	const end = endOfBody >= 0 ? endOfBody : lower.lastIndexOf('</html');
	return end < 0 ? `${html}${added}` : `${html.slice(0, end)}${added}${html.slice(end)}`;
}

/** Readable text from HTML: one pass, linear, without building a tree. */
import { isSignature, quoteMarkOf } from './quoteMarks';
import { TextWriter } from './textWriter';
import { readTokens, type TokenHandler } from './tokens';
import { isUnreadable, PAPER, surroundingsOf, type Surroundings } from './look';
import { Visibility, type Attributes } from './visibility';

/** Characters of HTML from which text is made; what follows is left out. */
export const MAX_HTML_LENGTH = 5_000_000;
/** Open elements that are told apart. */
const MAX_DEPTH = 500;

export interface HtmlText {
	/** What a reader sees, without hidden elements. */
	text: string;
	/** Whether the end of the HTML was not read. */
	truncated: boolean;
	/** Whether text that a reader does not see was left out. */
	hidden: boolean;
	/** Whether quoted mail was found by its markup. */
	quoted: boolean;
}

interface OpenElement {
	name: string;
	surroundings: Surroundings;
	/** Nothing inside is written. */
	silent: boolean;
}

/** Elements that never have content, so their end never comes. */
const VOID = new Set(
	'br hr img input meta link col area base wbr source track param embed keygen frame basefont bgsound'.split(
		' ',
	),
);
/** What may stand in the head of a document; anything else ends a head that does not end itself. */
const IN_HEAD = new Set('title meta link style script base basefont noscript template xml object'.split(' '));
/** Elements whose beginning ends another that is still open. */
const P_ENDERS =
	'p div table ul ol dl h1 h2 h3 h4 h5 h6 pre blockquote hr form section article header footer address center'.split(
		' ',
	);
const ENDS: Partial<Record<string, readonly string[]>> = {
	...Object.fromEntries(P_ENDERS.map((name) => [name, ['p']])),
	li: ['li', 'p'],
	td: ['td', 'th', 'p'],
	th: ['td', 'th', 'p'],
	tr: ['td', 'th', 'tr', 'p'],
	dt: ['dt', 'dd', 'p'],
	dd: ['dt', 'dd', 'p'],
	body: ['head', 'title', 'style', 'p'],
};

/** @param leaveOutQuotes to keep only what the sender of this mail wrote: no quoted mail, no marked signature */
export function htmlToText(html: string, leaveOutQuotes = false): HtmlText {
	const reader = new HtmlReader(leaveOutQuotes);
	readTokens(html.length > MAX_HTML_LENGTH ? html.slice(0, MAX_HTML_LENGTH) : html, reader);
	return {
		text: reader.writer.finish(),
		truncated: html.length > MAX_HTML_LENGTH,
		hidden: reader.hidden,
		quoted: reader.quoted,
	};
}

class HtmlReader implements TokenHandler {
	readonly writer = new TextWriter();
	hidden = false;
	quoted = false;
	private readonly visibility = new Visibility();
	private readonly open: OpenElement[] = [];
	/** How often each element is open, so that an end without a beginning costs nothing. */
	private readonly counts = new Map<string, number>();
	/** The same for elements beyond the depth limit. */
	private readonly deeper = new Map<string, number>();
	private styles: string[] | null = null;
	/** Everything after an element that begins a quote without containing it. */
	private ended = false;

	constructor(private readonly leaveOutQuotes: boolean) {}

	openTag(name: string, attributes: Attributes): void {
		const ends = ENDS[name];
		while (ends?.includes(this.open.at(-1)?.name ?? '')) this.pop();
		if (name === 'style') this.styles = [];
		if (this.open.at(-1)?.name === 'head' && !IN_HEAD.has(name)) this.pop();
		const outer = this.open.at(-1);
		const silent = outer?.silent || this.ended || this.isSilent(name, attributes);
		if (!silent) this.writer.open(name, attributes);
		if (VOID.has(name)) return;
		if (this.open.length >= MAX_DEPTH) {
			count(this.deeper, name, 1);
			return;
		}
		count(this.counts, name, 1);
		const sheet = this.visibility.lookOf(name, attributes);
		const surroundings = surroundingsOf(outer?.surroundings ?? PAPER, name, attributes, sheet);
		this.open.push({ name, surroundings, silent });
	}

	text(text: string): void {
		this.styles?.push(text);
		if (this.open.at(-1)?.name === 'head' && text.trim() !== '') this.pop();
		const element = this.open.at(-1);
		if (this.ended) return;
		if (element?.silent) return;
		if (element && isUnreadable(element.surroundings)) {
			if (text.trim() !== '') this.hidden = true;
		} else this.writer.text(text);
	}

	closeTag(name: string): void {
		if (name === 'style' && this.styles) {
			this.visibility.addStyles(this.styles.join(''));
			this.styles = null;
		}
		if ((this.deeper.get(name) ?? 0) > 0) {
			count(this.deeper, name, -1);
			return;
		}
		if ((this.counts.get(name) ?? 0) === 0) return;
		while (this.pop() !== name);
	}

	private pop(): string {
		const element = this.open.pop();
		if (!element) return '';
		count(this.counts, element.name, -1);
		if (!element.silent) this.writer.close(element.name);
		return element.name;
	}

	private isSilent(name: string, attributes: Attributes): boolean {
		if (this.visibility.isHidden(name, attributes)) {
			if (attributes['style'] !== undefined || attributes['class'] !== undefined || 'hidden' in attributes)
				this.hidden = true;
			return true;
		}
		const mark = quoteMarkOf(name, attributes);
		if (mark !== null) this.quoted = true;
		if (!this.leaveOutQuotes) return false;
		if (mark === 'fromHere') this.ended = true;
		return mark !== null || isSignature(attributes);
	}
}

function count(counts: Map<string, number>, name: string, change: number): void {
	counts.set(name, (counts.get(name) ?? 0) + change);
}

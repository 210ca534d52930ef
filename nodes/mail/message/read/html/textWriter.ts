/** Lays out the text of HTML elements: paragraphs, lists, tables, quotes, links. Knows no HTML parser. */
import type { Attributes } from './visibility';

/** Lists, tables and quotes within each other that are told apart. */
const MAX_NESTING = 30;
/** Quotes within quotes that are marked one by one. */
const MAX_QUOTES = 5;

/** Empty lines that an element wants around itself, as line breaks. */
const BREAKS: Partial<Record<string, number>> = {
	p: 2,
	h1: 2,
	h2: 2,
	h3: 2,
	h4: 2,
	h5: 2,
	h6: 2,
	ul: 2,
	ol: 2,
	dl: 2,
	table: 2,
	blockquote: 2,
	pre: 2,
	hr: 2,
	div: 1,
	li: 1,
	tr: 1,
	dt: 1,
	dd: 1,
	section: 1,
	article: 1,
	header: 1,
	footer: 1,
	main: 1,
	nav: 1,
	aside: 1,
	address: 1,
	center: 1,
	form: 1,
	fieldset: 1,
	figure: 1,
	figcaption: 1,
	caption: 1,
	thead: 1,
	tbody: 1,
	tfoot: 1,
	body: 1,
	html: 1,
	details: 1,
	summary: 1,
};
/** Characters that only push other text out of a preview. */
const FILLER = /(?:\u034f|[\u00ad\u061c\u180e\u200b\u2060-\u2064\ufeff])+/g;

/** Text being laid out: the page, a cell of a table, or the inside of a quote. */
interface Frame {
	kind: 'page' | 'row' | 'cell' | 'quote';
	parts: string[];
	/** Line breaks owed before the next text. */
	breaks: number;
	/** Whether the last character written ends a word. */
	atSpace: boolean;
	empty: boolean;
	/** Whether nothing has followed the mark of an item yet: its paragraphs begin on its line. */
	atMark: boolean;
	cells: string[];
}

interface List {
	ordered: boolean;
	next: number;
}

export class TextWriter {
	private readonly frames: Frame[] = [newFrame('page')];
	private readonly lists: List[] = [];
	private readonly links: { href: string; from: number; frame: Frame }[] = [];
	private preformatted = 0;
	/** Elements opened beyond the nesting limit, which get no frame. */
	private readonly flat: string[] = [];

	open(name: string, attributes: Attributes): void {
		if (name === 'br') {
			this.lineBreak();
			return;
		}
		const isList = name === 'ul' || name === 'ol';
		if (name === 'li') this.frame.atMark = false;
		this.want(isList && this.lists.length > 0 ? 1 : (BREAKS[name] ?? 0));
		switch (name) {
			case 'hr':
				this.write('---');
				this.want(2);
				break;
			case 'img':
				this.image(attributes);
				break;
			case 'pre':
				this.preformatted++;
				break;
			case 'ul':
			case 'ol':
				this.lists.push({
					ordered: name === 'ol',
					next: Number.parseInt(attributes['start'] ?? '1', 10) || 1,
				});
				break;
			case 'li':
				this.item();
				break;
			case 'a':
				this.links.push({ href: attributes['href'] ?? '', from: this.frame.parts.length, frame: this.frame });
				break;
			case 'tr':
				this.push('row', name);
				break;
			case 'td':
			case 'th':
				this.push('cell', name);
				break;
			case 'blockquote':
				this.push('quote', name);
		}
	}

	text(text: string): void {
		const clean = text.replace(FILLER, '');
		if (this.preformatted > 0) {
			const lines = clean.replace(/\r\n?/g, '\n').split('\n');
			lines.forEach((line, index) => {
				if (index > 0) this.lineBreak();
				if (line !== '') this.write(line);
			});
			return;
		}
		const collapsed = clean.replace(/[ \t\r\n\f\u00a0]+/g, ' ');
		const { frame } = this;
		const startsLine = frame.empty || frame.breaks > 0 || frame.atSpace;
		const value = startsLine && collapsed.startsWith(' ') ? collapsed.slice(1) : collapsed;
		if (value !== '') this.write(value);
	}

	close(name: string): void {
		switch (name) {
			case 'a':
				this.closeLink();
				break;
			case 'pre':
				this.preformatted--;
				break;
			case 'ul':
			case 'ol':
				this.lists.pop();
				this.want(this.lists.length > 0 ? 1 : 2);
				return;
			case 'td':
			case 'th':
			case 'tr':
			case 'blockquote':
				this.pop(name);
		}
		this.want(BREAKS[name] ?? 0);
	}

	/** Closes everything and gives the text. */
	finish(): string {
		while (this.frames.length > 1) this.leave();
		return tidy(this.frame.parts.join(''));
	}

	private get frame(): Frame {
		return this.frames[this.frames.length - 1] as Frame;
	}

	private want(breaks: number): void {
		const { frame } = this;
		if (!frame.empty && !frame.atMark && breaks > frame.breaks) frame.breaks = breaks;
	}

	private lineBreak(): void {
		const { frame } = this;
		frame.breaks = frame.breaks + 1;
		frame.atSpace = true;
	}

	private write(value: string): void {
		const { frame } = this;
		if (frame.breaks > 0) frame.parts.push('\n'.repeat(Math.min(frame.breaks, 3)));
		frame.breaks = 0;
		frame.parts.push(value);
		frame.empty = false;
		frame.atMark = false;
		frame.atSpace = value.endsWith(' ');
	}

	private item(): void {
		const list = this.lists.at(-1);
		const indent = '  '.repeat(Math.min(Math.max(this.lists.length - 1, 0), MAX_NESTING));
		this.write(`${indent}${list?.ordered ? `${list.next++}. ` : '- '}`);
		this.frame.atSpace = true;
		this.frame.atMark = true;
	}

	private image(attributes: Attributes): void {
		const alt = (attributes['alt'] ?? '').replace(/\s+/g, ' ').trim();
		if (alt !== '') this.write(`[${alt}]`);
	}

	private closeLink(): void {
		const link = this.links.pop();
		if (!link || link.frame !== this.frame) return;
		const { href, frame } = link;
		const shown = link.frame.parts.slice(link.from).join('').trim();
		if (!/^(?:https?:|mailto:|tel:|ftp:)/i.test(href) || shown === '') return;
		const bare = (url: string) =>
			url
				.replace(/^(?:https?:\/\/|mailto:|tel:)/i, '')
				.replace(/[/\s]+$/, '')
				.toLowerCase();
		if (bare(shown) === bare(href)) return;
		// What ends the line of the words belongs after their address, as does a blank.
		const { breaks } = frame;
		frame.breaks = 0;
		this.write(`${frame.atSpace ? '' : ' '}[${href.trim()}]`);
		frame.breaks = breaks;
	}

	private push(kind: Frame['kind'], name: string): void {
		const quotes = kind === 'quote' ? this.frames.filter((frame) => frame.kind === 'quote').length : 0;
		if (this.frames.length >= MAX_NESTING || quotes >= MAX_QUOTES) this.flat.push(name);
		else this.frames.push(newFrame(kind));
	}

	private pop(name: string): void {
		if (this.flat.at(-1) === name) {
			this.flat.pop();
			this.want(1);
			return;
		}
		const kind = name === 'tr' ? 'row' : name === 'blockquote' ? 'quote' : 'cell';
		if (this.frame.kind === kind) this.leave();
	}

	private leave(): void {
		const inner = this.frames.pop() as Frame;
		const outer = this.frame;
		if (inner.kind === 'cell' && outer.kind === 'row') {
			const cell = tidy(inner.parts.join(''));
			if (cell !== '') outer.cells.push(cell);
			return;
		}
		const text = inner.kind === 'row' ? rowText(inner) : tidy(inner.parts.join(''));
		if (text === '') return;
		if (inner.kind === 'quote') this.want(2);
		else this.want(inner.kind === 'row' ? 1 : 0);
		this.write(inner.kind === 'quote' ? marked(text) : text);
	}
}

function newFrame(kind: Frame['kind']): Frame {
	return { kind, parts: [], breaks: 0, atSpace: true, empty: true, atMark: false, cells: [] };
}

/** Cells of one line each are a row of data; others are the columns of a page. */
function rowText(row: Frame): string {
	const loose = tidy(row.parts.join(''));
	const cells = loose === '' ? row.cells : [loose, ...row.cells];
	return cells.some((cell) => cell.includes('\n')) ? cells.join('\n') : cells.join(' | ');
}

/** Each line with a quote mark before it. */
function marked(text: string): string {
	return text
		.split('\n')
		.map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`))
		.join('\n');
}

/** Characters that show nothing at the end of a line, though they join letters elsewhere. */
const UNSEEN = new Set(['\u200c', '\u200d', '\u200e', '\u200f']);

/** Line by line: patterns over blanks at the ends of lines take quadratic time on long runs of blanks. */
function tidy(text: string): string {
	const lines: string[] = [];
	for (const line of text.split('\n')) {
		let end = line.trimEnd();
		while (UNSEEN.has(end.charAt(end.length - 1))) end = end.slice(0, -1).trimEnd();
		if (end !== '' || (lines.length > 0 && lines.at(-1) !== '')) lines.push(end);
	}
	while (lines.at(-1) === '') lines.pop();
	return lines.join('\n');
}

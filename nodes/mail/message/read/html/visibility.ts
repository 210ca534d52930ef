/** Whether a reader would see an element. What nobody sees must not speak to an AI step, nor fill up a text. */
import { compactStyle, lookIn, type Look } from './look';

export type Attributes = Readonly<Record<string, string>>;

/** Elements whose content is no text for people. */
const INVISIBLE = new Set([
	'script',
	'style',
	'head',
	'title',
	'template',
	'meta',
	'link',
	'object',
	'applet',
	'svg',
	'math',
	'iframe',
	'textarea',
	'select',
	'datalist',
	'audio',
	'video',
	'canvas',
	'map',
	'xml',
]);
/**
 * In styles without blanks. Not among them: `mso-hide`, which hides from Outlook what all others show, such as buttons,
 * and sizes and colours, which elements inside may set anew.
 */
const HIDING =
	/(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|opacity:0?(?:\.0\d*)?(?:;|!|$)|text-indent:-\d{3,}|clip:rect\(0|(?:left|top|right):-\d{3,}px|transform:scale\(0)/;
/** `max-width:0` is how cells cut their text short, and a width of nothing gives way to a least one. */
const COLLAPSED = /(?:^|;)(?:(?:max-)?height|width):0*(?:px|pt|em|%)?(?:;|!|$)/;
/** Characters of style sheets that are searched, and names in them that are kept. */
const MAX_STYLE = 200_000;
const MAX_NAMES = 2_000;
const MAX_NAME = 200;
const MAX_SELECTORS = 5_000;
/** What a selector is about, such as `.foot` of `td.foot:link`. */
const SELECTED = /([.#][\w-]+|^[a-z][\w-]*)(?::link|:visited)?$/i;

/** Finds what a message's own style sheet hides, and what it paints. Rules for screens of some size are left out. */
export class Visibility {
	private readonly hidden = new Set<string>();
	private readonly looks = new Map<string, Look>();
	/** Characters of style sheets that may still be read. */
	private budget = MAX_STYLE;

	/** @param css content of a style element */
	addStyles(css: string): void {
		const text = css.slice(0, this.budget).replace(/<!--|-->/g, '');
		this.budget -= text.length;
		let depth = 0;
		let start = 0;
		let selector = '';
		for (let i = 0; i < text.length; i++) {
			const character = text.charAt(i);
			if (character === '{') {
				if (depth++ === 0) selector = text.slice(start, i);
				start = i + 1;
			} else if (character === '}' && depth > 0) {
				// Rules inside @media and the like are for some screens only.
				if (--depth === 0 && !selector.includes('@')) this.addRule(selector, text.slice(start, i));
				start = i + 1;
			} else if (character === ';' && depth === 0) start = i + 1;
		}
	}

	isHidden(name: string, attributes: Attributes): boolean {
		if (INVISIBLE.has(name) || 'hidden' in attributes) return true;
		if (attributes['style'] !== undefined && hides(compactStyle(attributes['style']))) return true;
		if (name === 'input' || (name === 'font' && attributes['size'] === '0')) return true;
		return this.hidden.size > 0 && namesOf(name, attributes).some((one) => this.hidden.has(one));
	}

	/** What the style sheet says of an element: ids count for more than classes, and these for more than its kind. */
	lookOf(name: string, attributes: Attributes): Look {
		let look: Look = {};
		if (this.looks.size > 0)
			for (const one of namesOf(name, attributes)) look = { ...look, ...this.looks.get(one) };
		return look;
	}

	private addRule(selectors: string, style: string): void {
		const compact = compactStyle(style);
		const hiding = hides(compact);
		const look = lookIn(compact);
		for (const selector of selectors
			.slice(-MAX_SELECTORS)
			.replace(/\/\*.*?\*\//gs, '')
			.split(',')) {
			const [last = '', ...outer] = selector
				.trim()
				.split(/[\s>+~]+/)
				.reverse();
			const [, name] = SELECTED.exec(last.slice(0, MAX_NAME)) ?? [];
			if (name === undefined) continue;
			const key = /^[.#]/.test(name) ? name : name.toLowerCase();
			const isSimple = outer.length === 0;
			if (hiding && isSimple && /^[.#]/.test(key)) this.hidden.add(key);
			if (this.looks.size < MAX_NAMES)
				this.looks.set(key, merged(this.looks.get(key), look, isSimple && last === name));
		}
	}
}

/** Names by which style sheets mean an element, the most telling last. */
function namesOf(name: string, attributes: Attributes): string[] {
	const names = [name];
	for (const one of (attributes['class'] ?? '').split(/\s+/, 20)) if (one !== '') names.push(`.${one}`);
	if (attributes['id'] !== undefined) names.push(`#${attributes['id']}`);
	return names;
}

/** Of several rules for one name, or of one for some of its elements, only some may apply: then nothing is certain. */
function merged(before: Look | undefined, look: Look, isCertain: boolean): Look {
	const result: Look = { ...before };
	for (const key of ['color', 'background'] as const) {
		const value = look[key];
		if (value === undefined) continue;
		result[key] = isCertain && (result[key] ?? value) === value ? value : '';
	}
	if (look.tiny !== undefined && (isCertain || !look.tiny)) result.tiny = look.tiny;
	return result;
}

function hides(compact: string): boolean {
	return (
		HIDING.test(compact) ||
		(COLLAPSED.test(compact) && compact.includes('overflow:hidden') && !compact.includes('min-width'))
	);
}

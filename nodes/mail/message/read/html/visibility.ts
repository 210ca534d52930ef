/** Whether a reader would see an element. What nobody sees must not speak to an AI step, nor fill up a text. */

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
]);
/** In styles without blanks. Sizes of 1px and less are invisible too. */
const HIDING =
	/(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|mso-hide:all|opacity:0?(?:\.0\d*)?(?:;|!|$)|font(?:-size)?:0*(?:\.\d+|[01])?(?:\.\d+)?(?:px|pt|em|rem|%)?(?:;|!|\/|$)|color:transparent|text-indent:-\d{3,}|clip:rect\(0|(?:left|top|right):-\d{3,}px|transform:scale\(0)/;
const COLLAPSED = /(?:^|;)(?:max-)?(?:height|width):0*(?:px|pt|em|%)?(?:;|!|$)/;
/** Longest style block that is searched for hidden classes. */
const MAX_STYLE = 200_000;
const WHITE = '#ffffff';

/** Colours as far as they are known while walking down the tree. */
export interface Surroundings {
	color: string;
	/** Empty when an image or an unknown colour lies behind the text. */
	background: string;
}

export const PAPER: Surroundings = { color: '#000000', background: WHITE };

/** Finds what a message's own style sheet hides: simple selectors only, rules for screens of some size left out. */
export class Visibility {
	private readonly hidden = new Set<string>();

	/** @param css content of a style element */
	addStyles(css: string): void {
		const text = css.slice(0, MAX_STYLE).replace(/<!--|-->/g, '');
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
				if (--depth === 0 && !selector.includes('@') && hides(text.slice(start, i)))
					this.addSelector(selector);
				start = i + 1;
			} else if (character === ';' && depth === 0) start = i + 1;
		}
	}

	isHidden(name: string, attributes: Attributes): boolean {
		if (INVISIBLE.has(name) || 'hidden' in attributes) return true;
		if (attributes['style'] !== undefined && hides(attributes['style'])) return true;
		if (name === 'input' || (name === 'font' && attributes['size'] === '0')) return true;
		if (this.hidden.size === 0) return false;
		if (attributes['id'] !== undefined && this.hidden.has(`#${attributes['id']}`)) return true;
		return (attributes['class'] ?? '').split(/\s+/).some((one) => one !== '' && this.hidden.has(`.${one}`));
	}

	private addSelector(selector: string): void {
		for (const one of selector.split(',')) {
			const simple = /^\s*[a-z]*([.#][\w-]+)\s*$/i.exec(one.replace(/\/\*.*?\*\//gs, ''))?.[1];
			if (simple !== undefined) this.hidden.add(simple);
		}
	}
}

/** Colours inside an element. */
export function surroundingsOf(outer: Surroundings, attributes: Attributes): Surroundings {
	const style = attributes['style'];
	if (
		style === undefined &&
		!('bgcolor' in attributes) &&
		!('color' in attributes) &&
		!('background' in attributes)
	)
		return outer;
	const compact = compactStyle(style ?? '');
	const color = /(?:^|;)color:([^;!]+)/.exec(compact)?.[1] ?? attributes['color'];
	const written = /(?:^|;)background(?:-color)?:([^;!]+)/.exec(compact)?.[1] ?? attributes['bgcolor'];
	const hasImage =
		'background' in attributes || /background(?:-image)?:[^;]*(?:url|gradient)\(/.test(compact);
	return {
		color: color === undefined ? outer.color : (hexColor(color) ?? ''),
		background: hasImage
			? ''
			: written === undefined || written === 'transparent'
				? outer.background
				: (hexColor(written) ?? ''),
	};
}

/** Text in the colour of the paper. */
export function isUnreadable({ color, background }: Surroundings): boolean {
	return color !== '' && color === background;
}

function hides(style: string): boolean {
	const compact = compactStyle(style);
	return HIDING.test(compact) || (COLLAPSED.test(compact) && compact.includes('overflow:hidden'));
}

function compactStyle(style: string): string {
	return style
		.slice(0, 5_000)
		.toLowerCase()
		.replace(/\/\*.*?\*\//gs, '')
		.replace(/\s+/g, '');
}

/** Six digits; null for what is not one plain colour. */
function hexColor(written: string): string | null {
	const text = written.trim().toLowerCase();
	if (text === 'white') return WHITE;
	if (text === 'black') return '#000000';
	const short = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(text);
	if (short)
		return `#${short
			.slice(1)
			.map((digit) => digit + digit)
			.join('')}`;
	const long = /^#?([0-9a-f]{6})$/.exec(text);
	if (long) return `#${long[1] ?? ''}`;
	const rgb = /^rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})/.exec(text.replace(/\s/g, ''));
	if (!rgb) return null;
	return `#${rgb
		.slice(1, 4)
		.map((part) => Number(part).toString(16).padStart(2, '0'))
		.join('')}`;
}

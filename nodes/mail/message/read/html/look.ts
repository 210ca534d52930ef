/** Colours and sizes of text, as far as they tell whether anybody can read it. */
import type { Attributes } from './visibility';

/** What a style says; what it does not mention is left out. */
export interface Look {
	/** Six hex digits behind `#`, {@link CLEAR}, or empty for what is not known. */
	color?: string;
	background?: string;
	/** Whether the text is too small to be seen. */
	tiny?: boolean;
}

/** Colours and size as far as they are known while walking down the tree. */
export interface Surroundings {
	color: string;
	/** Empty when an image or an unknown colour lies behind the text. */
	background: string;
	tiny: boolean;
}

const WHITE = '#ffffff';
const CLEAR = 'transparent';
export const PAPER: Surroundings = { color: '#000000', background: WHITE, tiny: false };

/** Difference of each of the three colours, of 255, up to which nobody tells text from paper. */
const MAX_DIFFERENCE = 6;
/** Sizes up to these are not seen: units that stand for themselves, and shares of the text around. */
const TINY: Partial<Record<string, number>> = { '': 0, px: 1, pt: 1, rem: 0.1, em: 0.1, '%': 10 };

/**
 * Colours and size inside an element.
 *
 * @param sheet what the style sheet of the message says of it
 */
export function surroundingsOf(
	outer: Surroundings,
	name: string,
	attributes: Attributes,
	sheet: Look,
): Surroundings {
	// The colour of links and of what a browser draws itself is not that of the text around.
	const own: Look = name === 'a' && attributes['href'] !== undefined ? { color: '' } : {};
	Object.assign(own, lookOfAttributes(name, attributes), sheet);
	if (attributes['style'] !== undefined) Object.assign(own, lookIn(compactStyle(attributes['style'])));
	const { color = outer.color, background = outer.background, tiny = outer.tiny } = own;
	return { color, background: background === CLEAR ? outer.background : background, tiny };
}

/** Text in the colour of the paper, or of no size. */
export function isUnreadable({ color, background, tiny }: Surroundings): boolean {
	if (tiny || color === CLEAR) return true;
	if (color === '' || background === '') return false;
	return [1, 3, 5].every((at) => {
		const channel = (text: string) => parseInt(text.slice(at, at + 2), 16);
		return Math.abs(channel(color) - channel(background)) <= MAX_DIFFERENCE;
	});
}

function lookOfAttributes(name: string, attributes: Attributes): Look {
	const color = attributes[name === 'body' ? 'text' : 'color'];
	const look: Look = color === undefined ? {} : { color: colorOf(color) };
	if (attributes['bgcolor'] !== undefined) look.background = colorOf(attributes['bgcolor']);
	if ('background' in attributes) look.background = '';
	return look;
}

/** @param compact declarations without blanks, lower case */
export function lookIn(compact: string): Look {
	const look: Look = {};
	for (const declaration of compact.split(';')) {
		const colon = declaration.indexOf(':');
		const value = declaration.slice(colon + 1).replace(/!.*$/, '');
		switch (declaration.slice(0, Math.max(colon, 0))) {
			case 'color':
				if (value !== 'inherit') look.color = colorOf(value);
				break;
			case 'background':
			case 'background-color':
				look.background = colorOf(value);
				break;
			case 'background-image':
				if (value !== 'none') look.background = '';
				break;
			case 'font-size':
				setSize(look, value);
				break;
			case 'font':
				setSize(look, /^(?:\d*\.)?\d+(?:px|pt|r?em|%)?(?=\/|$)/.exec(value)?.[0] ?? 'medium');
		}
	}
	return look;
}

/** A share of the text around changes nothing when that is too small already. */
function setSize(look: Look, value: string): void {
	const [, number, unit = ''] = /^((?:\d*\.)?\d+)(px|pt|rem|em|%)?$/.exec(value) ?? [];
	if (number !== undefined && Number(number) <= (TINY[unit] ?? 0)) look.tiny = true;
	else if (unit !== 'em' && unit !== '%' && !/inherit|larger|smaller/.test(value)) look.tiny = false;
}

export function compactStyle(style: string): string {
	return style
		.slice(0, 5_000)
		.toLowerCase()
		.replace(/\/\*.*?\*\//gs, '')
		.replace(/\s+/g, '');
}

/** Six digits; {@link CLEAR} for none at all, and empty for what is not one plain colour. */
function colorOf(written: string): string {
	const text = written.toLowerCase().replace(/\s+/g, '');
	if (text === 'white') return WHITE;
	if (text === 'black') return '#000000';
	if (text === CLEAR || text === 'none') return CLEAR;
	const short = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(text);
	if (short)
		return `#${short
			.slice(1)
			.map((digit) => digit + digit)
			.join('')}`;
	const long = /^#?([0-9a-f]{6})$/.exec(text);
	if (long) return `#${long[1] ?? ''}`;
	const rgb = /^rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})(?:,(\d*\.?\d+)(%?))?\)$/.exec(text);
	if (!rgb) return '';
	const opacity = Number(rgb[4] ?? 1) / (rgb[5] === '%' ? 100 : 1);
	if (opacity < 1) return opacity < 0.05 ? CLEAR : '';
	return `#${rgb
		.slice(1, 4)
		.map((part) => Math.min(Number(part), 255).toString(16).padStart(2, '0'))
		.join('')}`;
}

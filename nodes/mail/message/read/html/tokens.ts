/**
 * HTML as a stream of tags and text. The only file that names htmlparser2, and only its tokenizer: the library's own
 * stack of open elements takes quadratic time for elements that are never closed (40 000 of them: 3.5 s).
 */
import { Tokenizer } from 'htmlparser2';
import type { Attributes } from './visibility';

/** Attributes of one element that are read. */
const MAX_ATTRIBUTES = 100;
const SELF_CLOSING = true;

export interface TokenHandler {
	openTag(name: string, attributes: Attributes): void;
	text(text: string): void;
	closeTag(name: string): void;
}

/** Reads the HTML from beginning to end. */
export function readTokens(html: string, handler: TokenHandler): void {
	let name = '';
	let attributes: Record<string, string> = {};
	let attribute = '';
	let value = '';
	let count = 0;
	const opened = (selfClosing = false) => {
		handler.openTag(name, attributes);
		// Only foreign elements may close themselves; for others the slash means nothing.
		if (selfClosing && (name === 'svg' || name.includes(':'))) handler.closeTag(name);
	};
	const ignore = () => undefined;
	const tokenizer = new Tokenizer(
		{ decodeEntities: true },
		{
			onopentagname(start, end) {
				name = html.slice(start, end).toLowerCase();
				attributes = Object.create(null) as Record<string, string>;
				count = 0;
			},
			onattribname(start, end) {
				attribute = html.slice(start, end).toLowerCase();
				value = '';
			},
			onattribdata(start, end) {
				value += html.slice(start, end);
			},
			onattribentity(codePoint) {
				value += String.fromCodePoint(codePoint);
			},
			onattribend() {
				if (count++ < MAX_ATTRIBUTES) attributes[attribute] ??= value;
			},
			onopentagend: () => opened(),
			onselfclosingtag: () => opened(SELF_CLOSING),
			onclosetag: (start, end) => handler.closeTag(html.slice(start, end).toLowerCase()),
			ontext: (start, end) => handler.text(html.slice(start, end)),
			ontextentity: (codePoint) => handler.text(String.fromCodePoint(codePoint)),
			oncdata: (start, end) => handler.text(html.slice(start, end)),
			oncomment: ignore,
			ondeclaration: ignore,
			onprocessinginstruction: ignore,
			onend: ignore,
		},
	);
	tokenizer.write(html);
	tokenizer.end();
}

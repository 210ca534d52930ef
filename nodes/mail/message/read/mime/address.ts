/** Address lists in header fields (RFC 5322 §3.4), also as broken senders write them. Linear in the length. */
import type { Address } from '../../parsed';
import { decodeHeaderText } from './encodedWord';

/** Characters of one field that are read. */
const MAX_LENGTH = 512 * 1024;
/** Addresses of one field that are kept. */
export const MAX_ADDRESSES = 10_000;

interface Token {
	kind: 'text' | 'quoted' | 'comment' | 'angle';
	value: string;
}

/** @param raw the field as it came; groups are flattened into their members (RFC 5322 §3.4) */
export function readAddressList(raw: string, charsetHint?: string): Address[] {
	const found: Address[] = [];
	let tokens: Token[] = [];
	const finish = () => {
		if (tokens.length === 0) return;
		const address = toAddress(tokens, charsetHint);
		const before = found.at(-1);
		// "Doe, John <j@x>" without quotes: the comma belongs to the name.
		const isCut =
			afterComma && before?.address === '' && before.name !== '' && address?.name && address.address;
		if (isCut) found[found.length - 1] = { ...address, name: `${before.name}, ${address.name}` };
		else if (address && found.length < MAX_ADDRESSES) found.push(address);
		tokens = [];
	};
	let afterComma = false;
	for (const token of tokenize(raw.slice(0, MAX_LENGTH))) {
		if (token === ',' || token === ';') {
			finish();
			afterComma = token === ',';
		}
		// What stood before a colon was the name of a group.
		else if (token === ':') tokens = [];
		else tokens.push(token);
	}
	finish();
	return found;
}

function* tokenize(text: string): Generator<Token | ',' | ';' | ':'> {
	let from = 0;
	let i = 0;
	/** Where brackets and quotes no longer close, known once instead of searched for each. */
	let unclosedFrom = { '"': Infinity, '>': Infinity, ')': Infinity };
	const plain = function* (to: number): Generator<Token> {
		const value = text.slice(from, to);
		if (value.trim() !== '') yield { kind: 'text', value };
	};
	for (; i < text.length; i++) {
		const character = text.charAt(i);
		if (character === ',' || character === ';') {
			yield* plain(i);
			yield character;
			from = i + 1;
		} else if (character === ':') {
			// Only a word before it makes it a group; addresses of X.400 and IPv6 contain colons too.
			const before = text.slice(Math.max(from, i - 200), i);
			if (before.includes('@') || before.trim() === '' || /\[[^\]]*$/.test(before)) continue;
			yield ':';
			from = i + 1;
		} else if (character === '"' || character === '<' || character === '(') {
			const closer = character === '"' ? '"' : character === '<' ? '>' : ')';
			if (i >= unclosedFrom[closer]) continue;
			const end = character === '(' ? endOfComment(text, i) : endOf(text, i + 1, closer);
			if (end < 0) {
				unclosedFrom = { ...unclosedFrom, [closer]: i };
				// An angle bracket that never closes still opens an address.
				if (character !== '<') continue;
			}
			yield* plain(i);
			const value = text.slice(i + 1, end < 0 ? undefined : end);
			yield { kind: character === '"' ? 'quoted' : character === '<' ? 'angle' : 'comment', value };
			i = end < 0 ? text.length : end;
			from = i + 1;
		}
	}
	yield* plain(text.length);
}

function endOf(text: string, start: number, closer: string): number {
	for (let i = start; i < text.length; i++) {
		const character = text.charAt(i);
		if (character === '\\') i++;
		else if (character === closer) return i;
	}
	return -1;
}

/** Comments nest (RFC 5322 §3.2.2). */
function endOfComment(text: string, start: number): number {
	let depth = 0;
	for (let i = start; i < text.length; i++) {
		const character = text.charAt(i);
		if (character === '\\') i++;
		else if (character === '(') depth++;
		else if (character === ')' && --depth === 0) return i;
	}
	return -1;
}

function toAddress(tokens: readonly Token[], charsetHint?: string): Address | null {
	const decode = (value: string) => decodeHeaderText(value, charsetHint).replace(/\s+/g, ' ').trim();
	// With several, the last is the address: `<a@x> <b@y>` comes from programs that copied a whole one into the name.
	const angle = tokens.filter((token) => token.kind === 'angle' && token.value.trim() !== '').at(-1);
	const words = tokens.filter(
		(token) => token !== angle && (token.kind === 'text' || token.kind === 'quoted'),
	);
	const comment = tokens.find((token) => token.kind === 'comment')?.value ?? '';
	const name = words
		.map(({ kind, value }) => (kind === 'quoted' ? value.replace(/\\(.)/g, '$1') : value))
		.join(' ');
	if (angle) return named(cleanAddress(angle.value), decode(name || comment));
	const bare = name.trim();
	if (bare === '') return null;
	// `local part`@domain with quotes is one address, though read as two tokens.
	const joined = words.map(({ kind, value }) => (kind === 'quoted' ? `"${value}"` : value.trim())).join('');
	if (/^"[^"]*"@[^\s@]+$/.test(joined)) return named(joined, decode(comment));
	const found = /(?:^|\s)([^\s@<>"]+@[^\s@<>"]+)(?:\s|$)/.exec(decode(bare));
	if (found?.[1] === undefined) return { address: '', name: decode(bare) };
	const rest = decode(bare).replace(found[1], '').trim();
	return named(cleanAddress(found[1]), rest || decode(comment));
}

function cleanAddress(written: string): string {
	const text = decodeHeaderText(written)
		.replace(/[\s<>]+/g, '')
		.replace(/^mailto:/i, '');
	// A route (RFC 5322 §4.4) stands before the address proper.
	return text.startsWith('@') && text.includes(':') ? text.slice(text.lastIndexOf(':') + 1) : text;
}

function named(address: string, name: string): Address {
	const paired = name.replace(/^(['"])(.*)\1$/, '$2');
	// A quote that never ends, and brackets too many.
	const bare = (/^"[^"]*$/.test(paired) ? paired.slice(1) : paired).replace(/[\s<>]+$/, '').trim();
	return { address, name: bare.toLowerCase() === address.toLowerCase() ? '' : bare };
}

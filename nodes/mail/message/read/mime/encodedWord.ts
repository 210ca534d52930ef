/** Encoded words in header fields (RFC 2047), also as broken senders write them. */
import { decodeBytes, decodeRaw } from './charset';
import { decodeQuotedPrintable } from './transfer';

/** Longest encoded word that is read; RFC 2047 §2 allows 75 characters, senders do not care. */
const MAX_WORD = 16_384;
/** Encoded words of one field that are read. */
const MAX_WORDS = 20_000;

interface Word {
	start: number;
	end: number;
	charset: string;
	bytes: Buffer;
}

/**
 * Decodes all encoded words in a text. Neighbours of the same charset are joined before they are decoded, since many
 * senders split in the middle of a character; blanks between neighbours go (RFC 2047 §6.2).
 */
export function decodeWords(text: string): string {
	if (!text.includes('=?')) return text;
	let result = '';
	let position = 0;
	let run: Word[] = [];
	const flush = () => {
		for (const group of groupByCharset(run)) result += decodeBytes(group.bytes, group.charset);
		run = [];
	};
	let count = 0;
	let from = 0;
	while (count < MAX_WORDS) {
		const word = nextWord(text, from);
		if (!word) break;
		count++;
		const between = text.slice(position, word.start);
		if (run.length === 0 || between.trim() !== '') {
			flush();
			result += between;
		}
		run.push(word);
		position = word.end;
		from = word.end;
	}
	flush();
	return result + text.slice(position);
}

function nextWord(text: string, from: number): Word | null {
	for (let start = text.indexOf('=?', from); start >= 0; start = text.indexOf('=?', start + 2)) {
		const head = /^=\?([^?\s]{1,40})\?([bq])\?/i.exec(text.slice(start, start + 50));
		if (!head) continue;
		const content = start + head[0].length;
		const isBase64 = (head[2] ?? '').toLowerCase() === 'b';
		const end = endOfWord(text, content, isBase64);
		// No end anywhere: none of the following can have one either.
		if (end < 0) return null;
		if (end - start > MAX_WORD) continue;
		const encoded = text.slice(content, end);
		// The word has lost its end if another begins inside it.
		if (encoded.includes('=?')) continue;
		const charset = (head[1] ?? '').split('*', 1)[0] ?? '';
		const bytes = isBase64
			? Buffer.from(encoded, 'base64')
			: decodeQuotedPrintable(Buffer.from(encoded.replace(/_/g, '=20'), 'latin1'), true);
		return { start, end: end + 2, charset, bytes };
	}
	return null;
}

/** A question mark before `=20` is text of a sender who did not encode it; a field cut short ends its last word. */
function endOfWord(text: string, content: number, isBase64: boolean): number {
	let end = text.indexOf('?=', content);
	if (end < 0 && text.length - content < 200 && !/[\s?]/.test(text.slice(content))) return text.length;
	while (!isBase64 && end >= 0 && /^[0-9a-f]{2}/i.test(text.slice(end + 2, end + 4))) {
		const next = text.indexOf('?=', end + 2);
		if (next < 0 || next - end > 200 || /[\s]|=\?/.test(text.slice(end + 2, next))) break;
		end = next;
	}
	return end;
}

/** ISO-2022 text begins each word anew, but joins just as well. */
function groupByCharset(words: readonly Word[]): { charset: string; bytes: Buffer }[] {
	const groups: { charset: string; parts: Buffer[] }[] = [];
	for (const word of words) {
		const last = groups.at(-1);
		if (last && last.charset.toLowerCase() === word.charset.toLowerCase()) last.parts.push(word.bytes);
		else groups.push({ charset: word.charset, parts: [word.bytes] });
	}
	return groups.map(({ charset, parts }) => ({ charset, bytes: Buffer.concat(parts) }));
}

/** A header value for people: raw 8-bit text made readable, encoded words decoded, control characters out. */
export function decodeHeaderText(raw: string, charsetHint?: string): string {
	return decodeWords(decodeRaw(raw, charsetHint)).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

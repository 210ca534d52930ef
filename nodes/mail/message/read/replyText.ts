/**
 * The new text of a reply: without the mail it answers and without the signature. By the markup of the program where
 * there is some, else by how programs introduce quotes; what nobody recognises stays, since losing words is worse.
 */
import { mayHaveMarks } from './html/quoteMarks';
import { htmlToText } from './html/toText';
import {
	ATTRIBUTION_START,
	ATTRIBUTION_VERB,
	ATTRIBUTION_WITHOUT_VERB,
	DEVICE_SIGNATURE,
	FROM_LINE,
	OTHER_FIELD_LINES,
	SEPARATORS,
} from './replyMarks';

/** An attribution is wrapped over this many lines at most, of this length together. */
const MAX_ATTRIBUTION_LINES = 4;
const MAX_ATTRIBUTION_LENGTH = 500;
/** Lines after "From:" in which the other fields of a quoted header are looked for. */
const HEADER_LINES = 8;
/** Lines that are read. */
const MAX_LINES = 20_000;
/** What every beginning of a quote has. */
const MAY_BEGIN_QUOTE = /[:：]|--|==|__|\*\*/;
const HAS_WHEN_OR_WHO = /\d{1,4}[./:年月日时時 -]|@|\b\d{1,2}(?:st|nd|rd|th)?\b/;

/**
 * @param plain the text part, null when the mail has only HTML
 * @param textOfHtml what was made from the HTML when there is no text part
 */
export function replyTextOf(plain: string | null, html: string | null, textOfHtml: string): string {
	const hasMarks = plain !== null && /^>/m.test(plain);
	// Quote marks in the text part also tell answers between quoted lines; only then is it better than the markup.
	if (html !== null && !hasMarks && mayHaveMarks(html)) {
		const { text, quoted } = htmlToText(html, true);
		const found = quoted ? stripQuotes(text) : '';
		if (found !== '') return found;
	}
	return stripQuotes(plain ?? textOfHtml);
}

/** The same for plain text. */
export function stripQuotes(text: string): string {
	const lines = text.split('\n').slice(0, MAX_LINES);
	const end = endOfNewText(lines);
	const kept = withoutQuotedLines(lines.slice(0, end));
	return withoutSignature(kept)
		.join('\n')
		.replace(/\n{3,}/g, '\n\n')
		.trim();
}

/** The first line from which on everything is an older mail. */
function endOfNewText(lines: readonly string[]): number {
	for (let i = 0; i < lines.length; i++) {
		const line = lines[i] ?? '';
		if (line.length > MAX_ATTRIBUTION_LENGTH || !MAY_BEGIN_QUOTE.test(line) || isQuoted(line)) continue;
		if (SEPARATORS.some((separator) => separator.test(line))) {
			// A row of underscores is also a way to begin a signature; only a header below makes it a quote.
			if (!/^\s*_+\s*$/.test(line) || isHeaderBelow(lines, i)) return i;
		}
		if (FROM_LINE.test(line) && isQuotedHeader(lines, i)) return i;
		// Whoever does not mark quoted lines quotes all the rest.
		const length = attributionUpTo(lines, i);
		if (length > 0 && !isQuoted(nextText(lines, i + 1))) return i - length + 1;
	}
	return lines.length;
}

function isHeaderBelow(lines: readonly string[], index: number): boolean {
	for (let i = index + 1; i < Math.min(index + 4, lines.length); i++)
		if (FROM_LINE.test(lines[i] ?? '') && isQuotedHeader(lines, i)) return true;
	return false;
}

/** "From:" and at least two of sent, to and subject close below it. */
function isQuotedHeader(lines: readonly string[], index: number): boolean {
	const below = lines.slice(index + 1, index + 1 + HEADER_LINES);
	return (
		OTHER_FIELD_LINES.filter((field) => below.some((line) => line.length < 2_000 && field.test(line)))
			.length >= 2
	);
}

/** How many lines an "On … wrote:" takes that ends here; 0 when none does. */
function attributionUpTo(lines: readonly string[], index: number): number {
	if (!/[:：]\s*$/.test(lines[index] ?? '')) return 0;
	let joined = '';
	let length = 0;
	for (let count = 1; count <= MAX_ATTRIBUTION_LINES; count++) {
		const line = (lines[index - count + 1] ?? '').trim();
		if (line === '' || isQuoted(line) || joined.length + line.length > MAX_ATTRIBUTION_LENGTH) break;
		joined = `${line} ${joined}`;
		if (length === 0) length = isAttribution(joined) ? count : 0;
		// The date may stand on lines above the one with the name.
		else if (ATTRIBUTION_START.test(line) && /\d/.test(line)) length = count;
	}
	return length;
}

function isAttribution(line: string): boolean {
	return (HAS_WHEN_OR_WHO.test(line) && ATTRIBUTION_VERB.test(line)) || ATTRIBUTION_WITHOUT_VERB.test(line);
}

/** Drops quoted lines and the attribution above them; what stands between them was written by the sender. */
function withoutQuotedLines(lines: readonly string[]): string[] {
	const kept: string[] = [];
	for (let i = 0; i < lines.length; i++) {
		const line = lines[i] ?? '';
		if (isQuoted(line)) continue;
		kept.push(line);
		const length = attributionUpTo(lines, i);
		if (length > 0) kept.length -= Math.min(length, kept.length);
	}
	return kept;
}

/** From the mark on (RFC 3676 §4.3), and the line a phone adds. */
function withoutSignature(lines: readonly string[]): string[] {
	const mark = lines.findIndex(
		(line, index) => /^--\s?$/.test(line) && index > 0 && index >= lines.length - 40,
	);
	const kept = mark < 0 ? [...lines] : lines.slice(0, mark);
	for (;;) {
		while (kept.length > 0 && (kept.at(-1) ?? '').trim() === '') kept.pop();
		const last = kept.at(-1) ?? '';
		if (last.length > 300 || !DEVICE_SIGNATURE.test(withoutLink(last))) return kept;
		kept.pop();
	}
}

/** Text made from HTML shows the address of a link behind its words. */
function withoutLink(line: string): string {
	return line.replace(/\s*[[<(]https?:[^\s\])>]*[\])>]/g, '');
}

const isQuoted = (line: string): boolean => /^\s{0,3}>/.test(line);

function nextText(lines: readonly string[], from: number): string {
	for (let i = from; i < Math.min(lines.length, from + 4); i++)
		if ((lines[i] ?? '').trim() !== '') return lines[i] ?? '';
	return '';
}

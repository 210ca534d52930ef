/**
 * The new text of a reply: without the mail it answers and without the signature. By the markup of the program where
 * there is some, else by how programs introduce quotes; what nobody recognises stays, since losing words is worse.
 */
import { mayHaveMarks } from './html/quoteMarks';
import { htmlToText } from './html/toText';
import {
	ATTRIBUTION_BEFORE,
	ATTRIBUTION_START,
	ATTRIBUTION_VERB,
	ATTRIBUTION_WITHOUT_VERB,
	DEVICE_SIGNATURE,
	FROM_LINE,
	OTHER_FIELD_LINES,
	SEPARATORS,
	TO_LINE,
} from './replyMarks';

/** An attribution is wrapped over this many lines at most, of this length together. */
const MAX_ATTRIBUTION_LINES = 4;
const MAX_ATTRIBUTION_LENGTH = 500;
/** Lines after "From:" in which the other fields of a quoted header are looked for. */
const HEADER_LINES = 8;
/** Lines that are read. */
const MAX_LINES = 20_000;
/** What every beginning of a quote has. */
const MAY_BEGIN_QUOTE = /[:：]|--|==|__|\*\*|>>>|##/;
/** An address in brackets, or a date with its year: without them "Our customer wrote:" is the sender's own sentence. */
const HAS_WHEN_OR_WHO =
	/[<([]\s*(?:mailto:)?[^\s@<>]+@|\b(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2}|年/;
/** Letters that only say in which direction to read, and other marks that nobody sees. */
const UNSEEN = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** A line drawn with characters, which ends nothing once the quote below it is gone. */
const RULE = /^\s*[-_=*—─]{3,}\s*$/;
const PGP = { begin: '-----BEGIN PGP SIGNED MESSAGE-----', end: '-----BEGIN PGP SIGNATURE-----' };

/**
 * @param plain the text part, null when the mail has only HTML
 * @param textOfHtml what was made from the HTML when there is no text part
 * @param isAnswer whether something else says that the mail answers or passes on another
 */
export function replyTextOf(
	plain: string | null,
	html: string | null,
	textOfHtml: string,
	isAnswer: boolean,
): string {
	const hasMarks = plain !== null && /^>/m.test(plain);
	// Quote marks in the text part also tell answers between quoted lines; only then is it better than the markup.
	if (html !== null && !hasMarks && mayHaveMarks(html)) {
		const { text, quoted } = htmlToText(html, true);
		const found = quoted ? stripQuotes(text, isAnswer, true) : '';
		if (found !== '') return found;
	}
	return stripQuotes(plain ?? textOfHtml, isAnswer, false);
}

/** @param wasCut whether a quote below this text has been left out already */
function stripQuotes(text: string, isAnswer: boolean, wasCut: boolean): string {
	const lines = withoutArmor(text).split('\n').slice(0, MAX_LINES);
	const seen = lines.map((line) => line.replace(UNSEEN, ''));
	const end = endOfNewText(seen, isAnswer);
	const kept = withoutQuotedLines(seen.slice(0, end)).map((index) => lines[index] ?? '');
	return withoutSignature(wasCut || end < lines.length ? withoutRule(kept) : kept)
		.join('\n')
		.replace(/\n{3,}/g, '\n\n')
		.trim();
}

/** The text of a message signed with PGP in place (RFC 9580 §7). */
function withoutArmor(text: string): string {
	const begin = text.startsWith(PGP.begin) ? 0 : text.indexOf(`\n${PGP.begin}`);
	const body = begin < 0 ? -1 : text.indexOf('\n\n', begin);
	if (body < 0) return text;
	const end = text.indexOf(`\n${PGP.end}`, body);
	return text.slice(0, begin) + text.slice(body + 2, end < 0 ? undefined : end).replace(/^- /gm, '');
}

function withoutRule(lines: readonly string[]): string[] {
	const kept = [...lines];
	while (kept.length > 0 && ((kept.at(-1) ?? '').trim() === '' || RULE.test(kept.at(-1) ?? ''))) kept.pop();
	return kept;
}

/** The first line from which on everything is an older mail. */
function endOfNewText(lines: readonly string[], isAnswer: boolean): number {
	for (let i = 0; i < lines.length; i++) {
		const line = lines[i] ?? '';
		if (line.length > MAX_ATTRIBUTION_LENGTH || !MAY_BEGIN_QUOTE.test(line)) continue;
		if (SEPARATORS.some((separator) => separator.test(line))) {
			// A row of underscores is also a way to begin a signature; only a header below makes it a quote.
			if (!/^\s*_+\s*$/.test(line) || isHeaderBelow(lines, i)) return i;
		}
		if (isQuoted(line)) continue;
		if (FROM_LINE.test(line) && isQuotedHeader(lines, i, isAnswer)) return beginOfHeader(lines, i);
		// Whoever does not mark quoted lines quotes all the rest.
		const length = attributionUpTo(lines, i);
		if (length > 0 && !isQuoted(nextText(lines, i + 1))) return i - length + 1;
	}
	return lines.length;
}

/** Some programs write the date above the sender. */
function beginOfHeader(lines: readonly string[], from: number): number {
	let begin = from;
	while (begin > 0 && OTHER_FIELD_LINES.some((field) => field.test((lines[begin - 1] ?? '').slice(0, 2_000))))
		begin--;
	return begin;
}

function isHeaderBelow(lines: readonly string[], index: number): boolean {
	for (let i = index + 1; i < Math.min(index + 4, lines.length); i++)
		if (FROM_LINE.test(lines[i] ?? '') && isQuotedHeader(lines, i, true)) return true;
	return false;
}

/**
 * "From:" and at least two of sent, to and subject close below it. What web forms send begins like that too, but in mail
 * that answers nothing and without "To:".
 */
function isQuotedHeader(lines: readonly string[], index: number, isAnswer: boolean): boolean {
	const around = [lines[index - 1] ?? '', ...lines.slice(index + 1, index + 1 + HEADER_LINES)];
	const has = (field: RegExp) => around.some((line) => line.length < 2_000 && field.test(line));
	return OTHER_FIELD_LINES.filter(has).length >= 2 && (isAnswer || has(TO_LINE));
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
		if (length === 0) length = isAttribution(joined, isQuoted(nextText(lines, index + 1))) ? count : 0;
		// The date may stand on lines above the one with the name.
		else if (ATTRIBUTION_START.test(line) && /\d/.test(line)) length = count;
	}
	return length;
}

/** @param isMarked whether quoted lines follow, so that less has to be said */
function isAttribution(line: string, isMarked: boolean): boolean {
	return (
		((isMarked || HAS_WHEN_OR_WHO.test(line)) && ATTRIBUTION_VERB.test(line)) ||
		ATTRIBUTION_WITHOUT_VERB.test(line) ||
		ATTRIBUTION_BEFORE.test(line)
	);
}

/**
 * Which lines are left without quoted ones and the attribution above them; what stands between was written by the
 * sender.
 */
function withoutQuotedLines(lines: readonly string[]): number[] {
	const kept: number[] = [];
	for (let i = 0; i < lines.length; i++) {
		if (isQuoted(lines[i] ?? '')) continue;
		kept.push(i);
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

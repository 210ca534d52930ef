/**
 * From bytes to text, whatever the sender says of them. A declared charset is believed only as long as it makes sense:
 * valid UTF-8 is UTF-8, and text that its charset cannot have produced is looked at (charsetGuess.ts).
 */
import { isAscii, isUtf8 } from 'buffer';
import { decodeAs, isCharset } from './codec';
import { clearlyBetter, guessCharset, readsWellAs } from './charsetGuess';
import { decodeIso2022Jp, decodeIso2022Kr, decodeHz } from './iso2022';

/** Bytes of a text that are looked at to find its charset. */
const SAMPLE_BYTES = 64 * 1024;

/** Names that the library does not know, or knows as something narrower than what is sent under them. */
const ALIASES: Partial<Record<string, string>> = {
	utf8mb4: 'utf-8',
	'unicode-1-1-utf-8': 'utf-8',
	'unicode-1-1-utf-7': 'utf-7',
	unicode: 'utf-16',
	'us-ascii': 'windows-1252',
	ascii: 'windows-1252',
	'ansi_x3.4-1968': 'windows-1252',
	'iso-8859-1': 'windows-1252',
	'iso8859-1': 'windows-1252',
	latin1: 'windows-1252',
	'iso-8859-9': 'windows-1254',
	'iso-8859-8-i': 'iso-8859-8',
	'iso-8859-8-e': 'iso-8859-8',
	'iso-8859-11': 'windows-874',
	'tis-620': 'windows-874',
	gb2312: 'gb18030',
	'gb_2312-80': 'gb18030',
	csgb2312: 'gb18030',
	gbk: 'gb18030',
	'x-gbk': 'gb18030',
	cp936: 'gb18030',
	'windows-936': 'gb18030',
	'euc-cn': 'gb18030',
	big5: 'big5-hkscs',
	'x-x-big5': 'big5-hkscs',
	csbig5: 'big5-hkscs',
	cp950: 'big5-hkscs',
	shift_jis: 'cp932',
	'shift-jis': 'cp932',
	sjis: 'cp932',
	'x-sjis': 'cp932',
	ms_kanji: 'cp932',
	'windows-31j': 'cp932',
	'x-euc-jp': 'euc-jp',
	'ks_c_5601-1987': 'cp949',
	'ks_c_5601-1989': 'cp949',
	ksc5601: 'cp949',
	ksc_5601: 'cp949',
	'euc-kr': 'cp949',
	korean: 'cp949',
	uhc: 'cp949',
	'x-windows-949': 'cp949',
	koi8: 'koi8-r',
	koi: 'koi8-r',
	'win-1251': 'windows-1251',
	'x-mac-roman': 'macintosh',
};
/** Charsets that switch by escape sequences, which the library does not know. */
const SWITCHING: readonly [names: RegExp, decode: (bytes: Buffer) => string][] = [
	[/^iso-2022-jp|^csiso2022jp$|^cp5022\d$/, decodeIso2022Jp],
	[/^iso-2022-kr$/, decodeIso2022Kr],
	[/^hz(?:-gb-2312)?$/, decodeHz],
];
/** The library decodes these too, but they are no charsets. */
const NO_CHARSETS = /^(hex|base64|binary|internal|ucs2buffer)$/;
const ONE_BYTE = /^(windows-|iso-?8859|koi8|cp8|cp12|mac)/;

/**
 * Decodes text.
 *
 * @param declared the charset the message names; may be wrong, unknown or empty
 * @param hint what other parts of the message are in, for bytes without a declaration
 */
export function decodeBytes(bytes: Buffer, declared: string, hint = ''): string {
	const charset = normalize(declared);
	// High bytes without a single switch are in none of these, whatever is said.
	const mayBe = isAscii(bytes) || bytes.includes(0x1b) || bytes.includes(0x0e) || bytes.includes('~{');
	const switched = mayBe ? SWITCHING.find(([names]) => names.test(charset)) : undefined;
	if (switched) return clean(switched[1](bytes));
	if (/^utf-?(7|16|32)/.test(charset)) return clean(decodeWide(bytes, charset));
	if (isAscii(bytes)) return clean(decodeAscii(bytes, charset));
	// The most frequent case by far, and the fastest.
	if ((charset === 'utf-8' || charset === '') && isUtf8(bytes)) return clean(bytes.toString('utf8'));
	const sample = bytes.length > SAMPLE_BYTES ? bytes.subarray(0, SAMPLE_BYTES) : bytes;
	return clean(decodeAs(bytes, actualCharset(sample, charset, normalize(hint))));
}

/** Text that arrived as bytes in a header, where only ASCII is allowed: UTF-8 (RFC 6532), the hint, or a guess. */
export function decodeRaw(raw: string, hint = ''): string {
	// Not only latin1 characters: decoded already.
	if (!/[\u0080-\u00ff]/.test(raw) || /[^\u0000-\u00ff]/.test(raw))
		return raw.includes('\u001b') ? clean(decodeIso2022Jp(Buffer.from(raw, 'latin1'))) : raw;
	return decodeBytes(Buffer.from(raw, 'latin1'), '', hint);
}

/** The library's name for a charset; empty when it is none that can be decoded. */
export function normalize(label: string): string {
	const name = label
		.trim()
		.toLowerCase()
		.replace(/^["']+|["']+$/g, '')
		.replace(/^(windows|cp)[-_ ]?(125\d|874)$/, 'windows-$2')
		.replace(/^utf_?(8|7|16|32)/, 'utf-$1');
	const known = ALIASES[name] ?? ALIASES[name.replace(/_/g, '-')] ?? name;
	if (/^iso-2022-|^cs?iso2022|^cp5022|^hz/.test(known)) return known;
	return known !== '' && !NO_CHARSETS.test(known) && isCharset(known) ? known : '';
}

function actualCharset(sample: Buffer, declared: string, hint: string): string {
	const utf8 = utf8Sequences(sample);
	if (utf8.valid && isConvincing(utf8, declared)) return 'utf-8';
	// A few broken bytes (a text cut in the middle) do not make it another charset.
	if (declared === 'utf-8' && utf8.sequences > 0 && utf8.errors * 20 <= utf8.sequences) return 'utf-8';
	if (isCharset(declared) && declared !== 'utf-8' && isPlausible(sample, declared))
		return clearlyBetter(sample, declared) ?? declared;
	// Western names are also what programs say that know no better.
	const canHint = hint !== 'utf-8' && hint !== 'windows-1252' && isCharset(hint);
	if (canHint && isPlausible(sample, hint) && (!ONE_BYTE.test(hint) || readsWellAs(sample, hint)))
		return hint;
	if (utf8.valid) return 'utf-8';
	return (
		guessCharset(sample, declared !== '' && declared !== 'utf-8' ? declared : hint) ??
		(isCharset(declared) ? declared : 'windows-1252')
	);
}

/** Text of two-byte charsets can look like UTF-8 for a word or two, text of one-byte charsets hardly ever. */
function isConvincing(utf8: Utf8Count, declared: string): boolean {
	if (declared === '' || declared === 'utf-8') return true;
	if (declared === 'windows-874') return utf8.sequences >= 4;
	return ONE_BYTE.test(declared) ? utf8.sequences >= 1 : utf8.longSequences >= 2;
}

/** Whether these bytes can be text of that charset. */
function isPlausible(sample: Buffer, charset: string): boolean {
	if (charset === 'windows-1252') return !looksForeign(sample);
	const text = decodeAs(sample, charset);
	let broken = 0;
	let high = 0;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code === 0xfffd) broken++;
		if (code > 127) high++;
	}
	// The sample may end in the middle of a character.
	return broken <= 1 + high / 50;
}

/**
 * Western text has single accented letters between ASCII ones. Long runs of high bytes under a western name are
 * Chinese, Russian or Greek from a program that did not know better.
 */
function looksForeign(sample: Buffer): boolean {
	let high = 0;
	let inRuns = 0;
	let run = 0;
	for (const byte of sample) {
		if (byte >= 0x80) {
			high++;
			run++;
			if (run === 2) inRuns += 2;
			else if (run > 2) inRuns++;
		} else run = 0;
	}
	return high >= 4 && inRuns > high * 0.8;
}

interface Utf8Count {
	valid: boolean;
	sequences: number;
	/** Of three bytes and more. */
	longSequences: number;
	errors: number;
}

function utf8Sequences(bytes: Buffer): Utf8Count {
	let sequences = 0;
	let longSequences = 0;
	let errors = 0;
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] ?? 0;
		if (byte < 0x80) continue;
		const length =
			byte >= 0xc2 && byte <= 0xdf
				? 2
				: byte >= 0xe0 && byte <= 0xef
					? 3
					: byte >= 0xf0 && byte <= 0xf4
						? 4
						: 0;
		let rest = 1;
		while (rest < length && ((bytes[i + rest] ?? 0) & 0xc0) === 0x80) rest++;
		// A sequence that the end of the text cuts off is no error.
		if (length > 1 && i + rest >= bytes.length && rest < length) break;
		if (length < 2 || rest < length) {
			errors++;
			continue;
		}
		sequences++;
		if (length > 2) longSequences++;
		i += length - 1;
	}
	return { valid: errors === 0 && sequences > 0, sequences, longSequences, errors };
}

/** Without a declaration, ASCII bytes with escape sequences are still Japanese, and `~{` Chinese. */
function decodeAscii(bytes: Buffer, charset: string): string {
	const text = bytes.toString('latin1');
	if (text.includes('\u001b$') || text.includes('\u001b(')) return decodeIso2022Jp(bytes);
	return charset.startsWith('utf-7') ? decodeAs(bytes, 'utf-7') : text;
}

function decodeWide(bytes: Buffer, charset: string): string {
	// Declared so by mistake: UTF-16 text has a zero in nearly every pair of western text, or no ASCII letters at all.
	if (!charset.startsWith('utf-7') && !bytes.includes(0) && bytes.length % 2 !== 0)
		return decodeBytes(bytes, '');
	return decodeAs(bytes, charset);
}

/** NUL has no place in text and breaks databases; a byte order mark is no character. */
function clean(text: string): string {
	const withoutMark = text.startsWith('\ufeff') ? text.slice(1) : text;
	return withoutMark.includes('\u0000') ? withoutMark.replace(/\u0000/g, '') : withoutMark;
}

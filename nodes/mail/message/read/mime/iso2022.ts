/**
 * Charsets that switch by escape sequences. Their characters are turned into the bytes of a charset without escapes,
 * so that the vendors' additions (circled digits, ㈱, 髙) that real mail contains are known too.
 */
import { decodeAs } from './codec';

const ESC = 0x1b;
const LF = 10;

/** ISO-2022-JP (RFC 1468) and its relatives, in the form Microsoft sends (CP50220, CP50221). */
export function decodeIso2022Jp(bytes: Buffer): string {
	const out = Buffer.allocUnsafe(bytes.length);
	let length = 0;
	let set: 'ascii' | 'kana' | 'kanji' = 'ascii';
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] ?? 0;
		if (byte === ESC) {
			const escape = bytes.toString('latin1', i + 1, i + 4);
			const next = /^(?:\$[@B]|\$\([@BD]|\([BJHI]|&@)/.exec(escape)?.[0];
			if (next !== undefined) {
				if (next.startsWith('$')) set = 'kanji';
				else if (next === '(I') set = 'kana';
				else if (next.startsWith('(')) set = 'ascii';
				i += next.length;
				continue;
			}
		}
		// RFC 1468: a line ends in ASCII; a lost escape costs one line then.
		if (byte === LF) set = 'ascii';
		const second = bytes[i + 1] ?? 0;
		if (set === 'kanji' && byte > 0x20 && byte < 0x7f && second > 0x20 && second < 0x7f) {
			[out[length], out[length + 1]] = shiftJis(byte, second);
			length += 2;
			i++;
		} else out[length++] = set === 'kana' && byte > 0x20 && byte < 0x60 ? byte + 0x80 : byte;
	}
	return decodeAs(out.subarray(0, length), 'cp932');
}

/** JIS X 0208 row and cell (each from 0x21) as Shift_JIS. */
function shiftJis(row: number, cell: number): [number, number] {
	const lead = ((row - 0x21) >> 1) + (row < 0x5f ? 0x81 : 0xc1);
	const odd = row % 2 === 1;
	const trail = odd ? cell + (cell < 0x60 ? 0x1f : 0x20) : cell + 0x7e;
	return [lead, trail];
}

/** ISO-2022-KR (RFC 1557): Korean between SO and SI. */
export function decodeIso2022Kr(bytes: Buffer): string {
	const out: number[] = [];
	let korean = false;
	const text = bytes.toString('latin1').replace(/\u001b\$\)C(?:\r?\n)?/g, '');
	for (const character of text) {
		const byte = character.charCodeAt(0);
		if (byte === 0x0e) korean = true;
		else if (byte === 0x0f) korean = false;
		else {
			if (byte === LF) korean = false;
			out.push(korean && byte > 0x20 && byte < 0x7f ? byte | 0x80 : byte);
		}
	}
	return decodeAs(Buffer.from(out), 'cp949');
}

/** HZ (RFC 1843): Chinese between `~{` and `~}`. */
export function decodeHz(bytes: Buffer): string {
	const text = bytes
		.toString('latin1')
		.replace(/~\{([\u0021-\u007e\s]*?)(?:~\}|\n|$)|~~|~\r?\n/g, (match, chinese?: string) => {
			if (chinese === undefined) return match === '~~' ? '~' : '';
			return [...chinese].map((character) => String.fromCharCode(character.charCodeAt(0) | 0x80)).join('');
		});
	return decodeAs(Buffer.from(text, 'latin1'), 'gb18030');
}

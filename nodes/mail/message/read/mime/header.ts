/** Header fields of a message or a part (RFC 5322 §2.2), as bytes that nobody has interpreted yet. */

/** Bytes of one header block that are read; what lies beyond is passed over. */
export const MAX_HEADER_BYTES = 1024 * 1024;
/** Fields of one header block that are kept. */
export const MAX_HEADER_FIELDS = 5_000;

export interface HeaderField {
	/** Lower case. */
	name: string;
	/** The value as it came, unfolded, a character for each byte (latin1). */
	value: string;
}

export interface HeaderBlock {
	fields: HeaderField[];
	/** Where the body begins. */
	end: number;
	/** Whether a limit cut fields off. */
	truncated: boolean;
}

const LF = 10;
const FIELD = /^([!-9;-~]{1,200})[ \t]*:/;
/** Fields that no letter begins a line with. */
const SURE_FIELD =
	/^(?:content-(?:type|transfer-encoding|disposition|id)|mime-version|from|to|cc|subject|date|message-id|reply-to|received|return-path|references|in-reply-to|x-[\w-]+):/i;

/**
 * Reads the header block that begins at `start`.
 *
 * @param isDelimiter whether a line beginning with two hyphens separates parts; it ends a header that has no empty line
 */
export function readHeader(
	source: Buffer,
	start: number,
	end: number,
	isDelimiter: (line: string) => boolean,
): HeaderBlock {
	const fields: HeaderField[] = [];
	const lines: string[] = [];
	let truncated = false;
	let position = start;
	const flush = () => {
		if (lines.length === 0) return;
		const text = lines.join('');
		lines.length = 0;
		const colon = text.indexOf(':');
		if (fields.length >= MAX_HEADER_FIELDS) truncated = true;
		else
			fields.push({ name: text.slice(0, colon).trim().toLowerCase(), value: text.slice(colon + 1).trim() });
	};
	while (position < end) {
		const newline = source.indexOf(LF, position);
		const next = newline < 0 || newline >= end ? end : newline + 1;
		if (next - start > MAX_HEADER_BYTES) {
			truncated = true;
			flush();
			return { fields, end: endOfHeader(source, position, end), truncated };
		}
		const line = source.toString('latin1', position, next).replace(/\r*\n$/, '');
		if (line === '') {
			position = next;
			break;
		}
		if (line.startsWith('--') && isDelimiter(line)) break;
		if (line.startsWith(' ') || line.startsWith('\t')) {
			// However far it was indented, it is one blank to a reader.
			if (lines.length > 0) lines.push(` ${line.trimStart()}`);
			else if (line.trim() !== '') break;
		} else if (FIELD.test(line)) {
			flush();
			lines.push(line);
		} else if (
			lines.length > 0 &&
			SURE_FIELD.test(source.toString('latin1', next, Math.min(next + 250, end)))
		) {
			// A script broke a field into lines without indenting them; what follows is still the header.
			lines.push(` ${line}`);
		} else if (!(position === start && /^>?From /.test(line))) {
			// Not a field and no empty line before it: the body began without one.
			break;
		}
		position = next;
	}
	flush();
	return { fields, end: position, truncated };
}

/** The first empty line from here on. */
function endOfHeader(source: Buffer, from: number, end: number): number {
	const lf = source.indexOf('\n\n', from, 'latin1');
	const crlf = source.indexOf('\r\n\r\n', from, 'latin1');
	const ends = [lf < 0 ? end : lf + 2, crlf < 0 ? end : crlf + 4];
	return Math.min(end, ...ends);
}

/** The first field of that name, or an empty string. */
export function fieldValue(fields: readonly HeaderField[], name: string): string {
	return fields.find((field) => field.name === name)?.value ?? '';
}

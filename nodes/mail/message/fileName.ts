/** Names of attachments come from strangers: this makes them safe to use on any system. */

/** Longest name kept, in UTF-8 bytes; file systems allow 255. */
const MAX_NAME_BYTES = 200;
/** Characters of a name that are read, from both ends. */
const MAX_READ = 2_000;
/** Names that Windows keeps for devices, with or without an extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The last part of a path (with `/` or `\`), without control and bidirectional characters, without what Windows
 * forbids, and no longer than {@link MAX_NAME_BYTES}; the extension survives the cut.
 *
 * @param fallback used when nothing is left
 */
export function safeFileName(name: string | null | undefined, fallback: string): string {
	const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';
	// Patterns at the end of a very long name take their time.
	const base = last.length > MAX_READ ? last.slice(0, MAX_READ / 2) + last.slice(-MAX_READ / 2) : last;
	const clean = base
		.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
		.replace(/[<>:"|?*]/g, '_')
		.replace(/^[.\s]+|[.\s]+$/g, '');
	if (clean === '') return fallback;
	return shorten(RESERVED.test(clean) ? `_${clean}` : clean);
}

function shorten(name: string): string {
	if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
	const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? '';
	let stem = '';
	let bytes = extension.length;
	for (const character of name.slice(0, name.length - extension.length)) {
		bytes += Buffer.byteLength(character);
		if (bytes > MAX_NAME_BYTES) break;
		stem += character;
	}
	return stem + extension;
}

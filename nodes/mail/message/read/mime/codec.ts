/** The table-driven decoders of charsets. The only file that names iconv-lite. */
import iconv from 'iconv-lite';

/** @param charset a name that {@link isCharset} accepts; bytes without meaning become U+FFFD */
export function decodeAs(bytes: Buffer, charset: string): string {
	return iconv.decode(bytes, charset);
}

export function isCharset(name: string): boolean {
	return iconv.encodingExists(name);
}

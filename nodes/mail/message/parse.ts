/** From the bytes of a mail to its parts. Never throws and never blocks: a mail that cannot be parsed says so. */
import type { N8nMail } from './operations';
import { runParser } from './parsePool';
import type { ParsedMail } from './parsed';
import { unparsedMail } from './unparsed';

/**
 * Parses a message in the parser's own thread.
 *
 * @param source the message as it came, lines ending in CRLF or LF
 * @returns always a value: when parsing failed it has the raw header fields and `parseError`
 */
export async function parseMessage(source: Buffer): Promise<ParsedMail> {
	try {
		return await runParser('readMail', source);
	} catch (error) {
		return unparsedMail(source, error instanceof Error ? error.message : String(error));
	}
}

/** The same in a format of n8n's own nodes; null when it cannot be read that way. */
export async function parseAs(
	format: 'resolvedMail' | 'simpleMail',
	source: Buffer,
): Promise<N8nMail | null> {
	try {
		return await runParser(format, source);
	} catch {
		return null;
	}
}

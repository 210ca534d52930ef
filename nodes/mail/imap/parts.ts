/** Single files of a message, fetched without the rest of it. */
import { MailError } from '../errors';
import { decodeTransfer } from '../message/read/mime/transfer';
import { WINDOW_BYTES, type ImapClient } from './client';
import type { Part } from './structure';

/**
 * Reads one part and decodes it.
 *
 * @param maxBytes of the part as it is transferred
 * @throws MailError `MESSAGE` when it is larger, or gone
 */
export async function fetchPart(
	client: ImapClient,
	uid: number,
	part: Part,
	maxBytes: number,
): Promise<Buffer> {
	if (part.encodedBytes > maxBytes)
		throw new MailError('MESSAGE', `The file "${part.fileName}" is larger than allowed.`, {
			nextStep: 'Raise "Maximum Message Size" in the options.',
		});
	const pieces: Buffer[] = [];
	for (let start = 0; start <= maxBytes;) {
		const row = await client.command('reading a file of a message', async (flow) => {
			const bodyParts = [{ key: part.number, start, maxLength: WINDOW_BYTES }];
			return await flow.fetchOne(String(uid), { uid: true, bodyParts }, { uid: true });
		});
		const piece = (row && row.bodyParts?.get(part.number)) || null;
		if (!piece) {
			if (start > 0) break;
			throw new MailError('MESSAGE', `The message has no part ${part.number} any more.`, { side: 'imap' });
		}
		if (piece.length === 0) break;
		pieces.push(piece);
		start += piece.length;
		if (piece.length < WINDOW_BYTES) break;
	}
	return decodeTransfer(Buffer.concat(pieces), part.encoding);
}

/** Small files, and how a file of a message is described. */
import { createHash } from 'node:crypto';
import { base64, part, type Field } from './build';

export const PNG = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);
export const PDF = Buffer.from('%PDF-1.4\n% a very small one\n%%EOF\n');
export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

export const image = (...fields: Field[]) =>
	part('image/png', base64(PNG), ['Content-Transfer-Encoding', 'base64'], ...fields);
export const pdf = (...fields: Field[]) =>
	part('application/pdf', base64(PDF), ['Content-Transfer-Encoding', 'base64'], ...fields);
export const attached = (name: string): Field => ['Content-Disposition', `attachment; filename="${name}"`];
export const id = (cid: string): Field => ['Content-ID', `<${cid}>`];
export const file = (fileName: string, mimeType: string, inline = false) => ({ fileName, mimeType, inline });

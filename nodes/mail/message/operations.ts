/** What the parser's thread can be asked to do with the bytes of a message. */
import type { ParsedMail } from './parsed';

/** A file of a message in one of n8n's own formats. */
export interface N8nFile {
	bytes: Uint8Array;
	fileName: string | null;
	mimeType: string;
}

/** A message as one of n8n's own nodes gives it. */
export interface N8nMail {
	json: Record<string, unknown>;
	files: N8nFile[];
}

export interface Operations {
	readMail: ParsedMail;
	resolvedMail: N8nMail;
	simpleMail: N8nMail;
}

export interface ParseJob {
	operation: keyof Operations;
	source: Uint8Array;
}

export type ParseAnswer = { value: unknown } | { error: string };

/** Loaded at first use: in n8n's own thread only the types and names of this file are wanted. */
export const OPERATIONS: { [Name in keyof Operations]: (source: Buffer) => Promise<Operations[Name]> } = {
	readMail: async (source) => (await import('./read/readMail')).readMail(source),
	resolvedMail: async (source) => await (await import('./read/n8nFormats')).resolvedMail(source),
	simpleMail: async (source) => await (await import('./read/n8nFormats')).simpleMail(source),
};

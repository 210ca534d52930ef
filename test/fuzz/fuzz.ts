/** Feeds broken mail to the reader and looks at what comes back. */
import fs from 'node:fs';
import path from 'node:path';
import { readMail } from '../../nodes/mail/message/read/readMail';
import { attachmentBytes } from '../../nodes/mail/message/attachmentContent';
import { mutate, randomOf } from './mutate';

const CORPUS = path.join(__dirname, '../corpus');

export function corpusMails(): Buffer[] {
	return (fs.readdirSync(CORPUS, { recursive: true }) as string[])
		.filter((file) => file.endsWith('.eml'))
		.sort()
		.map((file) => fs.readFileSync(path.join(CORPUS, file)));
}

export interface Timed {
	ms: number;
	error: string | null;
}

/** Reads one mail; an item must come out of it that can be stored as JSON and whose files can be had. */
export function timeOf(source: Buffer): Timed {
	const start = performance.now();
	try {
		const mail = readMail(source);
		const ms = performance.now() - start;
		const json = JSON.stringify({
			...mail,
			attachments: mail.attachments.map(({ content: _content, ...file }) => file),
		});
		if (json.includes('\\u0000')) return { ms, error: 'a NUL in the item' };
		for (const { content, size, fileName } of mail.attachments) {
			if (attachmentBytes(source, content).length !== size)
				return { ms, error: 'the size of a file is wrong' };
			if (/[/\\\u0000-\u001f\u202a-\u202e]/.test(fileName) || fileName === '')
				return { ms, error: `file name ${JSON.stringify(fileName)}` };
		}
		return { ms, error: null };
	} catch (error) {
		return {
			ms: performance.now() - start,
			error: error instanceof Error ? (error.stack ?? error.message) : String(error),
		};
	}
}

export interface FuzzResult {
	failures: { index: number; error: string }[];
	slowestMs: number;
}

/** @param seed the same seed gives the same mutants */
export function fuzz(mails: readonly Buffer[], mutants: number, seed: number): FuzzResult {
	const random = randomOf(seed);
	const result: FuzzResult = { failures: [], slowestMs: 0 };
	for (let index = 0; index < mutants; index++) {
		const mail = mails[Math.floor(random() * mails.length)] ?? Buffer.alloc(0);
		const { ms, error } = timeOf(mutate(mail, mails, random));
		if (error !== null) result.failures.push({ index, error });
		result.slowestMs = Math.max(result.slowestMs, ms);
	}
	return result;
}

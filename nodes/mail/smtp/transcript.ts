/** What was said on the line for one mail, so that a person can see it. Secrets never get in. */
import { cleanServerText } from '../errors';

/** Lines kept; a mail to a thousand recipients says no more after them. */
export const MAX_TRANSCRIPT_LINES = 200;

export class Transcript {
	readonly lines: string[] = [];
	readonly #secrets: () => readonly string[];

	/** @param secrets what must not be shown, also not in base64; asked for each line, since tokens come and go */
	constructor(secrets: () => readonly string[] = () => []) {
		this.#secrets = secrets;
	}

	/** @param side `C` for what we said, `S` for the server; null for a remark between the lines */
	add(side: 'C' | 'S' | null, text: string): void {
		if (this.lines.length > MAX_TRANSCRIPT_LINES) return;
		if (this.lines.length === MAX_TRANSCRIPT_LINES) {
			this.lines.push('… more lines not kept');
			return;
		}
		const secrets = this.#secrets();
		for (const line of text.split(/\r?\n/)) {
			const clean = cleanServerText(line, secrets);
			this.lines.push(side === null ? `(${clean})` : `${side}: ${clean}`);
		}
	}
}

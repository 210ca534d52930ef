/**
 * Mails whose reading ends the connection, again and again: they must not hold up the others (D5). Which of several it
 * was is found by reading half of them next time. Kept over connections.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/**
 * How long a mail is left alone that broke the line, by how often it did. A line also breaks by itself, hence twice not
 * at all; and a server that is mended within hours still gives the mail.
 */
export const BREAK_WAITS_MS = [
	0,
	0,
	10 * SECOND_MS,
	MINUTE_MS,
	5 * MINUTE_MS,
	15 * MINUTE_MS,
	60 * MINUTE_MS,
];
/** Times a mail may break the line before it is handed on without content. */
export const MAX_BREAKS = BREAK_WAITS_MS.length + 1;

export class LineBreakers {
	private readonly breaks = new Map<number, number>();
	/** Most messages to read at a time. */
	pageLimit = Infinity;

	/** Whether this mail has broken the line while it was read by itself. */
	isSuspect(uid: number): boolean {
		return this.breaks.has(uid);
	}

	isGivenUp(uid: number): boolean {
		return (this.breaks.get(uid) ?? 0) >= MAX_BREAKS;
	}

	/** The server has answered for this message, or it is handed on without content. */
	worked(uid: number): void {
		this.breaks.delete(uid);
		this.pageLimit *= 2;
	}

	/**
	 * The line broke before the server had given these.
	 *
	 * @returns how long (ms) to leave the one alone that was read by itself; 0 for not at all
	 */
	broke(uids: readonly number[]): number {
		const [uid] = uids;
		if (uid === undefined) return 0;
		this.pageLimit = Math.ceil(uids.length / 2);
		if (uids.length > 1) return 0;
		const count = this.breaks.get(uid) ?? 0;
		this.breaks.set(uid, count + 1);
		return BREAK_WAITS_MS[count] ?? 0;
	}

	/** The numbers name other messages now. */
	clear(): void {
		this.breaks.clear();
	}
}

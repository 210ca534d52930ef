/** Large files that were not kept in memory: they are read once more, over the session's own connection. */
import { MailError } from '../errors';
import { WINDOW_BYTES, type ImapClient } from './client';
import { fetchWindow } from './messages';
import type { SelectedMailbox } from './types';

export class FilesOnServer {
	private readers = 0;
	/** One piece at a time, so that none waits behind others until its deadline has passed. */
	private last: Promise<unknown> = Promise.resolve();

	/**
	 * @param line the connection, and the mailbox that is selected on it now
	 * @param onRead called when a file has been read, or given up
	 */
	constructor(
		private readonly line: { client: ImapClient; mailbox: SelectedMailbox },
		private readonly onRead: () => void,
	) {}

	/** Whether a file is being read; IDLE would be begun and ended with every piece of it. */
	get isReading(): boolean {
		return this.readers > 0;
	}

	/** Reads bytes `start` to `end` of a message. @throws MailError when the connection or the message is gone */
	async *read(mailbox: SelectedMailbox, uid: number, start: number, end: number): AsyncGenerator<Buffer> {
		this.readers++;
		try {
			for (let from = start; from < end;) {
				const length = Math.min(WINDOW_BYTES, end - from);
				const turn = this.last.then(async () => await this.window(mailbox, uid, from, length));
				this.last = turn.catch(() => undefined);
				const window = await turn;
				yield window;
				from += window.length;
			}
		} finally {
			this.readers--;
			this.onRead();
		}
	}

	private async window(
		{ uidValidity }: SelectedMailbox,
		uid: number,
		start: number,
		length: number,
	): Promise<Buffer> {
		// The line looks at its mailbox anew every time: it may be renumbered while this waits.
		const isThere = () => this.line.client.alive && this.line.mailbox.uidValidity === uidValidity;
		const window = isThere() ? await fetchWindow(this.line.client, uid, start, length) : null;
		if (window && window.length > 0 && isThere()) return window;
		throw new MailError('LOST', 'A large file could not be read: the connection or the message is gone.', {
			retry: 'transient',
			side: 'imap',
		});
	}
}

/** Large files that were not kept in memory: they are read once more, over the session's own connection. */
import { MailError } from '../errors';
import { WINDOW_BYTES, type ImapClient } from './client';
import { fetchWindow } from './messages';
import type { SelectedMailbox } from './types';

export class FilesOnServer {
	private readers = 0;

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
				const window = await this.window(mailbox, uid, from, Math.min(WINDOW_BYTES, end - from));
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
		const { client, mailbox } = this.line;
		const isThere = client.alive && mailbox.uidValidity === uidValidity;
		const window = isThere ? await fetchWindow(client, uid, start, length) : null;
		if (window && window.length > 0) return window;
		throw new MailError('LOST', 'A large file could not be read: the connection or the message is gone.', {
			retry: 'transient',
			side: 'imap',
		});
	}
}

import { MailError } from '../errors';

/** A session that had begun and broke. */
export class LineLost extends Error {
	readonly reason: MailError;

	constructor(
		cause: unknown,
		readonly progress: boolean,
	) {
		super('line lost');
		this.reason = cause instanceof MailError ? cause : unexpected(cause);
	}
}

/** What should not happen: reported like an outage, and tried again like one. */
export function unexpected(error: unknown): MailError {
	const text = error instanceof Error ? error.message : String(error);
	return new MailError('LOST', `Watching the mailbox was interrupted: ${text}`, {
		retry: 'transient',
		side: 'imap',
	});
}

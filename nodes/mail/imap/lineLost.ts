import { endingOf, type Ending } from '../backoff';
import { MailError } from '../errors';

/** The line broke after the login. */
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

/** Whether the server went away, as opposed to having answered. */
export function isLineError(error: unknown): boolean {
	return error instanceof MailError && (error.code === 'LOST' || error.code === 'TIMEOUT');
}

/** For what may be refused without harm. @throws the error again unless the server answered */
export function rethrowLost(error: unknown): asserts error is MailError {
	if (!(error instanceof MailError) || isLineError(error)) throw error;
}

/** For a question whose answer may be no: a server that wants to be left alone has not answered it. @throws the error again then */
export function rethrowUnanswered(error: unknown): asserts error is MailError {
	rethrowLost(error);
	if (error.retry === 'throttled' || error.retry === 'limit') throw error;
}

/** What an error means for the next attempt. A line that did nothing before the server called for a pause gets that pause. */
export function endingOfLine(error: MailError | LineLost): Ending {
	if (!(error instanceof LineLost)) return endingOf(error.retry, error.waitMs);
	const { retry, waitMs } = error.reason;
	const isBusy = retry === 'limit' || retry === 'throttled';
	if (isBusy && (!error.progress || waitMs !== undefined)) return endingOf(retry, waitMs);
	return { stage: 'lost', progress: error.progress };
}

/** What should not happen: reported like an outage, and tried again like one. */
export function unexpected(error: unknown): MailError {
	const text = error instanceof Error ? error.message : String(error);
	return new MailError('LOST', `Watching the mailbox was interrupted: ${text}`, {
		retry: 'transient',
		side: 'imap',
	});
}

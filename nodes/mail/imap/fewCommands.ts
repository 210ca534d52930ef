/** Many messages in few commands, and still an answer for each of them. */
import { MailError } from '../errors';
import { isLineError, rethrowLost } from './lineLost';
import type { FoundMessage, Outcome } from './onMessages';
import { commandSized } from './uidSet';

/** What to do about a message of which it is not known whether it was handled. */
const LOOK_AGAIN =
	'Try again with the Message-ID: it is looked for in all mailboxes, and what is done already stays so.';
/** Refusals after which a server that refuses single messages too is believed to refuse all of them. */
const MAX_REFUSALS = 60;
/** Answers that concern the whole command, whichever message it names (RFC 5530, RFC 3501 §7.1). */
const CONCERNS_ALL = new Set(['TRYCREATE', 'NONEXISTENT', 'READ-ONLY', 'NOPERM', 'CLIENTBUG']);

/**
 * Gives a command many messages at a time. What the server refuses is halved until the messages at fault are found.
 *
 * @param ifLost what to do about messages whose command was under way when the line broke, where to try again is no answer
 * @throws MailError when the line broke; those that were under way are reported then, the others are as they were
 */
export async function inFewCommands(
	messages: readonly FoundMessage[],
	command: (uids: readonly number[]) => Promise<void>,
	report: (uid: number, outcome: Outcome<never>) => void,
	ifLost?: string,
): Promise<void> {
	let refusals = 0;
	const attempt = async (uids: readonly number[]): Promise<void> => {
		try {
			await command(uids);
		} catch (error) {
			if (error instanceof MailError && isLineError(error))
				for (const uid of uids) report(uid, { error: uncertain(error, ifLost) });
			rethrowLost(error);
			const isHopeless = CONCERNS_ALL.has(error.reply?.code ?? '') || !error.reply;
			if (uids.length === 1 || isHopeless || ++refusals > MAX_REFUSALS) {
				for (const uid of uids) report(uid, { error });
				return;
			}
			const middle = Math.ceil(uids.length / 2);
			await attempt(uids.slice(0, middle));
			await attempt(uids.slice(middle));
		}
	};
	for (const uids of commandSized(messages.map(({ uid }) => uid))) await attempt(uids);
}

/**
 * The line broke while something was being changed.
 *
 * @returns an error `UNKNOWN` where a second try may do it twice
 */
export function uncertain({ code, message, retry, reply }: MailError, twice?: string): MailError {
	return new MailError(
		twice === undefined ? code : 'UNKNOWN',
		`${message} Whether the message was handled is not known.`,
		{
			side: 'imap',
			retry: twice === undefined ? retry : 'permanent',
			nextStep: twice ?? LOOK_AGAIN,
			...(reply && { reply }),
		},
	);
}

/** Many messages in few commands, and still an answer for each of them. */
import { rethrowLost } from './lineLost';
import type { FoundMessage, Outcome } from './onMessages';
import { commandSized } from './uidSet';

/** Refusals after which a server that refuses single messages too is believed to refuse all of them. */
const MAX_REFUSALS = 60;
/** Answers that concern the whole command, whichever message it names (RFC 5530, RFC 3501 §7.1). */
const CONCERNS_ALL = new Set(['TRYCREATE', 'NONEXISTENT', 'READ-ONLY', 'NOPERM', 'CLIENTBUG']);

/**
 * Gives a command many messages at a time. What the server refuses is halved until the messages at fault are found.
 *
 * @throws MailError when the line broke
 */
export async function inFewCommands(
	messages: readonly FoundMessage[],
	command: (uids: readonly number[]) => Promise<void>,
	report: (uid: number, outcome: Outcome<never>) => void,
): Promise<void> {
	let refusals = 0;
	const attempt = async (uids: readonly number[]): Promise<void> => {
		try {
			await command(uids);
		} catch (error) {
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

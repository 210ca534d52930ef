/** Flags and keywords of messages: changed in few commands, and looked at afterwards. */
import { MailError } from '../errors';
import type { ImapClient } from './client';
import { inFewCommands } from './fewCommands';
import { handled, type Handled } from './handled';
import { changeFlags, fetchMarks } from './messages';
import { vanished, type FoundMessage, type MessageWork, type Outcome } from './onMessages';
import type { SelectedMailbox } from './types';
import { commandSized } from './uidSet';

/** A change of flags: those to add, those to take away. */
export interface FlagChange {
	add: readonly string[];
	remove: readonly string[];
	/** Flags of `add` that are left out where the server does not keep them, instead of failing. */
	optional?: readonly string[];
}

/**
 * Changes flags and keywords, and looks afterwards whether they are so.
 *
 * @param change may depend on what the mailbox can keep
 */
export function mark(change: (mailbox: SelectedMailbox) => FlagChange): MessageWork<Handled> {
	return {
		readOnly: false,
		async act(client, mailbox, messages, report) {
			const { add, remove, optional = [] } = change(mailbox);
			const kept = add.filter((flag) => !optional.includes(flag) || isSettable(mailbox, flag));
			refuseUnknown(mailbox, kept);
			const failed = new Set<number>();
			const note = (uid: number, outcome: Outcome<Handled>) => {
				failed.add(uid);
				report(uid, outcome);
			};
			for (const [kind, flags] of [
				['add', kept],
				['remove', remove],
			] as const) {
				const open = messages.filter(
					(message) =>
						!failed.has(message.uid) &&
						flags.some((flag) => hasFlag(message.flags, flag) !== (kind === 'add')),
				);
				if (flags.length > 0)
					await inFewCommands(open, async (uids) => await changeFlags(client, uids, kind, flags), note);
			}
			const done = messages.filter(({ uid }) => !failed.has(uid));
			await checkFlags(client, mailbox, done, { add: kept, remove }, report);
		},
	};
}

async function checkFlags(
	client: ImapClient,
	mailbox: SelectedMailbox,
	messages: readonly FoundMessage[],
	{ add, remove }: FlagChange,
	report: (uid: number, outcome: Outcome<Handled>) => void,
): Promise<void> {
	const before = new Map(messages.map((message) => [message.uid, message]));
	for (const uids of commandSized([...before.keys()])) {
		const marks = await fetchMarks(client, uids);
		for (const uid of uids) {
			const [old, now] = [before.get(uid), marks.get(uid)];
			if (!old || !now) {
				report(uid, { error: vanished(mailbox.path) });
				continue;
			}
			const missing = add.filter((flag) => !hasFlag(now.flags, flag));
			const left = remove.filter((flag) => hasFlag(now.flags, flag));
			if (missing.length + left.length > 0) report(uid, { error: notKept(mailbox.path, missing, left) });
			else
				report(uid, {
					value: handled(mailbox, { ...now, uid }, !sameFlags(old.flags, now.flags)),
				});
		}
	}
}

function isSettable(mailbox: SelectedMailbox, flag: string): boolean {
	return mailbox.settableFlags === null || hasFlag([...mailbox.settableFlags], flag);
}

/** The library would leave such a flag out and say that all went well. */
function refuseUnknown(mailbox: SelectedMailbox, flags: readonly string[]): void {
	const unknown = flags.filter((flag) => !isSettable(mailbox, flag));
	if (unknown.length === 0) return;
	const known = [...(mailbox.settableFlags ?? [])].join(', ');
	throw new MailError(
		'COMMAND',
		`The mail server does not keep ${unknown.join(', ')} in the mailbox "${mailbox.path}".`,
		{ side: 'imap', nextStep: known === '' ? 'The mailbox is read-only.' : `It keeps: ${known}.` },
	);
}

function hasFlag(flags: readonly string[], flag: string): boolean {
	return flags.some((other) => other.toLowerCase() === flag.toLowerCase());
}

function sameFlags(one: readonly string[], other: readonly string[]): boolean {
	// The server sets \Recent as it likes.
	const plain = (flags: readonly string[]) =>
		flags
			.map((flag) => flag.toLowerCase())
			.filter((flag) => flag !== '\\recent')
			.sort()
			.join(' ');
	return plain(one) === plain(other);
}

function notKept(path: string, missing: readonly string[], left: readonly string[]): MailError {
	const what = [
		missing.length > 0 ? `did not keep ${missing.join(', ')}` : '',
		left.length > 0 ? `did not take away ${left.join(', ')}` : '',
	].filter(Boolean);
	return new MailError(
		'COMMAND',
		`The mail server said that it was done, but ${what.join(' and ')} on the message in "${path}".`,
		{ side: 'imap', nextStep: 'Somebody else may have changed it at the same moment; try again.' },
	);
}

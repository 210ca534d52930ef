/**
 * Work on many messages in few commands: found first, then acted on mailbox by mailbox. Each message has an outcome of
 * its own, and one that cannot be found or handled touches no other.
 */
import { MailError } from '../errors';
import type { ActionLine } from './actionLines';
import type { ImapClient } from './client';
import { isLineError, unexpected } from './lineLost';
import { findByMessageId } from './messageIds';
import { fetchMarks } from './messages';
import { pathOf } from './mailboxNames';
import type { MessageReference } from './reference';
import type { SelectedMailbox } from './types';
import { commandSized } from './uidSet';

export type Outcome<T> = { value: T } | { error: MailError };

/** A message that is on the server. */
export interface FoundMessage {
	uid: number;
	messageId: string | null;
	flags: string[];
}

export interface MessageWork<T> {
	/** Opens mailboxes so that nothing can change (EXAMINE, RFC 3501 §6.3.2). */
	readOnly: boolean;
	/**
	 * Acts on messages of the selected mailbox, each of them once.
	 *
	 * @param report to be called for every message; who is not reported gets the error that this throws
	 */
	act(
		client: ImapClient,
		mailbox: SelectedMailbox,
		messages: readonly FoundMessage[],
		report: (uid: number, outcome: Outcome<T>) => void,
	): Promise<void>;
}

interface Place {
	index: number;
	uid: number;
	uidValidity: string | null;
}

/** @returns an outcome for each reference, in their order */
export async function workOnMessages<T>(
	line: Pick<ActionLine, 'client'>,
	references: readonly MessageReference[],
	work: MessageWork<T>,
): Promise<Outcome<T>[]> {
	const outcomes: Outcome<T>[] = [];
	const places = new Map<string, Place[]>();
	const place = (mailbox: string, entry: Place) => {
		const known = places.get(mailbox);
		if (known) known.push(entry);
		else places.set(mailbox, [entry]);
	};
	await find(line, references, place, (index, error) => (outcomes[index] = { error }));
	for (const [mailbox, wanted] of places) {
		const uids = new Map<number, Outcome<T>>();
		const failed = await actIn(line, mailbox, wanted, work, uids, (index, error) => {
			outcomes[index] = { error };
		});
		for (const { index, uid } of wanted)
			outcomes[index] ??= uids.get(uid) ?? { error: failed ?? forgotten() };
	}
	return outcomes;
}

/** Says where each message is. */
async function find(
	line: Pick<ActionLine, 'client'>,
	references: readonly MessageReference[],
	place: (mailbox: string, entry: Place) => void,
	fail: (index: number, error: MailError) => void,
): Promise<void> {
	const byId: { index: number; messageId: string; mailbox: string | null }[] = [];
	for (const [index, reference] of references.entries()) {
		if (reference.kind === 'messageId') byId.push({ index, ...reference });
		else if (!reference.mailbox.startsWith('\\')) place(reference.mailbox, { index, ...reference });
		else {
			await line
				.client()
				.then(async (client) => await pathOf(client, reference.mailbox))
				.then((path) => place(path, { index, ...reference }))
				.catch((error: unknown) => fail(index, asMailError(error)));
		}
	}
	for (const mailbox of new Set(byId.map((entry) => entry.mailbox))) {
		const wanted = byId.filter((entry) => entry.mailbox === mailbox);
		try {
			const ids = wanted.map(({ messageId }) => messageId);
			const found = await findByMessageId(await line.client(), ids, mailbox);
			for (const { index, messageId } of wanted) {
				const result = found.get(messageId);
				if (result && 'value' in result) place(result.value.mailbox, { index, ...result.value });
				else fail(index, result?.error ?? forgotten());
			}
		} catch (error) {
			for (const { index } of wanted) fail(index, asMailError(error));
		}
	}
}

/** @returns why the work ended early; null when it did not */
async function actIn<T>(
	line: Pick<ActionLine, 'client'>,
	path: string,
	wanted: readonly Place[],
	work: MessageWork<T>,
	outcomes: Map<number, Outcome<T>>,
	fail: (index: number, error: MailError) => void,
): Promise<MailError | null> {
	try {
		const client = await line.client();
		const mailbox = await client.select(path, work.readOnly);
		const current = wanted.filter(({ index, uidValidity }) => {
			if (uidValidity === null || uidValidity === mailbox.uidValidity) return true;
			fail(index, renumbered(path));
			return false;
		});
		const messages: FoundMessage[] = [];
		for (const uids of commandSized(current.map(({ uid }) => uid))) {
			const marks = await fetchMarks(client, uids);
			for (const uid of uids) {
				const mark = marks.get(uid);
				if (mark) messages.push({ uid, ...mark });
				else outcomes.set(uid, { error: vanished(path) });
			}
		}
		if (messages.length > 0)
			await work.act(client, mailbox, messages, (uid, outcome) => outcomes.set(uid, outcome));
		return null;
	} catch (error) {
		const failure = asMailError(error);
		return isLineError(failure) && !work.readOnly ? uncertain(failure) : failure;
	}
}

/** The line broke while something was being changed. */
function uncertain({ code, message, retry, reply }: MailError): MailError {
	return new MailError(code, `${message} Whether the message was handled is not known.`, {
		side: 'imap',
		retry,
		...(reply && { reply }),
		nextStep:
			'Try again with the Message-ID: it is looked for in all mailboxes, and what is done already stays so.',
	});
}

/** The mailbox has other UIDs now: the UID that was given may be another message's. */
export function renumbered(mailbox: string): MailError {
	return new MailError(
		'MESSAGE',
		`The server has renumbered the mailbox "${mailbox}" since this id was given, so the message cannot be found by it. Nothing was changed.`,
		{ side: 'imap', nextStep: 'Give the Message-ID instead; it stays the same.' },
	);
}

export function vanished(mailbox: string): MailError {
	return new MailError(
		'MESSAGE',
		`The message is no longer in the mailbox "${mailbox}"; it was moved or deleted.`,
		{ side: 'imap', nextStep: 'Give the Message-ID instead; it is searched in all mailboxes.' },
	);
}

export function asMailError(error: unknown): MailError {
	return error instanceof MailError ? error : unexpected(error);
}

function forgotten(): MailError {
	return new MailError('COMMAND', 'The mail server gave no answer about this message.', { side: 'imap' });
}

/**
 * Work on many messages in few commands: found first, then acted on mailbox by mailbox. Each message has an outcome of
 * its own, and one that cannot be found or handled touches no other.
 */
import { MailError } from '../errors';
import type { ActionLine } from './actionLines';
import type { ImapClient } from './client';
import { uncertain } from './fewCommands';
import { isLineError } from './lineLost';
import { findByMessageId } from './messageIds';
import { fetchMarks } from './messages';
import { pathOf } from './mailboxNames';
import type { MessageReference } from './reference';
import type { SelectedMailbox } from './types';
import { commandSized } from './uidSet';

/** Times that a broken line is tried again although nothing came of the last one: a connection that was kept may be dead. */
const MAX_IDLE_PASSES = 1;

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
	 * @param report to be called for every message; who is not reported when the line breaks is tried once more
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
		const fail = (index: number, error: MailError) => (outcomes[index] = { error });
		let failed: MailError | null = null;
		let open: readonly Place[] = wanted;
		for (let idle = 0; open.length > 0 && idle <= MAX_IDLE_PASSES;) {
			failed = await actIn(line, mailbox, open, work, uids, fail);
			const left = open.filter(({ index, uid }) => !outcomes[index] && !uids.has(uid));
			// What was under way when the line broke has its outcome; the others are tried over a new one.
			if (!failed || !isLineError(failed)) break;
			idle = left.length < open.length ? 0 : idle + 1;
			open = left;
		}
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
	if (error instanceof MailError) return error;
	const text = error instanceof Error ? error.message : String(error);
	return new MailError('COMMAND', `Something unexpected went wrong: ${text}`, { side: 'imap' });
}

function forgotten(): MailError {
	return new MailError('COMMAND', 'The mail server gave no answer about this message.', { side: 'imap' });
}

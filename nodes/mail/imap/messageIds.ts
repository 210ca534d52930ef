/** Finds messages by their Message-IDs, several at a time. */
import { MailError } from '../errors';
import { messageLocator } from '../message/locator';
import type { ImapClient } from './client';
import { inOrderOfLikelihood, MAX_SEARCHED_MAILBOXES } from './likelyMailboxes';
import { isLineError } from './lineLost';
import { pathOf } from './mailboxNames';
import { fetchMarks, searchMessages } from './messages';
import type { Outcome } from './onMessages';
import type { SearchCriteria } from './types';
import { commandSized } from './uidSet';

/** Message-IDs asked about in one SEARCH; keeps the command line short. */
const IDS_PER_SEARCH = 20;
/** Locations named in an error. */
const MAX_NAMED = 5;

export interface MessagePlace {
	mailbox: string;
	uidValidity: string | null;
	uid: number;
}

/**
 * Says for each Message-ID where its message is, looking into the likeliest mailboxes first. One that two messages of a
 * mailbox carry is an error: anybody can send a mail with the Message-ID of another.
 *
 * @param mailbox path or role; null for all mailboxes
 * @throws MailError when the line broke, or the mailbox is not there
 */
export async function findByMessageId(
	client: ImapClient,
	messageIds: readonly string[],
	mailbox: string | null,
): Promise<Map<string, Outcome<MessagePlace>>> {
	const found = new Map<string, Outcome<MessagePlace>>();
	const paths = mailbox === null ? await everywhere(client) : [await pathOf(client, mailbox)];
	const searched = paths.slice(0, MAX_SEARCHED_MAILBOXES);
	for (const path of searched) {
		const open = [...new Set(messageIds)].filter((id) => !found.has(id));
		if (open.length === 0) break;
		try {
			await lookIn(client, path, open, found);
		} catch (error) {
			// One mailbox that cannot be opened or searched must not hide the others.
			if (mailbox !== null || !(error instanceof MailError) || isLineError(error)) throw error;
		}
	}
	for (const id of messageIds)
		if (!found.has(id)) found.set(id, { error: notFound(id, mailbox, paths.length > searched.length) });
	return found;
}

async function lookIn(
	client: ImapClient,
	path: string,
	ids: readonly string[],
	found: Map<string, Outcome<MessagePlace>>,
): Promise<void> {
	const { uidValidity } = await client.select(path, true);
	const places = new Map<string, MessagePlace[]>();
	for (let i = 0; i < ids.length; i += IDS_PER_SEARCH) {
		const asked = ids.slice(i, i + IDS_PER_SEARCH);
		const uids = await searchMessages(client, anyOf(asked.map((id) => ({ header: { 'message-id': id } }))));
		for (const part of commandSized(uids)) {
			// The search finds parts of values as well (RFC 3501 §6.4.4).
			for (const [uid, { messageId }] of await fetchMarks(client, part)) {
				if (messageId === null || !asked.includes(messageId)) continue;
				places.set(messageId, [...(places.get(messageId) ?? []), { mailbox: path, uidValidity, uid }]);
			}
		}
	}
	for (const [id, [first, ...others]] of places) {
		if (!first) continue;
		found.set(id, others.length === 0 ? { value: first } : { error: ambiguous(id, [first, ...others]) });
	}
}

/** One criterion that holds when any of them does. */
export function anyOf(criteria: readonly SearchCriteria[]): SearchCriteria {
	const [first, ...rest] = criteria;
	if (!first) return { not: { all: true } };
	return rest.length === 0 ? first : { or: [first, anyOf(rest)] };
}

async function everywhere(client: ImapClient): Promise<string[]> {
	return inOrderOfLikelihood(await client.list()).map(({ path }) => path);
}

function ambiguous(id: string, places: readonly MessagePlace[]): MailError {
	const ids = places.slice(0, MAX_NAMED).map(messageLocator).join(' , ');
	return new MailError(
		'MESSAGE',
		`The Message-ID ${id} names ${places.length} messages of the mailbox "${places[0]?.mailbox ?? ''}", so it is not clear which one is meant.`,
		{ side: 'imap', nextStep: `Give the "id" of the one you mean: ${ids}` },
	);
}

/** @param isPart whether there are more mailboxes than were searched */
function notFound(id: string, mailbox: string | null, isPart: boolean): MailError {
	const likely = isPart
		? `None of the ${MAX_SEARCHED_MAILBOXES} likeliest mailboxes has`
		: 'No mailbox of this account has';
	const where = mailbox === null ? likely : `The mailbox "${mailbox}" does not have`;
	return new MailError('MESSAGE', `${where} a message with the Message-ID ${id}.`, {
		side: 'imap',
		nextStep:
			mailbox !== null
				? 'Leave "Mailbox" empty to look into all mailboxes.'
				: isPart
					? 'Fill in "Mailbox of the Message" to look into another one.'
					: 'Check that the credential is for the account that received the message.',
	});
}

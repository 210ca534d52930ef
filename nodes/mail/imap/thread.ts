/**
 * A whole conversation, in all mailboxes: by the server's own thread (Gmail, OBJECTID) where it has one, else by the
 * References of its mails. THREAD (RFC 5256) is of no use here: it knows one mailbox, and answers live in another.
 */
import type { ImapClient } from './client';
import { inOrderOfLikelihood, MAX_SEARCHED_MAILBOXES } from './likelyMailboxes';
import { isLineError } from './lineLost';
import { anyOf } from './messageIds';
import { searchMessages } from './messages';
import { fetchSummaries, type MessageSummary } from './summaries';
import type { SearchCriteria, SelectedMailbox } from './types';

/** Mails of a conversation that are looked at. */
export const MAX_THREAD = 500;
/** Message-IDs asked about in one SEARCH, each in three fields. */
const IDS_PER_SEARCH = 8;
/** How often what was found leads on to more: most conversations are complete after the first look. */
const MAX_ROUNDS = 4;
/** Mailboxes that nobody means by a conversation. */
const LEFT_OUT = ['\\Junk', '\\Trash'];

/**
 * @param start a message of the selected mailbox
 * @returns the mails of its conversation, itself included, the oldest first; each once, however many mailboxes have it
 */
export async function findThread(
	client: ImapClient,
	mailbox: SelectedMailbox,
	start: number,
): Promise<MessageSummary[]> {
	const [first] = await fetchSummaries(client, mailbox, { uids: [start] });
	if (!first) return [];
	const found = new Map([[keyOf(first), first]]);
	const threadId = await threadIdOf(client, start);
	const paths = await mailboxesOf(client, mailbox.path, threadId !== null);
	if (threadId === null) await byReferences(client, paths, found);
	else
		await collect(
			client,
			paths,
			() => [{ threadId }],
			found,
			() => true,
		);
	return [...found.values()].sort((a, b) => timeOf(a) - timeOf(b));
}

async function threadIdOf(client: ImapClient, uid: number): Promise<string | null> {
	if (!client.supports('X-GM-EXT-1') && !client.supports('OBJECTID')) return null;
	const row = await client.command(
		'asking for the conversation of a message',
		async (flow) => await flow.fetchOne(String(uid), { uid: true, threadId: true }, { uid: true }),
	);
	return (row && row.threadId) || null;
}

/** In the mailbox of the message first; Gmail's own thread is complete in the mailbox that has all mail. */
async function mailboxesOf(client: ImapClient, start: string, byThreadId: boolean): Promise<string[]> {
	const listed = inOrderOfLikelihood(await client.list());
	const all = listed.find(({ role }) => role === '\\All');
	if (byThreadId && all) return [...new Set([start, all.path])];
	const others = listed.filter(({ role }) => !LEFT_OUT.includes(role ?? '')).map(({ path }) => path);
	return [...new Set([start, ...others])].slice(0, MAX_SEARCHED_MAILBOXES);
}

async function byReferences(
	client: ImapClient,
	paths: readonly string[],
	found: Map<string, MessageSummary>,
): Promise<void> {
	const asked = new Set<string>();
	for (let round = 0; round < MAX_ROUNDS && found.size < MAX_THREAD; round++) {
		const fresh = [...new Set([...found.values()].flatMap(idsOf))].filter((id) => !asked.has(id));
		if (fresh.length === 0) return;
		for (const id of fresh) asked.add(id);
		const criteria = () => {
			const searches: SearchCriteria[] = [];
			for (let i = 0; i < fresh.length; i += IDS_PER_SEARCH)
				searches.push(anyOf(fresh.slice(i, i + IDS_PER_SEARCH).flatMap(mentions)));
			return searches;
		};
		// The search finds parts of values as well (RFC 3501 §6.4.4).
		const belongs = (summary: MessageSummary) => idsOf(summary).some((id) => asked.has(id));
		await collect(client, paths, criteria, found, belongs);
	}
}

async function collect(
	client: ImapClient,
	paths: readonly string[],
	criteria: () => SearchCriteria[],
	found: Map<string, MessageSummary>,
	belongs: (summary: MessageSummary) => boolean,
): Promise<void> {
	for (const path of paths) {
		try {
			const mailbox = await client.select(path, true);
			const uids: number[] = [];
			for (const criterion of criteria()) uids.push(...(await searchMessages(client, criterion)));
			const wanted = [...new Set(uids)].slice(0, Math.max(0, MAX_THREAD - found.size));
			for (const summary of await fetchSummaries(client, mailbox, { uids: wanted }))
				if (belongs(summary) && !found.has(keyOf(summary))) found.set(keyOf(summary), summary);
		} catch (error) {
			// A mailbox that cannot be opened or searched must not hide the others.
			if (isLineError(error)) throw error;
		}
	}
}

function mentions(id: string): SearchCriteria[] {
	return ['message-id', 'references', 'in-reply-to'].map((field) => ({ header: { [field]: id } }));
}

function idsOf({ mail }: MessageSummary): string[] {
	return [mail.messageId, mail.inReplyTo, ...mail.references].filter((id) => id !== null);
}

function keyOf(summary: MessageSummary): string {
	return summary.mail.messageId ?? `${summary.mailbox}/${summary.uid}`;
}

function timeOf({ mail, receivedAt }: MessageSummary): number {
	return (mail.date ?? receivedAt)?.getTime() ?? 0;
}

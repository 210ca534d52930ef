/** Mailboxes themselves: listed, counted, made, renamed, emptied and deleted. */
import { MailError } from '../errors';
import type { ImapClient } from './client';
import { searchMessages } from './messages';
import { commandSized, toSequenceSet } from './uidSet';

export interface MailboxDetails {
	path: string;
	/** Last part of the path. */
	name: string;
	/** Path of the mailbox it is in; empty at the top. */
	parent: string;
	/** What stands between the names of a path, mostly `/` or `.`. */
	delimiter: string | null;
	/** Special use such as `\Sent` (RFC 6154), also when only guessed from the name. */
	role: string | null;
	/** Whether it can hold mail. */
	selectable: boolean;
	subscribed: boolean;
	messages: number | null;
	unseen: number | null;
}

export interface MailboxStatus {
	path: string;
	messages: number | null;
	unseen: number | null;
	uidNext: number | null;
	uidValidity: string | null;
	/** Bytes of all messages; null without STATUS=SIZE (RFC 8438). */
	size: number | null;
}

/** @param counts whether messages are counted, which costs a STATUS for each mailbox on old servers */
export async function listMailboxDetails(client: ImapClient, counts: boolean): Promise<MailboxDetails[]> {
	const options = counts ? { statusQuery: { messages: true, unseen: true } } : {};
	const listed = await client.command('listing the mailboxes', async (flow) => await flow.list(options));
	return listed.map(({ path, name, parentPath, delimiter, specialUse, flags, subscribed, status }) => ({
		...{ path, name, parent: parentPath, delimiter: delimiter || null, role: specialUse ?? null },
		selectable: !flags.has('\\Noselect') && !flags.has('\\NonExistent'),
		subscribed: subscribed === true,
		messages: status?.messages ?? null,
		unseen: status?.unseen ?? null,
	}));
}

/** STATUS (RFC 3501 §6.3.10). @throws MailError `MAILBOX` when there is no such mailbox */
export async function mailboxStatus(client: ImapClient, path: string): Promise<MailboxStatus> {
	const what = `looking at the mailbox "${path}"`;
	const query = { messages: true, unseen: true, uidNext: true, uidValidity: true };
	const withSize = client.supports('STATUS=SIZE');
	const found = await client.command(what, async (flow) => {
		try {
			return await flow.status(path, { ...query, ...(withSize && { size: true }) });
		} catch (error) {
			if ((error as { code?: string }).code === 'NotFound') return null;
			throw error;
		}
	});
	if (found === null) throw await missing(client, path);
	if (!found) throw client.refusal(what);
	return {
		path: found.path,
		messages: found.messages ?? null,
		unseen: found.unseen ?? null,
		uidNext: found.uidNext ?? null,
		uidValidity: found.uidValidity === undefined ? null : String(found.uidValidity),
		size: found.size ?? null,
	};
}

/** CREATE (RFC 3501 §6.3.3), and subscribes to it. @returns false when it was there already */
export async function createMailbox(client: ImapClient, path: string): Promise<boolean> {
	const what = `creating the mailbox "${path}"`;
	try {
		const { created } = await client.command(what, async (flow) => await flow.mailboxCreate(path));
		return created !== false;
	} catch (error) {
		// Some servers do not say that they refuse because it is there (ALREADYEXISTS, RFC 5530).
		if (!client.alive || !(await exists(client, path))) throw error;
		return false;
	}
}

/** RENAME (RFC 3501 §6.3.5), also of the mailboxes below it. @throws MailError `COMMAND` with the server's words */
export async function renameMailbox(client: ImapClient, path: string, newPath: string): Promise<void> {
	// RENAME of INBOX moves all mail out of it and leaves it empty, which nobody means.
	if (isInbox(path)) throw new MailError('MAILBOX', 'INBOX cannot be renamed.', { side: 'imap' });
	// Courier says OK to the renaming of a mailbox that is not there.
	if (!(await exists(client, path))) throw await missing(client, path);
	const what = `renaming the mailbox "${path}"`;
	await client.command(what, async (flow) => await flow.mailboxRename(path, newPath));
}

/**
 * DELETE (RFC 3501 §6.3.4).
 *
 * @param alsoNotEmpty whether mail that is in it is deleted along with it
 * @throws MailError `MAILBOX` when it holds mail and must not be deleted then
 */
export async function deleteMailbox(client: ImapClient, path: string, alsoNotEmpty: boolean): Promise<void> {
	if (isInbox(path)) throw new MailError('MAILBOX', 'INBOX cannot be deleted.', { side: 'imap' });
	const listed = (await listMailboxDetails(client, false)).find((mailbox) => mailbox.path === path);
	if (!listed) throw await missing(client, path);
	const { messages } = listed.selectable ? await mailboxStatus(client, path) : { messages: 0 };
	if (messages !== 0 && !alsoNotEmpty)
		throw new MailError(
			'MAILBOX',
			`The mailbox "${path}" holds ${messages ?? 'an unknown number of'} mails, so it was not deleted.`,
			{ side: 'imap', nextStep: 'Move them first, or switch on "Delete Also When Not Empty".' },
		);
	const what = `deleting the mailbox "${path}"`;
	await client.command(what, async (flow) => await flow.mailboxDelete(path));
}

/** SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.6): whether mail programs show it. */
export async function subscribeMailbox(client: ImapClient, path: string, subscribed: boolean): Promise<void> {
	if (!(await exists(client, path))) throw await missing(client, path);
	const what = `${subscribed ? 'subscribing to' : 'unsubscribing from'} the mailbox "${path}"`;
	const done = await client.command(
		what,
		async (flow) => await (subscribed ? flow.mailboxSubscribe(path) : flow.mailboxUnsubscribe(path)),
	);
	if (!done) throw client.refusal(what);
}

/**
 * Deletes all mail that is in a mailbox now, for good. What arrives meanwhile stays.
 *
 * @param anyMailbox whether it may be another one than those for deleted and junk mail
 * @returns how many were deleted
 * @throws MailError `MAILBOX` when it may not be emptied
 */
export async function emptyMailbox(client: ImapClient, path: string, anyMailbox: boolean): Promise<number> {
	const role = (await client.list()).find((mailbox) => mailbox.path === path)?.role;
	if (!anyMailbox && role !== '\\Trash' && role !== '\\Junk')
		throw new MailError(
			'MAILBOX',
			`The mailbox "${path}" is neither the one for deleted mail nor the one for junk, so it was not emptied.`,
			{ side: 'imap', nextStep: 'Switch on "Allow Any Mailbox" if you really mean it.' },
		);
	await client.select(path);
	const uids = await searchMessages(client, { all: true });
	const what = `emptying the mailbox "${path}"`;
	for (const part of commandSized(uids)) {
		// All of the mailbox is meant, so that a plain EXPUNGE, on servers without UIDPLUS, removes nobody else's mail.
		const done = await client.command(
			what,
			async (flow) => await flow.messageDelete(toSequenceSet(part), { uid: true }),
		);
		if (!done) throw client.refusal(what);
	}
	const left = new Set(await searchMessages(client, { all: true }));
	const remaining = uids.filter((uid) => left.has(uid)).length;
	if (remaining === 0) return uids.length;
	throw new MailError('COMMAND', `The mail server kept ${remaining} of ${uids.length} mails in "${path}".`, {
		side: 'imap',
		nextStep: 'Check whether this account may delete messages in that mailbox.',
	});
}

export interface QuotaUse {
	/** Bytes for `storage`, else a number of things. */
	used: number;
	limit: number;
}

/** How full the account is (QUOTA, RFC 9208), by resource. @throws MailError `COMMAND` naming QUOTA when it is not offered */
export async function quotaOf(client: ImapClient, path: string): Promise<Record<string, QuotaUse>> {
	if (!['QUOTA', 'QUOTA=RES-STORAGE', 'QUOTA=RES-MESSAGE'].some((name) => client.supports(name)))
		throw new MailError(
			'COMMAND',
			'The mail server lacks the extension QUOTA, so it does not tell how full the account is.',
			{ side: 'imap', retry: 'configuration', nextStep: 'Look it up in the provider’s web interface.' },
		);
	const what = 'asking how full the account is';
	const found = await client.command(what, async (flow) => await flow.getQuota(path));
	if (!found) throw client.refusal(what);
	const uses: Record<string, QuotaUse> = {};
	for (const [name, use] of Object.entries(found)) {
		if (typeof use === 'object' && use.limit !== undefined)
			uses[name] = { used: use.usage ?? 0, limit: use.limit };
	}
	return uses;
}

function isInbox(path: string): boolean {
	return path.toUpperCase() === 'INBOX';
}

async function exists(client: ImapClient, path: string): Promise<boolean> {
	return (await client.list()).some((mailbox) => mailbox.path === path);
}

/** Answers that say so, and none at all from servers that give no codes (RFC 5530). */
const MAY_BE_MISSING = new Set([undefined, 'TRYCREATE', 'NONEXISTENT']);

/** Whether a mailbox that is not there is why the server refused something. */
export async function isMissing(client: ImapClient, path: string, { reply }: MailError): Promise<boolean> {
	return reply !== undefined && MAY_BE_MISSING.has(reply.code) && !(await exists(client, path));
}

/** @param alternative what else there is to do, as the end of a sentence */
export async function missing(client: ImapClient, path: string, alternative = ''): Promise<MailError> {
	const names = (await client.list()).map((mailbox) => `"${mailbox.path}"`);
	return new MailError('MAILBOX', `The mailbox "${path}" does not exist.`, {
		side: 'imap',
		retry: 'configuration',
		nextStep: `Choose one of these${alternative}: ${names.slice(0, 50).join(', ')}.`,
	});
}

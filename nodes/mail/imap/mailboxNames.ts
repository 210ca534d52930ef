/** Mailboxes named by a role (`\Archive`, RFC 6154) or a pattern (`Clients/*`) instead of by their name. */
import type { Account } from '../account/account';
import { systemClock } from '../clock';
import { MailError } from '../errors';
import { matchesWildcard } from '../wildcard';
import { linesOf } from './accountLines';
import type { ImapClient } from './client';
import type { MailboxInfo } from './types';

/** Mailboxes one trigger watches at most: where it is in each is stored with every run, and has to stay small (D1). */
export const MAX_MAILBOXES = 10;

/** Whether the server has to be asked which mailbox is meant. */
export function isDynamic(entry: string): boolean {
	return entry.startsWith('\\') || /[*?]/.test(entry);
}

/** Paths of the mailboxes meant by roles and patterns, in the server's order. Pure. */
export function resolveMailboxes(entries: readonly string[], listed: readonly MailboxInfo[]): string[] {
	return listed
		.filter(({ selectable }) => selectable)
		.filter(({ path, role }) =>
			entries.some((entry) =>
				entry.startsWith('\\') ? isRole(entry, path, role) : matchesWildcard(entry, path),
			),
		)
		.map(({ path }) => path);
}

function isRole(entry: string, path: string, role: string | null): boolean {
	const wanted = entry.toLowerCase();
	return role?.toLowerCase() === wanted || (wanted === '\\inbox' && path.toUpperCase() === 'INBOX');
}

/** Asks the server for its mailboxes over a connection of its own. @throws MailError */
export async function listMailboxes(account: Account, signal: AbortSignal): Promise<MailboxInfo[]> {
	const client = await linesOf(account, systemClock).connect(account, { signal });
	try {
		return await client.list();
	} finally {
		void client.logout();
	}
}

/**
 * The path that a mailbox entry means.
 *
 * @param entry a path, or a role such as `\Archive`
 * @throws MailError `MAILBOX` when no mailbox has the role
 */
export async function pathOf(client: ImapClient, entry: string): Promise<string> {
	if (!entry.startsWith('\\')) return client.fullPath(entry);
	const listed = await client.list();
	const [path] = resolveMailboxes([entry], listed);
	if (path !== undefined) return path;
	const names = listed.filter(({ selectable }) => selectable).map((mailbox) => `"${mailbox.path}"`);
	throw new MailError(
		'MAILBOX',
		`The account has no mailbox with the role ${entry}: the server marks none so, and none has a usual name.`,
		{ side: 'imap', nextStep: `Create one, or name one of these: ${names.slice(0, 50).join(', ')}.` },
	);
}

/** Finds one message on the server by the trigger's `id` or by its Message-ID, and files new ones. */
import { MailError } from '../errors';
import { parseMessageId, parseMessageLocator, type MessageLocation } from '../message/locator';
import type { ReceivedMessage } from '../message/parsed';
import type { ImapClient } from './client';
import { fetchMessages } from './fetch';
import type { MailboxInfo, SelectedMailbox } from './types';

/** Messages up to this size are answered and forwarded whole. */
export const MAX_ORIGINAL_BYTES = 50 * 1024 * 1024;
/** Mailboxes searched for a Message-ID when the likely ones do not have it. */
export const MAX_SEARCHED_MAILBOXES = 100;
/** In which a message is most likely; `\All` has everything where it exists (RFC 6154). */
const LIKELY_ROLES = ['\\Inbox', '\\All', '\\Archive', '\\Sent'];
const UNLIKELY_ROLES = ['\\Junk', '\\Trash', '\\Drafts'];

/**
 * Fetches a message.
 *
 * @param reference the `id` of an item of IMAP Trigger, or a Message-ID
 * @throws MailError `MESSAGE` when the reference is neither or the message is not found
 */
export async function fetchOriginal(client: ImapClient, reference: string): Promise<ReceivedMessage> {
	const location = parseMessageLocator(reference);
	const messageId = location ? null : parseMessageId(reference);
	if (location) return await fetchByLocation(client, location);
	if (messageId !== null) return await fetchByMessageId(client, messageId);
	const shown = JSON.stringify(reference.slice(0, 80));
	throw new MailError('MESSAGE', `${shown} does not name a message.`, {
		nextStep: 'Give the "id" of an item of IMAP Trigger, or a Message-ID such as <abc@example.com>.',
	});
}

async function fetchByLocation(client: ImapClient, location: MessageLocation): Promise<ReceivedMessage> {
	const mailbox = await client.select(location.mailbox);
	if (location.uidValidity !== null && mailbox.uidValidity !== location.uidValidity) {
		throw new MailError(
			'MESSAGE',
			`The server has renumbered the mailbox "${location.mailbox}" since this id was given, so the message cannot be found by it.`,
			{ side: 'imap', nextStep: 'Give the Message-ID instead; it stays the same.' },
		);
	}
	const message = await fetchOne(client, mailbox, location.uid);
	if (message) return message;
	throw new MailError(
		'MESSAGE',
		`The message is no longer in the mailbox "${location.mailbox}"; it was moved or deleted.`,
		{ side: 'imap', nextStep: 'Give the Message-ID instead; it is searched in all mailboxes.' },
	);
}

async function fetchByMessageId(client: ImapClient, messageId: string): Promise<ReceivedMessage> {
	for (const { path } of inOrderOfLikelihood(await client.list()).slice(0, MAX_SEARCHED_MAILBOXES)) {
		const mailbox = await client.select(path);
		const found = await client.command(
			'searching for a message',
			async (flow) => await flow.search({ header: { 'message-id': messageId } }, { uid: true }),
		);
		for (const uid of found || []) {
			const message = await fetchOne(client, mailbox, uid);
			// The search finds parts of values as well (RFC 3501 §6.4.4).
			if (message && parseMessageId(message.mail.messageId ?? '') === messageId) return message;
		}
	}
	throw new MailError(
		'MESSAGE',
		`No mailbox of this account has a message with the Message-ID ${messageId}.`,
		{
			side: 'imap',
			nextStep: 'Check that the credential is for the account that received the message.',
		},
	);
}

async function fetchOne(
	client: ImapClient,
	mailbox: SelectedMailbox,
	uid: number,
): Promise<ReceivedMessage | null> {
	const found: { message?: ReceivedMessage } = {};
	await fetchMessages(client, mailbox, [uid], { maxMessageBytes: MAX_ORIGINAL_BYTES }, (_uid, fetched) => {
		if (fetched.kind === 'message') found.message = fetched.message;
	});
	return found.message ?? null;
}

/** Selectable mailboxes, the likeliest to hold a message that is looked for first. */
export function inOrderOfLikelihood(mailboxes: readonly MailboxInfo[]): MailboxInfo[] {
	const rank = ({ path, role }: MailboxInfo): number => {
		if (path.toUpperCase() === 'INBOX') return -1;
		const likely = LIKELY_ROLES.indexOf(role ?? '');
		if (likely >= 0) return likely;
		return UNLIKELY_ROLES.includes(role ?? '') ? 100 : 50;
	};
	return mailboxes.filter(({ selectable }) => selectable).sort((a, b) => rank(a) - rank(b));
}

/**
 * The mailbox with a role (RFC 6154).
 *
 * @throws MailError `MAILBOX` naming the mailboxes that exist
 */
export async function mailboxWithRole(client: ImapClient, role: '\\Drafts' | '\\Sent'): Promise<string> {
	const mailboxes = (await client.list()).filter(({ selectable }) => selectable);
	const found = mailboxes.find((mailbox) => mailbox.role === role);
	if (found) return found.path;
	const names = mailboxes.map(({ path }) => `"${path}"`).slice(0, 50);
	throw new MailError(
		'MAILBOX',
		`The account has no mailbox for ${role === '\\Sent' ? 'sent mail' : 'drafts'}.`,
		{
			side: 'imap',
			nextStep: `Create one, or name one of these in the node: ${names.join(', ')}.`,
		},
	);
}

/**
 * Files a message (APPEND, RFC 3501 §6.3.11).
 *
 * @returns where it is now; null when the server does not tell (no UIDPLUS)
 * @throws MailError `COMMAND` with the server's words
 */
export async function fileMessage(
	client: ImapClient,
	mailbox: string,
	source: Buffer,
	flags: readonly string[],
): Promise<MessageLocation | null> {
	const what = `filing a message in "${mailbox}"`;
	const done = await client.command(what, async (flow) => await flow.append(mailbox, source, [...flags]));
	if (!done) throw client.refusal(what);
	if (!done.uid) return null;
	return { mailbox, uidValidity: done.uidValidity ? String(done.uidValidity) : null, uid: done.uid };
}

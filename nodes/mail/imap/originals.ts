/** Finds one message on the server by the trigger's `id` or by its Message-ID, and files new ones. */
import { MailError } from '../errors';
import { parseMessageId, parseMessageLocator, type MessageLocation } from '../message/locator';
import type { ReceivedMessage } from '../message/parsed';
import { COMMAND_DEADLINE_MS, type ImapClient } from './client';
import { fetchMessages } from './fetch';
import { isLineError } from './lineLost';
import { isMissing, missing } from './mailboxes';
import { findByMessageId } from './messageIds';
import type { SelectedMailbox } from './types';

/** Messages up to this size are answered and forwarded whole. */
export const MAX_ORIGINAL_BYTES = 50 * 1024 * 1024;
/** Bytes per millisecond of a line that is just not too slow to send a message over. */
const SLOWEST_UPLOAD = 17;

/**
 * Fetches a message.
 *
 * @param reference the `id` of an item of IMAP Trigger, or a Message-ID
 * @throws MailError `MESSAGE` when the reference is neither, the message is not found, or it may be several
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
	const found = (await findByMessageId(client, [messageId], null)).get(messageId);
	if (!found || 'error' in found) throw found?.error ?? new TypeError('The search has no answer');
	return await fetchByLocation(client, found.value);
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
 * @throws MailError `COMMAND` with the server's words, `MAILBOX` when it is not there, `UNKNOWN` when the line broke
 */
export async function fileMessage(
	client: ImapClient,
	mailbox: string,
	source: Buffer,
	flags: readonly string[],
): Promise<MessageLocation | null> {
	const what = `filing a message in "${mailbox}"`;
	const ms = COMMAND_DEADLINE_MS + source.length / SLOWEST_UPLOAD;
	const done = await client
		.command(what, async (flow) => await flow.append(mailbox, source, [...flags]), 'command', ms)
		.catch(async (error: unknown) => {
			throw await notFiled(client, mailbox, error);
		});
	if (!done) throw client.refusal(what);
	if (!done.uid) return null;
	return { mailbox, uidValidity: done.uidValidity ? String(done.uidValidity) : null, uid: done.uid };
}

async function notFiled(client: ImapClient, mailbox: string, error: unknown): Promise<unknown> {
	if (!(error instanceof MailError)) return error;
	if (!isLineError(error))
		return (await isMissing(client, mailbox, error)) ? await missing(client, mailbox) : error;
	const { message, reply } = error;
	return new MailError('UNKNOWN', `${message} Whether the message is in "${mailbox}" now is not known.`, {
		side: 'imap',
		nextStep: `Look there before you try again: if it is, a second try puts another one there.`,
		...(reply && { reply }),
	});
}

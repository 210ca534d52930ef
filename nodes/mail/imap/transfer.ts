/** Copying and moving messages to another mailbox. */
import { MailError } from '../errors';
import { messageLocator } from '../message/locator';
import type { ImapClient } from './client';
import { inFewCommands } from './fewCommands';
import { handled, type Handled } from './handled';
import { isGmail } from './gmail';
import { rethrowLost } from './lineLost';
import { createMailbox, isMissing, missing } from './mailboxes';
import { pathOf } from './mailboxNames';
import { copyMessages, fetchMarks, moveMessages, type Copies } from './messages';
import { vanished, type FoundMessage, type MessageWork, type Outcome } from './onMessages';
import type { SelectedMailbox } from './types';

export interface TransferOptions {
	/** Path or role. */
	destination: string;
	/** Makes the mailbox when there is none. */
	create: boolean;
}

/** Copies or moves to another mailbox. */
export function transfer(kind: 'copy' | 'move', options: TransferOptions): MessageWork<Handled> {
	return {
		readOnly: kind === 'copy',
		async act(client, mailbox, messages, report) {
			const destination = await pathOf(client, destinationFor(client, options.destination));
			if (destination === mailbox.path && kind === 'move') {
				for (const message of messages) report(message.uid, { value: handled(mailbox, message, false) });
				return;
			}
			const known = new Map(messages.map((message) => [message.uid, message]));
			const warnings = kind === 'move' ? leftBehind(client, mailbox.path) : [];
			const command = async (uids: readonly number[]) => {
				const copies =
					kind === 'copy'
						? await copyMessages(client, uids, destination)
						: await moveMessages(client, uids, destination);
				const stayed = kind === 'move' ? await stillThere(client, uids, copies) : new Set<number>();
				for (const uid of uids) {
					const message = known.get(uid);
					if (!message) continue;
					if (stayed.has(uid)) report(uid, { error: notMoved(mailbox.path) });
					else report(uid, arrived(message, mailbox, destination, copies, warnings));
				}
			};
			const attempt = withDestination(client, options, destination, command);
			await inFewCommands(messages, attempt, report, ifLost(client, kind, destination));
		},
	};
}

/** At Gmail what is in no other mailbox than that with all mail is archived. */
function destinationFor(client: ImapClient, destination: string): string {
	return isGmail(client) && destination.toLowerCase() === '\\archive' ? '\\All' : destination;
}

function arrived(
	{ uid, messageId }: FoundMessage,
	{ path }: SelectedMailbox,
	destination: string,
	{ uidValidity, uids }: Copies,
	warnings: string[],
): Outcome<Handled> {
	const now = uids?.get(uid) ?? null;
	// The server says where the others are, so it has not found this one.
	if (uids && now === null) return { error: vanished(path) };
	const location = now === null ? null : { mailbox: destination, uidValidity, uid: now };
	return {
		value: {
			id: location && messageLocator(location),
			messageId,
			mailbox: destination,
			uid: now,
			uidValidity,
			flags: null,
			changed: true,
			warnings,
		},
	};
}

/** A server that gives no UIDs of copies, although it could, has perhaps moved nothing. */
async function stillThere(
	client: ImapClient,
	uids: readonly number[],
	copies: Copies,
): Promise<ReadonlySet<number>> {
	if (copies.uids || !(client.supports('MOVE') || client.supports('UIDPLUS'))) return new Set();
	return new Set((await fetchMarks(client, uids)).keys());
}

/** Where neither MOVE nor UIDPLUS is offered. */
function leftBehind(client: ImapClient, path: string): string[] {
	if (client.supports('MOVE') || client.supports('UIDPLUS')) return [];
	return [
		`The server offers neither MOVE nor UIDPLUS, so the original stays in "${path}", marked as deleted, until a mail program cleans up.`,
	];
}

/** Makes a destination that is missing and tries once more, or says that it is missing and which there are. */
function withDestination(
	client: ImapClient,
	{ create }: TransferOptions,
	destination: string,
	command: (uids: readonly number[]) => Promise<void>,
): (uids: readonly number[]) => Promise<void> {
	let isThere = false;
	return async (uids) => {
		try {
			await command(uids);
		} catch (error) {
			rethrowLost(error);
			if (isThere || !(await isMissing(client, destination, error))) throw error;
			if (!create) throw await missing(client, destination, ', or switch on "Create the Mailbox"');
			isThere = true;
			await createMailbox(client, destination);
			await command(uids);
		}
	};
}

function ifLost(client: ImapClient, kind: 'copy' | 'move', destination: string): string | undefined {
	if (kind === 'move' && client.supports('MOVE')) return undefined;
	return `Look into the mailbox "${destination}" before you try again: if the copy is there, a second try makes another.`;
}

function notMoved(path: string): MailError {
	return new MailError(
		'COMMAND',
		`The mail server said that the message was moved, but it is still in the mailbox "${path}".`,
		{ side: 'imap', nextStep: 'Check whether this account may remove messages from that mailbox.' },
	);
}

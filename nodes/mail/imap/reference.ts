/** How a person or a workflow names a message. Pure. */
import { MailError } from '../errors';
import { parseMessageId, parseMessageLocator } from '../message/locator';

/** What a message is looked for by. */
export type MessageReference =
	| { kind: 'location'; mailbox: string; uidValidity: string | null; uid: number }
	/** @param mailbox where to look; null for everywhere */
	| { kind: 'messageId'; messageId: string; mailbox: string | null };

/** Highest UID (RFC 3501 §9 `nz-number`). */
const MAX_UID = 4_294_967_295;

/**
 * Reads the `id` of an item, a UID or a Message-ID.
 *
 * @param mailbox where a UID counts, and where a Message-ID is looked for; empty for everywhere
 * @throws MailError `MESSAGE` when it is none of these, or a UID without its mailbox
 */
export function readReference(text: string, mailbox: string): MessageReference {
	const given = text.trim();
	if (given === '') {
		throw new MailError('MESSAGE', '"Message" is empty, so it is not known which mail is meant.', {
			nextStep: 'Give the "id" of an item of IMAP Trigger, for example {{ $json.id }}, or a Message-ID.',
		});
	}
	if (/^\d+$/.test(given)) return byUid(Number(given), mailbox.trim());
	const location = parseMessageLocator(given);
	if (location) return { kind: 'location', ...location };
	const messageId = parseMessageId(given);
	if (messageId !== null) return { kind: 'messageId', messageId, mailbox: mailbox.trim() || null };
	throw new MailError('MESSAGE', `${JSON.stringify(given.slice(0, 80))} does not name a message.`, {
		nextStep:
			'Give the "id" of an item of IMAP Trigger, a Message-ID such as <abc@example.com>, or a UID together with its mailbox.',
	});
}

function byUid(uid: number, mailbox: string): MessageReference {
	if (uid < 1 || uid > MAX_UID)
		throw new MailError('MESSAGE', `${uid} is no UID: those are numbers from 1 to ${MAX_UID}.`);
	if (mailbox !== '') return { kind: 'location', mailbox, uidValidity: null, uid };
	throw new MailError(
		'MESSAGE',
		`The UID ${uid} alone does not name a message: each mailbox has its own UIDs.`,
		{
			nextStep: 'Fill in "Mailbox" too, or give the "id" of an item of IMAP Trigger instead of the UID.',
		},
	);
}

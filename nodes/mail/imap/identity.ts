/** Names for runs and messages that stay the same over restarts. */
import { createHash } from 'crypto';
import type { ReceivedMessage } from '../message/parsed';
import { FINGERPRINT_LENGTH, type Cursor, type Unit } from './cursor';

/**
 * The key under which n8n refuses a second run (D6). n8n's index is unique over the whole instance, hence workflow and
 * node; it takes 255 characters.
 */
export function runKey(
	trigger: { workflowId: string; nodeId: string; mailbox: string; cursor: Cursor },
	unit: Unit,
): string {
	const { workflowId, nodeId, mailbox, cursor } = trigger;
	const what = sha256(
		JSON.stringify([cursor.account, mailbox, cursor.uidValidity, unit.uids, cursor.epoch]),
	).slice(0, 32);
	return `mr1:${workflowId}:${nodeId}:${what}:${unit.attempt}`;
}

export interface Numbering {
	uidValidity: string | null;
	/** RFC 8474, null without OBJECTID. */
	mailboxId: string | null;
}

/** Whether UIDs name the same messages: neither renumbered, nor deleted and made again. */
export function isSameNumbering(one: Numbering, other: Numbering): boolean {
	if (one.uidValidity !== other.uidValidity) return false;
	return one.mailboxId === null || other.mailboxId === null || one.mailboxId === other.mailboxId;
}

/** The keyword by which a trigger knows, after a crash, which mails it had dealt with (D4). */
export function proofKeyword(workflowId: string, nodeId: string): string {
	return `mr-${sha256(`${workflowId}:${nodeId}`).slice(0, 8)}`;
}

/** Recognises a message under another UID: when the server got it, its size, its Message-ID. */
export function fingerprint(message: ReceivedMessage): string {
	const what = JSON.stringify([message.receivedAt?.getTime(), message.size, message.mail.messageId]);
	return createHash('sha256').update(what).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}

function sha256(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

/** Reports that are no bounces: complaints of recipients (RFC 5965), and confirmations of reading (RFC 8098). */
import type { Complaint, Receipt } from '../meaning';
import type { Address } from '../parsed';
import { messageIdIn } from './headerFields';
import type { MimePart } from './mime/tree';
import { addressField, field, fieldBlocks, findPart, originalMail } from './reportParts';

const MAX_RECIPIENTS = 100;

export function complaintOf(
	source: Buffer,
	root: MimePart,
	evidence: { from: readonly Address[]; subject: string; text: string },
): Complaint | null {
	const part = findPart(root, /^message\/feedback-report$/);
	if (!part) return complaintOfMicrosoft(source, root, evidence);
	const { text } = evidence;
	const fields = fieldBlocks(source, part).flat();
	const original = originalMail(source, root, text);
	const named = fields
		.filter(({ name }) => name === 'original-rcpt-to' || name === 'removal-recipient')
		.map(({ value }) => value.replace(/^[\s<]+|[\s>]+$/g, '').replace(/^rfc822;\s*/i, ''));
	return {
		feedbackType: field(fields, 'feedback-type')?.toLowerCase() ?? 'other',
		recipients: [...new Set(named)].filter((address) => address !== '').slice(0, MAX_RECIPIENTS),
		originalMessageId: original.messageId,
		originalSubject: original.subject,
		sourceIp: field(fields, 'source-ip'),
		userAgent: field(fields, 'user-agent'),
	};
}

/** The Junk Mail Reporting Program of Outlook.com sends the mail itself, and nothing else for programs to read. */
function complaintOfMicrosoft(
	source: Buffer,
	root: MimePart,
	{ from, subject, text }: { from: readonly Address[]; subject: string; text: string },
): Complaint | null {
	const part = findPart(root, /^message\/rfc822$/);
	const sourceIp = /^complaint about message from ([\d.a-f:]+)/i.exec(subject)?.[1];
	if (!part || sourceIp === undefined || from[0]?.address.toLowerCase() !== 'staff@hotmail.com') return null;
	const [fields = []] = fieldBlocks(source, part);
	const original = originalMail(source, root, text);
	const recipient = addressField(fields, 'x-hmxmroriginalrecipient');
	return {
		feedbackType: 'abuse',
		recipients: recipient === null ? [] : [recipient],
		originalMessageId: original.messageId,
		originalSubject: original.subject,
		sourceIp,
		userAgent: 'Outlook.com',
	};
}

export function receiptOf(source: Buffer, root: MimePart): Receipt | null {
	const part = findPart(root, /^message\/(?:global-)?disposition-notification$/);
	if (!part) return null;
	const fields = fieldBlocks(source, part).flat();
	const [mode = '', kind = ''] = (field(fields, 'disposition') ?? '').toLowerCase().split(';');
	const disposition = kind.trim().split(/[/\s]/)[0] ?? '';
	return {
		disposition: disposition === '' ? 'displayed' : disposition,
		manual: mode.includes('manual-action') || mode.includes('mdn-sent-manually'),
		recipient: addressField(fields, 'final-recipient') ?? addressField(fields, 'original-recipient'),
		originalMessageId: messageIdIn(field(fields, 'original-message-id') ?? undefined),
	};
}

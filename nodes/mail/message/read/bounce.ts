/** Delivery reports: machine-readable ones (RFC 3464), and through bounceText.ts those that only people can read. */
import type { Bounce, BouncedRecipient } from '../meaning';
import { ADDRESS, bounceFromText, FULL, type TextEvidence } from './bounceText';
import { first } from './headerFields';
import type { HeaderField } from './mime/header';
import type { MimePart } from './mime/tree';
import {
	addressField,
	field,
	fieldBlocks,
	findPart,
	originalMail,
	typedField,
	type OriginalMail,
} from './reportParts';

const ACTIONS = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;
/** Said to be permanent, though it passes: a full mailbox, a full disk, a server or route that is down (RFC 3463 §3). */
const PASSING = /^5\.(?:2\.2|3\.1|4\.\d+)$/;
/** Among the troubles on the way (5.4.x) those that stay: no such domain, or Microsoft's words for no such user. */
const GONE =
	/(?:host|domain)[^;]{0,80} (?:not found|unknown|(?:does not|doesn['’]t) exist)|nxdomain|no such (?:domain|host)|unrouteable|address rejected|access denied/i;

/** @returns null when the message is no delivery report */
export function bounceOf(source: Buffer, root: MimePart, evidence: TextEvidence): Bounce | null {
	const part = findPart(root, /^message\/(?:global-)?delivery-status$/);
	const blocks = part ? fieldBlocks(source, part) : [];
	const recipients = blocks.filter(isAboutRecipient).map(toRecipient);
	// Looked for only when this is a report at all.
	let found: OriginalMail | null = null;
	const original = () => (found ??= originalMail(source, root, evidence.text));
	if (recipients.length > 0) {
		const [only] = recipients;
		// A mailbox of the server itself is named without its domain, or not at all.
		if (only && recipients.length === 1) only.address ??= original().to?.match(ADDRESS)?.[0] ?? null;
		return {
			type: typeOf(recipients),
			source: 'standard',
			recipients,
			originalMessageId: original().messageId,
			originalSubject: original().subject,
			reportingServer:
				blocks.map((block) => typedField(block, 'reporting-mta')).find((name) => name !== null) ?? null,
		};
	}
	const named = bounceFromText(evidence, () => original().to, part !== null);
	if (!named) return null;
	return {
		type: typeOf(named),
		source: 'text',
		recipients: named,
		originalMessageId: original().messageId ?? idOfReference(evidence),
		originalSubject: original().subject,
		reportingServer: /@([^\s@>]+)/.exec(evidence.from[0]?.address ?? '')?.[1] ?? null,
	};
}

function isAboutRecipient(fields: readonly HeaderField[]): boolean {
	return fields.some(
		({ name }) => name === 'final-recipient' || name === 'original-recipient' || name === 'action',
	);
}

function toRecipient(fields: readonly HeaderField[]): BouncedRecipient {
	const diagnostic = typedField(fields, 'diagnostic-code');
	const status = statusOf(field(fields, 'status') ?? '') ?? statusOf(diagnostic ?? '');
	const written = (field(fields, 'action') ?? '').toLowerCase().split(/[\s(]/)[0] ?? '';
	const action = ACTIONS.find((one) => one === written) ?? actionOf(status);
	const address = addressField(fields, 'final-recipient') ?? addressField(fields, 'x-actual-recipient');
	const original = addressField(fields, 'original-recipient');
	return {
		address: address ?? original,
		originalAddress: original === address ? null : original,
		action,
		status,
		diagnostic,
		remoteServer: typedField(fields, 'remote-mta'),
		permanent: isPermanent(action, status, diagnostic),
	};
}

function statusOf(text: string): string | null {
	return /(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)/.exec(text)?.[1] ?? null;
}

function actionOf(status: string | null): BouncedRecipient['action'] {
	if (status?.startsWith('2')) return 'delivered';
	return status?.startsWith('4') ? 'delayed' : 'failed';
}

/** The server's own reply counts for more than the summary 5.0.0 that some reports put in front of it. */
function isPermanent(
	action: BouncedRecipient['action'],
	status: string | null,
	diagnostic: string | null,
): boolean {
	if (action !== 'failed') return false;
	const said = diagnostic ?? '';
	if (FULL.test(said)) return false;
	const known = status !== null && status !== '5.0.0' ? status : statusOf(said);
	if (known !== null)
		return known.startsWith('5') && (!PASSING.test(known) || (known.startsWith('5.4.') && GONE.test(said)));
	return /(?:^|\s)([45])\d\d[ -]/.exec(said)?.[1] !== '4';
}

export function typeOf(recipients: readonly BouncedRecipient[]): Bounce['type'] {
	if (recipients.some(({ permanent }) => permanent)) return 'hard';
	return recipients.some(({ action }) => action === 'failed' || action === 'delayed') ? 'soft' : 'none';
}

/** Some reports carry nothing of the original, but answer it. */
function idOfReference({ headers }: TextEvidence): string | null {
	return /<[^<>\s]+>/.exec(first(headers, 'in-reply-to') || first(headers, 'references'))?.[0] ?? null;
}

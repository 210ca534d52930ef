/** What became of a message, for each recipient and as a whole. */
import { MailError } from '../errors';

/**
 * - `accepted`: by the server, for every recipient.
 * - `partial`: for some; the others were refused.
 * - `refused`: for nobody, and surely so.
 * - `unknown`: the line was lost after the message had been handed over. Never repeated by itself.
 */
export type SendOutcome = 'accepted' | 'partial' | 'refused' | 'unknown';

export interface RecipientResult {
	address: string;
	status: 'accepted' | 'refused' | 'unknown';
	/** SMTP reply code; null when the server said nothing. */
	code: string | null;
	/** RFC 3463. */
	enhancedCode: string | null;
	/** The server's words. */
	text: string;
	/** Whether trying again is pointless. */
	permanent: boolean;
	/** What to do about a refusal. */
	nextStep: string | null;
}

/** Recipients named in an error; the item has them all. */
const MAX_NAMED = 10;

export function refusedResult(address: string, error: MailError): RecipientResult {
	return {
		address,
		status: error.code === 'UNKNOWN' ? 'unknown' : 'refused',
		code: error.reply?.code ?? null,
		enhancedCode: error.reply?.enhancedCode ?? null,
		text: error.reply?.text ?? error.message,
		permanent: !['transient', 'limit', 'throttled'].includes(error.retry),
		nextStep: error.nextStep ?? null,
	};
}

/**
 * The outcome, and the error that tells of what was not accepted.
 *
 * @param errors of the recipients that were not accepted, each once
 */
export function errorOf(
	recipients: readonly RecipientResult[],
	errors: readonly MailError[],
): { outcome: SendOutcome; error: MailError | null } {
	const outcome = outcomeOf(recipients);
	// What nobody knows comes first. Where one refusal may pass and another may not, the one that may is worth acting on.
	const error =
		errors.find(({ code }) => code === 'UNKNOWN') ??
		errors.find(({ retry }) => retry !== 'permanent') ??
		errors[0];
	if (outcome === 'accepted' || !error) return { outcome, error: null };
	return {
		outcome,
		error: recipients.length > 1 && error.code === 'REFUSED' ? together(recipients, error) : error,
	};
}

function outcomeOf(recipients: readonly RecipientResult[]): SendOutcome {
	if (recipients.some(({ status }) => status === 'unknown')) return 'unknown';
	const count = recipients.filter(({ status }) => status === 'accepted').length;
	if (count === recipients.length) return 'accepted';
	return count > 0 ? 'partial' : 'refused';
}

/** One error for several recipients: how many, which, and each one's answer. */
function together(recipients: readonly RecipientResult[], error: MailError): MailError {
	const refused = recipients.filter(({ status }) => status === 'refused');
	if (new Set(refused.map(({ text }) => text)).size === 1 && refused.length === recipients.length)
		return error;
	const named = refused.slice(0, MAX_NAMED).map(({ address, text }) => `${address}: ${text}`);
	const more = refused.length > MAX_NAMED ? [`and ${refused.length - MAX_NAMED} more`] : [];
	return new MailError(
		'REFUSED',
		`The mail server refused ${refused.length} of ${recipients.length} recipients. ${error.message}`,
		{
			retry: error.retry,
			side: 'smtp',
			reply: { ...error.reply, text: [...named, ...more].join('\n') },
			...(error.nextStep !== undefined && { nextStep: error.nextStep }),
			...(error.url !== undefined && { url: error.url }),
			...(error.diagnosis && { diagnosis: error.diagnosis }),
		},
	);
}

/** Servers name the message in their last answer, each in its own way. */
export function queueIdOf(response: string): string | null {
	const match = /queued as ([\w.-]+)|\bid=([\w.-]+)|<([^<>\s]+)> Queued/i.exec(response);
	return match?.[1] ?? match?.[2] ?? match?.[3] ?? null;
}

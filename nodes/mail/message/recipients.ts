/** Who gets the mail: the rules that stand above what an item asks for. */
import { MailError } from '../errors';
import type { HeaderField } from './headers';

const MAX_SHOWN_RECIPIENTS = 50;

/** Patterns and addresses allowed as recipients; empty allows everybody. */
export type AllowList = readonly string[];

/**
 * Refuses recipients that the list does not name.
 *
 * @param allowed full addresses, or `@example.com` / `*@example.com` for a whole domain; case does not matter
 * @throws MailError `ADDRESS` naming who is not allowed; nothing is sent to anybody then
 */
export function checkAllowed(recipients: readonly string[], allowed: AllowList): void {
	const patterns = allowed.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
	if (patterns.length === 0) return;
	const refused = recipients.filter((address) => {
		const lower = address.toLowerCase();
		const domain = lower.slice(lower.lastIndexOf('@'));
		return !patterns.some((pattern) => pattern === lower || pattern.replace(/^\*/, '') === domain);
	});
	if (refused.length === 0) return;
	throw new MailError(
		'ADDRESS',
		`The mail may not be sent to ${refused.slice(0, 10).join(', ')}${refused.length > 10 ? ' and others' : ''}.`,
		{
			nextStep:
				'The option "Allowed Recipients" names who may get mail from this node; add them there if they should.',
		},
	);
}

/** Keeps who would have got a mail that goes to somebody else for a test: To and Cc stay too, only the envelope changes. */
export function redirectHeaders(original: readonly string[]): HeaderField[] {
	const shown = original.slice(0, MAX_SHOWN_RECIPIENTS).join(', ');
	return [{ name: 'X-Mailroom-Redirected-From', value: shown }];
}

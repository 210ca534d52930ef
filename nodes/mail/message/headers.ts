/** Header fields that a workflow adds of its own, and those behind options. Nothing in them can begin another field. */
import { MailError } from '../errors';

export interface HeaderField {
	name: string;
	value: string;
}

export type Priority = 'high' | 'normal' | 'low';

/** How a reader leaves a list (RFC 2369), and whether the URL does it at once by POST (RFC 8058). */
export interface Unsubscribe {
	email?: string;
	url?: string;
	oneClick?: boolean;
}

/** RFC 5322 §2.1.1 allows 998 bytes a line; a word is never broken, so it has to fit with the field's name. */
export const MAX_WORD_LENGTH = 900;
/** All of a field; what is longer belongs into the message. */
const MAX_VALUE_LENGTH = 20_000;
const MAX_NAME_LENGTH = 70;
const MAX_FIELDS = 100;

/** Fields made from the other parameters, or that only servers write; twice in a mail they contradict each other. */
const RESERVED = new Set(
	`from to cc bcc subject date message-id mime-version sender return-path received reply-to in-reply-to references
	content-type content-transfer-encoding content-disposition content-id content-description
	dkim-signature arc-seal arc-message-signature arc-authentication-results authentication-results`.split(/\s+/),
);

/** Reserved fields that a workflow may well set, because the parameter for them is another operation's. */
const ALLOWED_ANYWAY = new Set(['in-reply-to', 'references', 'sender']);

/**
 * Checks fields that a workflow adds.
 *
 * @throws MailError `MESSAGE` naming the field
 */
export function checkHeaders(fields: readonly HeaderField[]): HeaderField[] {
	if (fields.length > MAX_FIELDS)
		throw new MailError(
			'MESSAGE',
			`The mail has ${fields.length} extra headers; at most ${MAX_FIELDS} are sent.`,
		);
	return fields.map(({ name, value }) => {
		const key = name.trim();
		if (!/^[!-9;-~]+$/.test(key) || key.length > MAX_NAME_LENGTH)
			throw unusable(name, 'its name may have letters, digits and hyphens only');
		const lower = key.toLowerCase();
		if (RESERVED.has(lower) && !ALLOWED_ANYWAY.has(lower))
			throw unusable(key, 'the mail has this header already, made from the other fields of the node');
		const text = value.trim();
		checkLine(text, `header "${key}"`);
		if (text.length > MAX_VALUE_LENGTH)
			throw unusable(key, `it is longer than ${MAX_VALUE_LENGTH} characters`);
		if (longestWord(text) > MAX_WORD_LENGTH)
			throw unusable(
				key,
				`it has a word of more than ${MAX_WORD_LENGTH} characters, which no line of a mail can hold`,
			);
		return { name: key, value: text };
	});
}

/** Adds fields of ours, but those that the workflow has written itself: twice in a mail they contradict each other. */
export function besides(given: readonly HeaderField[], ours: readonly HeaderField[]): HeaderField[] {
	const names = new Set(given.map(({ name }) => name.trim().toLowerCase()));
	return [...given, ...ours.filter(({ name }) => !names.has(name.toLowerCase()))];
}

/** @throws MailError `MESSAGE` when text meant for one line holds several */
export function checkLine(text: string, what: string): void {
	if (typeof text !== 'string') throw new TypeError(`The ${what} is text`);
	if (!/[\r\n\u0000]/.test(text)) return;
	throw new MailError('MESSAGE', `The ${what} has a line break, which could add headers to the mail.`, {
		nextStep: 'Remove line breaks there, in an expression for example with .replace(/\\s+/g, " ").',
	});
}

export function longestWord(text: string): number {
	return Math.max(0, ...text.split(/[ \t]+/).map((word) => Buffer.byteLength(word)));
}

export function priorityHeaders(priority: Priority | undefined): HeaderField[] {
	if (priority === undefined || priority === 'normal') return [];
	const [number, word] = priority === 'high' ? ['1 (Highest)', 'High'] : ['5 (Lowest)', 'Low'];
	return [
		{ name: 'X-Priority', value: number },
		{ name: 'X-MSMail-Priority', value: word },
		{ name: 'Importance', value: word },
	];
}

/** @throws MailError `MESSAGE` for an address or URL that cannot be used */
export function unsubscribeHeaders(unsubscribe: Unsubscribe | undefined): HeaderField[] {
	const { email = '', url = '', oneClick = false } = unsubscribe ?? {};
	const ways: string[] = [];
	if (url.trim() !== '') ways.push(`<${webAddress(url.trim(), oneClick)}>`);
	if (email.trim() !== '') {
		if (!/^[^\s<>,"]+@[^\s<>,"]+$/.test(email.trim()))
			throw unusable('List-Unsubscribe', `${shown(email)} is no e-mail address`);
		ways.push(`<mailto:${email.trim()}>`);
	}
	if (ways.length === 0) {
		if (oneClick) throw unusable('List-Unsubscribe', 'one-click needs the URL that takes the request');
		return [];
	}
	const fields = [{ name: 'List-Unsubscribe', value: ways.join(', ') }];
	if (oneClick) {
		if (url.trim() === '')
			throw unusable('List-Unsubscribe', 'one-click needs the URL that takes the request');
		fields.push({ name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' });
	}
	return fields;
}

function webAddress(text: string, oneClick: boolean): string {
	const url = URL.canParse(text) ? new URL(text) : null;
	const fits = url && (url.protocol === 'https:' || (url.protocol === 'http:' && !oneClick));
	if (!fits || /[<>\s,]/.test(url.href) || url.href.length > MAX_WORD_LENGTH)
		throw unusable('List-Unsubscribe', `${shown(text)} is no ${oneClick ? 'https' : 'web'} address`);
	return url.href;
}

function unusable(name: string, why: string): MailError {
	return new MailError('MESSAGE', `The header ${shown(name)} cannot be sent: ${why}.`, {
		nextStep: 'Correct it under "Custom Headers" or the option it belongs to.',
	});
}

function shown(text: string): string {
	return JSON.stringify(text.slice(0, 80));
}

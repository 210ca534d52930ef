/** What a reply or a forwarded mail takes over from the original: recipients, subject, conversation, quotation. */
import { MailError } from '../errors';
import type { Automatic, AutomaticKind } from './meaning';
import type { Address, ParsedMail } from './parsed';

/** Longest text or HTML that is quoted; a longer one is left out, with a word about it. */
export const MAX_QUOTE_LENGTH = 400_000;
const TOO_LONG = '[The original message is too long to be quoted.]';

/** What programs in many languages put before the subject of an answer or a forwarded mail. */
const REPLY_PREFIX = /^\s*(?:re|aw|antw|sv|vs|odp|rif|r|ref|回复|答复|回覆)\s*(?:\[\d+\])?\s*[:：]/i;
const FORWARD_PREFIX = /^\s*(?:fwd?|wg|tr|vb|vl|enc|i|rv|pd|转发|轉寄)\s*[:：]/i;

export function replySubject(subject: string): string {
	return REPLY_PREFIX.test(subject) ? subject.trim() : `Re: ${subject}`.trim();
}

export function forwardSubject(subject: string): string {
	return FORWARD_PREFIX.test(subject) ? subject.trim() : `Fwd: ${subject}`.trim();
}

/** RFC 5322 §3.6.4: what the answer belongs to. */
export function threadOf(original: ParsedMail): { inReplyTo?: string; references: string[] } {
	const { messageId, references, inReplyTo } = original;
	const before = references.length > 0 ? references : inReplyTo === null ? [] : [inReplyTo];
	if (messageId === null) return { references: before };
	return { inReplyTo: messageId, references: [...before.filter((id) => id !== messageId), messageId] };
}

/**
 * Who gets the answer: Reply-To where the sender gave one (RFC 5322 §3.6.2), else From; with `all`, also everybody else
 * but ourselves. An answer to our own mail goes to those it went to.
 *
 * @param own our addresses, which get no copy
 * @throws MailError `ADDRESS` when the original names nobody
 */
export function answerTo(
	original: ParsedMail,
	all: boolean,
	own: readonly string[],
): { to: Address[]; cc: Address[] } {
	const isOwn = ({ address }: Address) => own.some((mine) => mine.toLowerCase() === address.toLowerCase());
	const known = (list: readonly Address[]) => list.filter(({ address }) => address !== '');
	const sender = known(original.replyTo.length > 0 ? original.replyTo : original.from);
	const toOthers = sender.every(isOwn) ? known(original.to) : sender;
	if (toOthers.length === 0) {
		throw new MailError('ADDRESS', 'The original message names nobody to answer: it has no sender.', {
			nextStep: 'Use the operation Send and fill in "To Email".',
		});
	}
	if (!all) return { to: toOthers, cc: [] };
	const others = (list: readonly Address[]) => known(list).filter((entry) => !isOwn(entry));
	const to = unique([...toOthers, ...others(original.to)]);
	const inTo = new Set(to.map(({ address }) => address.toLowerCase()));
	return { to, cc: unique(others(original.cc)).filter(({ address }) => !inTo.has(address.toLowerCase())) };
}

function unique(list: readonly Address[]): Address[] {
	const seen = new Map<string, Address>();
	for (const entry of list) {
		const key = entry.address.toLowerCase();
		if (!seen.has(key)) seen.set(key, entry);
	}
	return [...seen.values()];
}

/** Marks what this account answered by itself, so that it knows its own mail again. */
export const LOOP_HEADER = 'X-Loop';

const WHAT_SENT_IT: Record<AutomaticKind, string> = {
	bounce: 'it is a report that a mail was not delivered',
	complaint: 'it is a report about mail that was marked as spam',
	receipt: 'it is a receipt',
	loop: 'a program that answers mail has sent it, so answering may go round in circles',
	vacation: 'it is an automatic answer itself',
	list: 'it comes from a mailing list',
	bulk: 'it is a newsletter or a notification',
	other: 'a program has sent it',
};

/**
 * Why a program should not answer this mail (RFC 3834 §2): the answer would go to a program, which may answer in turn.
 *
 * @param own our addresses
 * @returns null when it may
 */
export function reasonNotToAnswer(original: ParsedMail, own: readonly string[]): string | null {
	const marks = (original.headers[LOOP_HEADER.toLowerCase()] ?? []).map((mark) => mark.trim().toLowerCase());
	if (own.some((mine) => marks.includes(mine.toLowerCase())))
		return 'this account has sent it, so answering would go round in circles';
	const { automatic } = original;
	if (automatic === null || isPassedOn(original, automatic)) return null;
	return `${WHAT_SENT_IT[automatic.kind]} (${automatic.reason.replace(/\.$/, '')})`;
}

/** Whether a program only passes on what a person wrote, such as a form of a web site: the answer goes to that person. */
function isPassedOn({ from, replyTo, headers }: ParsedMail, { kind }: Automatic): boolean {
	const fromServer =
		(headers['return-path'] ?? []).some((path) => path.trim() === '<>') ||
		from.some(({ address }) => /^(?:mailer-daemon|postmaster)@/i.test(address));
	if (kind !== 'other' || fromServer) return false;
	const senders = from.map(({ address }) => address.toLowerCase());
	return replyTo.some(({ address }) => address !== '' && !senders.includes(address.toLowerCase()));
}

export interface Quotation {
	text: string;
	html: string;
}

/** The original below an answer. */
export function quote(original: ParsedMail): Quotation {
	const sender = original.from[0];
	const who = sender ? nameOf(sender) : 'somebody';
	const line = `On ${dateOf(original)}, ${who} wrote:`;
	const text = tooLong(original.text) ? TOO_LONG : original.text.trimEnd();
	const quoted = text
		.split(/\r?\n/)
		.map((each) => (each.startsWith('>') ? `>${each}` : `> ${each}`.trimEnd()))
		.join('\n');
	return {
		text: `${line}\n${quoted}`,
		html: `<div>${escapeHtml(line)}</div><blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">${htmlOf(original)}</blockquote>`,
	};
}

/** The original below a few words, as mail programs forward it. */
export function forwarded(original: ParsedMail): Quotation {
	const list = (addresses: readonly Address[]) => addresses.map(nameOf).join(', ');
	const fields = [
		['From', list(original.from)],
		['Date', dateOf(original)],
		['Subject', original.subject],
		['To', list(original.to)],
		['Cc', list(original.cc)],
	].filter(([, value]) => value !== '');
	const title = '---------- Forwarded message ----------';
	const text = tooLong(original.text) ? TOO_LONG : original.text.trimEnd();
	return {
		text: [title, ...fields.map(([name, value]) => `${name}: ${value}`), '', text].join('\n'),
		html: `<div>${[title, ...fields.map(([name, value]) => `<b>${name}:</b> ${escapeHtml(value ?? '')}`)].join('<br>')}</div><br>${htmlOf(original)}`,
	};
}

function tooLong(text: string): boolean {
	return text.length > MAX_QUOTE_LENGTH;
}

/** The original's HTML without the frame of its document, or its text as HTML. */
function htmlOf(original: ParsedMail): string {
	const { html, text } = original;
	if (html === null || tooLong(html)) return tooLong(text) ? TOO_LONG : textToHtml(text.trimEnd());
	const body = ['head', 'script'].reduce(withoutElement, html);
	// No tag within a tag and a bounded length, since the HTML comes from strangers and may have been made to be slow.
	return body.replace(/<!doctype[^<>]{0,500}>|<\?xml[^<>]{0,500}>|<\/?(?:html|body)\b[^<>]{0,2000}>/gi, '');
}

/** Cuts out every element of this name; one without an end reaches to the end of the text. */
function withoutElement(html: string, name: string): string {
	const lower = html.toLowerCase();
	const kept: string[] = [];
	let from = 0;
	for (;;) {
		const start = lower.indexOf(`<${name}`, from);
		if (start < 0) return kept.join('') + html.slice(from);
		const after = lower.charAt(start + name.length + 1);
		if (!/[\s/>]/.test(after)) {
			kept.push(html.slice(from, start + 1));
			from = start + 1;
			continue;
		}
		kept.push(html.slice(from, start));
		const close = lower.indexOf(`</${name}`, start);
		const end = close < 0 ? -1 : lower.indexOf('>', close);
		if (end < 0) return kept.join('');
		from = end + 1;
	}
}

export function textToHtml(text: string): string {
	return escapeHtml(text).replace(/\r?\n/g, '<br>\n');
}

export function escapeHtml(text: string): string {
	return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function nameOf({ name, address }: Address): string {
	return name ? `${name} <${address}>` : address;
}

function dateOf({ date }: ParsedMail): string {
	return date ? date.toUTCString().replace('GMT', 'UTC') : 'an unknown day';
}

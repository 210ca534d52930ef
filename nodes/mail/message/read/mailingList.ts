/** What a mailing list says of itself (RFC 2369, RFC 2919, RFC 8058). */
import type { MailingList } from '../meaning';
import { first, type Headers } from './headerFields';

/** Longest URL that is taken from a header. */
const MAX_URL = 2_000;

export function mailingListOf(headers: Headers): MailingList | null {
	const written = first(headers, 'list-id');
	const unsubscribe = urlsIn(first(headers, 'list-unsubscribe'));
	if (written === '' && unsubscribe.length === 0) return null;
	const bracketed = /<([^<>]+)>/.exec(written)?.[1]?.trim();
	const name =
		bracketed === undefined ? '' : written.replace(/<[^<>]*>/, '').replace(/^[\s"']+|[\s"']+$/g, '');
	const unsubscribeUrl = unsubscribe.find((url) => /^https?:/i.test(url)) ?? null;
	const id = bracketed ?? written.trim();
	return {
		id: id === '' ? null : id,
		name: name === '' ? null : name,
		unsubscribeUrl,
		unsubscribeMail: unsubscribe.find((url) => /^mailto:/i.test(url)) ?? null,
		oneClick:
			/^https:/i.test(unsubscribeUrl ?? '') &&
			/^\s*List-Unsubscribe\s*=\s*One-Click\s*$/i.test(first(headers, 'list-unsubscribe-post')),
	};
}

function urlsIn(field: string): string[] {
	// RFC 2369 §2 wants brackets; some senders know no better than a bare address.
	if (/^\s*(?:https?|mailto):[^\s<>,]+\s*$/i.test(field)) return [field.trim()].filter(isShort);
	return [...field.matchAll(/<\s*([^<>]+?)\s*>/g)]
		.map((match) => (match[1] ?? '').replace(/\s+/g, ''))
		.filter(isShort);
}

const isShort = (url: string): boolean => url.length <= MAX_URL;

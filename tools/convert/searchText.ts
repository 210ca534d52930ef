/** The search of n8n's node, an array in the way of node-imap, as IMAP's own language (RFC 3501 §6.4.4). */

const FLAGS = new Set(
	'ALL ANSWERED DELETED DRAFT FLAGGED NEW OLD RECENT SEEN UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNSEEN'.split(
		' ',
	),
);
const TEXTS = new Set('BCC BODY CC FROM SUBJECT TEXT TO'.split(' '));
const WORDS = new Set('KEYWORD UNKEYWORD'.split(' '));
const DATES = new Set('BEFORE ON SINCE SENTBEFORE SENTON SENTSINCE'.split(' '));
const NUMBERS = new Set('LARGER SMALLER'.split(' '));
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** @throws Error naming a criterion that cannot be expressed */
export function searchText(criteria: unknown): string {
	if (!Array.isArray(criteria)) throw new Error('it is not a list');
	const keys = criteria.map(keyText);
	return keys.length === 0 ? 'ALL' : keys.join(' ');
}

function keyText(criterion: unknown): string {
	const [first, ...rest] = [criterion].flat() as unknown[];
	if (typeof first !== 'string') throw new Error(`${JSON.stringify(criterion)} has no name`);
	if (first.startsWith('!')) return `NOT ${keyText([first.slice(1), ...rest])}`;
	const name = first.toUpperCase();
	const [value, second] = rest;
	if (FLAGS.has(name) && rest.length === 0) return name;
	if (TEXTS.has(name)) return `${name} ${quoted(value)}`;
	if (WORDS.has(name) && /^[^\s(){%*"\\\]]+$/.test(String(value))) return `${name} ${String(value)}`;
	if (NUMBERS.has(name) && /^\d+$/.test(String(value))) return `${name} ${String(value)}`;
	if (name === 'UID' && /^[\d:*,]+$/.test(String(value))) return `UID ${String(value)}`;
	if (name === 'HEADER' && rest.length === 2) return `HEADER ${quoted(value)} ${quoted(second)}`;
	if (name === 'OR' && rest.length === 2) return `OR ${keyText(value)} ${keyText(second)}`;
	if (DATES.has(name)) return `${name} ${dateText(value)}`;
	throw new Error(`${JSON.stringify(criterion)} is not known`);
}

function quoted(value: unknown): string {
	if (typeof value !== 'string' || /[\r\n]/.test(value))
		throw new Error(`${JSON.stringify(value)} is no text`);
	return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** As it is written, whatever zone this runs in. */
function dateText(value: unknown): string {
	const date = new Date(String(value));
	if (Number.isNaN(date.getTime())) throw new Error(`${JSON.stringify(value)} is no date`);
	// A date alone is read as UTC, all others in the local zone.
	const isUtc = /^\d{4}-\d{2}-\d{2}(?:$|.*Z$)/.test(String(value));
	const [day, month, year] = isUtc
		? [date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear()]
		: [date.getDate(), date.getMonth(), date.getFullYear()];
	return `${day}-${MONTHS[month] ?? ''}-${year}`;
}

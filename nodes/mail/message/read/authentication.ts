/**
 * What the user's own mail server found out about the sender: Authentication-Results (RFC 8601). Anybody can write such
 * a field into a mail, so only that of a server the user names counts, and only the topmost of its fields: servers add
 * theirs on top, and remove those that arrive under their own name (RFC 8601 §5).
 */
import type { Authentication, Verdict } from '../meaning';

/** Results of one method that are read. */
const MAX_RESULTS = 20;
/** Microsoft 365 leaves out its name, against RFC 8601 §2.2; by this one users say that they mean it. */
const MICROSOFT = 'protection.outlook.com';
const METHODS = /^(dkim|spf|dmarc)(?:\/\d+)?$/;

/**
 * @param fields values of all Authentication-Results fields, topmost first
 * @param trusted names of servers (authserv-id), compared without regard to case; `protection.outlook.com` for the
 *   fields without a name that Microsoft 365 writes
 * @returns null when none of these servers has said anything
 */
export function authenticationOf(
	fields: readonly string[],
	trusted: readonly string[],
): Authentication | null {
	const names = new Set(trusted.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''));
	if (names.size === 0) return null;
	for (const field of fields) {
		const [server = '', ...results] = withoutComments(field).split(';');
		if (names.has(MICROSOFT) && /^\s*(?:spf|dkim|dmarc|compauth)=/i.test(server))
			return summarize(MICROSOFT, [server, ...results]);
		// The name may be followed by the version of the field.
		const id = server.trim().split(/\s+/)[0] ?? '';
		if (names.has(id.toLowerCase())) return summarize(id, results);
	}
	return null;
}

function summarize(server: string, results: readonly string[]): Authentication {
	const found: { dkim: Verdict[]; spf: Verdict[]; dmarc: Verdict[] } = { dkim: [], spf: [], dmarc: [] };
	for (const result of results.slice(0, MAX_RESULTS * 3)) {
		const [head = '', ...properties] = result.trim().split(/\s+/);
		const [method = '', verdict = ''] = head.toLowerCase().split('=');
		const known = METHODS.exec(method)?.[1] as 'dkim' | 'spf' | 'dmarc' | undefined;
		if (known === undefined || verdict === '') continue;
		const property = (name: string) =>
			properties.find((entry) => entry.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
		const written = {
			dkim: ['header.d', 'header.i'],
			spf: ['smtp.mailfrom', 'smtp.helo'],
			dmarc: ['header.from'],
		}[known];
		const value = written.map(property).find((text) => text !== '') ?? '';
		const domain = value
			.replace(/^["<]+|[">]+$/g, '')
			.replace(/^.*@/, '')
			.toLowerCase();
		if (found[known].length < MAX_RESULTS)
			found[known].push({ result: verdict, domain: domain === '' ? null : domain });
	}
	return { server, dkim: found.dkim, spf: found.spf[0] ?? null, dmarc: found.dmarc[0] ?? null };
}

/**
 * Comments, and addresses in quotes, are in the hands of the sender and may look like results of their own: comments go,
 * and what separates results is taken out of quotes.
 */
function withoutComments(field: string): string {
	let depth = 0;
	let quoted = false;
	let text = '';
	for (const character of field.slice(0, 20_000)) {
		if (quoted || depth === 0) {
			if (character === '"') quoted = !quoted;
			else if (character === '(' && !quoted) {
				depth = 1;
				continue;
			}
			text += quoted && /[;=\s]/.test(character) ? '_' : character;
		} else if (character === '(') depth++;
		else if (character === ')') depth--;
	}
	return text;
}

/** The value of ENVELOPE (RFC 3501 §7.4.2): the header fields that say who wrote what to whom. */
import addressparser from 'nodemailer/lib/addressparser';
import { headerField } from './mime';
import { join, list, nstring } from './wire';

type Parsed = ReturnType<typeof addressparser>[number];

function oneAddress(name: string | undefined, address = ''): Buffer {
	const at = address.lastIndexOf('@');
	const [local, host] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)];
	return list([nstring(name || null), 'NIL', nstring(local), nstring(host)]);
}

/** A group is its name, its members and an end mark (RFC 3501 §7.4.2). */
function flatten(parsed: Parsed): Buffer[] {
	if (!('group' in parsed) || !parsed.group) return [oneAddress(parsed.name, parsed.address)];
	const name = list(['NIL', 'NIL', nstring(parsed.name), 'NIL']);
	return [name, ...parsed.group.flatMap(flatten), Buffer.from('(NIL NIL NIL NIL)')];
}

function addresses(value: string | undefined): Buffer {
	const found = value === undefined ? [] : addressparser(value).flatMap(flatten);
	return found.length === 0 ? Buffer.from('NIL') : join('(', ...found, ')');
}

export function envelope(header: string): Buffer {
	const field = (name: string): string | undefined => headerField(header, name);
	const from = field('from');
	return list([
		nstring(field('date')),
		nstring(field('subject')),
		addresses(from),
		addresses(field('sender') ?? from),
		addresses(field('reply-to') ?? from),
		...['to', 'cc', 'bcc'].map((name) => addresses(field(name))),
		nstring(field('in-reply-to')),
		nstring(field('message-id')),
	]);
}

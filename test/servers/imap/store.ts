import { EventEmitter } from 'node:events';
import type { TestUser } from '../local';

const FIRST_UID_VALIDITY = 1_700_000_000;

/** A message in the memory of the embedded server. */
export interface StoredMessage {
	readonly uid: number;
	readonly raw: Buffer;
	readonly internalDate: Date;
	/** System flags and keywords, e.g. `\Seen` or `$Done`. Change them with `Mailbox.setFlags`. */
	readonly flags: Set<string>;
	/** Counts changes of the flags, so that each session knows what it has not told yet. */
	version: number;
	removed: boolean;
}

export interface NewMessage {
	raw: Buffer;
	flags?: Iterable<string>;
	internalDate?: Date;
	/** For tests of servers that show UIDs late or with gaps; default: the next one. */
	uid?: number;
}

/** System flags may be written in any case (RFC 3501 §9); keywords keep theirs. */
export function normalFlag(flag: string): string {
	const known = ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'];
	return known.find((name) => name.toLowerCase() === flag.toLowerCase()) ?? flag;
}

/** One mailbox. Emits `change` after every change, for sessions that have it selected. */
export class Mailbox extends EventEmitter {
	uidNext = 1;
	subscribed = true;
	deleted = false;
	/** Counts changes of any kind. */
	version = 0;
	messages: StoredMessage[] = [];

	constructor(
		public name: string,
		public uidValidity: number,
		readonly specialUse?: string,
	) {
		super();
		this.setMaxListeners(0);
	}

	add(message: NewMessage): StoredMessage {
		const uid = message.uid ?? this.uidNext;
		this.uidNext = Math.max(this.uidNext, uid + 1);
		const stored: StoredMessage = {
			uid,
			raw: message.raw,
			internalDate: message.internalDate ?? new Date(),
			flags: new Set([...(message.flags ?? [])].map(normalFlag)),
			version: 0,
			removed: false,
		};
		const last = this.messages[this.messages.length - 1];
		this.messages.push(stored);
		if (last && last.uid > uid) this.messages.sort((a, b) => a.uid - b.uid);
		this.changed();
		return stored;
	}

	remove(messages: Iterable<StoredMessage>): void {
		for (const message of messages) message.removed = true;
		this.messages = this.messages.filter((message) => !message.removed);
		this.changed();
	}

	setFlags(message: StoredMessage, flags: Iterable<string>): void {
		const wanted = [...flags].map(normalFlag);
		message.flags.clear();
		for (const flag of wanted) message.flags.add(flag);
		message.version++;
		this.changed();
	}

	/** As after a server was restored from a backup: same mail, other numbers. */
	resetUidValidity(uidValidity = this.uidValidity + 1): void {
		this.uidValidity = uidValidity;
		this.messages = this.messages.map((message, index) => ({ ...message, uid: index + 1 }));
		this.uidNext = this.messages.length + 1;
		this.changed();
	}

	changed(): void {
		this.version++;
		this.emit('change');
	}
}

/** `INBOX` in any case is the same mailbox (RFC 3501 §5.1). */
function mailboxKey(name: string): string {
	return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}

/** One user with mailboxes; the names are in their form on the wire (modified UTF-7). */
export class Account {
	readonly mailboxes = new Map<string, Mailbox>();
	private nextUidValidity = FIRST_UID_VALIDITY;

	constructor(
		readonly user: string,
		public password: string,
	) {
		this.create('INBOX');
		for (const role of ['Drafts', 'Sent', 'Trash', 'Archive', 'Junk']) this.create(role, `\\${role}`);
	}

	find(name: string): Mailbox | undefined {
		return this.mailboxes.get(mailboxKey(name));
	}

	/** @returns undefined when there is one of this name already */
	create(name: string, specialUse?: string): Mailbox | undefined {
		if (this.find(name)) return undefined;
		const mailbox = new Mailbox(mailboxKey(name), this.nextUidValidity++, specialUse);
		this.mailboxes.set(mailbox.name, mailbox);
		return mailbox;
	}

	delete(name: string): boolean {
		const mailbox = this.find(name);
		if (!mailbox || mailbox.name === 'INBOX') return false;
		this.mailboxes.delete(mailbox.name);
		mailbox.deleted = true;
		mailbox.changed();
		return true;
	}

	/** Renames a mailbox and those below it. */
	rename(from: string, to: string): boolean {
		const mailbox = this.find(from);
		if (!mailbox || mailbox.name === 'INBOX' || this.find(to)) return false;
		for (const each of [...this.mailboxes.values()]) {
			if (each.name !== from && !each.name.startsWith(`${from}/`)) continue;
			this.mailboxes.delete(each.name);
			each.name = to + each.name.slice(from.length);
			this.mailboxes.set(each.name, each);
		}
		return true;
	}
}

/** All users of one embedded server. */
export class MailStore {
	private readonly accounts = new Map<string, Account>();

	constructor(users: TestUser[]) {
		for (const { user, password } of users)
			this.accounts.set(user.toLowerCase(), new Account(user, password));
	}

	account(user: string): Account | undefined {
		return this.accounts.get(user.toLowerCase());
	}

	/** @returns the account when the password is right */
	login(user: string, password: string): Account | undefined {
		const account = this.account(user);
		return account?.password === password ? account : undefined;
	}
}

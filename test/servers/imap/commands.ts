/** The commands of the embedded IMAP server that concern the session and its mailboxes. */
import { messageCommands } from './messageCommands';
import type { Session } from './session';
import type { Account, Mailbox } from './store';
import { Answer, type Command, itemsOf, join, list, nstring, textOf } from './wire';

/** Carries out a command. @returns the text of OK (default: "… completed"); throws `Answer` for NO and BAD */
export type Handler = (
	session: Session,
	command: Command,
) => string | undefined | Promise<string | undefined>;

const STATUS_ITEMS: Record<string, (mailbox: Mailbox) => number> = {
	MESSAGES: (mailbox) => mailbox.messages.length,
	RECENT: () => 0,
	UIDNEXT: (mailbox) => mailbox.uidNext,
	UIDVALIDITY: (mailbox) => mailbox.uidValidity,
	UNSEEN: (mailbox) => mailbox.messages.filter((message) => !message.flags.has('\\Seen')).length,
};

export function accountOf(session: Session): Account {
	if (!session.account) throw new Answer('BAD', 'log in first');
	return session.account;
}

/** @returns an argument's text; the command is BAD without it */
export function textArgument(command: Command, index: number): string {
	const text = textOf(command.args[index]);
	if (text === undefined) throw new Answer('BAD', `${command.name} lacks an argument`);
	return text;
}

/** @throws Answer NO, with the code that the command wants for a mailbox that does not exist */
export function mailboxArgument(
	session: Session,
	command: Command,
	index: number,
	code = 'NONEXISTENT',
): Mailbox {
	const name = textArgument(command, index);
	const mailbox = accountOf(session).find(name);
	if (!mailbox) throw new Answer('NO', `[${code}] Mailbox doesn't exist: ${name}`);
	return mailbox;
}

function logIn(session: Session, user: string, password: string): string {
	if (!session.secure && session.server.requireTls) {
		throw new Answer('NO', '[PRIVACYREQUIRED] Log in within TLS only');
	}
	session.account = session.server.store.login(user, password);
	if (!session.account) throw new Answer('NO', '[AUTHENTICATIONFAILED] Authentication failed.');
	return `[CAPABILITY ${session.capabilities().join(' ')}] Logged in`;
}

async function ask(session: Session, prompt: string): Promise<string> {
	session.send(`+ ${Buffer.from(prompt).toString('base64')}\r\n`);
	const line = (await session.nextUnit())?.[0];
	if (line === undefined || line === '*') throw new Answer('BAD', 'authentication cancelled');
	return Buffer.from(String(line), 'base64').toString('utf8');
}

/** AUTHENTICATE PLAIN and LOGIN, with or without an initial response (RFC 4959). */
async function authenticate(session: Session, command: Command): Promise<string> {
	const mechanism = textArgument(command, 0).toUpperCase();
	const initial = textOf(command.args[1]);
	const first = async (prompt: string): Promise<string> =>
		initial === undefined ? await ask(session, prompt) : Buffer.from(initial, 'base64').toString('utf8');
	if (mechanism === 'PLAIN') {
		const [, user = '', password = ''] = (await first('')).split('\0');
		return logIn(session, user, password);
	}
	if (mechanism === 'LOGIN') {
		const user = await first('Username:');
		return logIn(session, user, await ask(session, 'Password:'));
	}
	throw new Answer('NO', `[CANNOT] mechanism ${mechanism} is not offered`);
}

/** SELECT and EXAMINE (RFC 3501 §6.3.1). */
function select(session: Session, command: Command, readOnly: boolean): string {
	session.unselect();
	const mailbox = mailboxArgument(session, command, 0);
	const { rows } = session.select(mailbox, readOnly);
	const unseen = rows.findIndex((row) => !row.message.flags.has('\\Seen'));
	const keywords = mailbox.messages
		.flatMap((message) => [...message.flags])
		.filter((flag) => !flag.startsWith('\\'));
	const flags = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft', ...new Set(keywords)];
	session.send(join('* FLAGS ', list(flags), '\r\n'));
	session.send(join('* OK [PERMANENTFLAGS ', list(readOnly ? [] : [...flags, '\\*']), '] Flags\r\n'));
	session.exists(rows.length);
	session.send('* 0 RECENT\r\n');
	if (unseen >= 0) session.send(`* OK [UNSEEN ${unseen + 1}] First unseen\r\n`);
	session.send(`* OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs valid\r\n`);
	session.send(`* OK [UIDNEXT ${mailbox.uidNext}] Predicted next UID\r\n`);
	return `[${readOnly ? 'READ-ONLY' : 'READ-WRITE'}] ${command.name} completed`;
}

/** LIST and LSUB with `*` and `%` (RFC 3501 §6.3.8). */
function listMailboxes(session: Session, command: Command): undefined {
	const account = accountOf(session);
	const pattern = textArgument(command, 0) + textArgument(command, 1);
	if (pattern === '') {
		session.send(`* ${command.name} (\\Noselect) "/" ""\r\n`);
		return undefined;
	}
	const escaped = pattern
		.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
		.replaceAll('*', '.*')
		.replaceAll('%', '[^/]*');
	const wanted = new RegExp(`^${escaped}$`, pattern.toUpperCase() === 'INBOX' ? 'i' : '');
	for (const mailbox of account.mailboxes.values()) {
		if (!wanted.test(mailbox.name) || (command.name === 'LSUB' && !mailbox.subscribed)) continue;
		const parent = [...account.mailboxes.keys()].some((name) => name.startsWith(`${mailbox.name}/`));
		const attributes = [parent ? '\\HasChildren' : '\\HasNoChildren', mailbox.specialUse ?? ''].filter(
			Boolean,
		);
		session.send(join(`* ${command.name} `, list(attributes), ' "/" ', nstring(mailbox.name), '\r\n'));
	}
	return undefined;
}

function status(session: Session, command: Command): undefined {
	const mailbox = mailboxArgument(session, command, 0);
	const values = itemsOf(command.args[1]).map((item) => {
		const name = (textOf(item) ?? '').toUpperCase();
		const value = STATUS_ITEMS[name];
		if (!value) throw new Answer('BAD', `unknown STATUS item ${name}`);
		return `${name} ${value(mailbox)}`;
	});
	session.send(join('* STATUS ', nstring(mailbox.name), ' ', list(values), '\r\n'));
	return undefined;
}

function subscribe(session: Session, command: Command, subscribed: boolean): undefined {
	mailboxArgument(session, command, 0).subscribed = subscribed;
	return undefined;
}

function close(session: Session, expunge: boolean): undefined {
	if (!session.view) throw new Answer('BAD', 'no mailbox selected');
	const { mailbox, readOnly } = session.view;
	session.unselect();
	if (expunge && !readOnly)
		mailbox.remove(mailbox.messages.filter((message) => message.flags.has('\\Deleted')));
	return undefined;
}

export const commands: Record<string, Handler | undefined> = {
	CAPABILITY: (session) => {
		session.send(`* CAPABILITY ${session.capabilities().join(' ')}\r\n`);
		return undefined;
	},
	NOOP: () => undefined,
	CHECK: () => undefined,
	ID: (session) => {
		session.send('* ID ("name" "embedded")\r\n');
		return undefined;
	},
	LOGOUT: (session) => {
		session.send('* BYE Logging out\r\n');
		return undefined;
	},
	STARTTLS: (session) => {
		if (session.secure) throw new Answer('BAD', 'TLS is active already');
		return 'Begin TLS negotiation now';
	},
	LOGIN: (session, command) => {
		const [user, password] = [textArgument(command, 0), textArgument(command, 1)];
		return logIn(session, Buffer.from(user, 'latin1').toString(), Buffer.from(password, 'latin1').toString());
	},
	AUTHENTICATE: authenticate,
	NAMESPACE: (session) => {
		session.send('* NAMESPACE (("" "/")) NIL NIL\r\n');
		return undefined;
	},
	ENABLE: (session) => {
		session.send('* ENABLED\r\n');
		return undefined;
	},
	SELECT: (session, command) => select(session, command, false),
	EXAMINE: (session, command) => select(session, command, true),
	LIST: listMailboxes,
	LSUB: listMailboxes,
	STATUS: status,
	CREATE: (session, command) => {
		const name = textArgument(command, 0).replace(/\/$/, '');
		if (!accountOf(session).create(name)) throw new Answer('NO', '[ALREADYEXISTS] Mailbox already exists');
		return undefined;
	},
	DELETE: (session, command) => {
		const mailbox = mailboxArgument(session, command, 0);
		if (!accountOf(session).delete(mailbox.name)) throw new Answer('NO', '[CANNOT] INBOX stays');
		return undefined;
	},
	RENAME: (session, command) => {
		const mailbox = mailboxArgument(session, command, 0);
		if (!accountOf(session).rename(mailbox.name, textArgument(command, 1))) {
			throw new Answer('NO', '[ALREADYEXISTS] Mailbox cannot get this name');
		}
		return undefined;
	},
	SUBSCRIBE: (session, command) => subscribe(session, command, true),
	UNSUBSCRIBE: (session, command) => subscribe(session, command, false),
	CLOSE: (session) => close(session, true),
	UNSELECT: (session) => close(session, false),
	IDLE: async (session) => {
		accountOf(session);
		await session.idle();
		return undefined;
	},
	...messageCommands,
};

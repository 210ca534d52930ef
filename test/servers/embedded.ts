import { startSmtpServers, type AcceptedMail, type SmtpFaults } from './embeddedSmtp';
import { testCertificates, type KeyPair } from './certificates';
import { type ImapServer, startImapServer } from './imap/server';
import { type Account, type Mailbox, MailStore } from './imap/store';
import { encodeMailboxName } from './imap/wire';
import { HOST, type TestUser } from './local';
import type { MailServer, StoredMail } from './mailServer';

export interface EmbeddedOptions {
	users: TestUser[];
	/** Default: the valid certificate for localhost and 127.0.0.1. */
	certificate?: KeyPair;
	/** Replaces the IMAP extensions announced, e.g. `[]` for a server without IDLE. */
	imapCapabilities?: string[];
	/** Refuses logins before TLS on the plain ports (default true). */
	requireTls?: boolean;
	/** Largest message accepted, announced as SIZE (default 50 MB). */
	maxMessageBytes?: number;
}

/** SMTP and IMAP servers in this process: what one accepts, the other shows at once. */
export interface EmbeddedServers extends MailServer {
	/** `imap` and `smtp` are plain with STARTTLS, `imaps` and `smtps` TLS from the first byte. */
	readonly ports: { imap: number; imaps: number; smtp: number; smtps: number };
	/** The IMAP side, with its faults and its record of commands. */
	readonly imap: ImapServer;
	readonly smtpFaults: SmtpFaults;
	/** What came in by SMTP, with its envelope, oldest first. */
	readonly accepted: AcceptedMail[];
	/** The same as `fetchAll`, at once, and with the time of arrival. */
	messages(user: string, mailbox?: string): Array<StoredMail & { receivedAt: Date }>;
	/** Direct access to a mailbox: its UIDVALIDITY, gaps in its UIDs, removing mail behind the client's back. */
	mailbox(user: string, name?: string): Mailbox;
	createMailbox(user: string, name: string, specialUse?: string): Mailbox;
	deleteMailbox(user: string, name: string): void;
}

/** Starts SMTP and IMAP servers on free ports of 127.0.0.1: all in this process, mail in memory. */
export async function startEmbeddedServers(options: EmbeddedOptions): Promise<EmbeddedServers> {
	const { users, requireTls = true } = options;
	const certificates = await testCertificates();
	const certificate = options.certificate ?? certificates.server;
	const store = new MailStore(users);
	const imap = await startImapServer({
		store,
		certificate,
		requireTls,
		...(options.imapCapabilities ? { capabilities: options.imapCapabilities } : {}),
	});
	const smtp = await startSmtpServers({
		store,
		certificate,
		requireTls,
		...(options.maxMessageBytes === undefined ? {} : { maxMessageBytes: options.maxMessageBytes }),
	});

	const account = (user: string): Account => {
		const found = store.account(user);
		if (!found) throw new Error(`no such test user: ${user}`);
		return found;
	};
	const mailbox = (user: string, name = 'INBOX'): Mailbox => {
		const found = account(user).find(encodeMailboxName(name));
		if (!found) throw new Error(`${user} has no mailbox ${name}`);
		return found;
	};
	const messages = (user: string, name = 'INBOX'): Array<StoredMail & { receivedAt: Date }> =>
		mailbox(user, name).messages.map(({ uid, flags, raw, internalDate }) => ({
			uid,
			flags: [...flags],
			raw,
			receivedAt: internalDate,
		}));

	return {
		host: HOST,
		ca: certificates.ca,
		users,
		ports: { ...imap.ports, ...smtp.ports },
		imap,
		smtpFaults: smtp.faults,
		accepted: smtp.accepted,
		deliver: async (user, raw) => {
			const raws = Array.isArray(raw) ? raw : [raw];
			for (const each of raws) mailbox(user).add({ raw: Buffer.from(each as string) });
		},
		fetchAll: async (user, name) => messages(user, name),
		messages,
		mailbox,
		createMailbox: (user, name, specialUse) => {
			const created = account(user).create(encodeMailboxName(name), specialUse);
			if (!created) throw new Error(`${user} has a mailbox ${name} already`);
			return created;
		},
		deleteMailbox: (user, name) => {
			if (!account(user).delete(encodeMailboxName(name))) throw new Error(`${user} has no mailbox ${name}`);
		},
		setPassword: async (user, password) => {
			account(user).password = password;
		},
		stop: async () => void (await Promise.all([imap.stop(), smtp.stop()])),
	};
}

/** What all mail servers here have in common, so that a test can run against each of them. */
import type { TestUser } from './local';

/** A message as it lies on the server. */
export interface StoredMail {
	uid: number;
	flags: string[];
	/** The whole message, lines ending in CRLF. */
	raw: Buffer;
}

export interface MailServer {
	readonly host: string;
	/** `imap` is plain with STARTTLS, `imaps` TLS from the first byte. */
	readonly ports: { imap: number; imaps: number };
	readonly users: TestUser[];
	/** PEM of the authority to trust. */
	readonly ca: string;
	/** Puts messages into the user's INBOX; ends when all are there. */
	deliver(user: string, raw: Buffer | string | Array<Buffer | string>): Promise<void>;
	/** All messages of a mailbox in order of UID, read without touching them. */
	fetchAll(user: string, mailbox?: string): Promise<StoredMail[]>;
	/** Takes effect at the next login. */
	setPassword(user: string, password: string): Promise<void>;
	/** Ends everything that was started. */
	stop(): Promise<void>;
}

/** A real server that speaks IMAP without TLS and can be stopped while its mail stays. */
export interface PlainImapServer {
	readonly host: string;
	readonly port: number;
	readonly users: TestUser[];
	/** Puts messages into the user's INBOX, in this order; ends when all are there. */
	deliver(user: string, raws: Array<Buffer | string>): Promise<void>;
	/** Orderly end of all processes; mail stays for `start`, which takes the same port. */
	halt(): Promise<void>;
	start(): Promise<void>;
	/** SIGKILL to every process at once. */
	kill(): Promise<void>;
	/** Ends everything and removes the folder. */
	stop(): Promise<void>;
}

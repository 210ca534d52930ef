/** IMAP for the items of one execution: a connection per account, used by one item after the other. */
import { accountFingerprint, type Account } from '../mail/account/account';
import { ImapClient } from '../mail/imap/client';

interface Entry {
	client: Promise<ImapClient> | null;
	/** Ends when nobody uses the connection. */
	busy: Promise<unknown>;
}

export class Mailboxes {
	private readonly entries = new Map<string, Entry>();

	constructor(private readonly signal?: AbortSignal) {}

	/** Runs `work` on a connection that nobody else uses meanwhile. @throws MailError, also of `work` */
	async use<T>(account: Account, work: (client: ImapClient) => Promise<T>): Promise<T> {
		const key = accountFingerprint(account);
		const entry: Entry = this.entries.get(key) ?? { client: null, busy: Promise.resolve() };
		this.entries.set(key, entry);
		const result = entry.busy.then(async () => await work(await this.connection(entry, account)));
		entry.busy = result.catch(() => undefined);
		return await result;
	}

	/** Closes all connections. */
	async close(): Promise<void> {
		const clients = [...this.entries.values()].map(({ client }) => client);
		this.entries.clear();
		await Promise.all(
			clients.map(async (client) => await client?.then((open) => open.logout()).catch(() => undefined)),
		);
	}

	private async connection(entry: Entry, account: Account): Promise<ImapClient> {
		const known = await entry.client?.catch(() => null);
		if (known?.alive) return known;
		entry.client = ImapClient.connect(account, this.signal ? { signal: this.signal } : {});
		return await entry.client;
	}
}

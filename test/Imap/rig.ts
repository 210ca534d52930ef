/** The IMAP node in n8n's own engine, and a second pair of eyes on the mailboxes it works in. */
import type { IDataObject, INode, INodeExecutionData, IRun } from 'n8n-workflow';
import { itemsOf, startEngine, type Engine } from '../engine';
import { startDovecot, startEmbeddedServers, type EmbeddedServers } from '../servers';
import { startCourier } from '../servers/courier';
import { startCyrus } from '../servers/cyrus';

export const PASSWORD = 'geheim-7-Wort';
export const NODE = 'IMAP';
/** Of all mailboxes at Courier but INBOX. */
const PREFIX = 'INBOX.';
export type ServerKind = 'embedded' | 'dovecot' | 'cyrus' | 'courier';
/** Programs that a kind of server needs. */
export const PARTS: Record<ServerKind, string[]> = {
	embedded: [],
	dovecot: ['dovecot'],
	cyrus: ['cyrus'],
	courier: ['courier'],
};

export interface Place {
	kind: ServerKind;
	host: string;
	port: number;
	secure: boolean;
	users: string[];
	embedded?: EmbeddedServers;
	stop(): Promise<void>;
}

/** Dovecot with a limit of 10 MB for each account. */
const WITH_QUOTA = `
mail_plugins = $mail_plugins quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=10M
}`;

/** @param capabilities those of the embedded server, if not its own */
export async function startPlace(kind: ServerKind, count: number, capabilities?: string[]): Promise<Place> {
	const names = Array.from({ length: count }, (_none, i) => `user${i}`);
	const users = (domain: string) => names.map((name) => ({ user: name + domain, password: PASSWORD }));
	if (kind === 'cyrus' || kind === 'courier') {
		const start = kind === 'cyrus' ? startCyrus : startCourier;
		const server = await start({ users: users('') });
		return { kind, host: server.host, port: server.port, secure: false, users: names, stop: server.stop };
	}
	const server =
		kind === 'dovecot'
			? await startDovecot({ users: users('@example.org'), extraConfig: WITH_QUOTA })
			: await startEmbeddedServers({
					users: users('@example.org'),
					...(capabilities && { imapCapabilities: capabilities }),
				});
	return {
		kind,
		host: server.host,
		port: server.ports.imaps,
		secure: true,
		users: server.users.map(({ user }) => user),
		...(kind === 'embedded' && { embedded: server as EmbeddedServers }),
		stop: async () => await server.stop(),
	};
}

export interface Ran {
	run: IRun;
	items: INodeExecutionData[];
	/** Their json. */
	json: IDataObject[];
	errors: INodeExecutionData[];
	error: (Error & { description?: string | null }) | undefined;
}

/** Every message of an account: mailbox → UID → what is known of it. */
export type Everything = Record<string, Record<string, { flags: string[]; messageId: string }>>;

export class Rig {
	private taken = 0;

	private constructor(
		readonly engine: Engine,
		readonly place: Place,
	) {}

	static async start(kind: ServerKind, count = 40, capabilities?: string[]): Promise<Rig> {
		return new Rig(await startEngine(), await startPlace(kind, count, capabilities));
	}

	async stop(): Promise<void> {
		await this.engine.stop();
		await this.place.stop();
	}

	/** The path of a mailbox as this server gives it. */
	path(...names: string[]): string {
		const isCourier = this.place.kind === 'courier';
		return isCourier && names[0] !== 'INBOX' ? PREFIX + names.join('.') : names.join('/');
	}

	/** An account that no other test has used, with mails in INBOX and folders. */
	async account(...subjects: string[]): Promise<Account> {
		const user = this.place.users[this.taken++];
		if (user === undefined) throw new Error('more accounts are needed');
		const account = new Account(this, user);
		await account.append('INBOX', ...subjects);
		return account;
	}
}

export class Account {
	constructor(
		private readonly rig: Rig,
		readonly user: string,
	) {}

	get fields(): IDataObject {
		const { host, port, secure } = this.rig.place;
		return {
			...{ provider: 'custom', user: this.user, password: PASSWORD, imapHost: host, imapPort: port },
			...{ imapSecurity: secure ? 'tls' : 'none', ignoreSslIssues: true },
		};
	}

	/** Runs the node once on these items. */
	async run(
		parameters: IDataObject,
		items: IDataObject[] = [{}],
		node: Partial<INode> = {},
		binary?: INodeExecutionData['binary'],
	): Promise<Ran> {
		const { engine } = this.rig;
		const mailAccountApi = await engine.addCredential('mailAccountApi', this.user, this.fields);
		const workflow = engine.addWorkflow({
			nodes: [
				{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
				{
					name: NODE,
					type: 'n8n-nodes-mailroom.imap',
					parameters: parameters as INode['parameters'],
					credentials: { mailAccountApi },
					...node,
				},
			],
			connections: { Start: { main: [[{ node: NODE, type: 'main', index: 0 }]] } },
		});
		const run = await workflow.run({ items: items.map((json) => ({ json, ...(binary && { binary }) })) });
		const output = itemsOf(run, NODE);
		return {
			run,
			items: output,
			json: output.map(({ json }) => json),
			errors: itemsOf(run, NODE, 1),
			error: run.data.resultData.error as Ran['error'],
		};
	}

	/** Does something with a client that is none of ours. */
	async client<T>(work: (client: import('imapflow').ImapFlow) => Promise<T>): Promise<T> {
		const { ImapFlow } = await import('imapflow');
		const { host, port, secure } = this.rig.place;
		const client = new ImapFlow({
			...{ host, port, secure, auth: { user: this.user, pass: PASSWORD } },
			...{ tls: { rejectUnauthorized: false }, logger: false, disableAutoIdle: true },
		});
		client.on('error', () => undefined);
		await client.connect();
		try {
			return await work(client);
		} finally {
			await client.logout();
		}
	}

	/** Puts mails into a mailbox, which is made when it is not there. Their Message-IDs are `<subject@example.org>`. */
	async append(mailbox: string, ...mails: (string | Buffer)[]): Promise<void> {
		await this.client(async (client) => {
			await client.mailboxCreate(mailbox).catch(() => undefined);
			for (const mail of mails) await client.append(mailbox, typeof mail === 'string' ? raw(mail) : mail);
		});
	}

	/** The node's id of the message with this subject. */
	async id(subject: string, mailbox = 'INBOX'): Promise<string> {
		return await this.client(async (client) => {
			const { uidValidity, path } = await client.mailboxOpen(mailbox);
			const found = await client.search({ header: { 'message-id': messageId(subject) } }, { uid: true });
			const uid = found && found[0];
			if (!uid) throw new Error(`no "${subject}" in ${mailbox}`);
			return `${path};UIDVALIDITY=${uidValidity}/;UID=${uid}`;
		});
	}

	/** Looks at everything there is, without touching it. */
	async everything(): Promise<Everything> {
		return await this.client(async (client) => {
			const all: Everything = {};
			for (const { path, flags: attributes } of await client.list()) {
				if (attributes.has('\\Noselect') || attributes.has('\\NonExistent')) continue;
				await client.mailboxOpen(path, { readOnly: true });
				const mailbox: Everything[string] = (all[path] = {});
				const query = { uid: true, flags: true, headers: ['message-id'] };
				for await (const row of client.fetch('1:*', query, { uid: true })) {
					const flags = [...(row.flags ?? [])].filter((flag) => flag !== '\\Recent').sort();
					const id = /<[^>]*>/.exec(row.headers?.toString() ?? '')?.[0] ?? '';
					mailbox[row.uid] = { flags, messageId: id };
				}
			}
			return all;
		});
	}
}

export function messageId(subject: string): string {
	return `<${subject.replace(/\W+/g, '-')}@example.org>`;
}

export function raw(subject: string, more: string[] = [], text = `Text of ${subject}`): Buffer {
	return Buffer.from(
		[
			'From: Ann Other <ann@example.org>',
			'To: Bob <bob@example.org>',
			`Subject: ${subject}`,
			`Message-ID: ${messageId(subject)}`,
			'Date: Mon, 02 Nov 2026 10:00:00 +0000',
			...more,
			'',
			text,
			'',
		].join('\r\n'),
	);
}

/** Subjects (by Message-ID) of a mailbox, in order of UID. */
export function inMailbox(all: Everything, mailbox: string): string[] {
	return Object.values(all[mailbox] ?? all[`${PREFIX}${mailbox}`] ?? {}).map(({ messageId: id }) =>
		id.slice(1, id.indexOf('@')),
	);
}

/** Everything but what the test has named, to be compared before and after. */
export function without(all: Everything, ...subjects: string[]): Everything {
	const named = new Set(subjects.map(messageId));
	return Object.fromEntries(
		Object.entries(all).map(([path, mails]) => [
			path,
			Object.fromEntries(Object.entries(mails).filter(([, mail]) => !named.has(mail.messageId))),
		]),
	);
}

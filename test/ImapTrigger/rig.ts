/** IMAP Trigger in n8n's own engine against servers in this process: what the tests of this folder have in common. */
import type { IDataObject } from 'n8n-workflow';
import { itemsOf, startEngine, type Engine, type EngineOptions, type ExecutionRecord } from '../engine';
import type { WorkflowHandle, WorkflowJson } from '../engine';
import {
	eventually,
	startEmbeddedServers,
	type EmbeddedOptions,
	type EmbeddedServers,
	type TestUser,
} from '../servers';

export const TRIGGER = 'n8n-nodes-mailroom.imapTrigger';
/** The trigger's name in all workflows here. */
export const NODE = 'IMAP Trigger';
/** How long to wait for what must happen; far above what it takes. */
export const SOON_MS = 8_000;
/** Every test takes an account of its own, so that none sees another's connections or mail. */
const USERS = 40;
const FAILED = 'MailroomFailed';

type Step = { name?: string; type: string; parameters?: IDataObject };

export interface WorkflowOptions {
	/** Parameters of the trigger. */
	trigger?: IDataObject;
	/** Nodes between trigger and the collecting node. */
	steps?: Step[];
	settings?: WorkflowJson['settings'];
	/** Id of the trigger node. */
	nodeId?: string;
	name?: string;
}

/** A plain text message. */
export function mail(subject: string, more: { headers?: string[]; body?: string } = {}): string {
	return [
		'From: Ann Example <ann@example.org>',
		'To: Bob <bob@example.org>',
		`Subject: ${subject}`,
		`Message-ID: <${subject.replace(/\W/g, '-')}@example.org>`,
		'Date: Thu, 15 Jan 2026 12:00:00 +0100',
		...(more.headers ?? []),
		'',
		more.body ?? `Text of ${subject}`,
		'',
	].join('\r\n');
}

/** Nodes in a row, each connected to the next. */
export function chain(nodes: WorkflowJson['nodes']): Pick<WorkflowJson, 'nodes' | 'connections'> {
	const connections: NonNullable<WorkflowJson['connections']> = {};
	nodes.slice(1).forEach(({ name }, index) => {
		connections[nodes[index]?.name ?? ''] = { main: [[{ node: name, type: 'main', index: 0 }]] };
	});
	return { nodes, connections };
}

/** What the trigger gave in an execution. */
export function items(execution: ExecutionRecord): IDataObject[] {
	return itemsOf({ data: { resultData: { runData: execution.data } } } as never, NODE).map(
		({ json }) => json,
	);
}

export function subjects(execution: ExecutionRecord): unknown[] {
	return items(execution).map(({ subject }) => subject);
}

async function newServers(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServers> {
	const users = Array.from({ length: USERS }, (_, index) => ({
		user: `user${index + 1}@example.org`,
		password: `geheim-${index + 1}-Wort`,
	}));
	return await startEmbeddedServers({ users, ...options });
}

export class Rig {
	private taken = 0;

	private constructor(
		readonly engine: Engine,
		readonly servers: EmbeddedServers,
	) {}

	static async start(options: { engine?: EngineOptions } = {}): Promise<Rig> {
		const servers = await newServers();
		try {
			return new Rig(await startEngine({ activationFirstDelayMs: 1, ...options.engine }), servers);
		} catch (error) {
			await servers.stop();
			throw error;
		}
	}

	/** The same engine with other servers, for one test. Stop `servers` only. */
	async beside(options: Partial<EmbeddedOptions>): Promise<Rig> {
		return new Rig(this.engine, await newServers(options));
	}

	async stop(): Promise<void> {
		// The server first would let every trigger wait for an answer that cannot come.
		await this.engine.stop();
		await this.servers.stop();
	}

	/** An account that no other test uses. */
	newUser(): TestUser {
		const user = this.servers.users[this.taken++];
		if (!user) throw new Error(`More than ${USERS} accounts in one file`);
		return user;
	}

	/** The fields of a Mail Account for it. */
	account({ user, password }: TestUser, change: IDataObject = {}): IDataObject {
		const { host, ports } = this.servers;
		return {
			provider: 'custom',
			user,
			password,
			imapHost: host,
			imapPort: ports.imaps,
			imapSecurity: 'tls',
			ignoreSslIssues: true,
			...change,
		};
	}

	async credential(user: TestUser, change: IDataObject = {}): Promise<{ id: string; name: string }> {
		return await this.engine.addCredential('mailAccountApi', user.user, this.account(user, change));
	}

	/** Trigger → steps → a node that collects; not published yet. */
	workflow(mailAccountApi: { id: string; name: string }, options: WorkflowOptions = {}): WorkflowHandle {
		const { trigger = {}, steps = [], settings, nodeId, name } = options;
		const first = {
			name: NODE,
			type: TRIGGER,
			parameters: trigger as never,
			credentials: { mailAccountApi },
			...(nodeId !== undefined && { id: nodeId }),
		};
		const rest = steps.map((step, index) => ({ name: `Step ${index + 1}`, ...step }));
		return this.engine.addWorkflow({
			...chain([first, ...rest, { name: 'Collect', type: 'test.collect' }] as WorkflowJson['nodes']),
			...(settings && { settings }),
			...(name !== undefined && { name }),
		});
	}

	/** A published workflow of a new account. */
	async live(
		options: WorkflowOptions = {},
	): Promise<{ user: string; account: TestUser; wf: WorkflowHandle }> {
		const account = this.newUser();
		const wf = this.workflow(await this.credential(account), options);
		await wf.activate();
		return { user: account.user, account, wf };
	}

	async deliver(user: string, ...names: string[]): Promise<void> {
		await this.servers.deliver(
			user,
			names.map((name) => mail(name)),
		);
	}

	/** Flags of a mail in the order of arrival, without those that the trigger keeps for itself. */
	flags(user: string, index = 0, mailbox = 'INBOX'): string[] {
		const flags = this.servers.messages(user, mailbox)[index]?.flags ?? [];
		return flags.filter((flag) => !flag.startsWith('mr-')).sort();
	}

	/** Waits until the flags of a mail are these. */
	async untilFlags(user: string, wanted: string[], index = 0, mailbox = 'INBOX'): Promise<void> {
		const expected = JSON.stringify([...wanted].sort());
		await eventually(SOON_MS, `flags ${expected} of mail ${index}`, () => {
			return JSON.stringify(this.flags(user, index, mailbox)) === expected;
		}).catch(() => expect(this.flags(user, index, mailbox)).toEqual([...wanted].sort()));
	}

	async untilFailed(user: string, index = 0): Promise<void> {
		await this.untilFlags(user, [FAILED], index);
	}

	/** How often the workflow ran with each subject, in the order of the first runs. */
	ran(wf: WorkflowHandle): Record<string, number> {
		const counts: Record<string, number> = {};
		for (const { workflowId, items: seen } of this.engine.collected) {
			if (workflowId !== wf.id) continue;
			for (const { json } of seen)
				counts[String(json['subject'])] = (counts[String(json['subject'])] ?? 0) + 1;
		}
		return counts;
	}
}

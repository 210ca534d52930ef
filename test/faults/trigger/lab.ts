/** One fault's place of work: n8n's engine with the built package, a mail server, a bad network between them, a ledger. */
import type { IDataObject } from 'n8n-workflow';
import {
	startEngine,
	type Engine,
	type EngineOptions,
	type WorkflowHandle,
	type WorkflowJson,
} from '../../engine';
import {
	eventually,
	READER,
	REAL_SERVERS,
	startDovecot,
	startEmbeddedServers,
	startFaultProxy,
	type Dovecot,
	type DovecotOptions,
	type EmbeddedServers,
	type FaultProxy,
	type MailServer,
	type PlainImapServer,
	type RealServer,
} from '../../servers';
import { builtPackage } from '../builtPackage';
import { NO_FIGURES, type Figures } from '../campaign';
import { Ledger } from './ledger';
import { VirtualTime } from './virtualTime';

export const USER = { user: 'fault@example.org', password: 'geheim-7-Wort' };
export const NODE = 'IMAP Trigger';
const TRIGGER = 'n8n-nodes-mailroom.imapTrigger';
/** Real time in which all that was sent has to be there once a fault is over; far above what it takes. */
const ALL_LIMIT_MS = 60_000;
/** Real time in which a second run would show itself. */
const DOUBLES_MS = 400;
/** How long a server may take to accept a mail again. */
const DELIVERY_LIMIT_MS = 20_000;
/** Dovecot holds announcements back for half a second. */
const DOVECOT_QUIET_MS = 60;

export interface LabOptions {
	/** IMAP extensions of the embedded server. */
	capabilities?: string[];
	engine?: EngineOptions;
	/** The package's clock is injected. */
	virtual?: boolean;
	/** A real Dovecot instead of the server in this process. */
	dovecot?: Partial<DovecotOptions>;
	/** Another real server, without TLS. */
	other?: RealServer['name'];
	/** How often that server's IDLE looks into the mailbox (Courier). */
	idleSeconds?: number;
	security?: 'tls' | 'starttls' | 'none';
}

export interface LiveOptions {
	/** Parameters of the trigger. */
	trigger?: IDataObject;
	/** Nodes between the trigger and the one that collects. */
	steps?: { type: string; parameters?: IDataObject }[];
	settings?: WorkflowJson['settings'];
	account?: IDataObject;
}

export class Lab {
	readonly ledger: Ledger;
	readonly missed: string[] = [];
	readonly notes: Record<string, number | string> = {};
	/** How often the fault was seen to happen. */
	happened = 0;
	recoveryMs: number | null = null;
	loginsPerHour: number | null = null;
	/** Where the proxy leads instead of to the server. */
	targetPort: number | undefined;
	/** Several workflows ran on the same mails, so runs are not counted against the ledger. */
	shared = false;
	private virtual: VirtualTime | undefined;
	private readonly startedAt = performance.now();

	private constructor(
		readonly engine: Engine,
		readonly server: MailServer,
		/** Undefined when a real server is used; `embedded` throws then. */
		private readonly inProcess: EmbeddedServers | undefined,
		private readonly real: Dovecot | undefined,
		private readonly otherReal: PlainImapServer | undefined,
		readonly proxy: FaultProxy,
		private readonly options: LabOptions,
		/** Steps of executions so far. */
		steps: { count: number },
	) {
		this.ledger = new Ledger(engine.collected);
		if (!options.virtual) return;
		const activity = () =>
			(inProcess?.imap.commands.length ?? 0) +
			(inProcess?.imap.acceptedCount ?? 0) +
			proxy.bytes.up +
			proxy.bytes.down +
			engine.collected.length +
			steps.count;
		this.virtual = new VirtualTime(
			builtPackage(),
			activity,
			(real ?? otherReal) && DOVECOT_QUIET_MS,
			!real && !otherReal,
		);
	}

	/** Runs `work` in a lab that is taken down afterwards, whatever happens. @returns the row's figures */
	static async run(options: LabOptions, work: (lab: Lab) => Promise<void>): Promise<Figures> {
		const lab = await Lab.start(options);
		try {
			await work(lab);
			return lab.figures();
		} finally {
			await lab.stop();
		}
	}

	private static async start(options: LabOptions): Promise<Lab> {
		const security = options.security ?? 'none';
		const real = options.dovecot && (await startDovecot({ users: [USER], ...options.dovecot }));
		const other = await REAL_SERVERS.find(({ name }) => name === options.other)?.start(
			undefined,
			options.idleSeconds,
		);
		const inProcess =
			real || other
				? undefined
				: await startEmbeddedServers({
						users: [USER],
						requireTls: security !== 'none',
						...(options.capabilities && { imapCapabilities: options.capabilities }),
					});
		const server = real ?? (other && asMailServer(other)) ?? (inProcess as EmbeddedServers);
		const made: { lab?: Lab } = {};
		const serverPort = () => server.ports[security === 'tls' ? 'imaps' : 'imap'];
		const proxy = await startFaultProxy(() => made.lab?.targetPort ?? serverPort());
		try {
			const steps = { count: 0 };
			const engine = await startEngine({
				packageDir: builtPackage(),
				activationFirstDelayMs: 1,
				onStep: () => steps.count++,
				...options.engine,
			});
			return (made.lab = new Lab(engine, server, inProcess, real, other, proxy, options, steps));
		} catch (error) {
			await proxy.stop();
			await server.stop();
			throw error;
		}
	}

	get embedded(): EmbeddedServers {
		if (!this.inProcess) throw new Error('This lab has a real server');
		return this.inProcess;
	}

	get dovecot(): Dovecot {
		if (!this.real) throw new Error('This lab has no Dovecot');
		return this.real;
	}

	get other(): PlainImapServer {
		if (!this.otherReal) throw new Error('This lab has no other real server');
		return this.otherReal;
	}

	get time(): VirtualTime {
		if (!this.virtual) throw new Error('This lab has no injected clock');
		return this.virtual;
	}

	/** A workflow of the trigger that is published, and whose trigger rests in IDLE. */
	async live(options: LiveOptions = {}): Promise<WorkflowHandle> {
		const workflow = await this.workflow(options);
		await this.activate(workflow);
		return workflow;
	}

	async activate(workflow: WorkflowHandle): Promise<void> {
		const activation = workflow.activate();
		let active = false;
		void activation.then(
			() => (active = true),
			() => (active = true),
		);
		if (this.virtual) await this.virtual.until(() => active, 60_000);
		await activation;
	}

	async workflow(options: LiveOptions = {}): Promise<WorkflowHandle> {
		const mailAccountApi = await this.engine.addCredential('mailAccountApi', USER.user, {
			...this.account(),
			...options.account,
		});
		const trigger = {
			name: NODE,
			type: TRIGGER,
			parameters: (options.trigger ?? {}) as never,
			credentials: { mailAccountApi },
		};
		const steps = (options.steps ?? []).map((step, index) => ({ name: `Step ${index + 1}`, ...step }));
		const nodes = [trigger, ...steps, { name: 'Collect', type: 'test.collect' }] as WorkflowJson['nodes'];
		const connections: NonNullable<WorkflowJson['connections']> = {};
		nodes.slice(1).forEach(({ name }, index) => {
			connections[nodes[index]?.name ?? ''] = { main: [[{ node: name, type: 'main', index: 0 }]] };
		});
		return this.engine.addWorkflow({
			nodes,
			connections,
			...(options.settings && { settings: options.settings }),
		});
	}

	account(): IDataObject {
		return {
			provider: 'custom',
			...(this.options.other ? READER : USER),
			imapHost: this.proxy.port === 0 ? '' : '127.0.0.1',
			imapPort: this.proxy.port,
			imapSecurity: this.options.security ?? 'none',
			ignoreSslIssues: true,
		};
	}

	/** Puts mails into INBOX. @returns their subjects */
	async send(count = 1, more: { headers?: string[]; body?: string } = {}): Promise<string[]> {
		const subjects = Array.from({ length: count }, () => this.ledger.next());
		await this.put(subjects.map((subject) => ({ subject, raw: mail(subject, more) })));
		return subjects;
	}

	async put(mails: { subject: string; raw: string | Buffer }[]): Promise<void> {
		if (!this.inProcess) {
			// A server that is just going away takes no mail, or does not say that it did; whoever sends it tries again.
			for (const { raw, subject } of mails) {
				const take = async () => await this.server.deliver(USER.user, raw).then(() => true);
				const again = () => (this.ledger.giveAgain(subject), false);
				await eventually(DELIVERY_LIMIT_MS, 'delivery', async () => await take().catch(again));
			}
			return;
		}
		const internalDate = new Date(this.virtual?.wallTime() ?? Date.now());
		for (const { raw } of mails)
			this.embedded.mailbox(USER.user).add({ raw: Buffer.from(raw as string), internalDate });
	}

	/** Waits until a condition holds, in virtual or real time. @returns milliseconds it took; null when it never did */
	async until(done: () => boolean, limitMs = ALL_LIMIT_MS): Promise<number | null> {
		if (this.virtual) return await this.virtual.until(done, limitMs);
		const from = performance.now();
		const held = await eventually(limitMs, 'condition', done).then(
			() => true,
			() => false,
		);
		return held ? performance.now() - from : null;
	}

	/** Waits until everything sent has run, and a moment longer for what would run twice. @returns milliseconds it took */
	async all(limitMs = ALL_LIMIT_MS): Promise<number | null> {
		const took = await this.until(() => this.ledger.missing().length === 0, limitMs);
		await new Promise((resolve) => setTimeout(resolve, DOUBLES_MS));
		if (this.virtual) await this.virtual.pass(1_000);
		return took;
	}

	/** Logins that reached the embedded server. */
	get logins(): number {
		return this.embedded.imap.commands.filter((text) => /^(LOGIN|AUTHENTICATE)/i.test(text)).length;
	}

	/** How often the embedded server heard a command. */
	heard(pattern: RegExp): number {
		return this.embedded.imap.commands.filter((text) => pattern.test(text)).length;
	}

	/** What the trigger told the error workflow. */
	reports(workflow: WorkflowHandle, pattern = /./): string[] {
		const errors = workflow.executions().filter(({ data }) => Object.keys(data)[0] === NODE);
		return errors.map(({ error }) => describe(error)).filter((text) => text !== '' && pattern.test(text));
	}

	/** Notes a bar that was missed. */
	expect(holds: boolean, otherwise: string): void {
		if (!holds) this.missed.push(otherwise);
	}

	/** Nothing lost, nothing doubled. */
	expectAll(): void {
		const missing = this.ledger.missing();
		const doubled = this.ledger.doubled();
		this.expect(missing.length === 0, `${missing.length} lost: ${missing.slice(0, 5).join(', ')}`);
		this.expect(doubled.length === 0, `${doubled.length} doubled: ${doubled.slice(0, 5).join(', ')}`);
	}

	expectWithin(what: string, took: number | null, limitMs: number): void {
		this.expect(
			took !== null && took <= limitMs,
			`${what}: ${took === null ? 'never' : Math.round(took)} ms > ${limitMs}`,
		);
	}

	/** Subjects of mails on the server that bear a flag. */
	flagged(flag: string): number {
		return this.embedded.messages(USER.user).filter(({ flags }) => flags.includes(flag)).length;
	}

	private figures(): Figures {
		const recoveryMs = this.recoveryMs === null ? null : Math.round(this.recoveryMs);
		return {
			...NO_FIGURES,
			...(this.shared ? { sent: this.ledger.sent } : this.ledger.figures()),
			...{ recoveryMs, loginsPerHour: this.loginsPerHour, happened: this.happened },
			...{ missed: this.missed, notes: this.notes },
		};
	}

	get ageMs(): number {
		return performance.now() - this.startedAt;
	}

	private async stop(): Promise<void> {
		this.virtual?.restore();
		await this.engine.stop(1_000);
		await this.proxy.stop();
		await this.server.stop();
	}
}

/** One of the other real servers as far as a lab needs it. */
function asMailServer(other: PlainImapServer): MailServer {
	const none = async (): Promise<never> => await Promise.reject(new Error('only for Dovecot'));
	return {
		host: other.host,
		ports: { imap: other.port, imaps: other.port },
		users: [READER],
		ca: '',
		deliver: async (_user, raw) => await other.deliver(READER.user, Array.isArray(raw) ? raw : [raw]),
		fetchAll: none,
		setPassword: none,
		stop: async () => await other.stop(),
	};
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

function describe(error: unknown): string {
	const { message = '', description = '' } = (error ?? {}) as {
		message?: string;
		description?: string | null;
	};
	return `${message} ${description ?? ''}`.trim();
}

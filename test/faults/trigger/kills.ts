/** C1, C2 and two rows of delivery.md: n8n is killed, over and over, while mail comes in. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';
import type { Step } from '../../engine/n8nStandIn/types';
import { eventually, startEmbeddedServers, type EmbeddedServers } from '../../servers';
import { builtPackage } from '../builtPackage';
import { NO_FIGURES, type Figures, type Row, type RowContext } from '../campaign';
import type { KillChildOptions, KillLine } from './killChild';
import { mail, USER } from './lab';

const STEPS: Step[] = ['staticSaved', 'inserted', 'running', 'finished', 'told'];
const PARALLEL = 5;
const RUN_MS = 40;
const READY_LIMIT_MS = 60_000;
const ALL_LIMIT_MS = 60_000;
/** In which a second run would show itself. */
const DOUBLES_MS = 1_500;

/** A process that is killed and comes back, and the mailbox it reads. */
class Victim {
	sent: string[] = [];
	readonly folder = mkdtempSync(join(tmpdir(), 'mailroom-kills-'));
	private child: ChildProcess | undefined;
	private read = 0;
	readonly lines: KillLine[] = [];

	private constructor(
		readonly server: EmbeddedServers,
		private readonly saveSuccessful: boolean,
		private readonly trigger: IDataObject,
	) {}

	static async run(
		saveSuccessful: boolean,
		work: (victim: Victim) => Promise<Figures>,
		trigger: IDataObject = { options: { parallelExecutions: PARALLEL } },
	): Promise<Figures> {
		const server = await startEmbeddedServers({ users: [USER], requireTls: false });
		const victim = new Victim(server, saveSuccessful, trigger);
		try {
			return await work(victim);
		} finally {
			await victim.end('SIGKILL');
			await server.stop();
			rmSync(victim.folder, { recursive: true, force: true });
		}
	}

	/** @param killAt lets it kill itself */
	async start(killAt?: KillChildOptions['killAt']): Promise<void> {
		const options: KillChildOptions = {
			packageDir: builtPackage(),
			stateDir: join(this.folder, 'state'),
			log: join(this.folder, 'lines'),
			saveSuccessful: this.saveSuccessful,
			account: {
				...{ provider: 'custom', user: USER.user, password: USER.password },
				...{ imapHost: this.server.host, imapPort: this.server.ports.imap, imapSecurity: 'none' },
			},
			trigger: this.trigger,
			runMs: RUN_MS,
			...(killAt && { killAt }),
		};
		const child = fork(join(__dirname, 'killChild.ts'), [JSON.stringify(options)], {
			execArgv: ['--require', 'tsx/cjs'],
			stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
		});
		this.child = child;
		const ready = once(child, 'message').then(() => 'ready');
		const died = once(child, 'exit').then(() => 'died');
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise((resolve) => (timer = setTimeout(resolve, READY_LIMIT_MS, 'late')));
		const how = await Promise.race([ready, died, late]);
		clearTimeout(timer);
		if (how === 'late') throw new Error('the engine did not start');
		if (how === 'died' && killAt === undefined) throw new Error('the engine died while it started');
	}

	/** SIGKILL, or SIGTERM. Ends when the process has. */
	async end(signal: NodeJS.Signals): Promise<void> {
		const { child } = this;
		this.child = undefined;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const exited = once(child, 'exit');
		child.kill(signal);
		await exited;
	}

	async died(): Promise<void> {
		const { child } = this;
		if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
		this.child = undefined;
	}

	get isAlive(): boolean {
		return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
	}

	send(count: number): void {
		for (let i = 0; i < count; i++) {
			const subject = `mail ${this.sent.length + 1}`;
			this.sent.push(subject);
			this.server.mailbox(USER.user).add({ raw: Buffer.from(mail(subject)) });
		}
	}

	/** Reads what was written since the last look. */
	look(): readonly KillLine[] {
		const file = join(this.folder, 'lines');
		if (!existsSync(file)) return this.lines;
		const text = readFileSync(file, 'utf8');
		const end = text.lastIndexOf('\n') + 1;
		for (const line of text.slice(this.read, end).split('\n')) {
			if (line !== '') this.lines.push(JSON.parse(line) as KillLine);
		}
		this.read = end;
		return this.lines;
	}

	/** Runs that were under way when the last lines were written: begun to be started, their end not told. */
	inFlight(from: number): number {
		const open = new Set<string>();
		let starting = 0;
		for (const line of this.look().slice(from)) {
			if (line.kind !== 'step') continue;
			if (line.step === 'staticSaved') starting++;
			if (line.step === 'inserted') {
				open.add(line.execution);
				starting = Math.max(0, starting - 1);
			}
			if (line.step === 'finished') open.delete(line.execution);
		}
		return open.size + starting;
	}

	subjects(kind: 'begin' | 'done'): string[] {
		return this.look().flatMap((line) => (line.kind === kind ? [line.subject] : []));
	}

	async all(): Promise<number | null> {
		const from = performance.now();
		const complete = () =>
			new Set(this.subjects('done')).size >= this.sent.length && this.marked() >= this.sent.length;
		const held = await eventually(ALL_LIMIT_MS, 'all mails', complete).then(
			() => true,
			() => false,
		);
		await sleep(DOUBLES_MS);
		return held ? performance.now() - from : null;
	}

	/** Mails that are marked read. */
	private marked(): number {
		return this.server.messages(USER.user).filter(({ flags }) => flags.includes('\\Seen')).length;
	}

	figures(happened: number, recoveryMs: number | null, allowed: number): Figures {
		const done = new Set(this.subjects('done'));
		const lost = this.sent.filter((subject) => !done.has(subject));
		const begun = this.subjects('begin');
		const doubled = begun.length - new Set(begun).size;
		const missed: string[] = [];
		if (lost.length > 0) missed.push(`${lost.length} lost: ${lost.slice(0, 5).join(', ')}`);
		if (doubled > allowed) missed.push(`${doubled} doubled, ${allowed} were in flight`);
		const seen = this.marked();
		if (seen < this.sent.length) missed.push(`${this.sent.length - seen} mails that ran are not marked`);
		return {
			...NO_FIGURES,
			...{ sent: this.sent.length, delivered: this.sent.length - lost.length, lost: lost.length, doubled },
			...{ recoveryMs: recoveryMs === null ? null : Math.round(recoveryMs), happened, missed },
			notes: {
				kills: happened,
				'ran to the end twice': this.subjects('done').length - done.size,
			},
		};
	}
}

/** Kills at random moments; one that met no run does not count. */
async function killAtRandom(victim: Victim, kills: number, { random }: RowContext): Promise<Figures> {
	let happened = 0;
	let allowed = 0;
	let slowest = 0;
	for (let tries = 0; happened < kills && tries < kills * 3; tries++) {
		const from = victim.look().length;
		await victim.start();
		victim.send(4 + Math.floor(random() * 12));
		const first = victim.look().length;
		await eventually(20_000, 'a run', () => victim.look().length > first).catch(() => undefined);
		await sleep(random() * 3 * RUN_MS);
		await victim.end('SIGKILL');
		const met = victim.inFlight(from);
		if (met === 0) continue;
		happened++;
		// A run whose end was told, but whose mark had not reached the server, is in flight as well.
		allowed += PARALLEL;
		victim.send(Math.floor(random() * 3));
	}
	const from = performance.now();
	await victim.start();
	slowest = (await victim.all()) ?? Infinity;
	const figures = victim.figures(happened, slowest, allowed);
	figures.notes['engine start and catching up ms'] = Math.round(performance.now() - from);
	return figures;
}

/** Kills at one step of a run, each time of another run. */
async function killAtSteps(victim: Victim, steps: readonly Step[]): Promise<Figures> {
	let happened = 0;
	for (const [index, step] of steps.entries()) {
		await victim.start({ step, after: 2 + (index % 3) });
		if (victim.isAlive) victim.send(8);
		const ended = await Promise.race([victim.died().then(() => true), sleep(30_000).then(() => false)]);
		if (ended) {
			const last = victim
				.look()
				.filter(({ kind }) => kind === 'step')
				.at(-1);
			if (last?.kind === 'step' && last.step === step) happened++;
		} else {
			await victim.end('SIGKILL');
		}
		victim.send(1);
	}
	await victim.start();
	const took = await victim.all();
	const figures = victim.figures(happened, took, happened * PARALLEL);
	if (happened < steps.length) figures.missed.push(`only ${happened} of ${steps.length} kills at their step`);
	return figures;
}

/** Published, killed before the first mail, mail while down, started. */
async function killBeforeFirst(victim: Victim): Promise<Figures> {
	await victim.start();
	await victim.end('SIGKILL');
	victim.send(3);
	await victim.start();
	const took = await victim.all();
	return victim.figures(1, took, 0);
}

/** SIGTERM in the middle of runs that take longer than n8n waits. */
async function terminate(victim: Victim, rounds: number, { random }: RowContext): Promise<Figures> {
	let happened = 0;
	for (let round = 0; round < rounds; round++) {
		const from = victim.look().length;
		await victim.start();
		victim.send(10);
		await eventually(20_000, 'a run', () => victim.look().length > from).catch(() => undefined);
		await sleep(random() * RUN_MS);
		const met = victim.inFlight(from);
		await victim.end('SIGTERM');
		if (met > 0) happened++;
	}
	await victim.start();
	const took = await victim.all();
	return victim.figures(happened, took, happened * PARALLEL);
}

export const killRows: Row[] = [
	...[true, false].map((save): Row => ({
		id: save ? 'C1a' : 'C1b',
		fault: `kill -9 of n8n at random moments, successful executions ${save ? 'saved' : 'not saved'}`,
		proof: 'a run was under way by the file that outlives the process',
		bar: '0 lost, doubled ≤ in flight; 100 kills in the long form',
		...(!save && { longOnly: true }),
		run: async (context) =>
			await Victim.run(save, async (victim) => await killAtRandom(victim, context.long ? 100 : 1, context)),
	})),
	...[true, false].map((save): Row => ({
		id: save ? 'C2a' : 'C2b',
		fault: `kill -9 exactly at each step of a run, successful executions ${save ? 'saved' : 'not saved'}`,
		proof: 'the last line of the file is that step',
		bar: '0 lost, doubled ≤ in flight',
		...(!save && { longOnly: true }),
		run: async (context) =>
			await Victim.run(
				save,
				async (victim) =>
					await killAtSteps(
						victim,
						context.long ? [...STEPS, ...STEPS, ...STEPS] : ['inserted', 'running', 'finished'],
					),
			),
	})),
	{
		id: 'D2',
		fault: 'published, kill -9 before the first mail, mail while down, started',
		proof: 'the process was killed',
		bar: '0 lost, 0 doubled',
		run: async () => await Victim.run(true, killBeforeFirst),
	},
	{
		id: 'D9',
		fault: 'SIGTERM in the middle of runs',
		proof: 'runs were under way',
		bar: '0 lost, doubled ≤ in flight',
		run: async (context) =>
			await Victim.run(true, async (victim) => await terminate(victim, context.long ? 20 : 2, context)),
	},
];

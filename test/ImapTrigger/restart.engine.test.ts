/** @jest-environment ./test/engine/jestEnvironment.js */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ChildEngine } from '../engine/childEngine';
import type { Step } from '../engine/n8nStandIn/types';
import { startEngine, type Engine, type WorkflowJson } from '../engine';
import { eventually, startEmbeddedServers, type EmbeddedServers } from '../servers';
import { chain, mail, NODE, TRIGGER } from './rig';

/** n8n as a process of its own that is killed; each start takes some seconds on a small machine. */
jest.setTimeout(120_000);

const USER = { user: 'bob@example.org', password: 'geheim-bob' };
const ALL_MS = 60_000;

describe('n8n is killed or stopped', () => {
	let servers: EmbeddedServers;
	let stateDir: string;
	let child: ChildEngine;
	let workflowId: string;

	beforeEach(async () => {
		servers = await startEmbeddedServers({ users: [USER] });
		child = new ChildEngine({ activationFirstDelayMs: 1 });
		stateDir = child.stateDir;
	});
	afterEach(async () => {
		await child.stop();
		await servers.stop();
		rmSync(stateDir, { recursive: true, force: true });
	});

	/** Saves credential and workflow in the state folder, so that every process finds them. */
	async function prepare(
		parallel: number,
		ms: number,
		settings: WorkflowJson['settings'] = {},
	): Promise<void> {
		const engine: Engine = await startEngine({ stateDir, activateOnStart: false });
		try {
			const mailAccountApi = await engine.addCredential('mailAccountApi', 'Bob', {
				...USER,
				provider: 'custom',
				imapHost: servers.host,
				imapPort: servers.ports.imaps,
				imapSecurity: 'tls',
				ignoreSslIssues: true,
			});
			const trigger = {
				name: NODE,
				type: TRIGGER,
				parameters: { options: { parallelExecutions: parallel } },
				credentials: { mailAccountApi },
			};
			const work = { name: 'Work', type: 'test.delay', parameters: { ms } };
			workflowId = engine.addWorkflow({ ...chain([trigger, work]), settings }).id;
		} finally {
			await engine.stop();
		}
	}

	/** How often a run was started with each subject, over all processes, from the journal of their executions. */
	function runs(): Record<string, number> {
		const counts: Record<string, number> = {};
		const seen = new Set<string>();
		for (const line of readFileSync(path.join(stateDir, 'journal.jsonl'), 'utf8').split('\n')) {
			if (!line.includes('deduplicationKey') || !line.includes('mr1:')) continue;
			const key = /mr1:[^"\\]+/.exec(line)?.[0] ?? '';
			const id = /"id":"(\d+)"/.exec(line)?.[1] ?? '';
			if (seen.has(`${id} ${key}`)) continue;
			seen.add(`${id} ${key}`);
			for (const subject of new Set(line.match(/subject no \d+/g) ?? []))
				counts[subject] = (counts[subject] ?? 0) + 1;
		}
		return counts;
	}

	const names = (from: number, to: number): string[] =>
		Array.from({ length: to - from }, (_, index) => `subject no ${from + index}`);
	const deliver = async (list: string[]): Promise<void> =>
		await servers.deliver(
			USER.user,
			list.map((name) => mail(name)),
		);
	const seen = (): number =>
		servers.messages(USER.user).filter(({ flags }) => flags.includes('\\Seen')).length;
	const untilSeen = async (count: number): Promise<void> =>
		void (await eventually(ALL_MS, `${count} mails marked read`, () => seen() >= count));

	function doubled(): number {
		return Object.values(runs()).reduce((sum, count) => sum + count - 1, 0);
	}

	test('kill -9 while mails flow: none lost, doubled at most what was under way', async () => {
		const parallel = 3;
		await prepare(parallel, 40);
		await child.start();
		await child.publish(workflowId);
		let sent = 0;
		for (let kill = 0; kill < 3; kill++) {
			await deliver(names(sent, sent + 8));
			sent += 8;
			await untilSeen(sent - 6);
			await child.kill();
			await deliver(names(sent, sent + 2));
			sent += 2;
			await child.start();
		}
		await untilSeen(sent);
		expect(Object.keys(runs()).sort()).toEqual(names(0, sent).sort());
		process.stdout.write(`      3 kills: ${sent} mails, ${doubled()} ran twice (allowed ${3 * parallel})\n`);
		expect(doubled()).toBeLessThanOrEqual(3 * parallel);
	});

	test.each<{ step: Step; twice: number }>([
		{ step: 'inserted', twice: 1 },
		{ step: 'running', twice: 1 },
		{ step: 'finished', twice: 1 },
		{ step: 'told', twice: 1 },
	])('killed at the step "$step": it runs, at most $twice more time', async ({ step, twice }) => {
		await prepare(1, 0);
		await child.start();
		await child.publish(workflowId);
		await child.kill();
		await child.start({ killAt: step });
		await deliver(names(0, 1));
		await child.died();
		await child.start();
		await untilSeen(1);
		await deliver(names(1, 2));
		await untilSeen(2);
		expect(Object.keys(runs()).sort()).toEqual(names(0, 2));
		expect(doubled()).toBeLessThanOrEqual(twice);
	});

	test.each([{ saved: 'all' }, { saved: 'none' }] as const)(
		'stopped in good order, executions saved: $saved: nothing lost, nothing doubled',
		async ({ saved }) => {
			await prepare(2, 20, { saveDataSuccessExecution: saved });
			await child.start();
			await child.publish(workflowId);
			let sent = 0;
			for (let stop = 0; stop < 2; stop++) {
				await deliver(names(sent, sent + 5));
				sent += 5;
				await untilSeen(sent - 3);
				await child.terminate();
				await deliver(names(sent, sent + 1));
				sent += 1;
				await child.start();
			}
			await untilSeen(sent);
			expect(Object.keys(runs()).sort()).toEqual(names(0, sent).sort());
			expect(doubled()).toBe(0);
		},
	);

	test('published, killed before any mail, mail while it is down: it runs (D2)', async () => {
		await prepare(1, 0);
		await child.start();
		await child.publish(workflowId);
		await child.kill();
		await deliver(names(0, 2));
		await child.start();
		await untilSeen(2);
		expect(runs()).toEqual({ 'subject no 0': 1, 'subject no 1': 1 });
		expect(servers.imap.connectionCount).toBe(1);
	});
});

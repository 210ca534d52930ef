/**
 * `npm run e2e`: the scenarios on a real n8n, then the engine's contract (test/engine/contract.ts) on the same n8n.
 * Arguments are words of scenario names to run only those, `contract` for the contract;
 * `--tarball=<file>` tests that package instead of packing the checkout, `--pictures=<folder>` says where pictures of
 * the editor go (default: a new temporary folder).
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RULES } from '../engine/contract';
import { runContractOnRealN8n } from '../engine/contractReal';
import { OAUTH_SCENARIOS, OAuthRig } from './oauth';
import { QUEUE_SCENARIOS, QueueRig } from './queue';
import { Rig } from './rig';
import { RESTARTS, SCENARIOS, type AroundEnd, type Figure, type Restart } from './scenarios';
import { howToGet, missingParts, type PartName, requireAll } from '../servers';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

interface Count {
	passed: number;
	failed: number;
	skipped?: number;
}

async function main(): Promise<void> {
	const startedAt = Date.now();
	const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
	const option = (name: string) =>
		process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(`--${name}=`.length);
	const tarball = option('tarball');
	const wanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
	const total = { passed: 0, failed: 0, skipped: 0 };
	const add = ({ passed, failed, skipped = 0 }: Count): void => {
		total.passed += passed;
		total.failed += failed;
		total.skipped += skipped;
	};

	add(await runScenarios(wanted, tarball));
	add(await runSuite(signIn(tarball, option('pictures')), wanted));
	add(await runSuite(queueMode(tarball), wanted));
	if (wanted('contract')) add(await runContract());
	const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
	console.log(`\nTook ${seconds(startedAt)}\n${total.passed} passed, ${total.failed} failed${skipped}`);
	process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

async function runScenarios(wanted: (name: string) => boolean, tarball: string | undefined): Promise<Count> {
	const chosen = SCENARIOS.filter(({ name }) => wanted(name));
	const restarts = RESTARTS.map((restart) => choose(restart, wanted)).filter(isNeeded);
	if (chosen.length === 0 && restarts.length === 0) return { passed: 0, failed: 0 };
	const missing = missingParts(['dovecot']);
	if (missing.length > 0)
		throw new Error(`The scenarios need a Dovecot. Missing here:\n${howToGet(missing)}`);
	const startedAt = Date.now();
	const rig = await Rig.start({ tarball });
	const letGo = stopOnSignal(rig);
	console.log(`n8n is ready after ${seconds(startedAt)} (pack, servers, start)\n`);
	const count = { passed: 0, failed: 0 };
	const run = async (name: string, body: () => Promise<Figure>) => {
		if (await report(name, body)) count.passed++;
		else count.failed++;
	};
	try {
		for (const scenario of chosen) await run(scenario.name, async () => await scenario.run(rig));
		for (const restart of restarts) await runRestart(restart, rig, run);
		await run(
			'at the end: nothing lost, nothing ran again, every trigger lives',
			async () => await rig.runFinalChecks(),
		);
		if (count.failed > 0) console.log(`\nn8n's last lines:\n${rig.n8n.logTail()}`);
	} finally {
		await rig.stop();
		letGo();
	}
	return count;
}

/** Scenarios with servers of their own, which build on each other: who wants one gets all. */
interface Suite<R> {
	name: string;
	parts: PartName[];
	scenarios: Array<{ name: string; run(rig: R): Promise<Figure> }>;
	start(): Promise<R>;
}

/** Where a part is missing, that is said and counted. */
async function runSuite<R extends { rig: Rig; stop(): Promise<void> }>(
	{ name, parts, scenarios, start }: Suite<R>,
	wanted: (name: string) => boolean,
): Promise<Count> {
	const count = { passed: 0, failed: 0, skipped: 0 };
	if (!scenarios.some((scenario) => wanted(scenario.name))) return count;
	const missing = missingParts(parts);
	if (missing.length > 0) {
		console.log(`\nNot run: ${name}. Missing here:\n${howToGet(missing)}`);
		return requireAll() ? { ...count, failed: scenarios.length } : { ...count, skipped: scenarios.length };
	}
	const startedAt = Date.now();
	const running = await start();
	const letGo = stopOnSignal(running);
	console.log(`\n${name}: ready after ${seconds(startedAt)}\n`);
	try {
		for (const { name: what, run } of scenarios) {
			if (await report(what, async () => await run(running))) count.passed++;
			else count.failed++;
		}
		if (count.failed > 0) console.log(`\nn8n's last lines:\n${running.rig.n8n.logTail()}`);
	} finally {
		await running.stop();
		letGo();
	}
	return count;
}

/** A main and a worker of their own. */
function queueMode(tarball: string | undefined): Suite<QueueRig> {
	const atTheEnd = {
		name: 'queue mode, at the end: nothing lost, every trigger lives',
		run: async ({ rig }: QueueRig) => await rig.runFinalChecks(),
	};
	return {
		name: 'Queue mode (servers, main, worker)',
		parts: ['dovecot', 'redis', 'postgres'],
		scenarios: [...QUEUE_SCENARIOS, atTheEnd],
		start: async () => await QueueRig.start(tarball),
	};
}

/** An n8n of its own with a browser. */
function signIn(tarball: string | undefined, pictures: string | undefined): Suite<OAuthRig> {
	return {
		name: 'Accounts in the editor (provider, Dovecot, Postfix, n8n, Chromium)',
		parts: ['dovecot', 'postfix', 'chromium'],
		scenarios: OAUTH_SCENARIOS,
		start: async () => {
			const folder = pictures ?? mkdtempSync(join(tmpdir(), 'mailroom-pictures-'));
			console.log(`\nPictures of the editor: ${folder}`);
			return await OAuthRig.start({ tarball, pictures: folder });
		},
	};
}

/** Ctrl-C and the like stop the servers before this process ends. @returns what takes that back */
function stopOnSignal(running: { stop(): Promise<void> }): () => void {
	const onSignal = () => void running.stop().then(() => process.exit(1));
	for (const signal of SIGNALS) process.once(signal, onSignal);
	return () => {
		for (const signal of SIGNALS) process.removeListener(signal, onSignal);
	};
}

type Run = (name: string, body: () => Promise<Figure>) => Promise<void>;

/** The scenarios of a restart that are wanted; `then` needs the restart too, for its environment. */
function choose(restart: Restart, wanted: (name: string) => boolean): Restart {
	const { how } = restart;
	const scenarios = restart.scenarios.filter(({ name }) => wanted(`${how}: ${name}`));
	return { ...restart, scenarios, then: restart.then.filter(({ name }) => wanted(name)) };
}

function isNeeded({ scenarios, then }: Restart): boolean {
	return scenarios.length + then.length > 0;
}

/** Ends n8n once for all scenarios that were prepared for it. */
async function runRestart({ how, scenarios, env, then }: Restart, rig: Rig, run: Run): Promise<void> {
	const prepared: Array<{ name: string; around: AroundEnd }> = [];
	for (const { name, before } of scenarios) {
		await before(rig).then(
			(around) => prepared.push({ name: `${how}: ${name}`, around }),
			async (error: Error) => await run(`${how}: ${name}`, async () => await Promise.reject(error)),
		);
	}
	await run(`${how}, start`, async () => {
		const endedMs = how === 'SIGTERM' ? await rig.n8n.stop() : await rig.n8n.kill().then(() => 0);
		const troubles: Error[] = [];
		for (const { around } of prepared)
			await around.whileDown?.().catch((error: Error) => void troubles.push(error));
		const startMs = await rig.n8n.start(env);
		if (troubles[0]) throw troubles[0];
		return `${how === 'SIGTERM' ? `stopping took ${asSeconds(endedMs)}, ` : ''}n8n was back in ${asSeconds(startMs)}`;
	});
	for (const { name, around } of prepared) await run(name, around.after);
	for (const scenario of then) await run(scenario.name, async () => await scenario.run(rig));
}

async function runContract(): Promise<Count> {
	console.log("\nThe engine's contract, on an n8n of its own:\n");
	const failed = await runContractOnRealN8n();
	return { passed: RULES.length - failed, failed };
}

/** Runs a scenario and prints how it went. @returns whether it holds */
async function report(name: string, body: () => Promise<Figure>): Promise<boolean> {
	const startedAt = Date.now();
	try {
		const figure = await body();
		console.log(
			`ok      ${seconds(startedAt).padStart(7)}  ${name}${figure ? `\n                 ${figure}` : ''}`,
		);
		return true;
	} catch (error) {
		console.log(`FAILED  ${seconds(startedAt).padStart(7)}  ${name}\n${(error as Error).stack}`);
		return false;
	}
}

function seconds(since: number): string {
	return asSeconds(Date.now() - since);
}

function asSeconds(ms: number): string {
	return `${(ms / 1000).toFixed(1)} s`;
}

main().catch((error: Error) => {
	console.error(`${error.message}\n\n0 passed, 1 failed`);
	process.exitCode = 1;
});

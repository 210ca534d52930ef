/**
 * `npm run e2e`: the scenarios on a real n8n, then the engine's contract (test/engine/contract.ts) on the same n8n.
 * Arguments are words of scenario names to run only those, `contract` for the contract;
 * `--tarball=<file>` tests that package instead of packing the checkout.
 */
import { RULES } from '../engine/contract';
import { runContractOnRealN8n } from '../engine/contractReal';
import { QUEUE_SCENARIOS, QueueRig } from './queue';
import { Rig } from './rig';
import { RESTARTS, SCENARIOS, type AroundEnd, type Figure, type Restart } from './scenarios';
import { howToGet, missingParts, requireAll } from '../servers';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

interface Count {
	passed: number;
	failed: number;
	skipped?: number;
}

async function main(): Promise<void> {
	const startedAt = Date.now();
	const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
	const tarball = process.argv
		.find((argument) => argument.startsWith('--tarball='))
		?.slice('--tarball='.length);
	const wanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
	const total = { passed: 0, failed: 0, skipped: 0 };
	const add = ({ passed, failed, skipped = 0 }: Count): void => {
		total.passed += passed;
		total.failed += failed;
		total.skipped += skipped;
	};

	add(await runScenarios(wanted, tarball));
	add(await runQueueMode(wanted, tarball));
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

/** Queue mode, on a main and a worker of its own. Where a server is missing, that is said and counted. */
async function runQueueMode(wanted: (name: string) => boolean, tarball: string | undefined): Promise<Count> {
	const count = { passed: 0, failed: 0, skipped: 0 };
	const chosen = QUEUE_SCENARIOS.filter(({ name }) => wanted(name));
	if (chosen.length === 0) return count;
	const missing = missingParts(['dovecot', 'redis', 'postgres']);
	if (missing.length > 0) {
		console.log(`\nNot run: queue mode. Missing here:\n${howToGet(missing)}`);
		return requireAll() ? { ...count, failed: chosen.length } : { ...count, skipped: chosen.length };
	}
	const startedAt = Date.now();
	const queue = await QueueRig.start(tarball);
	const letGo = stopOnSignal(queue);
	console.log(`\nQueue mode is ready after ${seconds(startedAt)} (servers, main, worker)\n`);
	const atTheEnd = {
		name: 'queue mode, at the end: nothing lost, every trigger lives',
		run: async () => await queue.rig.runFinalChecks(),
	};
	try {
		for (const { name, run } of [...chosen, atTheEnd]) {
			if (await report(name, async () => await run(queue))) count.passed++;
			else count.failed++;
		}
		if (count.failed > 0)
			console.log(
				`\nThe main's last lines:\n${queue.rig.n8n.logTail()}\n\nThe worker's:\n${queue.worker.logTail}`,
			);
	} finally {
		await queue.stop();
		letGo();
	}
	return count;
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

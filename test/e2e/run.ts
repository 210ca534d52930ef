/**
 * `npm run e2e`: the scenarios on a real n8n, then the engine's contract (test/engine/contract.ts) on the same n8n.
 * Arguments are words of scenario names to run only those, `contract` for the contract;
 * `--tarball=<file>` tests that package instead of packing the checkout.
 */
import { RULES } from '../engine/contract';
import { runContractOnRealN8n } from '../engine/contractReal';
import { Rig } from './rig';
import { SCENARIOS, type Scenario } from './scenarios';
import { howToGet, missingParts } from '../servers';

/** Ctrl-C and the like: the servers are stopped here before this process ends. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

interface Count {
	passed: number;
	failed: number;
}

async function main(): Promise<void> {
	const startedAt = Date.now();
	const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
	const tarball = process.argv
		.find((argument) => argument.startsWith('--tarball='))
		?.slice('--tarball='.length);
	const wanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
	const total: Count = { passed: 0, failed: 0 };
	const add = ({ passed, failed }: Count) => ((total.passed += passed), (total.failed += failed));

	const chosen = SCENARIOS.filter(({ name }) => wanted(name));
	if (chosen.length > 0) add(await runScenarios(chosen, tarball));
	if (wanted('contract')) add(await runContract());
	console.log(`\nTook ${seconds(startedAt)}\n${total.passed} passed, ${total.failed} failed`);
	process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

async function runScenarios(chosen: Scenario[], tarball: string | undefined): Promise<Count> {
	const missing = missingParts(['dovecot']);
	if (missing.length > 0)
		throw new Error(`The scenarios need a Dovecot. Missing here:\n${howToGet(missing)}`);
	const startedAt = Date.now();
	const rig = await Rig.start(tarball);
	const onSignal = () => void rig.stop().then(() => process.exit(1));
	for (const signal of SIGNALS) process.once(signal, onSignal);
	console.log(`n8n is ready after ${seconds(startedAt)} (pack, servers, start)\n`);
	const atTheEnd: Scenario = {
		name: 'at the end: nothing lost, nothing ran again, every trigger lives',
		run: async () => await rig.runFinalChecks(),
	};
	let failed = 0;
	try {
		for (const scenario of [...chosen, atTheEnd]) if (!(await runScenario(scenario, rig))) failed++;
		if (failed > 0) console.log(`\nn8n's last lines:\n${rig.n8n.logTail()}`);
	} finally {
		await rig.stop();
		for (const signal of SIGNALS) process.removeListener(signal, onSignal);
	}
	return { passed: chosen.length + 1 - failed, failed };
}

async function runContract(): Promise<Count> {
	console.log("\nThe engine's contract, on an n8n of its own:\n");
	const failed = await runContractOnRealN8n();
	return { passed: RULES.length - failed, failed };
}

async function runScenario({ name, run }: Scenario, rig: Rig): Promise<boolean> {
	const startedAt = Date.now();
	try {
		const figure = await run(rig);
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
	return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

main().catch((error: Error) => {
	console.error(`${error.message}\n\n0 passed, 1 failed`);
	process.exitCode = 1;
});

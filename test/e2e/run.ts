/**
 * `npm run e2e`: the scenarios on a real n8n. Arguments are words of scenario names to run only those;
 * `--tarball=<file>` tests that package instead of packing the checkout.
 */
import { Rig } from './rig';
import { SCENARIOS, type Scenario } from './scenarios';
import { howToGet, missingParts } from '../servers';

async function main(): Promise<void> {
	const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
	const tarball = process.argv
		.find((argument) => argument.startsWith('--tarball='))
		?.slice('--tarball='.length);
	const chosen = SCENARIOS.filter(
		({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
	);
	const missing = missingParts(['dovecot']);
	if (missing.length > 0)
		throw new Error(`The scenarios need a Dovecot. Missing here:\n${howToGet(missing)}`);

	const startedAt = Date.now();
	const rig = await Rig.start(tarball);
	// Ctrl-C: the guardian would end n8n, but the servers are stopped here.
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void rig.stop().then(() => process.exit(1)));
	}
	console.log(`n8n is ready after ${seconds(startedAt)} (pack, servers, start)\n`);
	let failed = 0;
	try {
		for (const scenario of chosen) if (!(await runScenario(scenario, rig))) failed++;
		const atTheEnd: Scenario = {
			name: 'at the end: nothing lost, nothing ran again',
			run: async () => `${await rig.runFinalChecks()} checks`,
		};
		if (!(await runScenario(atTheEnd, rig))) failed++;
		if (failed > 0) console.log(`\nn8n's last lines:\n${rig.n8n.logTail()}`);
	} finally {
		await rig.stop();
	}
	const passed = chosen.length + 1 - failed;
	console.log(`\nTook ${seconds(startedAt)}\n${passed} passed, ${failed} failed`);
	process.exitCode = failed > 0 ? 1 : 0;
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

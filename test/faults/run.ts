/**
 * `npm run faults -- [trigger|send] [options]`: the fault campaigns, all of them without a first argument. Each prints a
 * table, writes JSON and ends with "N passed, N failed". Options are those of the campaigns (campaign.ts).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions, type Count, type Options } from './campaign';

/** Each lives in a folder of this name, whose index exports `main`. */
const CAMPAIGNS = ['trigger', 'send'];

async function main(): Promise<void> {
	const [first = '', ...rest] = process.argv.slice(2);
	const named = CAMPAIGNS.includes(first);
	const options = readOptions(named ? rest : process.argv.slice(2));
	const chosen = named ? [first] : CAMPAIGNS.filter((name) => existsSync(join(__dirname, name, 'index.ts')));
	const total: Count = { passed: 0, failed: 0 };
	for (const name of chosen) {
		const campaign = (await import(join(__dirname, name, 'index.ts'))) as {
			main(options: Options): Promise<Count>;
		};
		const { passed, failed } = await campaign.main(options);
		total.passed += passed;
		total.failed += failed;
	}
	console.log(`\n${total.passed} passed, ${total.failed} failed`);
	process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
}

main().catch((error: Error) => {
	console.error(`${error.stack ?? error.message}\n\n0 passed, 1 failed`);
	process.exit(1);
});

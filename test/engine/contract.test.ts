/** The stand-in keeps the contract. The same rules on a real n8n: contractReal.ts, run by `npm run e2e`. */
import { ChildEngine } from './childEngine';
import { FIXTURE, RULES } from './contract';
import { ControlServer } from './control';

const RULE_TIMEOUT_MS = 60_000;

describe.each([{ limit: undefined }, { limit: 1 }])('with concurrency limit $limit', ({ limit }) => {
	const control = new ControlServer();
	const engine = new ChildEngine({
		packageDir: FIXTURE,
		activationFirstDelayMs: 1,
		...(limit !== undefined && { concurrencyLimit: limit }),
	});

	beforeAll(async () => {
		await control.start();
		await engine.start();
	}, RULE_TIMEOUT_MS);
	afterAll(async () => {
		await engine.stop();
		await control.stop();
	});

	const rules = RULES.filter(({ concurrencyLimit }) => concurrencyLimit === limit);
	test.each(rules.map((rule) => [rule.name, rule] as const))(
		'%s',
		async (_name, rule) => await rule.check(engine, control),
		RULE_TIMEOUT_MS,
	);
});

/** @jest-environment ./test/engine/jestEnvironment.js */
import { startFakeSmtp, type FakeSmtp } from '../mail/smtp/fakeSmtp';
import { Senders } from './senders';

let senders: Senders;
let server: FakeSmtp;
const arrivals: number[] = [];

beforeAll(async () => {
	senders = await Senders.start();
	server = await startFakeSmtp({
		answer: (stage) => {
			if (stage === 'MAIL') arrivals.push(performance.now());
			return undefined;
		},
	});
}, 60_000);
afterAll(async () => {
	await senders.stop();
	await server.stop();
});
beforeEach(() => (arrivals.length = 0));

test.each([
	[{ mails: 20, per: 'second' }, 50],
	[{ mails: 600, per: 'minute' }, 100],
])('%j holds for two executions of two nodes together', async (limit, intervalMs) => {
	const parameters = { deliveryOptions: { rateLimit: { limit } } };
	// Another sender name in the credential makes another account, with a rate of its own.
	const account = { smtpPort: server.port, senderName: limit.per };
	const workflows = [
		await senders.workflow(account, parameters),
		await senders.workflow(account, parameters),
	];
	const items = [0, 1, 2, 3].map(() => ({ json: {} }));
	const runs = await Promise.all(workflows.map(async (workflow) => await workflow.run({ items })));
	expect(runs.map(({ status }) => status)).toEqual(['success', 'success']);
	expect(arrivals).toHaveLength(8);
	// Timers never fire early by more than their rounding; how late they do is the machine's affair.
	expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(6 * intervalMs);
});

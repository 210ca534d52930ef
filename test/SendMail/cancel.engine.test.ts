/** @jest-environment ./test/engine/jestEnvironment.js */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_EXTENSIONS, startFakeSmtp, type FakeSmtp } from '../mail/smtp/fakeSmtp';
import { eventually } from '../servers';
import { Senders } from './senders';

const MAILS = 300;
const BEFORE = 60;
/** In which a mail sent after the stop would arrive. */
const QUIET_MS = 1_000;

let senders: Senders;
let server: FakeSmtp;
beforeAll(async () => (senders = await Senders.start()), 60_000);
afterAll(async () => await senders.stop());
afterEach(async () => await server.stop());

/** Numbers of the items that a sentence lists: `0–4, 7`. */
function listed(text: string, before: string): number[] {
	const list = new RegExp(`${before}: ([\\d–, ]+)\\.`).exec(text)?.[1] ?? '';
	return list.split(', ').flatMap((range) => {
		const [from = NaN, to = from] = range.split('–').filter(Boolean).map(Number);
		return Number.isNaN(from) ? [] : Array.from({ length: to - from + 1 }, (_none, index) => from + index);
	});
}

test.each([
	['BDAT', [...DEFAULT_EXTENSIONS, 'CHUNKING']],
	['DATA', DEFAULT_EXTENSIONS],
])(
	'stopped in the middle of 300 mails by %s: none is sent after it, and what was sent is told',
	async (_name, extensions) => {
		server = await startFakeSmtp({
			extensions,
			answer: async (stage) => (stage === 'end' ? await sleep(5).then(() => undefined) : undefined),
		});
		const parameters = { subject: '=mail {{ $json.n }}' };
		const workflow = await senders.workflow({ smtpPort: server.port }, parameters);
		const items = Array.from({ length: MAILS }, (_none, n) => ({ json: { n } }));
		const running = workflow.run({ items }).catch((error: Error) => error);
		await eventually(30_000, `${BEFORE} mails`, () => server.messages.length >= BEFORE);
		const [execution] = workflow.executions();
		const stoppedAt = performance.now();
		workflow.cancel(execution?.id ?? '');
		expect(await running).toMatchObject({ message: expect.stringMatching(/cancelled/) });
		// n8n keeps nothing that a node says after the stop, but its log does.
		const told = await eventually(
			10_000,
			'a word in the log',
			() =>
				senders.engine.logs.find(({ message }) => message.includes(`Execution ${execution?.id} was`))
					?.message,
		);
		expect(performance.now() - stoppedAt).toBeLessThan(5_000);
		const atTheEnd = server.messages.length;
		await sleep(QUIET_MS);
		expect(server.messages).toHaveLength(atTheEnd);
		expect(atTheEnd).toBeLessThan(MAILS);
		expect(server.open).toBe(0);

		expect(workflow.executions()[0]?.status).toBe('canceled');
		const done = listed(told, 'were done');
		const unknown = listed(told, 'nobody knows');
		const numbers = server.messages.map(({ raw }) =>
			Number(/^Subject: mail (\d+)/m.exec(raw.toString())?.[1]),
		);
		expect(numbers).toEqual(expect.arrayContaining(done));
		expect([...done, ...unknown]).toEqual(expect.arrayContaining(numbers));
		expect(done.length).toBeGreaterThanOrEqual(BEFORE - 10);
		expect(told).toContain(`The other ${MAILS - done.length - unknown.length} were not sent.`);
	},
	60_000,
);

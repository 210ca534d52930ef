/**
 * @jest-environment ./test/engine/jestEnvironment.js
 *
 * n8n's "Retry" of a failed execution: a new execution that goes on with the data of the failed one.
 */
import * as flatted from 'flatted';
import type { IRun, IRunExecutionData } from 'n8n-workflow';
import { startFakeSmtp, type FakeReply, type FakeSmtp, type Stage } from '../mail/smtp/fakeSmtp';
import type { WorkflowHandle } from '../engine';
import { Senders, sentOf } from './senders';

let senders: Senders;
let server: FakeSmtp;
let answer: (stage: Stage, line: string) => FakeReply | undefined;

beforeAll(async () => {
	senders = await Senders.start();
	server = await startFakeSmtp({ answer: (stage, line) => answer(stage, line) });
}, 60_000);
afterAll(async () => {
	await senders.stop();
	await server.stop();
});
beforeEach(() => {
	answer = () => undefined;
	server.messages.length = 0;
});

/** As n8n's ExecutionService does: the saved data without the error and the failed run of the last node. */
async function retry(workflow: WorkflowHandle, failed: IRun): Promise<IRun> {
	const data = flatted.parse(flatted.stringify(failed.data)) as IRunExecutionData;
	delete data.resultData.error;
	const runs = data.resultData.runData[data.resultData.lastNodeExecuted ?? ''] ?? [];
	if (runs.at(-1)?.error !== undefined) runs.pop();
	const nodes = ['Start', 'Send Mail'].map((name) => workflow.node(name));
	const connections = { Start: { main: [[{ node: 'Send Mail', type: 'main' as const, index: 0 }]] } };
	const { executions } = senders.engine;
	const run = { workflowId: workflow.id, workflow: { nodes, connections }, mode: 'retry' as const, data };
	const id = await executions.start({ ...run, key: null });
	return (await executions.ended(id)) as IRun;
}

const to = (...names: string[]) => names.map((name) => ({ json: { to: `${name}@example.test` } }));

test('what was accepted is not sent again, the rest is', async () => {
	const workflow = await senders.workflow({ smtpPort: server.port }, { toEmail: '={{ $json.to }}' });
	answer = (stage, line) => (stage === 'RCPT' && line.includes('carl') ? '550 5.7.1 no' : undefined);
	const failed = await workflow.run({ items: to('bob', 'carl') });
	expect(failed.status).toBe('error');
	answer = () => undefined;
	const { run, items } = sentOf(await retry(workflow, failed));
	expect(run.status).toBe('success');
	expect(items.map(({ json }) => json['accepted'])).toEqual([['bob@example.test'], ['carl@example.test']]);
	expect(server.messages.map((message) => message.to[0])).toEqual(['bob@example.test', 'carl@example.test']);
});

test('what may have been accepted is not sent again, and fails with its first text', async () => {
	const workflow = await senders.workflow({ smtpPort: server.port }, { toEmail: '={{ $json.to }}' });
	answer = (stage) => (stage === 'end' ? { then: 'reset' } : undefined);
	const failed = await workflow.run({ items: to('bob') });
	answer = () => undefined;
	const { error } = sentOf(await retry(workflow, failed));
	expect(error?.message).toBe(sentOf(failed).error?.message);
	expect(server.messages).toHaveLength(1);
});

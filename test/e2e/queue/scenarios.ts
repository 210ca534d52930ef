/** Scenarios of queue mode: the trigger lives in the main, its runs in the worker. */
import assert from 'node:assert/strict';
import { eventually } from '../../servers';
import type { Connections } from '../restClient';
import { chain, failIfSubjectContains, imapTrigger, noOp, report } from '../workflows';
import type { QueueRig } from './queueRig';

/** Long enough for the kill to meet them, and for the worker to end them while the main is away. */
const RUN_MS = 5_000;
const IN_FLIGHT = ['in flight 1', 'in flight 2', 'in flight 3'];
const DOWN = ['while down 1', 'while down 2'];
const TIMEOUT_MS = 30_000;

export async function runsOnTheWorker(queue: QueueRig): Promise<undefined> {
	const { rig } = queue;
	const account = await rig.account('queued');
	const [decide, fail] = failIfSubjectContains('bad');
	const workflow = chain('queued', [imapTrigger(account.credential), decide, fail, noOp()]);
	const to = (node: string): Connections[string]['main'][number] => [{ node, type: 'main', index: 0 }];
	workflow.connections = {
		'IMAP Trigger': { main: [to(decide.name)] },
		[decide.name]: { main: [to(fail.name), to('Next')] },
	};
	const workflowId = await rig.publish(workflow);
	await rig.deliver(account, 'good', 'bad');
	const executions = await rig.rest.waitForExecutions({ workflowId }, 2, TIMEOUT_MS);
	assert.deepEqual(executions.map(({ status }) => status).sort(), ['error', 'success']);
	for (const { id } of executions)
		assert.ok(queue.ranOnWorker(id), `execution ${id} did not run on the worker`);
	await rig.untilSeen(account, 'good');
	await eventually(TIMEOUT_MS, 'mark of the failed mail', async () =>
		(await rig.stored(account, 'bad')).flags.includes('MailroomFailed'),
	);
	assert.ok(!(await rig.stored(account, 'bad')).flags.includes('\\Seen'), 'the failed mail is read');
	rig.expectRuns(account, workflowId, 2);
	return undefined;
}

/** The worker ends what runs while the main is dead; the main comes back and cannot know: at most those run again. */
export async function killMainInMidRun(queue: QueueRig): Promise<string> {
	const { rig } = queue;
	const account = await rig.account('mainkilled');
	const nodes = [imapTrigger(account.credential), report(rig.recorder.url, '/queue', RUN_MS)];
	await rig.publish(chain('main killed', nodes));
	await rig.deliver(account, 'before');
	await rig.untilSeen(account, 'before');
	await rig.deliver(account, ...IN_FLIGHT);
	const ran = () => rig.recorder.subjects('/queue');
	const ended = () => rig.recorder.at('/queue').filter(({ answeredAt }) => answeredAt > 0).length;
	await eventually(TIMEOUT_MS, 'begin of all runs', () => ran().length === 1 + IN_FLIGHT.length);
	assert.equal(ended(), 1, 'a run had ended before the kill');

	await rig.n8n.kill();
	await rig.deliver(account, ...DOWN);
	const startMs = await rig.n8n.start();
	for (const subject of ['before', ...IN_FLIGHT, ...DOWN]) await rig.untilSeen(account, subject);
	const check = () => {
		const times = (subject: string) => ran().filter((each) => each === subject).length;
		for (const subject of ['before', ...DOWN]) assert.equal(times(subject), 1, subject);
		for (const subject of IN_FLIGHT)
			assert.ok([1, 2].includes(times(subject)), `${subject}: ${times(subject)}`);
	};
	check();
	rig.atTheEnd('mails of the killed main', async () => await Promise.resolve(check()));
	const again = ran().length - 1 - IN_FLIGHT.length - DOWN.length;
	return `${IN_FLIGHT.length} in flight, ${again} of them ran again; the main was back in ${(startMs / 1000).toFixed(1)} s`;
}

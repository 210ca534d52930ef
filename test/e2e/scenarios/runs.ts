/** Scenarios about what a run's end means for the mail. */
import assert from 'node:assert/strict';
import type { Rig } from '../rig';
import type { Connections } from '../restClient';
import { eventually } from '../../servers';
import { chain, failIfSubjectContains, imapTrigger, noOp, report } from '../workflows';

const REPORT_TIMEOUT_MS = 15_000;

/** Two published workflows with the same mailbox and credential: one mail, one run of each. */
export async function twoWorkflows(rig: Rig): Promise<undefined> {
	const account = await rig.account('shared');
	const ids: string[] = [];
	for (const name of ['shared one', 'shared two']) {
		ids.push(await rig.publish(chain(name, [imapTrigger(account.credential), noOp()])));
	}
	await rig.deliver(account, 'for both');
	for (const id of ids) {
		const execution = await rig.rest.waitForExecution(id);
		assert.equal(execution.status, 'success');
		rig.expectRuns(account, id, 1);
	}
	await rig.untilSeen(account, 'for both');
	return undefined;
}

/** Good, bad, good: only the mails of the good runs are marked read at the server. */
export async function failedStaysUnread(rig: Rig): Promise<undefined> {
	const account = await rig.account('verdicts');
	const [decide, fail] = failIfSubjectContains('bad');
	const workflow = chain('verdicts', [imapTrigger(account.credential), decide, fail, noOp()]);
	const to = (node: string): Connections[string]['main'][number] => [{ node, type: 'main', index: 0 }];
	workflow.connections = {
		'IMAP Trigger': { main: [to(decide.name)] },
		[decide.name]: { main: [to(fail.name), to('Next')] },
	};
	const workflowId = await rig.publish(workflow);
	await rig.deliver(account, 'good 1', 'bad 1', 'good 2');
	const executions = await rig.rest.waitForExecutions({ workflowId }, 3);
	assert.deepEqual(executions.map(({ status }) => status).sort(), ['error', 'success', 'success']);
	await rig.untilSeen(account, 'good 1');
	await rig.untilSeen(account, 'good 2');
	const unread = async () => {
		const { flags } = await rig.stored(account, 'bad 1');
		assert.ok(!flags.includes('\\Seen'), `the failed mail has the flags ${flags.join(' ')}`);
	};
	await unread();
	rig.atTheEnd('the mail of the failed run is unread', unread);
	rig.expectRuns(account, workflowId, 3);
	return undefined;
}

/** With "save successful executions: none" n8n forgets the row and its key; the mail must still run once. */
export async function saveNone(rig: Rig): Promise<undefined> {
	const account = await rig.account('unsaved');
	const settings = { saveDataSuccessExecution: 'none' };
	const nodes = [imapTrigger(account.credential), report(rig.recorder.url, '/unsaved')];
	const workflowId = await rig.publish(chain('unsaved', nodes, settings));
	const ran = () => rig.recorder.subjects('/unsaved');
	for (const subject of ['unsaved 1', 'unsaved 2']) {
		await rig.deliver(account, subject);
		await eventually(REPORT_TIMEOUT_MS, `run of "${subject}"`, () => ran().includes(subject));
		await rig.untilSeen(account, subject);
	}
	rig.atTheEnd('unsaved runs', async () => {
		assert.deepEqual(ran(), ['unsaved 1', 'unsaved 2']);
		assert.deepEqual(await rig.rest.executions({ workflowId }), []);
	});
	return undefined;
}

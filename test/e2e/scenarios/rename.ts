import assert from 'node:assert/strict';
import type { Rig } from '../rig';
import { chain, imapTrigger, noOp } from '../workflows';

const OLD_NAME = 'IMAP Trigger';
const NEW_NAME = 'Mail for the shop';

/** n8n files a node's own static data under its name; the cursor must survive a new name, and the time between. */
export async function renameKeepsCursor(rig: Rig): Promise<undefined> {
	const account = await rig.account('renamed');
	const workflowId = await rig.publish(
		chain('renamed', [imapTrigger(account.credential, {}, OLD_NAME), noOp()]),
	);
	await rig.deliver(account, 'before');
	await rig.rest.waitForExecutions({ workflowId }, 1);

	const { nodes, connections } = await rig.rest.workflow(workflowId);
	await rig.rest.updateWorkflow(workflowId, {
		nodes: nodes.map((node) => (node.name === OLD_NAME ? { ...node, name: NEW_NAME } : node)),
		connections: { [NEW_NAME]: connections[OLD_NAME]! },
	});
	// Half of the mail comes while the old trigger is closed and the new one not yet up.
	await Promise.all([rig.rest.publish(workflowId), rig.deliver(account, 'during 1', 'during 2')]);
	await rig.deliver(account, 'after');
	await rig.rest.waitForExecutions({ workflowId }, 4);

	await rig.rest.unpublish(workflowId);
	await rig.deliver(account, 'while off');
	await rig.rest.publish(workflowId);
	const summaries = await rig.rest.waitForExecutions({ workflowId }, 5);
	const executions = await Promise.all(summaries.map(async ({ id }) => await rig.rest.execution(id)));
	const subjects = executions.map(
		({ data }) => data.resultData.runData['Next']![0]!.data!.main![0]![0]!.json['subject'] as string,
	);
	assert.deepEqual(subjects.sort(), ['after', 'before', 'during 1', 'during 2', 'while off']);
	rig.expectRuns(account, workflowId, 5);
	return undefined;
}

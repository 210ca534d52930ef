import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { WorkflowNode } from '../restClient';
import type { Rig } from '../rig';
import { chain, imapTrigger, noOp } from '../workflows';

/**
 * Copies of a published workflow on the same mailbox. The editor's Duplicate gives the nodes new ids, and n8n
 * drops the static data; a copy of the JSON through the public API keeps both, and with them the original's cursor. A copy that went on with that cursor would run mails that came before it was switched on.
 */
export async function duplicatesStartAnew(rig: Rig): Promise<undefined> {
	const account = await rig.account('copied');
	const original = await rig.publish(chain('original', [imapTrigger(account.credential), noOp()]));
	await rig.deliver(account, 'before the copies');
	await rig.rest.waitForExecutions({ workflowId: original }, 1);
	await rig.untilSeen(account, 'before the copies');
	const { nodes, connections, staticData } = await rig.rest.workflow(original);
	assert.ok(JSON.stringify(staticData).includes('mailroom:'), 'the original has a cursor to be copied');

	await rig.deliver(account, 'between');
	await rig.rest.waitForExecutions({ workflowId: original }, 2);
	const withNewIds = nodes.map((node): WorkflowNode => ({ ...node, id: randomUUID() }));
	const copies = [
		(await rig.rest.createWorkflow({ name: 'duplicate', nodes: withNewIds, connections })).id,
		await rig.rest.importWorkflow({ name: 'imported', nodes, connections, staticData: staticData ?? null }),
	];
	const [, imported] = await Promise.all(copies.map(async (id) => await rig.rest.workflow(id)));
	assert.deepEqual(imported?.staticData, staticData, 'the cursor was copied along');
	for (const id of copies) await rig.rest.publish(id);

	await rig.deliver(account, 'for all');
	for (const id of copies) {
		const execution = await rig.rest.waitForExecution(id);
		assert.equal(
			execution.data.resultData.runData['Next']![0]!.data!.main![0]![0]!.json['subject'],
			'for all',
			id === copies[0] ? 'first run of the duplicate' : 'first run of the imported copy',
		);
		rig.expectRuns(account, id, 1);
	}
	await rig.rest.waitForExecutions({ workflowId: original }, 3);
	await rig.untilSeen(account, 'for all');
	rig.expectRuns(account, original, 3);
	return undefined;
}

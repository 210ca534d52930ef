import assert from 'node:assert/strict';
import type { Rig, Account } from '../rig';
import { chain, imapTrigger, report } from '../workflows';
import type { AroundEnd } from './scenario';

/** More than the trigger runs at a time, so that a cursor that has gone back is not hidden by D7's allowance. */
const MAILS = 12;
const PATH = '/two-triggers';

/**
 * Two triggers with two accounts in one workflow. n8n keeps their cursors in one JSON, which each trigger's copy of
 * the workflow writes whole. One of them is replaced alone, so that it holds an old copy of the other's cursor, and
 * writes last. Successful runs are not saved, so n8n's keys do not help either.
 */
export async function twoTriggers(rig: Rig): Promise<AroundEnd> {
	const [left, right] = [await rig.account('left'), await rig.account('right')];
	const workflow = chain(
		'two triggers',
		[imapTrigger(left.credential, {}, 'Left'), report(rig.recorder.url, PATH)],
		{ saveDataSuccessExecution: 'none' },
	);
	const second = imapTrigger(right.credential, {}, 'Right');
	second.position = [0, 200];
	workflow.nodes.push(second);
	workflow.connections['Right'] = workflow.connections['Left']!;
	const workflowId = await rig.publish(workflow);

	const expected: string[] = [];
	const deliver = async (account: Account, ...subjects: string[]) => {
		expected.push(...subjects);
		await rig.deliver(account, ...subjects);
	};
	const untilSeen = async (account: Account, ...subjects: string[]) => {
		for (const subject of subjects) await rig.untilSeen(account, subject);
	};
	const check = () => assert.deepEqual(rig.recorder.subjects(PATH).sort(), [...expected].sort());

	await Promise.all([deliver(left, 'left first'), deliver(right, 'right first')]);
	await untilSeen(left, 'left first');
	await untilSeen(right, 'right first');
	await rig.rest.updateWorkflow(workflowId, {
		nodes: workflow.nodes.map((node) =>
			node.name === 'Right' ? { ...node, parameters: { attachmentMode: 'none' } } : node,
		),
	});
	await rig.rest.publish(workflowId);
	const many = Array.from({ length: MAILS }, (_, index) => `left ${index + 1}`);
	await deliver(left, ...many);
	await untilSeen(left, ...many);
	await deliver(right, 'right second');
	await untilSeen(right, 'right second');
	check();

	return {
		whileDown: async () => {
			await deliver(left, 'left while down');
			await deliver(right, 'right while down');
		},
		after: async () => {
			await untilSeen(left, 'left while down');
			await untilSeen(right, 'right while down');
			check();
			rig.atTheEnd('runs of two triggers in one workflow', async () => await Promise.resolve(check()));
			return undefined;
		},
	};
}

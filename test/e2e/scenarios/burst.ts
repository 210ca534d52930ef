import assert from 'node:assert/strict';
import type { Rig } from '../rig';
import { eventually } from '../../servers';
import { chain, imapTrigger, report } from '../workflows';

const MAILS = 20;
const RUN_MS = 300;
/** When so many have run, the trigger is replaced. */
const REDEPLOY_AFTER = 5;
/** 20 runs of 0.3 s, with n8n's own time around each on a busy machine. */
const BURST_TIMEOUT_MS = 60_000;

/**
 * n8n runs one execution at a time (`N8N_CONCURRENCY_PRODUCTION_LIMIT=1`), so most of the trigger's runs wait in n8n's
 * queue while a changed parameter replaces the trigger: what is queued must neither run twice nor be forgotten.
 */
export async function burstAtConcurrencyOne(rig: Rig): Promise<string> {
	const account = await rig.account('burst');
	const nodes = [imapTrigger(account.credential), report(rig.recorder.url, '/burst', RUN_MS)];
	const workflowId = await rig.publish(chain('burst', nodes));
	const subjects = Array.from({ length: MAILS }, (_, index) => `burst ${String(index + 1).padStart(2, '0')}`);
	const ran = () => rig.recorder.subjects('/burst');

	await rig.deliver(account, ...subjects);
	await eventually(BURST_TIMEOUT_MS, 'first runs', () => ran().length >= REDEPLOY_AFTER);
	const queued = await rig.rest.executions({ workflowId, status: ['new'] });
	const changed = nodes.map((node) =>
		node.name === 'IMAP Trigger' ? { ...node, parameters: { attachmentMode: 'none' } } : node,
	);
	await rig.rest.updateWorkflow(workflowId, { nodes: changed });
	await rig.rest.publish(workflowId);
	const before = ran().length;
	assert.ok(before < MAILS, `all ${MAILS} had run before the redeploy was through`);
	assert.ok(queued.length > 0, 'no run waited in the queue at the redeploy');

	await eventually(BURST_TIMEOUT_MS, `${MAILS} runs`, () => ran().length >= MAILS);
	for (const subject of subjects) await rig.untilSeen(account, subject);
	await rig.rest.waitForExecutions({ workflowId }, MAILS);
	assert.deepEqual(ran().sort(), subjects);
	assert.ok(rig.recorder.mostAtOnce('/burst') === 1, 'n8n ran more than one at a time');
	rig.expectRuns(account, workflowId, MAILS);
	return `${queued.length} runs were queued in n8n at the redeploy, ${MAILS - before} mails ran after it`;
}

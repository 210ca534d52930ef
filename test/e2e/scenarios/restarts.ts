/** Scenarios in which n8n itself ends and comes back. */
import assert from 'node:assert/strict';
import type { Rig } from '../rig';
import { eventually } from '../../servers';
import { chain, imapTrigger, noOp, request, wait } from '../workflows';

const RUN_SECONDS = 4;
const RUN_TIMEOUT_MS = 20_000;

/** Nothing but the activation has been saved when n8n dies; the mail that comes while it is down must run, once. */
export async function killBeforeFirstMail(rig: Rig): Promise<string> {
	const account = await rig.account('killed');
	const workflowId = await rig.publish(chain('killed', [imapTrigger(account.credential), noOp()]));
	await rig.n8n.kill();
	await rig.deliver(account, 'while down');
	const startMs = await rig.n8n.start();
	const execution = await rig.rest.waitForExecution(workflowId);
	assert.equal(execution.status, 'success');
	await rig.untilSeen(account, 'while down');
	rig.expectRuns(account, workflowId, 1);
	return `n8n was back in ${(startMs / 1000).toFixed(1)} s`;
}

/** A stop in the middle of a run: the mail's work is done at the end, and at most twice. */
export async function stopInMidRun(rig: Rig): Promise<string> {
	const account = await rig.account('stopped');
	const { recorder } = rig;
	await rig.publish(
		chain('stopped', [
			imapTrigger(account.credential),
			request('Report begin', `${recorder.url}/begin`),
			wait(RUN_SECONDS),
			request('Report end', `${recorder.url}/end`),
		]),
	);
	await rig.deliver(account, 'long work');
	await eventually(RUN_TIMEOUT_MS, 'begin of the run', () => recorder.at('/begin').length === 1);
	const stopMs = await rig.n8n.stop();
	await rig.n8n.start();
	await eventually(RUN_TIMEOUT_MS, 'end of a run', () => recorder.at('/end').length > 0);
	await rig.untilSeen(account, 'long work');
	rig.atTheEnd('mail of the stopped run', async () => {
		const [begun, ended] = [recorder.at('/begin').length, recorder.at('/end').length];
		assert.ok(begun <= 2 && ended >= 1, `begun ${begun} times, ended ${ended} times`);
		await Promise.resolve();
	});
	const ended = recorder.at('/end').length;
	return `stopping took ${(stopMs / 1000).toFixed(1)} s, the run was completed ${ended === 1 ? 'once' : `${ended} times`}`;
}

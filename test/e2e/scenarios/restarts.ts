/** Scenarios in which n8n itself ends and comes back. */
import assert from 'node:assert/strict';
import type { Rig } from '../rig';
import { eventually } from '../../servers';
import { chain, imapTrigger, noOp, report, request, wait } from '../workflows';
import type { AroundEnd } from './scenario';

const RUN_SECONDS = 4;
const RUN_TIMEOUT_MS = 20_000;

/** Nothing but the activation has been saved when n8n dies; the mail that comes while it is down must run, once. */
export async function killBeforeFirstMail(rig: Rig): Promise<AroundEnd> {
	const account = await rig.account('killed');
	const workflowId = await rig.publish(chain('killed', [imapTrigger(account.credential), noOp()]));
	return {
		whileDown: async () => await rig.deliver(account, 'while down'),
		after: async () => {
			const execution = await rig.rest.waitForExecution(workflowId);
			assert.equal(execution.status, 'success');
			await rig.untilSeen(account, 'while down');
			rig.expectRuns(account, workflowId, 1);
			return undefined;
		},
	};
}

/**
 * The last mail was marked, then n8n is stopped and started: n8n has not stored since that this mail is done, and
 * still it must not run again. With runs that are saved (their keys hold) and with runs that are not.
 */
export async function lastMailRunsOnce(rig: Rig): Promise<AroundEnd> {
	const kinds = await Promise.all(
		(['all', 'none'] as const).map(async (saved) => {
			const account = await rig.account(`last-${saved}`);
			const path = `/last-${saved}`;
			const nodes = [imapTrigger(account.credential), report(rig.recorder.url, path)];
			await rig.publish(chain(`last-${saved}`, nodes, { saveDataSuccessExecution: saved }));
			return { account, path };
		}),
	);
	for (const { account } of kinds) await rig.deliver(account, 'one', 'last');
	for (const { account } of kinds)
		for (const subject of ['one', 'last']) await rig.untilSeen(account, subject);
	const ran = (path: string) => rig.recorder.subjects(path).sort();
	for (const { path } of kinds) assert.deepEqual(ran(path), ['last', 'one'], 'before the stop');
	return {
		after: async () => {
			// What is new runs after what is old, so when it is marked, the old was looked at.
			for (const { account } of kinds) await rig.deliver(account, 'next');
			for (const { account } of kinds) await rig.untilSeen(account, 'next');
			const check = () => {
				for (const { path } of kinds) assert.deepEqual(ran(path), ['last', 'next', 'one'], path);
			};
			check();
			rig.atTheEnd('the last mail before a stop', async () => await Promise.resolve(check()));
			return undefined;
		},
	};
}

/** A stop in the middle of a run: the mail's work is done at the end, and at most twice. */
export async function stopInMidRun(rig: Rig): Promise<AroundEnd> {
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
	return {
		whileDown: async () => {
			assert.equal(recorder.at('/begin').length, 1);
			await Promise.resolve();
		},
		after: async () => {
			await eventually(RUN_TIMEOUT_MS, 'end of a run', () => recorder.at('/end').length > 0);
			await rig.untilSeen(account, 'long work');
			rig.atTheEnd('mail of the stopped run', async () => {
				const [begun, ended] = [recorder.at('/begin').length, recorder.at('/end').length];
				assert.ok(begun <= 2 && ended >= 1, `begun ${begun} times, ended ${ended} times`);
				await Promise.resolve();
			});
			const ended = recorder.at('/end').length;
			return `the run was completed ${ended === 1 ? 'once' : `${ended} times`}`;
		},
	};
}

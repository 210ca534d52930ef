/** Rows of delivery.md's last section, and those about triggers that share a mailbox. */
import type { IDataObject } from 'n8n-workflow';
import { eventually } from '../../servers';
import type { Row } from '../campaign';
import { Lab, NODE } from './lab';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HUNDRED = 100;

/** Many workflows with the same account on one mailbox. */
function together(count: number) {
	return async (lab: Lab): Promise<void> => {
		const before = lab.logins;
		const workflows = [];
		for (let i = 0; i < count; i++) workflows.push(await lab.live());
		await lab.send(1);
		const runs = () => lab.engine.collected.length;
		lab.recoveryMs = await lab.until(() => runs() >= count, MINUTE_MS);
		await new Promise((resolve) => setTimeout(resolve, 1_000));
		const connections = lab.proxy.openCount;
		const ran = new Set(lab.engine.collected.map(({ workflowId }) => workflowId)).size;
		lab.happened = ran;
		Object.assign(lab.notes, { connections, logins: lab.logins - before, runs: runs() });
		lab.expect(connections === 1, `${connections} connections`);
		lab.expect(lab.logins - before === 1, `${lab.logins - before} logins`);
		lab.expect(runs() === count && ran === count, `${runs()} runs of ${ran} workflows`);
		await eventually(10 * SECOND_MS, 'the mark', () => lab.flagged('\\Seen') === 1).catch(() => undefined);
		lab.expect(lab.flagged('\\Seen') === 1, 'the mail is not marked');
		lab.shared = true;
	};
}

/** One more trigger of the same user with a wrong password, beside a live one. */
async function impostor(lab: Lab): Promise<void> {
	await lab.live();
	await lab.send();
	await lab.all();
	const wrong = await lab.workflow({ account: { password: 'guessed' } });
	let refused = '';
	await lab.activate(wrong).catch((error: Error) => (refused = error.message));
	lab.happened = refused === '' ? 0 : 1;
	lab.notes['refused with'] = refused.slice(0, 100);
	await lab.send(5);
	await lab.all();
	await lab.time.pass(20 * MINUTE_MS);
	const stolen = lab.engine.collected.filter(({ workflowId }) => workflowId === wrong.id).length;
	lab.expect(refused !== '', 'it was switched on');
	lab.expect(stolen === 0, `${stolen} items`);
	lab.expectAll();
}

/** The password is changed in one credential only, while both triggers are live. */
async function turned(lab: Lab): Promise<void> {
	const honest = await lab.live();
	const other = await lab.live();
	const id = other.node(NODE).credentials?.['mailAccountApi']?.id ?? '';
	await lab.engine.updateCredential(id, { ...lab.account(), password: 'guessed' });
	await lab.time.pass(16 * MINUTE_MS);
	lab.happened = lab.reports(other, /No mail can be received/).length;
	await lab.send(4);
	await lab.until(
		() => lab.engine.collected.filter(({ workflowId }) => workflowId === honest.id).length === 4,
		MINUTE_MS,
	);
	await lab.time.pass(5 * MINUTE_MS);
	const stolen = lab.engine.collected.filter(({ workflowId }) => workflowId === other.id).length;
	lab.expect(stolen === 0, `${stolen} items with a wrong password`);
	lab.expectAll();
}

/** One execution at a time in all of n8n, a burst, and a redeploy in the middle. */
async function oneAtATime(lab: Lab): Promise<void> {
	const workflow = await lab.live({ steps: [{ type: 'test.delay', parameters: { ms: 30 } }] });
	for (let i = 0; i < 3; i++) {
		await lab.send(12);
		await lab.until(() => lab.engine.collected.length > i * 12 + 2, 20 * SECOND_MS);
		lab.happened += workflow.executions().filter(({ status }) => status === 'new').length;
		await workflow.redeploy();
	}
	lab.recoveryMs = await lab.all();
	lab.expectAll();
}

/** Successful executions are not saved, and their rows are removed before the trigger comes back. */
async function unsaved(lab: Lab): Promise<void> {
	const settings = { saveDataSuccessExecution: 'none' } as IDataObject;
	const workflow = await lab.live({ settings });
	for (let i = 0; i < 4; i++) {
		await lab.send(6);
		await lab.all();
		lab.engine.executions.hardDelete();
		if (workflow.executions().length === 0) lab.happened++;
		if (i % 2 === 0) await workflow.redeploy();
		else lab.proxy.drop('reset');
	}
	await lab.all();
	lab.expectAll();
}

/** Renamed, duplicated, and two triggers in one workflow. */
async function lookalikes(lab: Lab): Promise<void> {
	const workflow = await lab.live();
	await lab.send(3);
	await lab.all();
	workflow.rename(NODE, 'Renamed');
	await workflow.activate();
	const copy = workflow.duplicate();
	await copy.activate();
	await lab.send(3);
	const ranIn = (id: string) => lab.engine.collected.filter(({ workflowId }) => workflowId === id).length;
	await eventually(10 * SECOND_MS, 'both run', () => ranIn(copy.id) >= 3 && ranIn(workflow.id) >= 6).catch(
		() => undefined,
	);
	await copy.deactivate();
	lab.happened = ranIn(copy.id);
	lab.expect(ranIn(copy.id) === 3, `the copy ran ${ranIn(copy.id)} times instead of 3`);
	lab.expect(ranIn(workflow.id) === 6, `the original ran ${ranIn(workflow.id)} times instead of 6`);
	lab.shared = true;
}

export const sharingRows: Row[] = [
	{
		id: 'D15a',
		fault: 'same user, wrong password, while a live session exists',
		proof: 'switching it on was refused',
		bar: 'refused, 0 items',
		run: async () => await Lab.run({ virtual: true }, impostor),
	},
	{
		id: 'D15b',
		fault: 'the credential of one of two sharing triggers is changed to a wrong password',
		proof: 'that trigger told that it receives nothing',
		bar: 'from the next re-SELECT (≤ 15 min) 0 items; the other goes on',
		run: async () => await Lab.run({ virtual: true }, turned),
	},
	{
		id: 'D18a',
		fault: 'two workflows on one mailbox',
		proof: 'both ran',
		bar: '1 connection, 2 runs',
		run: async () => await Lab.run({}, together(2)),
	},
	{
		id: 'D18b',
		fault: '100 workflows on one mailbox',
		proof: 'all ran',
		bar: '1 connection, 1 login, 100 runs',
		run: async () => await Lab.run({}, together(HUNDRED)),
	},
	{
		id: 'D6',
		fault: 'concurrency limit 1, a burst, redeployed in the middle',
		proof: 'runs were queued',
		bar: '0 lost, 0 doubled',
		run: async () => await Lab.run({ engine: { concurrencyLimit: 1 } }, oneAtATime),
	},
	{
		id: 'D4',
		fault: 'successful executions not saved, their rows gone when the trigger comes back',
		proof: 'no row was left',
		bar: '0 lost, 0 doubled',
		run: async () => await Lab.run({}, unsaved),
	},
	{
		id: 'D1',
		fault: 'renamed, duplicated',
		proof: 'the copy ran too',
		bar: 'the original goes on where it was, the copy starts anew',
		run: async () => await Lab.run({}, lookalikes),
	},
];

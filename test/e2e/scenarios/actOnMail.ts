/** The IMAP node behind the trigger: what a workflow has decided about a mail is done to it on the server. */
import assert from 'node:assert/strict';
import { eventually } from '../../servers';
import type { Rig } from '../rig';
import type { Connections } from '../restClient';
import { chain, failIfSubjectContains, imap, imapTrigger } from '../workflows';

const MOVE_TIMEOUT_MS = 15_000;
const INVOICES = ['invoice 1', 'invoice 2', 'invoice 3'];
const OTHERS = ['hello 1', 'hello 2'];

/** Trigger → classify → move: invoices into a mailbox that is made for them, the others get a keyword and stay. */
export async function classifyAndMove(rig: Rig): Promise<string> {
	const account = await rig.account('classified');
	const [decide] = failIfSubjectContains('invoice');
	const moveOptions = { destination: 'Invoices', transferOptions: { create: true } };
	const move = imap(account.credential, { operation: 'move', ...moveOptions }, 'File It');
	const tag = imap(account.credential, { operation: 'addFlags', flags: 'NoInvoice' }, 'Tag It');
	const workflow = chain('classified', [imapTrigger(account.credential), decide, move, tag]);
	const to = (name: string): Connections[string]['main'][number] => [{ node: name, type: 'main', index: 0 }];
	workflow.connections = {
		'IMAP Trigger': { main: [to(decide.name)] },
		[decide.name]: { main: [to(move.name), to(tag.name)] },
	};
	const workflowId = await rig.publish(workflow);
	await rig.deliver(account, ...INVOICES, ...OTHERS);
	const executions = await rig.rest.waitForExecutions({ workflowId }, INVOICES.length + OTHERS.length);
	assert.deepEqual(
		executions.map(({ status }) => status),
		executions.map(() => 'success'),
	);
	const subjects = async (mailbox: string): Promise<string[]> =>
		(await rig.dovecot.fetchAll(account.user, mailbox))
			.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw.toString())?.[1] ?? '')
			.sort();
	await eventually(MOVE_TIMEOUT_MS, 'the invoices in their mailbox', async () => {
		return (await subjects('Invoices')).length === INVOICES.length;
	});
	assert.deepEqual(await subjects('Invoices'), INVOICES);
	assert.deepEqual(await subjects('INBOX'), OTHERS);
	for (const subject of OTHERS) {
		await rig.untilSeen(account, subject);
		assert.ok((await rig.stored(account, subject)).flags.includes('NoInvoice'));
	}
	const moved = await newIds(rig, workflowId, move.name);
	assert.equal(new Set(moved).size, INVOICES.length);
	for (const id of moved) assert.match(id, /^Invoices;UIDVALIDITY=\d+\/;UID=\d+$/);
	return `${moved.length} of ${executions.length} mails filed`;
}

async function newIds(rig: Rig, workflowId: string, nodeName: string): Promise<string[]> {
	const ids: string[] = [];
	for (const { id } of await rig.rest.executions({ workflowId })) {
		const { data } = await rig.rest.execution(id);
		const items = data.resultData.runData[nodeName]?.[0]?.data?.main?.[0] ?? [];
		ids.push(...items.map(({ json }) => String(json['id'])));
	}
	return ids;
}

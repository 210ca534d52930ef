/** The IMAP node and the trigger on one mailbox: what the one does, the other understands (delivery rule D11). */
import type { IDataObject } from 'n8n-workflow';
import { itemsOf } from '../engine';
import { items, NODE, Rig, subjects } from '../ImapTrigger/rig';

jest.setTimeout(60_000);

const IMAP = 'n8n-nodes-mailroom.imap';

describe('beside the trigger', () => {
	let rig: Rig;
	beforeAll(async () => {
		rig = await Rig.start();
	});
	afterAll(async () => await rig.stop());

	/** A workflow that fails on its first mail, and one of the IMAP node on the same account. */
	async function failedMail(name: string) {
		const account = rig.newUser();
		const mailAccountApi = await rig.credential(account);
		const fails = { type: 'test.fail', parameters: { mode: 'first', times: 1 } };
		const wf = rig.workflow(mailAccountApi, { steps: [fails] });
		await wf.activate();
		await rig.deliver(account.user, name);
		const failed = await wf.waitForExecution();
		expect(failed.status).toBe('error');
		await rig.untilFailed(account.user);
		const [message] = items(failed);
		const act = async (parameters: IDataObject) => {
			const by = rig.engine.addWorkflow({
				nodes: [
					{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
					{ name: 'IMAP', type: IMAP, parameters: parameters as never, credentials: { mailAccountApi } },
				],
				connections: { Start: { main: [[{ node: 'IMAP', type: 'main', index: 0 }]] } },
			});
			const run = await by.run({ items: [{ json: {} }] });
			expect(run.data.resultData.error).toBeUndefined();
			return itemsOf(run, 'IMAP').map(({ json }) => json);
		};
		const { uidValidity } = rig.servers.mailbox(account.user);
		const id = String(message?.['id'] ?? `INBOX;UIDVALIDITY=${uidValidity}/;UID=1`);
		return { user: account.user, wf, act, id };
	}

	test('mark as done: the failed mail loses its mark and does not run again', async () => {
		const { user, wf, act, id } = await failedMail('repaired by hand');
		expect(await act({ operation: 'markDone', message: id })).toMatchObject([{ id, changed: true }]);
		await rig.untilFlags(user, ['\\Seen', 'MailroomDone']);
		await rig.deliver(user, 'next');
		expect(subjects(await wf.waitForExecution())).toEqual(['next']);
		await rig.deliver(user, 'and next');
		expect(subjects(await wf.waitForExecution())).toEqual(['and next']);
		expect(wf.executions()).toHaveLength(3);
		await wf.deactivate();
	});

	test('put back: it runs again, as the next attempt', async () => {
		const { user, wf, act, id } = await failedMail('tried again');
		await act({ operation: 'putBack', message: id });
		const again = await wf.waitForExecution();
		expect([again.status, items(again)[0]?.['attempt']]).toEqual(['success', 2]);
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
	});

	test('trigger → classify → move: by the id of the trigger’s item, while the trigger still holds the mail', async () => {
		const account = rig.newUser();
		const mailAccountApi = await rig.credential(account);
		const move = {
			type: IMAP,
			parameters: { operation: 'move', destination: 'Archive', message: `={{ $('${NODE}').item.json.id }}` },
			credentials: { mailAccountApi },
		};
		const wf = rig.workflow(mailAccountApi, { steps: [move as never] });
		await wf.activate();
		await rig.deliver(account.user, 'one', 'two', 'three');
		for (let i = 0; i < 3; i++) expect((await wf.waitForExecution()).status).toBe('success');
		expect(rig.servers.messages(account.user)).toEqual([]);
		expect(rig.servers.messages(account.user, 'Archive')).toHaveLength(3);
		await wf.deactivate();
		expect(wf.executions()).toHaveLength(3);
	});
});

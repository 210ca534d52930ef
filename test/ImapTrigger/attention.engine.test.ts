import { eventually } from '../servers';
import { setConstants } from './built';
import { items, mail, Rig, SOON_MS, subjects } from './rig';

/** What the trigger does beyond new mail: put-backs, late messages, late ends, several mailboxes, outages as items. */
describe('the trigger keeps an eye on', () => {
	let rig: Rig;

	beforeAll(async () => {
		rig = await Rig.start();
	});
	afterAll(async () => await rig.stop());

	/** As another program does: all flags of the first mail. */
	function clearFlags(user: string): void {
		const mailbox = rig.servers.mailbox(user);
		const [message] = mailbox.messages;
		if (!message) throw new Error('no message');
		mailbox.setFlags(message, []);
	}

	test('a failed mail whose mark a person takes away: it runs again, as the next attempt (D11)', async () => {
		const { user, wf } = await rig.live({
			steps: [{ type: 'test.fail', parameters: { mode: 'first', times: 1 } }],
		});
		await rig.deliver(user, 'put back');
		expect((await wf.waitForExecution()).status).toBe('error');
		await rig.untilFailed(user);
		clearFlags(user);
		const again = await wf.waitForExecution();
		expect([again.status, items(again)[0]?.['attempt']]).toEqual(['success', 2]);
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
	});

	test('a mail that ran and is marked unread: only where that was asked for', async () => {
		const { user, wf } = await rig.live({ trigger: { options: { fireAgainWhenMarkedUnread: true } } });
		const other = await rig.live();
		for (const { user: name, workflow } of [
			{ user, workflow: wf },
			{ user: other.user, workflow: other.wf },
		]) {
			await rig.deliver(name, 'unread again');
			await workflow.waitForExecution();
			await rig.untilFlags(name, ['\\Seen']);
			clearFlags(name);
		}
		const again = await wf.waitForExecution();
		expect([again.status, items(again)[0]?.['attempt']]).toEqual(['success', 2]);
		await rig.untilFlags(user, ['\\Seen']);
		await rig.deliver(other.user, 'another');
		expect(subjects(await other.wf.waitForExecution())).toEqual(['another']);
		expect(other.wf.executions()).toHaveLength(2);
		await Promise.all([wf.deactivate(), other.wf.deactivate()]);
	});

	test('a message that shows up below others that have run (D5)', async () => {
		const put = setConstants('nodes/mail/imap/audit', { AUDIT_INTERVAL_MS: 0 });
		const { user, wf } = await rig.live();
		const mailbox = rig.servers.mailbox(user);
		for (const uid of [5, 9]) {
			mailbox.add({ uid, raw: Buffer.from(mail(`uid ${uid}`)) });
			await wf.waitForExecution();
		}
		mailbox.add({ uid: 7, raw: Buffer.from(mail('uid 7')) });
		expect(subjects(await wf.waitForExecution())).toEqual(['uid 7']);
		expect(Object.values(rig.ran(wf))).toEqual([1, 1, 1]);
		put();
		await wf.deactivate();
	});

	test('a run that ends after the workflow was switched off: its mail is marked, and does not run again (D9)', async () => {
		const { user, wf } = await rig.live({ steps: [{ type: 'test.delay', parameters: { ms: 2_500 } }] });
		await rig.deliver(user, 'late');
		await eventually(SOON_MS, 'the run to begin', () => wf.executions().length > 0);
		await wf.deactivate();
		expect(rig.flags(user)).toEqual([]);
		await rig.untilFlags(user, ['\\Seen']);
		await eventually(SOON_MS, 'no connection left', () => rig.servers.imap.connectionCount === 0);
		await wf.activate();
		await rig.deliver(user, 'next');
		await wf.waitForExecution((execution) => subjects(execution).includes('next'));
		expect(rig.ran(wf)).toEqual({ late: 1, next: 1 });
		await wf.deactivate();
	});

	test('a run that ends when the credential names another account by now: nothing is done to the other’s mail', async () => {
		const [first, second] = [rig.newUser(), rig.newUser()];
		const credential = await rig.credential(first);
		const wf = rig.workflow(credential, {
			trigger: { onSuccess: { delete: true } },
			steps: [{ type: 'test.delay', parameters: { ms: 2_500 } }],
		});
		await wf.activate();
		// Number and UIDVALIDITY are the same in both, as in every inbox of Gmail.
		await rig.deliver(second.user, 'of somebody else');
		await rig.deliver(first.user, 'mine');
		await eventually(SOON_MS, 'the run to begin', () => wf.executions().length > 0);
		await rig.engine.updateCredential(credential.id, rig.account(second));
		await wf.deactivate();
		await eventually(SOON_MS, 'the run to end', () => wf.executions()[0]?.status === 'success');
		await new Promise((resolve) => setTimeout(resolve, 1_000));
		expect(rig.servers.messages(second.user)).toHaveLength(1);
		expect(rig.flags(second.user)).toEqual([]);
	});

	test('mailboxes by role and by pattern, also one that is made later', async () => {
		const put = setConstants('nodes/ImapTrigger/mailboxFinder', { FIND_INTERVAL_MS: 50 });
		const account = rig.newUser();
		rig.servers.createMailbox(account.user, 'Clients/A');
		const wf = rig.workflow(await rig.credential(account), {
			trigger: { mailboxes: ['\\Archive', 'Clients/*'] },
		});
		await wf.activate();
		const arrive = (mailbox: string) =>
			rig.servers.mailbox(account.user, mailbox).add({ raw: Buffer.from(mail(`in ${mailbox}`)) });
		for (const mailbox of ['Archive', 'Clients/A']) {
			arrive(mailbox);
			expect(subjects(await wf.waitForExecution())).toEqual([`in ${mailbox}`]);
		}
		rig.servers.createMailbox(account.user, 'Clients/B');
		arrive('Clients/B');
		expect(subjects(await wf.waitForExecution())).toEqual(['in Clients/B']);
		arrive('INBOX');
		await wf.deactivate();
		expect(wf.executions()).toHaveLength(3);
		put();
	});

	test('a mailbox that a pattern meant and somebody deletes is no outage; the others go on', async () => {
		const account = rig.newUser();
		for (const name of ['Clients/A', 'Clients/B']) rig.servers.createMailbox(account.user, name);
		const wf = rig.workflow(await rig.credential(account), {
			trigger: { mailboxes: ['Clients/*'], options: { runOnOutage: true } },
		});
		await wf.activate();
		const told = rig.engine.logs.length;
		const logins = rig.servers.imap.acceptedCount;
		rig.servers.deleteMailbox(account.user, 'Clients/B');
		rig.servers.imap.drop('close');
		await eventually(SOON_MS, 'two lines and a look', () => rig.servers.imap.acceptedCount >= logins + 3);
		rig.servers.mailbox(account.user, 'Clients/A').add({ raw: Buffer.from(mail('goes on')) });
		expect(subjects(await wf.waitForExecution())).toEqual(['goes on']);
		await eventually(SOON_MS, 'one line', () => rig.servers.imap.connectionCount === 1);
		const warned = rig.engine.logs.slice(told).filter(({ level }) => level === 'warn');
		expect(warned.map(({ message }) => message)).toEqual([]);
		await wf.deactivate();
	});

	test('more mailboxes than the account may have connections: the rest are visited in turn (D18)', async () => {
		const put = setConstants('nodes/mail/imap/accountLines', { MAX_OWN_LINES: 2, VISIT_INTERVAL_MS: 50 });
		const account = rig.newUser();
		const mailboxes = Array.from({ length: 6 }, (_, index) => `Box ${index}`);
		for (const mailbox of mailboxes) rig.servers.createMailbox(account.user, mailbox);
		const wf = rig.workflow(await rig.credential(account), { trigger: { mailboxes } });
		await wf.activate();
		for (const round of [1, 2]) {
			for (const mailbox of mailboxes) {
				rig.servers
					.mailbox(account.user, mailbox)
					.add({ raw: Buffer.from(mail(`${mailbox} round ${round}`)) });
			}
			for (const _ of mailboxes) await wf.waitForExecution();
		}
		expect(Object.values(rig.ran(wf))).toEqual(Array(12).fill(1));
		expect(rig.servers.imap.connectionCount).toBe(3);
		for (const mailbox of mailboxes) await rig.untilFlags(account.user, ['\\Seen'], 1, mailbox);
		await wf.deactivate();
		put();
	});

	test('an outage is told once, however many mailboxes the trigger has (D21)', async () => {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account), {
			trigger: { mailboxes: ['INBOX', 'Archive', 'Junk'], options: { runOnOutage: true } },
		});
		await wf.activate();
		const put = [
			setConstants('nodes/mail/imap/outage', { OUTAGE_TOLD_AFTER_MS: 200 }),
			setConstants('nodes/mail/backoff', { UNREACHED_CAP_MS: 300 }),
		];
		const events = (): unknown[] =>
			wf
				.executions()
				.flatMap((execution) => items(execution))
				.map(({ event }) => event);
		await rig.servers.imap.refuse();
		await eventually(SOON_MS, 'the report', () => events().includes('outage'));
		await new Promise((resolve) => setTimeout(resolve, 1_500));
		await rig.servers.imap.open();
		await eventually(SOON_MS, 'the end', () => events().includes('recovered'));
		await rig.deliver(account.user, 'after');
		await eventually(SOON_MS, 'mail', () => rig.ran(wf)['after'] === 1);
		expect(events().filter(Boolean)).toEqual(['outage', 'recovered']);
		put.forEach((restore) => restore());
		await wf.deactivate();
	});

	test('an outage and its end start the workflow, where that was asked for', async () => {
		const { account, wf } = await rig.live({ trigger: { options: { runOnOutage: true } } });
		const put = setConstants('nodes/mail/backoff', { REFUSED_STEPS_MS: [1_050] });
		const { password } = account;
		await rig.servers.setPassword(account.user, 'another');
		rig.servers.imap.drop('close');
		const outage = await wf.waitForExecution((execution) => items(execution)[0]?.['event'] === 'outage');
		expect(items(outage)[0]).toMatchObject({ event: 'outage', reason: expect.stringMatching(/password/) });
		await rig.servers.setPassword(account.user, password);
		const recovered = await wf.waitForExecution(
			(execution) => items(execution)[0]?.['event'] === 'recovered',
		);
		expect(items(recovered)[0]).toMatchObject({ event: 'recovered', downForSeconds: expect.any(Number) });
		put();
		await wf.deactivate();
	});
});

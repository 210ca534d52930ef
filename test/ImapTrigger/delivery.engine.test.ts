/** @jest-environment ./test/engine/jestEnvironment.js */
import { eventually } from '../servers';
import { items, mail, NODE, Rig, SOON_MS, subjects } from './rig';

/** Every key of an item; none is ever missing (design §3). */
const KEYS = [
	...['id', 'uid', 'uidValidity', 'mailbox', 'messageId', 'inReplyTo', 'references', 'date', 'receivedAt'],
	...['subject', 'from', 'to', 'cc', 'bcc', 'replyTo', 'toText', 'ccText', 'replyAddress', 'text', 'html'],
	...['flags', 'size', 'truncated', 'headers', 'hasAttachments', 'attachments', 'attempt', 'parseError'],
];

describe('a new mail', () => {
	let rig: Rig;
	beforeAll(async () => (rig = await Rig.start()));
	afterAll(async () => await rig.stop());

	test('starts the workflow with an item that has every key', async () => {
		const { user, wf } = await rig.live();
		const raw = mail('Offer', {
			headers: [
				'Cc: "Miller, Carl" <carl@example.org>',
				'Reply-To: desk@example.org',
				'In-Reply-To: <first@example.org>',
				'References: <root@example.org> <first@example.org>',
				'X-Custom: one',
				'X-Custom: two',
			],
		});
		await rig.servers.deliver(user, raw);
		const execution = await wf.waitForExecution();
		expect(execution).toMatchObject({ status: 'success', mode: 'trigger' });
		const [item] = items(execution);
		expect(Object.keys(item ?? {})).toEqual(expect.arrayContaining(KEYS));
		expect(item).toMatchObject({
			uid: 1,
			mailbox: 'INBOX',
			messageId: '<Offer@example.org>',
			inReplyTo: '<first@example.org>',
			references: ['<root@example.org>', '<first@example.org>'],
			date: '2026-01-15T11:00:00.000Z',
			subject: 'Offer',
			from: { address: 'ann@example.org', name: 'Ann Example', text: 'Ann Example <ann@example.org>' },
			to: [{ address: 'bob@example.org', name: 'Bob', text: 'Bob <bob@example.org>' }],
			cc: [{ address: 'carl@example.org', name: 'Miller, Carl', text: '"Miller, Carl" <carl@example.org>' }],
			bcc: [],
			toText: 'Bob <bob@example.org>',
			replyAddress: 'desk@example.org',
			text: expect.stringContaining('Text of Offer') as string,
			html: null,
			flags: [],
			size: Buffer.byteLength(raw),
			truncated: false,
			hasAttachments: false,
			attachments: [],
			attempt: 1,
			parseError: null,
		});
		expect(item?.['headers']).toMatchObject({ subject: ['Offer'], 'x-custom': ['one', 'two'] });
		expect(Date.parse(String(item?.['receivedAt']))).toBeGreaterThan(Date.now() - 60_000);
		await wf.deactivate();
	});

	test('is marked read after the run succeeded, and not before it ended', async () => {
		const { user, wf } = await rig.live({ steps: [{ type: 'test.delay', parameters: { ms: 300 } }] });
		const statusAtStore: string[] = [];
		rig.servers.imap.faults.onCommand = ({ text }) => {
			// Marks of the test before this one may still come in.
			if (/^UID STORE .*\\Seen/.test(text) && wf.executions().length > 0)
				statusAtStore.push(wf.executions()[0]?.status ?? 'none');
			return undefined;
		};
		await rig.deliver(user, 'slow');
		await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen']);
		rig.servers.imap.faults.onCommand = undefined;
		expect(statusAtStore).toEqual(['success']);
		await wf.deactivate();
	});

	test('tells how long it takes from the announcement to the workflow', async () => {
		const { user, wf } = await rig.live();
		const tookMs: number[] = [];
		for (let i = 0; i < 30; i++) {
			const at = performance.now();
			await rig.deliver(user, `mail ${i}`);
			await wf.waitForExecution();
			tookMs.push(performance.now() - at);
			await rig.untilFlags(user, ['\\Seen'], i);
		}
		tookMs.sort((a, b) => a - b);
		const [median = 0, worst = 0] = [tookMs[15], tookMs.at(-1)];
		process.stdout.write(
			`      delivery → end of the run: median ${median.toFixed(0)} ms, worst ${worst.toFixed(0)} ms (30 mails)\n`,
		);
		expect(median).toBeLessThan(2_000);
		await wf.deactivate();
	});

	test('every mail of a burst runs once, oldest first when one at a time', async () => {
		const { user, wf } = await rig.live({ trigger: { options: { parallelExecutions: 1 } } });
		const names = Array.from({ length: 120 }, (_, index) => `burst ${index}`);
		for (let i = 0; i < names.length; i += 10) await rig.deliver(user, ...names.slice(i, i + 10));
		const seen: unknown[] = [];
		while (seen.length < names.length) seen.push(...subjects(await wf.waitForExecution()));
		expect(seen).toEqual(names);
		await rig.untilFlags(user, ['\\Seen'], names.length - 1);
		expect(Object.values(rig.ran(wf)).every((count) => count === 1)).toBe(true);
		await wf.deactivate();
	}, 60_000);

	test('keeps to the number of parallel executions', async () => {
		const { user, wf } = await rig.live({
			trigger: { options: { parallelExecutions: 2 } },
			steps: [{ type: 'test.delay', parameters: { ms: 100 } }],
		});
		await rig.deliver(user, 'a', 'b', 'c', 'd', 'e');
		let most = 0;
		await eventually(SOON_MS, 'five ended executions', () => {
			const now = wf.executions().map(({ status }) => status);
			most = Math.max(most, now.filter((status) => status === 'running').length);
			return now.filter((status) => status === 'success').length === 5;
		});
		expect(most).toBe(2);
		await wf.deactivate();
	});

	test('keeps to the number of parallel executions over all its mailboxes, each in its turn', async () => {
		const account = rig.newUser();
		const mailboxes = ['INBOX', 'Archive', 'Junk'];
		const wf = rig.workflow(await rig.credential(account), {
			trigger: { mailboxes, options: { parallelExecutions: 1 } },
			steps: [{ type: 'test.delay', parameters: { ms: 150 } }],
		});
		await wf.activate();
		for (const name of mailboxes) {
			for (let i = 1; i <= 3; i++)
				rig.servers.mailbox(account.user, name).add({ raw: Buffer.from(mail(`${name} ${i}`)) });
		}
		let most = 0;
		await eventually(SOON_MS, 'nine ended executions', () => {
			const now = wf.executions().map(({ status }) => status);
			most = Math.max(most, now.filter((status) => status === 'running').length);
			return now.filter((status) => status === 'success').length === 9;
		});
		expect(most).toBe(1);
		const order = Object.keys(rig.ran(wf));
		for (const name of mailboxes) expect(order.slice(0, 5).some((ran) => ran.startsWith(name))).toBe(true);
		await wf.deactivate();
	});

	test('batches are made of what waits, one execution and one key each', async () => {
		const account = rig.newUser();
		await rig.deliver(account.user, 'one', 'two', 'three', 'four', 'five');
		const wf = rig.workflow(await rig.credential(account), {
			trigger: { startFrom: 'all', options: { messagesPerExecution: 2, parallelExecutions: 1 } },
		});
		await wf.activate();
		const runs = [await wf.waitForExecution(), await wf.waitForExecution(), await wf.waitForExecution()];
		expect(runs.map(subjects)).toEqual([['one', 'two'], ['three', 'four'], ['five']]);
		expect(new Set(runs.map(({ dedupKey }) => dedupKey)).size).toBe(3);
		for (let i = 0; i < 5; i++) await rig.untilFlags(account.user, ['\\Seen'], i);
		await wf.deactivate();
	});

	test('a key names workflow, node and mail, and fits into n8n’s column', async () => {
		const { user, wf } = await rig.live();
		await rig.deliver(user, 'keyed');
		const { dedupKey } = await wf.waitForExecution();
		expect(dedupKey).toMatch(new RegExp(`^mr1:${wf.id}:${wf.node(NODE).id}:[0-9a-f]{32}:1$`));
		expect((dedupKey ?? '').length).toBeLessThanOrEqual(255);
		await wf.deactivate();
	});

	test('"At Once" marks the mail when the workflow is started, and never deletes it', async () => {
		const { user, wf } = await rig.live({
			trigger: { acknowledge: 'started', onSuccess: { markRead: true, delete: true, moveTo: 'Archive' } },
			steps: [{ type: 'test.fail' }],
		});
		await rig.deliver(user, 'at once');
		expect((await wf.waitForExecution()).status).toBe('error');
		await rig.untilFlags(user, ['\\Seen']);
		expect(rig.servers.messages(user, 'Archive')).toEqual([]);
		await wf.deactivate();
	});

	test('"After It Ended" treats a failed run like a successful one', async () => {
		const { user, wf } = await rig.live({
			trigger: { acknowledge: 'ended' },
			steps: [{ type: 'test.fail' }],
		});
		await rig.deliver(user, 'ended');
		expect((await wf.waitForExecution()).status).toBe('error');
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
	});

	test('a Wait step counts as success (D7)', async () => {
		const { user, wf } = await rig.live({ steps: [{ type: 'test.wait', parameters: { ms: 3_600_000 } }] });
		await rig.deliver(user, 'waits');
		expect((await wf.waitForExecution()).status).toBe('waiting');
		await rig.untilFlags(user, ['\\Seen']);
		await wf.deactivate();
	});

	test('the stored cursor stays small', async () => {
		const { user, wf } = await rig.live();
		await rig.deliver(user, ...Array.from({ length: 150 }, (_, index) => `small ${index}`));
		for (let i = 0; i < 150; i++) await wf.waitForExecution();
		await rig.untilFlags(user, ['\\Seen'], 149);
		await wf.redeploy();
		expect(JSON.stringify(wf.staticData()).length).toBeLessThan(4_500);
		await wf.deactivate();
	}, 60_000);
});

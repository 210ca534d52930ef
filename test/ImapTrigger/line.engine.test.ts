/** @jest-environment ./test/engine/jestEnvironment.js */
import { eventually, startFaultProxy, type FaultProxy } from '../servers';
import { setConstants, watchRejections } from './built';
import { items, mail, Rig, SOON_MS, subjects } from './rig';
import type { WorkflowHandle } from '../engine';

/** Waits of the built package, shortened: what is tried here does not depend on how long they are. */
const SHORT_MS = 150;

jest.setTimeout(30_000);

describe('a bad line', () => {
	let rig: Rig;
	let proxy: FaultProxy;
	let rejections: ReturnType<typeof watchRejections>;
	const restore: Array<() => void> = [];

	beforeAll(async () => {
		rejections = watchRejections();
		rig = await Rig.start();
		restore.push(
			setConstants('nodes/mail/backoff', {
				LOST_CAP_MS: SHORT_MS,
				UNREACHED_CAP_MS: SHORT_MS,
				FRUITLESS_CAP_MS: SHORT_MS,
			}),
			setConstants('nodes/mail/imap/session', { IDLE_RENEWAL_MS: 400, POLL_INTERVAL_MS: SHORT_MS }),
			setConstants('nodes/mail/imap/client', { PROBE_DEADLINE_MS: 400, COMMAND_DEADLINE_MS: 700 }),
		);
	});
	beforeEach(async () => (proxy = await startFaultProxy(rig.servers.ports.imaps)));
	afterEach(async () => {
		for (const name of Object.keys(rig.servers.imap.faults))
			delete rig.servers.imap.faults[name as 'greeting'];
		await proxy.stop();
		expect(rejections.seen).toEqual([]);
	});
	afterAll(async () => {
		restore.forEach((put) => put());
		await rig.stop();
		rejections.stop();
	});

	/** A published workflow whose line goes through the proxy. */
	async function live(): Promise<{ user: string; wf: WorkflowHandle }> {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account, { imapPort: proxy.port }));
		await wf.activate();
		return { user: account.user, wf };
	}

	/** Waits until the trigger has nothing to do; only its own workflow may be published. */
	async function atRest(): Promise<void> {
		await eventually(SOON_MS, 'the trigger at rest', () => rig.servers.imap.commands.at(-1) === 'IDLE');
	}

	async function allRan(wf: WorkflowHandle, user: string, names: string[], limitMs = 60_000): Promise<void> {
		await eventually(limitMs, `${names.length} mails to have run`, () => {
			const ran = rig.ran(wf);
			return names.every((name) => ran[name] !== undefined);
		}).catch(() => expect(Object.keys(rig.ran(wf)).sort()).toEqual([...names].sort()));
		await eventually(limitMs, 'all mails to be marked', () =>
			rig.servers.messages(user).every(({ flags }) => flags.includes('\\Seen')),
		);
		expect(Object.entries(rig.ran(wf)).filter(([, count]) => count !== 1)).toEqual([]);
	}

	test.each([1, 2, 3])(
		'cuts at random during a burst: none lost, none doubled (seed %i)',
		async (seed) => {
			const random = seeded(seed);
			const { user, wf } = await live();
			const cutAgain = (): void => {
				const direction = random() < 0.3 ? 'up' : 'down';
				// A login takes about 4000 bytes down and 1500 up; mostly the cut comes some mails later.
				const afterBytes = Math.floor(
					direction === 'up' ? 600 + random() * 4_000 : 1_500 + random() * 25_000,
				);
				proxy.cut = { direction, afterBytes, how: random() < 0.5 ? 'reset' : 'close' };
				// For one connection; else one that is too short for a login would end all of them.
				void proxy.nextConnection(60_000).then(
					() => (proxy.cut = undefined),
					() => undefined,
				);
			};
			const names: string[] = [];
			for (let i = 0; i < 60; i++) {
				names.push(`seed ${seed} mail ${i}`);
				await rig.servers.deliver(
					user,
					mail(names[i] ?? '', { body: 'x'.repeat(Math.floor(random() * 3_000)) }),
				);
				cutAgain();
				if (random() < 0.2) proxy.drop(random() < 0.5 ? 'reset' : 'close');
				// Half of the mails come one by one, so that lines live long enough to be cut in the middle of work.
				if (random() < 0.5) await eventually(15_000, `mail ${i}`, () => rig.ran(wf)[names[i] ?? '']);
			}
			proxy.cut = undefined;
			await allRan(wf, user, names);
			expect(proxy.connections.filter(({ endedBy }) => endedBy === 'fault').length).toBeGreaterThan(5);
			expect(wf.executions().filter(({ status }) => status !== 'success')).toEqual([]);
			expect(proxy.openCount).toBe(1);
			await wf.deactivate();
			await eventually(SOON_MS, 'no connection', () => proxy.openCount === 0);
		},
		90_000,
	);

	test('a line that went dead without a word is noticed, and mail comes over a new one', async () => {
		const { user, wf } = await live();
		await rig.deliver(user, 'before');
		await wf.waitForExecution();
		await atRest();
		proxy.mute();
		await rig.deliver(user, 'unheard');
		expect(subjects(await wf.waitForExecution())).toEqual(['unheard']);
		await allRan(wf, user, ['before', 'unheard']);
		expect(proxy.connections).toHaveLength(2);
		await wf.deactivate();
	});

	test('a line that goes dead between the run and its mark: marked over the next one, not run again', async () => {
		const { user, wf } = await live();
		rig.servers.imap.faults.onCommand = ({ name }) => {
			if (name !== 'UID STORE') return undefined;
			rig.servers.imap.faults.onCommand = undefined;
			return 'silent';
		};
		await rig.deliver(user, 'unmarked');
		await wf.waitForExecution();
		await allRan(wf, user, ['unmarked']);
		await wf.deactivate();
	});

	test.each([
		{
			what: 'says BYE',
			harm: (r: Rig) => (r.servers.imap.say('* BYE Server shutting down'), r.servers.imap.drop('close')),
		},
		{ what: 'resets', harm: (r: Rig) => r.servers.imap.drop('reset') },
		{ what: 'sends rubbish', harm: (r: Rig) => r.servers.imap.say('* 1 FETCH (((((') },
		{ what: 'sends an unknown tag', harm: (r: Rig) => r.servers.imap.say('ZZZ OK what?') },
	])('a server that $what: the trigger goes on', async ({ harm }) => {
		const { user, wf } = await live();
		await rig.deliver(user, 'before');
		await wf.waitForExecution();
		await atRest();
		harm(rig);
		await rig.deliver(user, 'after');
		expect(subjects(await wf.waitForExecution())).toEqual(['after']);
		await allRan(wf, user, ['before', 'after']);
		await wf.deactivate();
	});

	test('a server that restarts: refused for a while, then everything that came meanwhile runs', async () => {
		const { user, wf } = await live();
		await proxy.refuse('close');
		proxy.drop('reset');
		await rig.deliver(user, 'down 1', 'down 2');
		await proxy.accept();
		await allRan(wf, user, ['down 1', 'down 2']);
		await proxy.refuse('reset');
		proxy.drop('reset');
		await rig.deliver(user, 'down 3');
		await proxy.accept();
		await allRan(wf, user, ['down 1', 'down 2', 'down 3']);
		await wf.deactivate();
	});

	test.each([
		{ what: 'refuses IDLE', fault: { refuseIdle: true } },
		{ what: 'accepts IDLE and says nothing', fault: { silentIdle: true } },
		{ what: 'counts wrong', fault: { existsOffset: -1 } },
		{ what: 'announces more than there is', fault: { existsOffset: 7 } },
	])('a server that $what: mail comes all the same', async ({ fault }) => {
		Object.assign(rig.servers.imap.faults, fault);
		const { user, wf } = await live();
		for (const name of ['one', 'two', 'three']) {
			if (!('refuseIdle' in fault)) await atRest();
			await rig.deliver(user, name);
			expect(subjects(await wf.waitForExecution())).toEqual([name]);
		}
		await allRan(wf, user, ['one', 'two', 'three']);
		await wf.deactivate();
	});

	test('IDLE goes on when the end of a run leaves nothing to do on the server', async () => {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account, { imapPort: proxy.port }), {
			steps: [{ type: 'test.fail', parameters: { mode: 'subject', subject: 'later' } }],
			trigger: { onFailure: { retries: 1 } },
		});
		const puts = [
			setConstants('nodes/mail/imap/outcome', { RETRY_WAITS_MS: [3_600_000] }),
			setConstants('nodes/mail/imap/session', { IDLE_RENEWAL_MS: 60_000, POLL_INTERVAL_MS: 60_000 }),
		];
		await wf.activate();
		await rig.deliver(account.user, 'later');
		expect((await wf.waitForExecution()).status).toBe('error');
		for (const name of ['at once 1', 'at once 2']) {
			await rig.deliver(account.user, name);
			expect(subjects(await wf.waitForExecution())).toEqual([name]);
			await atRest();
		}
		puts.forEach((put) => put());
		await wf.deactivate();
	});

	test('"Always Poll" never idles', async () => {
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account), { trigger: { options: { forcePolling: true } } });
		const before = rig.servers.imap.commands.length;
		await wf.activate();
		await rig.deliver(account.user, 'polled');
		expect(subjects(await wf.waitForExecution())).toEqual(['polled']);
		expect(rig.servers.imap.commands.slice(before)).not.toContain('IDLE');
		await wf.deactivate();
	});

	test('a server without IDLE, MOVE and the rest is polled', async () => {
		const old = await rig.beside({ imapCapabilities: [] });
		try {
			const { user, wf } = await old.live();
			await old.deliver(user, 'old school');
			expect(subjects(await wf.waitForExecution())).toEqual(['old school']);
			await old.untilFlags(user, ['\\Seen']);
			expect(old.servers.imap.commands).not.toContain('IDLE');
			await wf.deactivate();
		} finally {
			await old.servers.stop();
		}
	});

	test.each(['UID SEARCH', 'UID FETCH', 'SELECT'])(
		'%s that is never answered ends the line, not the trigger',
		async (command) => {
			const { user, wf } = await live();
			let times = 1;
			rig.servers.imap.faults.onCommand = ({ name }) =>
				name === command && times-- > 0 ? 'silent' : undefined;
			if (command === 'SELECT') proxy.drop('reset');
			await rig.deliver(user, `after ${command}`);
			expect(subjects(await wf.waitForExecution())).toEqual([`after ${command}`]);
			await allRan(wf, user, [`after ${command}`]);
			expect(times).toBeLessThan(1);
			await wf.deactivate();
		},
	);

	test.each(['UID SEARCH', 'UID FETCH'])('%s that is refused once is asked again', async (command) => {
		const { user, wf } = await live();
		let times = 1;
		rig.servers.imap.faults.onCommand = ({ name }) =>
			name === command && times-- > 0 ? { reply: '%TAG% NO [UNAVAILABLE] try later\r\n' } : undefined;
		await rig.deliver(user, `after ${command}`);
		expect(subjects(await wf.waitForExecution())).toEqual([`after ${command}`]);
		await allRan(wf, user, [`after ${command}`]);
		await wf.deactivate();
	});

	test('a message that the server lists but never gives is told as an item; the others flow (D5)', async () => {
		const put = setConstants('nodes/mail/imap/fetch', { FETCH_ATTEMPTS: 2 });
		const { user, wf } = await live();
		rig.servers.imap.faults.onResponse = (response) =>
			/^\* \d+ FETCH \(UID 2 /.test(response.subarray(0, 40).toString('latin1')) ? null : response;
		await rig.deliver(user, 'first', 'withheld', 'third');
		const two = [await wf.waitForExecution(), await wf.waitForExecution()];
		expect(two.flatMap(subjects).sort()).toEqual(['first', 'third']);
		const [item] = items(await wf.waitForExecution());
		expect(item).toMatchObject({ uid: 2, truncated: true });
		expect(item?.['parseError']).toMatch(/lists this message but did not give its content/);
		put();
		await wf.deactivate();
	});

	test('a mail that vanishes before it was fetched starts nothing and holds up nothing', async () => {
		const { user, wf } = await live();
		const box = rig.servers.mailbox(user);
		rig.servers.imap.faults.onCommand = ({ name }) => {
			if (name === 'UID FETCH') box.remove(box.messages.filter(({ raw }) => raw.includes('vanishes')));
			return undefined;
		};
		await rig.deliver(user, 'vanishes', 'stays');
		expect(subjects(await wf.waitForExecution())).toEqual(['stays']);
		await rig.deliver(user, 'later');
		expect(subjects(await wf.waitForExecution())).toEqual(['later']);
		expect(rig.ran(wf)).toEqual({ stays: 1, later: 1 });
		await wf.deactivate();
	});

	test('a renumbered mailbox is compared, not replayed and not skipped (D14)', async () => {
		const { user, wf } = await live();
		await rig.deliver(user, 'ran 1', 'ran 2');
		await allRan(wf, user, ['ran 1', 'ran 2']);
		await proxy.refuse('close');
		proxy.drop('reset');
		await rig.deliver(user, 'new before renumbering');
		rig.servers.mailbox(user).resetUidValidity();
		await proxy.accept();
		expect(subjects(await wf.waitForExecution(({ status }) => status === 'success', 15_000))).toBeDefined();
		await rig.deliver(user, 'after');
		await allRan(wf, user, ['ran 1', 'ran 2', 'new before renumbering', 'after']);
		const told = rig.engine.logs.filter(({ message }) => message.includes('renumbered the mailbox'));
		expect(told).toHaveLength(1);
		await wf.deactivate();
	});
});

/** Pseudo-random numbers in [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

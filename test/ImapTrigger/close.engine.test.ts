/** @jest-environment ./test/engine/jestEnvironment.js */
import { eventually, startFaultProxy, startScriptedServer } from '../servers';
import { liveTriggers, setConstants, watchRejections } from './built';
import { Rig, SOON_MS, subjects } from './rig';

/** n8n closes all triggers one after another when it stops; each has to be quick whatever the server does (D9). */
const CLOSE_LIMIT_MS = 2_000;

jest.setTimeout(30_000);

describe('switching a trigger off', () => {
	let rig: Rig;
	let rejections: ReturnType<typeof watchRejections>;
	beforeAll(async () => {
		rejections = watchRejections();
		rig = await Rig.start();
	});
	afterEach(async () => {
		for (const name of Object.keys(rig.servers.imap.faults))
			delete rig.servers.imap.faults[name as 'greeting'];
		await eventually(SOON_MS, 'no connection left', () => rig.servers.imap.connectionCount === 0).finally(
			() => rig.servers.imap.drop('reset'),
		);
		expect(rejections.seen).toEqual([]);
	});
	afterAll(async () => {
		await rig.stop();
		rejections.stop();
	});

	test('ends the connection at once', async () => {
		const { wf } = await rig.live();
		await wf.deactivate();
		expect(wf.lastCloseMs).toBeLessThan(500);
	});

	test.each(['between', 'in the middle of'])(
		'takes less than 2 s when the line is dead %s commands',
		async (when) => {
			const { user, wf } = await rig.live();
			await eventually(SOON_MS, 'the trigger at rest', () => rig.servers.imap.commands.at(-1) === 'IDLE');
			if (when === 'between') rig.servers.imap.goSilent();
			else {
				await rig.deliver(user, 'x');
				rig.servers.imap.goSilent();
			}
			await wf.deactivate();
			expect(wf.lastCloseMs).toBeLessThan(CLOSE_LIMIT_MS);
		},
	);

	test('takes less than 2 s when nothing passes on the way, not even the end', async () => {
		const proxy = await startFaultProxy(rig.servers.ports.imaps);
		const account = rig.newUser();
		const wf = rig.workflow(await rig.credential(account, { imapPort: proxy.port }));
		await wf.activate();
		proxy.mute();
		await wf.deactivate();
		expect(wf.lastCloseMs).toBeLessThan(CLOSE_LIMIT_MS);
		await proxy.stop();
	});

	test('takes less than 2 s when LOGOUT is never answered; the socket is dropped', async () => {
		const { wf } = await rig.live();
		rig.servers.imap.faults.onCommand = ({ name }) => (name === 'LOGOUT' ? 'silent' : undefined);
		await wf.deactivate();
		expect(wf.lastCloseMs).toBeLessThan(CLOSE_LIMIT_MS);
	});

	test.each(['UID FETCH', 'UID SEARCH', 'UID STORE'])(
		'takes less than 2 s while %s is never answered',
		async (command) => {
			const { user, wf } = await rig.live();
			const stuck = rig.servers.imap.nextCommand(new RegExp(`^${command}`));
			rig.servers.imap.faults.onCommand = ({ name }) => (name === command ? 'silent' : undefined);
			await rig.deliver(user, `stuck in ${command}`);
			await stuck;
			await wf.deactivate();
			expect(wf.lastCloseMs).toBeLessThan(CLOSE_LIMIT_MS);
			// Nothing is lost by it: the next activation has the mail, or knows that it ran.
			rig.servers.imap.faults.onCommand = undefined;
			await wf.activate();
			await rig.untilFlags(user, ['\\Seen']);
			expect(rig.ran(wf)).toEqual({ [`stuck in ${command}`]: 1 });
			await wf.deactivate();
		},
	);

	test('takes less than 2 s while it is connecting', async () => {
		const put = setConstants('nodes/mail/backoff', { UNREACHED_CAP_MS: 50 });
		const silent = await startScriptedServer({ script: [] });
		const account = rig.newUser();
		const wf = rig.workflow(
			await rig.credential(account, { imapPort: silent.port, imapSecurity: 'starttls' }),
		);
		await wf.activate();
		expect(silent.connections.length).toBeGreaterThan(0);
		await wf.deactivate();
		expect(wf.lastCloseMs).toBeLessThan(CLOSE_LIMIT_MS);
		await eventually(SOON_MS, 'the connection to end', () =>
			silent.connections.every(({ closed }) => closed),
		);
		const before = silent.connections.length;
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(silent.connections.length).toBe(before);
		await silent.stop();
		put();
	});

	test('closing twice at once is closing once', async () => {
		const { wf } = await rig.live();
		const { close } = liveTriggers(wf.id)[0] ?? {};
		expect(close).toEqual(expect.any(Function));
		await Promise.all([close?.(), close?.(), wf.deactivate()]);
		await close?.();
		expect(liveTriggers(wf.id)[0]?.close).toBeNull();
	});

	test('marks what has just ended before it goes', async () => {
		const { user, wf } = await rig.live();
		let answerStore: () => void = () => undefined;
		const held = new Promise<void>((resolve) => (answerStore = resolve));
		rig.servers.imap.faults.onCommand = async ({ name }) => {
			if (name === 'UID STORE') await held;
			return undefined;
		};
		const store = rig.servers.imap.nextCommand(/^UID STORE/);
		await rig.deliver(user, 'just ended');
		await store;
		const closed = wf.deactivate();
		answerStore();
		await closed;
		expect(rig.flags(user)).toEqual(['\\Seen']);
		expect(wf.lastCloseMs).toBeLessThan(1_000);
	});

	test('does not wait for a run; the next activation takes over its outcome and runs nothing twice (D9)', async () => {
		const { user, wf } = await rig.live({ steps: [{ type: 'test.delay', parameters: { ms: 600 } }] });
		await rig.deliver(user, 'under way');
		await eventually(SOON_MS, 'a run', () => wf.executions()[0]?.status === 'running');
		await wf.deactivate();
		expect(wf.lastCloseMs).toBeLessThan(CLOSE_LIMIT_MS);
		await wf.waitForExecution();
		await wf.activate();
		await rig.untilFlags(user, ['\\Seen']);
		expect(rig.ran(wf)).toEqual({ 'under way': 1 });
		await wf.deactivate();
	});

	test('starts nothing any more: mail that comes after waits for the next activation', async () => {
		const { user, wf } = await rig.live();
		await wf.deactivate();
		await rig.deliver(user, 'too late');
		await wf.activate();
		expect(subjects(await wf.waitForExecution())).toEqual(['too late']);
		expect(wf.executions().map(({ status }) => status)).toEqual(['success']);
		await wf.deactivate();
	});

	test('cuts short the wait after a refused login', async () => {
		const put = setConstants('nodes/mail/backoff', { REFUSED_STEPS_MS: [3_600_000] });
		const { user, wf } = await rig.live();
		await wf.deactivate();
		await rig.servers.setPassword(user, 'another');
		await wf.activate();
		await wf.deactivate();
		expect(wf.lastCloseMs).toBeLessThan(500);
		put();
	});
});

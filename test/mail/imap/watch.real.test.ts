/** @jest-environment ./test/engine/jestEnvironment.js */
/** How long a watch waits and what it tells, against a real server, with a clock that runs fast. */
import { eventually } from '../../servers';
import { QUICK_SPEED, USER, WatchRig } from './watchRig';

const MINUTE_MS = 60_000;

jest.setTimeout(40_000);

describe('a watch', () => {
	let rig: WatchRig;
	beforeEach(async () => (rig = await WatchRig.start()));
	afterEach(async () => await rig.stop());

	test('tells an outage after five minutes, once, and its end', async () => {
		expect(await rig.watch()).toBeNull();
		await rig.deliver();
		await eventually(5_000, 'a run', () => rig.ran.length === 1);
		await rig.servers.imap.refuse();
		const downAt = rig.clock.now();
		await rig.pass(4 * MINUTE_MS);
		expect(rig.down).toEqual([]);
		await eventually(5_000, 'the report', () => rig.down.length > 0);
		expect(rig.clock.now() - downAt).toBeGreaterThan(4.9 * MINUTE_MS);
		await rig.pass(5 * MINUTE_MS);
		expect(rig.down).toHaveLength(1);
		expect(rig.down[0]?.code).toBe('CONNECT');
		await rig.servers.imap.open();
		await rig.deliver();
		await eventually(5_000, 'a run', () => rig.ran.length === 2);
		await eventually(5_000, 'the end of the outage', () => rig.back.length === 1);
		expect(rig.back[0]).toBeGreaterThan(9 * MINUTE_MS);
	});

	test('says nothing about an outage of a minute, and is back within half a minute after it', async () => {
		expect(await rig.watch()).toBeNull();
		await rig.servers.imap.refuse();
		await rig.pass(MINUTE_MS);
		await rig.servers.imap.open();
		const openAt = rig.clock.now();
		await rig.deliver();
		await eventually(5_000, 'a run', () => rig.ran.length === 1);
		// The wait, at most 30 s, and connecting, which takes real time.
		expect(rig.clock.now() - openAt).toBeLessThan(30_000 + 500 * QUICK_SPEED);
		expect([rig.down, rig.back]).toEqual([[], []]);
	});

	test('a wrong password is told at once and tried rarely: after 1, 5, 15 minutes', async () => {
		const first = await rig.watch(() => rig.account('wrong-word'));
		expect(first).toMatchObject({ code: 'LOGIN', retry: 'credentials' });
		expect(rig.down).toHaveLength(1);
		await rig.pass(20 * MINUTE_MS);
		expect(rig.servers.imap.acceptedCount).toBeGreaterThanOrEqual(2);
		expect(rig.servers.imap.acceptedCount).toBeLessThanOrEqual(3);
		expect(rig.down).toHaveLength(1);
	});

	test('a wrong setting that was put right in the credential is not waited out', async () => {
		let ignoreCertificateErrors = false;
		const first = await rig.watch(() => ({ ...rig.account(), ignoreCertificateErrors }));
		expect(first?.retry).toBe('configuration');
		// Tried after 1 and 6 minutes; the next would come after 21.
		await rig.pass(7 * MINUTE_MS);
		ignoreCertificateErrors = true;
		await eventually(6_000, 'the end of the outage', () => rig.back.length === 1);
		expect(rig.back[0]).toBeLessThan(20 * MINUTE_MS);
	});

	test.each([
		['the greeting', { greeting: '* BYE [UNAVAILABLE] Maximum number of connections exceeded\r\n' }],
		[
			'the login',
			{
				onCommand: ({ name }: { name: string }) =>
					/^(AUTHENTICATE|LOGIN)$/.test(name)
						? { reply: '%TAG% NO [LIMIT] Too many simultaneous connections\r\n' }
						: undefined,
			},
		],
	])('too many connections, said at %s: waits minutes, then works', async (_when, faults) => {
		Object.assign(rig.servers.imap.faults, faults);
		const first = await rig.watch();
		expect(['limit', 'throttled']).toContain(first?.retry);
		await rig.pass(4 * MINUTE_MS);
		expect(rig.servers.imap.acceptedCount).toBeLessThanOrEqual(4);
		for (const name of Object.keys(faults)) delete rig.servers.imap.faults[name as 'greeting'];
		await rig.deliver();
		await eventually(12_000, 'a run', () => rig.ran.length === 1);
	});

	test('fewer connections than mailboxes: those that get none share one, and all get their mail (D18)', async () => {
		const { imap } = rig.servers;
		imap.faults.onCommand = ({ name }) =>
			/^(AUTHENTICATE|LOGIN)$/.test(name) && imap.connectionCount > 2
				? { reply: '%TAG% NO [LIMIT] Maximum number of connections from user+IP exceeded\r\n' }
				: undefined;
		const mailboxes = ['INBOX', 'Archive', 'Junk', 'Sent'];
		for (const mailbox of mailboxes) void rig.watch(undefined, undefined, mailbox);
		await rig.pass(6 * MINUTE_MS);
		for (const mailbox of mailboxes)
			rig.servers.mailbox(USER.user, mailbox).add({ raw: Buffer.from('Subject: x\r\n\r\nx\r\n') });
		await eventually(15_000, 'a run for each mailbox', () => rig.ran.length === 4);
		expect(rig.down).toEqual([]);
		const logins = imap.acceptedCount;
		await rig.pass(20 * MINUTE_MS);
		expect(imap.acceptedCount - logins).toBeLessThan(5);
	});

	test('a server that ends every session is not hammered', async () => {
		rig.servers.imap.faults.onCommand = ({ name }) => (name === 'SELECT' ? 'close' : undefined);
		await rig.watch();
		await rig.pass(10 * MINUTE_MS);
		// 1, 2, 4 … 30 s between them: at most 25 in ten minutes.
		expect(rig.servers.imap.acceptedCount).toBeLessThanOrEqual(26);
		rig.servers.imap.faults.onCommand = undefined;
		await rig.deliver();
		await eventually(10_000, 'a run', () => rig.ran.length === 1);
	});

	test('looks again and again at a server that announces nothing', async () => {
		rig.servers.imap.faults.silentIdle = true;
		expect(await rig.watch()).toBeNull();
		await eventually(5_000, 'IDLE', () => rig.servers.imap.commands.at(-1) === 'IDLE');
		await rig.deliver();
		const at = rig.clock.now();
		await eventually(5_000, 'a run', () => rig.ran.length === 1);
		expect(rig.clock.now() - at).toBeLessThan(2 * MINUTE_MS + 500 * QUICK_SPEED);
	});

	test('leaving ends everything at once, also in the middle of a wait', async () => {
		await rig.watch(() => rig.account('wrong-word'));
		rig.leave();
		const before = rig.servers.imap.acceptedCount;
		await rig.pass(3 * MINUTE_MS);
		expect(rig.servers.imap.acceptedCount).toBe(before);
	});
});

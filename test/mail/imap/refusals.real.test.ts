/** @jest-environment ./test/engine/jestEnvironment.js */
/** What a watch makes of a server that lets it in and then refuses, and of a corrected password. */
import { eventually } from '../../servers';
import { WatchRig } from './watchRig';

const MINUTE_MS = 60_000;

jest.setTimeout(40_000);

describe('a watch of a server that refuses', () => {
	let rig: WatchRig;
	beforeEach(async () => (rig = await WatchRig.start()));
	afterEach(async () => await rig.stop());

	test('tells that no mail can be received when every session fails after SELECT, and its end', async () => {
		rig.servers.imap.faults.onCommand = ({ name }) =>
			/SEARCH/.test(name) ? { reply: '%TAG% NO [SERVERBUG] Internal error\r\n' } : undefined;
		await rig.watch();
		await rig.pass(9 * MINUTE_MS);
		expect(rig.down).toHaveLength(1);
		expect(rig.back).toEqual([]);
		delete rig.servers.imap.faults.onCommand;
		await eventually(10_000, 'the end of the outage', () => rig.back.length === 1);
		expect(rig.back[0]).toBeGreaterThan(8 * MINUTE_MS);
	});

	test('tries again soon when the server cannot open a mailbox that exists', async () => {
		let refused = 0;
		rig.servers.imap.faults.onCommand = ({ name }) => {
			if (name !== 'SELECT' || ++refused > 4) return undefined;
			return { reply: '%TAG% NO [SERVERBUG] Internal error occurred\r\n' };
		};
		const first = await rig.watch();
		expect(first).toMatchObject({ code: 'MAILBOX' });
		expect(first?.retry).not.toBe('configuration');
		await eventually(15_000, 'the mailbox to be open', () => refused > 4);
		expect(rig.clock.now()).toBeLessThan(20 * MINUTE_MS);
	});

	test('a command refused once, for a reason that nobody knows, costs no pause', async () => {
		let refused = 0;
		rig.servers.imap.faults.onCommand = ({ name }) =>
			name === 'UID FETCH' && ++refused === 1 ? { reply: '%TAG% NO The moon is full\r\n' } : undefined;
		await rig.watch();
		await rig.deliver();
		await eventually(5_000, 'a run', () => rig.ran.length === 1);
		expect(refused).toBeGreaterThan(0);
		expect(rig.clock.now()).toBeLessThan(MINUTE_MS);
	});

	test('tells the end of an outage that a corrected password ended', async () => {
		let password = 'wrong-word';
		const first = await rig.watch(() => rig.account(password));
		expect(first).toMatchObject({ retry: 'credentials' });
		expect(rig.down).toHaveLength(1);
		password = 'right-word';
		await eventually(5_000, 'the end of the outage', () => rig.back.length === 1);
		await rig.deliver();
		await eventually(5_000, 'a run', () => rig.ran.length === 1);
	});

	test('a mail that it cannot read does not hold up the others, and is told', async () => {
		rig.servers.imap.faults.onCommand = ({ text }) =>
			/UID FETCH 1(:2|,2)? \(UID FLAGS/.test(text)
				? { reply: '%TAG% NO [SERVERBUG] Internal error\r\n' }
				: undefined;
		const texts: (string | null)[] = [];
		rig.work = async ({ messages }) => {
			texts.push(...messages.map(({ mail }) => mail.parseError));
			return await Promise.resolve(null);
		};
		await rig.watch();
		await rig.deliver();
		await rig.deliver();
		await eventually(20_000, 'two runs', () => rig.ran.length === 2);
		expect(rig.ran).toEqual([2, 1]);
		expect(texts[1]).toMatch(/did not give its content/);
		expect(rig.down).toEqual([]);
	});

	test('the pause that it asks for is kept, also when it asks in the middle of a message', async () => {
		let refused = 0;
		rig.servers.imap.faults.onCommand = ({ text }) =>
			text.includes('BODY.PEEK[]<') && ++refused === 1
				? {
						reply: '%TAG% BAD Request is throttled. Suggested Backoff Time: 300000 milliseconds\r\n',
					}
				: undefined;
		await rig.watch();
		await rig.deliver();
		const from = rig.clock.now();
		await eventually(20_000, 'a run', () => rig.ran.length === 1);
		expect(rig.clock.now() - from).toBeGreaterThan(295_000);
	});
});

/** @jest-environment ./test/engine/jestEnvironment.js */
/** What a watch makes of a server that lets it in and then refuses, and of a corrected password. */
import { eventually } from '../../servers';
import { outsideJest, WatchRig } from './watchRig';

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

	test.each(['close', 'silent'] as const)(
		'a mail whose reading ends the line (%s) does not hold up the others for ever, and is told in the end',
		async (how) => {
			// Patience of hours, shortened.
			const { BREAK_WAITS_MS } = outsideJest<typeof import('../../../nodes/mail/imap/lineBreakers')>(
				'.',
				'mail/imap/lineBreakers',
			);
			BREAK_WAITS_MS.fill(MINUTE_MS, 3);
			const names = (set: string, uid: number) =>
				set.split(',').some((part) => {
					const [from, to = from] = part.split(':').map(Number);
					return uid >= (from ?? 0) && uid <= (to ?? 0);
				});
			rig.servers.imap.faults.onCommand = ({ text }) => {
				const set = /UID FETCH (\S+) \(UID FLAGS/.exec(text)?.[1];
				return set !== undefined && names(set, 3) ? how : undefined;
			};
			const texts = new Map<number, string | null>();
			rig.work = async ({ messages }) => {
				for (const { uid, mail } of messages) texts.set(uid, mail.parseError);
				return await Promise.resolve(null);
			};
			for (let i = 0; i < 6; i++) await rig.deliver();
			await rig.watch(undefined, { kind: 'all' });
			await eventually(30_000, 'the other five', () => rig.ran.length >= 5);
			expect([...rig.ran].sort()).toEqual([1, 2, 4, 5, 6]);
			const from = rig.clock.now();
			await eventually(60_000, 'the bad one', () => rig.ran.includes(3));
			expect(rig.clock.now() - from).toBeGreaterThan(4 * MINUTE_MS);
			expect(texts.get(3)).toMatch(/the connection broke/i);
		},
		120_000,
	);

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

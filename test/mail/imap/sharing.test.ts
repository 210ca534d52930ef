/** Triggers that share a mailbox: what one does must not cost another its mail or its marks (D15–D17). */
import { newCursor } from '../../../nodes/mail/imap/cursor';
import { NO_MARKS } from '../../../nodes/mail/imap/outcome';
import { FLAG_WAIT_MS } from '../../../nodes/mail/imap/settle';
import { FakeTrigger, SessionRig } from './sessionRig';

jest.mock('../../../nodes/mail/message/parse', () => ({
	parseMessage: async (source: Buffer) => {
		const id = /<[^>]*>/.exec(source.toString('latin1'))?.[0] ?? null;
		return await Promise.resolve({ messageId: id, parseError: null, attachments: [], from: [], subject: '' });
	},
}));

const OK = { kind: 'succeeded' } as const;
const DELETES = { policy: { onSuccess: { ...NO_MARKS, delete: true } } };

describe('triggers that share a mailbox', () => {
	let rig: SessionRig;
	beforeEach(() => (rig = new SessionRig()));
	afterEach(async () => {
		await rig.stop();
		expect(rig.failure).toBeNull();
	});

	/** A mail that the first has decided on and the second has not. */
	async function halfDecided(first: FakeTrigger, second: FakeTrigger): Promise<void> {
		rig.mailbox.add(1);
		rig.start();
		await rig.until(() => first.runs.length === 1 && second.runs.length === 1);
		first.runs[0]?.end(OK);
		await rig.clock.advance(100);
	}

	/** A trigger that was off while the server renumbered the mailbox. */
	function fromBefore(): FakeTrigger {
		const state = newCursor('alice@example.com', rig.clock.wallTime(), { kind: 'none' });
		return new FakeTrigger(rig.clock, 'c', {
			state: { ...state, low: 0, uidValidity: '6', inFlight: { 1: 1 } },
		});
	}

	it('keep their marks when another joins whose cursor is from before a renumbering', async () => {
		const [a, b] = [rig.trigger('a', DELETES), rig.trigger('b')];
		await halfDecided(a, b);
		rig.join(fromBefore()).always = OK;
		await rig.clock.advance(100);
		b.runs[0]?.end(OK);
		await rig.until(() => rig.mailbox.mails.size === 0);
		expect(rig.mailbox.mails.size).toBe(0);
	});

	it('keep their places when another joins whose cursor is from before a renumbering', async () => {
		const a = rig.trigger('a', { policy: { parallel: 1 } });
		rig.mailbox.add(1);
		rig.start();
		await rig.until(() => a.runs.length === 1);
		// Both in the same moment: the newcomer is opened before the mail is marked.
		a.runs[0]?.end(OK);
		rig.join(fromBefore());
		await rig.clock.advance(100);
		rig.arrive(2);
		await rig.until(() => a.runs.length === 2);
		expect(a.started).toEqual(['1#1', '2#1']);
	});

	it('do not run a message of the new numbering for one of the old', async () => {
		const a = rig.trigger('a');
		const late = fromBefore();
		rig.mailbox.add(1);
		rig.mailbox.before = (command) => {
			if (command.startsWith('fetch') && rig.deliveries.size === 1) rig.join(late);
		};
		rig.start();
		await rig.until(() => a.runs.length === 1 && late.cursor.uidValidity === '7');
		await rig.clock.advance(100);
		const keys = new Set([a, late].flatMap(({ runs }) => runs.map(({ key }) => key)));
		expect(late.cursor.uidValidity).toBe('7');
		// One run at most, under the new numbering, where it is new to this trigger.
		expect(late.runs.length).toBeLessThanOrEqual(1);
		expect(keys.size).toBe(1 + late.runs.length);
		expect(late.runs.some(({ key }) => key === oldKey())).toBe(false);
	});

	/** The key of message 1 of the old numbering. */
	function oldKey(): string | undefined {
		const other = new SessionRig();
		const before = fromBefore();
		before.delivery.attach(other.settler, () => undefined);
		const message = {
			uid: 1,
			flags: [],
			size: 1,
			receivedAt: null,
			source: Buffer.alloc(1),
			mail: { messageId: null },
		};
		before.delivery.offer(() => message as never);
		return before.runs[0]?.key;
	}

	it('do what one decided that has left before the others had decided', async () => {
		const [a, b] = [rig.trigger('a', DELETES), rig.trigger('b')];
		await halfDecided(a, b);
		rig.leave(a);
		await rig.clock.advance(100);
		expect(rig.mailbox.mails.size).toBe(1);
		b.runs[0]?.end(OK);
		await rig.until(() => rig.mailbox.mails.size === 0);
		expect(rig.mailbox.mails.size).toBe(0);
	});

	it('do nothing to a message of the new numbering that one which has left decided on one of the old', async () => {
		const [a, b] = [rig.trigger('a', DELETES), rig.trigger('b')];
		await halfDecided(a, b);
		rig.leave(a);
		await rig.stop();
		rig.mailbox.uidValidity = '8';
		rig.mailbox.add(1).receivedAt = new Date(rig.clock.wallTime());
		b.always = OK;
		rig.start();
		await rig.until(() => rig.mailbox.mails.get(1)?.flags.has('\\Seen') ?? true);
		expect([...(rig.mailbox.mails.get(1)?.flags ?? [])]).toContain('\\Seen');
	});

	it('mark no mail read that another, which starts from unread mail, has still to run', async () => {
		const state = newCursor('alice@example.com', rig.clock.wallTime(), { kind: 'unread' });
		const [quick, slow] = ['quick', 'slow'].map((name) =>
			rig.trigger(name, { state, policy: { parallel: 1 } }),
		);
		for (let uid = 1; uid <= 3; uid++) rig.mailbox.add(uid);
		if (quick) quick.always = OK;
		rig.start();
		await rig.until(() => quick?.runs.length === 3);
		await rig.clock.advance(2 * FLAG_WAIT_MS);
		rig.arrive(4);
		await rig.clock.advance(100);
		for (let run = 0; run < 4; run++) {
			slow?.runs[run]?.end(OK);
			await rig.clock.advance(2 * FLAG_WAIT_MS);
		}
		expect(slow?.started).toEqual(['1#1', '2#1', '3#1', '4#1']);
	});

	it('delete nothing that one has not seen yet which joined a moment ago', async () => {
		const a = rig.trigger('a', DELETES);
		const b = new FakeTrigger(rig.clock, 'b');
		rig.mailbox.add(1);
		const session = rig.start();
		await rig.until(() => a.runs.length === 1);
		rig.mailbox.before = (command) => {
			if (command === 'search' && rig.deliveries.size === 1) rig.join(b);
		};
		session.changed();
		a.runs[0]?.end(OK);
		await rig.until(() => b.runs.length === 1);
		expect(b.started).toEqual(['1#1']);
		b.runs[0]?.end(OK);
		await rig.until(() => rig.mailbox.mails.size === 0);
		expect(rig.mailbox.mails.size).toBe(0);
	});
});

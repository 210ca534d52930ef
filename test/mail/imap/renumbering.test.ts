/** The server renumbers the mailbox while runs are on their way (D14). */
import { createEmitter } from '../../../nodes/ImapTrigger/emitter';
import { newCursor } from '../../../nodes/mail/imap/cursor';
import type { Run } from '../../../nodes/mail/imap/outcome';
import { SessionRig } from './sessionRig';

jest.mock('../../../nodes/mail/message/parse', () => ({
	parseMessage: async (source: Buffer) => {
		const id = /<[^>]*>/.exec(source.toString('latin1'))?.[0] ?? null;
		return await Promise.resolve({ messageId: id, parseError: null, attachments: [], from: [], subject: '' });
	},
}));

const DAY_MS = 24 * 60 * 60_000;
/** Past the next SELECT. */
const RESELECT_MS = 16 * 60_000;

describe('a mailbox whose new numbers do not follow the age of the mails', () => {
	it('runs of a batch only the mails that did not run before', async () => {
		const rig = new SessionRig();
		const trigger = rig.trigger('a', { policy: { batchSize: 20 } });
		trigger.always = { kind: 'succeeded' };
		for (let uid = 1; uid <= 10; uid++) rig.mailbox.add(uid);
		rig.start();
		await rig.clock.advance(100);
		await rig.stop();
		expect(trigger.started).toEqual(['1+2+3+4+5+6+7+8+9+10#1']);
		rig.mailbox.uidValidity = '8';
		const ran = [...rig.mailbox.mails.values()];
		rig.mailbox.mails.clear();
		ran.forEach((mail, index) => rig.mailbox.mails.set(index + 11, mail));
		rig.mailbox.add(21);
		rig.start();
		await rig.clock.advance(100);
		await rig.stop();
		expect(trigger.started.slice(1)).toEqual(['21#1']);
	});

	it('runs what came lately, and none of the old mail that has a higher number now', async () => {
		const rig = new SessionRig();
		const now = rig.clock.wallTime();
		const before = newCursor('alice@example.com', now - 90 * DAY_MS, { kind: 'none' });
		const state = { ...before, low: 40, uidValidity: '6', lastGoodAt: now };
		const trigger = rig.trigger('a', { state });
		trigger.always = { kind: 'succeeded' };
		for (let uid = 1; uid <= 40; uid++) {
			rig.mailbox.add(uid).receivedAt = new Date(uid === 3 ? now : now - 30 * DAY_MS);
		}
		rig.start();
		await rig.clock.advance(100);
		rig.arrive(41);
		rig.mailbox.mails.get(41)!.receivedAt = new Date(now - 60 * DAY_MS);
		await rig.clock.advance(100);
		await rig.stop();
		expect(trigger.started).toEqual(['3#1', '41#1']);
	});
});

describe('runs that the server renumbers under', () => {
	it('free their places, also when they had not started yet', async () => {
		const rig = new SessionRig();
		const trigger = rig.trigger('a', { policy: { parallel: 1 } });
		let prepared: () => void = () => undefined;
		trigger.preparing = async () => await new Promise((resolve) => (prepared = resolve));
		rig.start();
		await rig.clock.advance(100);
		rig.arrive(1);
		await rig.clock.advance(100);
		rig.mailbox.uidValidity = '8';
		await rig.clock.advance(RESELECT_MS);
		trigger.preparing = null;
		prepared();
		await rig.clock.advance(100);
		rig.arrive(2);
		await rig.until(() => trigger.runs.some(({ uids }) => uids[0] === 2));
		expect(trigger.started).toContain('2#1');
		await rig.stop();
		expect(rig.failure).toBeNull();
	});

	it('are not started any more, and say so', async () => {
		const emit = jest.fn();
		const start = createEmitter(
			{ emit, helpers: {} as never },
			{
				acknowledge: 'succeeded',
				item: {} as never,
				record: { cursors: null, runs: new Map(), close: null, owner: null },
				report: () => undefined,
			},
		);
		const run: Run = { messages: [], attempt: 1, key: 'k', save: () => undefined, isStopped: () => true };
		const pending = new Promise((resolve) => setImmediate(resolve, 'pending'));
		expect(await Promise.race([start(run), pending])).toBeNull();
		expect(emit).not.toHaveBeenCalled();
	});
});

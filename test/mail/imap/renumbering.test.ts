/** The server renumbers the mailbox while runs are on their way (D14). */
import { createEmitter } from '../../../nodes/ImapTrigger/emitter';
import type { Run } from '../../../nodes/mail/imap/outcome';
import { SessionRig } from './sessionRig';

jest.mock('../../../nodes/mail/message/parse', () => ({
	parseMessage: async (source: Buffer) => {
		const id = /<[^>]*>/.exec(source.toString('latin1'))?.[0] ?? null;
		return await Promise.resolve({ messageId: id, parseError: null, attachments: [], from: [], subject: '' });
	},
}));

/** Past the next SELECT. */
const RESELECT_MS = 16 * 60_000;

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

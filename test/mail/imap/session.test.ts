import { NO_MARKS } from '../../../nodes/mail/imap/outcome';
import { SessionRig } from './sessionRig';

jest.mock('../../../nodes/mail/message/parse', () => ({
	parseMessage: async (source: Buffer) => {
		const id = /<[^>]*>/.exec(source.toString('latin1'))?.[0] ?? null;
		return await Promise.resolve({ messageId: id, parseError: null, attachments: [], from: [], subject: '' });
	},
}));

const OK = { kind: 'succeeded' } as const;

describe('a session', () => {
	let rig: SessionRig;
	beforeEach(() => (rig = new SessionRig()));
	afterEach(async () => {
		await rig.stop();
		expect(rig.failure).toBeNull();
	});

	it('starts the next run as soon as a mail is marked, also when the server says nothing about it', async () => {
		rig.mailbox.allowsKeywords = false;
		const trigger = rig.trigger('a', { policy: { parallel: 1, onSuccess: NO_MARKS } });
		trigger.always = OK;
		for (let uid = 1; uid <= 10; uid++) rig.mailbox.add(uid);
		rig.start();
		await rig.until(() => trigger.cursor.low === 10);
		expect(trigger.started).toHaveLength(10);
		expect(rig.clock.now()).toBeLessThan(1_000);
	});
});

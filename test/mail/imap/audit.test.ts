/** What is looked for below the low mark: late mail, and mail that a person put back (D5, D11). */
import type { CursorState } from '../../../nodes/mail/imap/cursor';
import { MailFilter } from '../../../nodes/mail/imap/filter';
import { FAILED_KEYWORD, NO_MARKS } from '../../../nodes/mail/imap/outcome';
import type { FakeTrigger } from './sessionRig';
import { SessionRig } from './sessionRig';

jest.mock('../../../nodes/mail/message/parse', () => ({
	parseMessage: async (source: Buffer) => {
		const id = /<[^>]*>/.exec(source.toString('latin1'))?.[0] ?? null;
		return await Promise.resolve({ messageId: id, parseError: null, attachments: [], from: [], subject: '' });
	},
}));

const OK = { kind: 'succeeded' } as const;
const FAILED = { kind: 'failed', reason: 'boom' } as const;
const HALF_AN_HOUR_MS = 30 * 60_000;

describe('below the low mark', () => {
	let rig: SessionRig;
	beforeEach(() => (rig = new SessionRig()));
	afterEach(async () => {
		await rig.stop();
		expect(rig.failure).toBeNull();
	});

	/** The process is killed; another goes on with what was stored, at the same mailbox. */
	async function killed(trigger: FakeTrigger): Promise<FakeTrigger> {
		const state: CursorState = trigger.cursor.toState();
		await rig.stop();
		const { mails } = rig.mailbox;
		rig = new SessionRig();
		for (const [uid, mail] of mails) rig.mailbox.mails.set(uid, mail);
		const next = rig.trigger(trigger.name, { state });
		rig.start();
		await rig.clock.advance(100);
		return next;
	}

	it('a late mail goes through the filter like any other', async () => {
		const trigger = rig.trigger('a', { filter: new MailFilter([{ subject: 'mail 1' }], {}) });
		trigger.always = OK;
		rig.start();
		await rig.clock.advance(100);
		rig.arrive(100);
		await rig.until(() => trigger.runs.length === 1);
		for (const uid of [17, 23]) rig.mailbox.add(uid);
		await rig.clock.advance(HALF_AN_HOUR_MS);
		expect(trigger.started).toEqual(['100#1', '17#1']);
	});

	it('a late mail that has to wait for its run survives a kill', async () => {
		const trigger = rig.trigger('a', { policy: { parallel: 1 } });
		rig.start();
		await rig.clock.advance(100);
		rig.arrive(100);
		await rig.until(() => trigger.runs.length === 1);
		trigger.runs[0]?.end(OK);
		await rig.clock.advance(100);
		rig.mailbox.add(50);
		rig.arrive(101);
		await rig.until(() => trigger.runs.length === 2);
		await rig.clock.advance(HALF_AN_HOUR_MS);
		expect(trigger.started).toEqual(['100#1', '101#1']);
		const next = await killed(trigger);
		next.always = OK;
		next.runs[0]?.end(OK);
		await rig.until(() => next.runs.length === 2);
		expect(next.started.sort()).toEqual(['101#1', '50#1']);
	});

	it('a mail that was put back and whose run a kill ended runs again', async () => {
		const trigger = rig.trigger('a');
		rig.mailbox.add(1);
		const session = rig.start();
		await rig.until(() => trigger.runs.length === 1);
		trigger.runs[0]?.end(FAILED);
		await rig.clock.advance(100);
		expect(rig.mailbox.mails.get(1)?.flags).toContain(FAILED_KEYWORD);
		rig.mailbox.mails.get(1)?.flags.delete(FAILED_KEYWORD);
		session.flagged();
		await rig.until(() => trigger.runs.length === 2);
		const next = await killed(trigger);
		expect(next.started).toEqual(['1#2']);
	});

	it('a mail whose mark the server takes and forgets was not put back: flagged, and no run after the other', async () => {
		const trigger = rig.trigger('a');
		trigger.always = FAILED;
		const { flags } = rig.mailbox.add(1);
		const add = flags.add.bind(flags);
		flags.add = (flag) => (flag === FAILED_KEYWORD ? flags : add(flag));
		rig.start();
		await rig.clock.advance(HALF_AN_HOUR_MS);
		expect(trigger.started).toEqual(['1#1']);
		expect(flags).toContain('\\Flagged');
	});

	it('a mail that was never marked read was not marked unread', async () => {
		const policy = { onSuccess: NO_MARKS, fireAgainWhenMarkedUnread: true };
		const trigger = rig.trigger('a', { policy });
		trigger.always = OK;
		rig.mailbox.add(1);
		rig.start();
		await rig.clock.advance(HALF_AN_HOUR_MS);
		expect(trigger.started).toEqual(['1#1']);
	});

	it('a mail left unread because it failed elsewhere was not marked unread', async () => {
		const trigger = rig.trigger('a', { policy: { fireAgainWhenMarkedUnread: true } });
		trigger.always = OK;
		rig.trigger('b').always = FAILED;
		rig.mailbox.add(1);
		const session = rig.start();
		await rig.clock.advance(HALF_AN_HOUR_MS);
		expect(trigger.started).toEqual(['1#1']);
		// Its own failure keeps its meaning.
		rig.mailbox.mails.get(1)?.flags.delete(FAILED_KEYWORD);
		session.flagged();
		await rig.clock.advance(100);
		expect(trigger.started).toEqual(['1#1']);
	});
});

import { MailError } from '../../../nodes/mail/errors';
import { MailFilter } from '../../../nodes/mail/imap/filter';
import { NO_MARKS } from '../../../nodes/mail/imap/outcome';
import { MAX_READY_BYTES, type ReadyMessages } from '../../../nodes/mail/imap/readyMessages';
import { SESSION_MAX_AGE_MS } from '../../../nodes/mail/imap/session';
import { watchProgress } from '../../../nodes/mail/imap/watchdog';
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

	it('makes a batch of more mails than one page has', async () => {
		const trigger = rig.trigger('a', { policy: { batchSize: 80 } });
		for (let uid = 1; uid <= 120; uid++) rig.mailbox.add(uid);
		rig.start();
		await rig.until(() => trigger.runs.length === 2);
		expect(trigger.runs.map(({ uids }) => uids.length)).toEqual([80, 40]);
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

	it('is not taken for stuck while a large mail comes in slowly', async () => {
		const trigger = rig.trigger('a');
		rig.mailbox.add(1, 40 * 1024 * 1024);
		rig.mailbox.before = async (command) => {
			if (command.startsWith('window')) await new Promise<void>((done) => rig.clock.after(10_000, done));
		};
		const end = jest.fn();
		const unwatch = watchProgress(rig.clock, rig.start(), end);
		await rig.clock.advance(390_000);
		expect(trigger.runs).toEqual([]);
		await rig.clock.advance(30_000);
		unwatch();
		expect(trigger.started).toEqual(['1#1']);
		expect(end).not.toHaveBeenCalled();
	});

	it('keeps a bounded amount of mail ready for a trigger that is slower than another', async () => {
		const [slow, quick] = [rig.trigger('slow', { policy: { parallel: 1 } }), rig.trigger('quick')];
		quick.always = OK;
		const size = 4 * 1024 * 1024;
		for (let uid = 1; uid <= 60; uid++) rig.mailbox.add(uid, size);
		const { intake } = rig.start() as unknown as { intake: { ready: ReadyMessages } };
		let most = 0;
		await rig.until(() => {
			most = Math.max(most, intake.ready.bytes);
			return quick.cursor.low === 60;
		});
		expect(quick.runs).toHaveLength(60);
		expect(most).toBeLessThanOrEqual(MAX_READY_BYTES + 2 * size);
		slow.always = OK;
		slow.runs[0]?.end(OK);
		await rig.until(() => slow.cursor.low === 60);
		expect(slow.runs).toHaveLength(60);
		// Some twice, but not over and over again.
		const windows = rig.mailbox.commands.filter((command) => command.startsWith('window'));
		expect(windows.length).toBeLessThan(2.5 * 60 * 4);
	});

	it('hands over no part of a mail that is removed while it is read', async () => {
		const trigger = rig.trigger('a');
		rig.mailbox.add(1, 3 * 1024 * 1024);
		rig.mailbox.before = (command) => {
			if (command === 'window 1') rig.mailbox.mails.delete(1);
		};
		rig.start();
		await rig.until(() => trigger.cursor.low === 1);
		expect(trigger.cursor.low).toBe(1);
		expect(trigger.runs).toEqual([]);
	});

	it('reads a mail again that the server did not give to its end', async () => {
		const trigger = rig.trigger('a');
		const mail = rig.mailbox.add(1, 3 * 1024 * 1024);
		let windows = 0;
		rig.mailbox.before = (command) => {
			if (command === 'window 1' && ++windows === 2) rig.mailbox.mails.delete(1);
			else rig.mailbox.mails.set(1, mail);
		};
		rig.start();
		await rig.clock.advance(5_000);
		expect(trigger.runs.map(({ bytes }) => bytes)).toEqual([[3 * 1024 * 1024]]);
	});

	it('runs what a filter leaves between mails that it leaves out, however many these are', async () => {
		const trigger = rig.trigger('a', { filter: new MailFilter([{ subject: 'wanted' }], {}) });
		trigger.always = OK;
		for (let uid = 1001; uid <= 1600; uid++) {
			const mail = rig.mailbox.add(uid);
			if (uid % 2 === 0) mail.source = Buffer.from(`Message-ID: <${uid}@x>\r\nSubject: wanted\r\n\r\n`);
		}
		rig.start();
		await rig.until(() => trigger.cursor.low === 1600);
		expect(trigger.runs).toHaveLength(300);
		expect(trigger.cursor.low).toBe(1600);
	});

	it('does not ask the server over and over while a file is read beyond the end of its time', async () => {
		rig.trigger('a');
		rig.mailbox.add(1);
		const session = rig.start();
		await rig.clock.advance(100);
		(session as unknown as { files: { readers: number } }).files.readers = 1;
		await rig.clock.advance(SESSION_MAX_AGE_MS);
		const before = rig.mailbox.commands.length;
		await rig.clock.advance(60_000);
		expect(rig.mailbox.commands.length - before).toBeLessThan(10);
	});

	it('keeps the pause that the server asks for while it is searched for a filter: the filter is not to blame', async () => {
		const trigger = rig.trigger('a', { filter: new MailFilter([{ subject: 'mail' }], {}) });
		rig.mailbox.add(1);
		let searches = 0;
		const busy = new MailError('COMMAND', 'Slow down.', { retry: 'throttled', waitMs: 60_000 });
		rig.mailbox.before = (command) => {
			if (command === 'search' && ++searches === 2) throw busy;
		};
		rig.start();
		await rig.until(() => rig.failure !== null);
		expect(rig.failure).toBe(busy);
		expect(trigger.reports).toEqual([]);
		rig.failure = null;
	});

	it('marks what ran between large mails, not after a page of them', async () => {
		const source = Buffer.alloc(20 * 1024 * 1024, 'x');
		for (let uid = 1; uid <= 25; uid++) rig.mailbox.add(uid).source = source;
		rig.trigger('a').always = OK;
		rig.start();
		const isMark = (command: string) => command.startsWith('messageFlagsAdd');
		await rig.until(() => rig.mailbox.commands.some(isMark));
		const before = rig.mailbox.commands.slice(0, rig.mailbox.commands.findIndex(isMark));
		expect(before.filter((command) => command.startsWith('window')).length).toBeLessThan(5 * 20);
	});
});

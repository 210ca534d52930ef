import type { INode } from 'n8n-workflow';
import { readSettings } from '../../nodes/ImapTrigger/settings';

const NODE = { name: 'IMAP Trigger', type: 'imapTrigger' } as unknown as INode;

/** Parameters as n8n hands them out: what equals its default may be missing. */
function read(parameters: Record<string, unknown> = {}): ReturnType<typeof readSettings> {
	return readSettings({
		getNode: () => NODE,
		getNodeParameter: ((name: string, fallback: unknown) => parameters[name] ?? fallback) as never,
	});
}

function messageOf(parameters: Record<string, unknown>): string {
	try {
		read(parameters);
	} catch (error) {
		return (error as Error).message;
	}
	return 'accepted';
}

describe('readSettings', () => {
	it('has a sensible value for everything that is not set', () => {
		expect(read()).toMatchObject({
			accountType: 'mailAccountApi',
			mailboxes: ['INBOX'],
			old: { kind: 'none' },
			startFrom: 'new',
			maxMessageBytes: 50 * 1024 * 1024,
			forcePolling: false,
			policy: {
				acknowledge: 'succeeded',
				onSuccess: { markRead: true, flag: false, addKeyword: '', moveTo: '', delete: false },
				onFailure: { markRead: false, flag: false, addKeyword: '', moveTo: '', delete: false },
				retries: 0,
				parallel: 5,
				batchSize: 1,
			},
		});
	});

	it.each([
		[
			['INBOX', 'Sent'],
			['INBOX', 'Sent'],
		],
		['INBOX', ['INBOX']],
		[' INBOX , Clients/A,, ', ['INBOX', 'Clients/A']],
		[['INBOX', 'INBOX'], ['INBOX']],
		[
			['inbox', 'Inbox', 'Sent'],
			['INBOX', 'Sent'],
		],
	])('mailboxes %j', (given, wanted) => {
		expect(read({ mailboxes: given }).mailboxes).toEqual(wanted);
	});

	it.each([
		['mailboxes', { mailboxes: [] }, 'No mailbox to watch was given.'],
		['an empty expression', { mailboxes: ' , ' }, 'No mailbox to watch was given.'],
		['a date', { startFrom: 'date', startDate: 'yesterday' }, '"yesterday" in "Start Date" is not a date.'],
		['no date', { startFrom: 'date', startDate: '' }, '"" in "Start Date" is not a date.'],
		[
			'parallel',
			{ options: { parallelExecutions: 0 } },
			'"Parallel Executions" has to be a number from 1 up',
		],
		['batch', { options: { messagesPerExecution: 'many' } }, '"Mails per Execution" has to be a number'],
		['size', { options: { maxMessageSize: -1 } }, '"Maximum Message Size" has to be a number from 1 up'],
		['retries', { onFailure: { retries: 'often' } }, '"Retries" has to be a number from 0 up'],
		['retries', { onFailure: { retries: -1 } }, '"Retries" has to be a number from 0 up'],
		[
			'keyword',
			{ onSuccess: { addKeyword: 'two words' } },
			'"two words" in "Add Keyword" cannot be a keyword',
		],
		['keyword', { onFailure: { addKeyword: '\\Seen' } }, '"\\Seen" in "Add Keyword" cannot be a keyword'],
		['keyword', { onFailure: { addKeyword: 'a)b' } }, '"a)b" in "Add Keyword" cannot be a keyword'],
	])('a bad value is named: %s', (_name, parameters, sentence) => {
		expect(messageOf(parameters)).toContain(sentence);
	});

	it.each(['Done', '$Label1', 'NonJunk', 'übersetzt-nein'.slice(1), 'a.b-c_d'])(
		'the keyword %s is fine',
		(addKeyword) => {
			expect(read({ onSuccess: { addKeyword } }).policy.onSuccess.addKeyword).toBe(addKeyword);
		},
	);

	it('a changed date changes where to start, the same date in other words does not', () => {
		const at = (startDate: string): string => read({ startFrom: 'date', startDate }).startFrom;
		expect(at('2026-01-31T09:00:00Z')).toBe(at('2026-01-31T10:00:00+01:00'));
		expect(at('2026-01-31T09:00:00Z')).not.toBe(at('2026-01-31T09:00:01Z'));
	});

	it('"At Once" never moves or deletes', () => {
		const onSuccess = { markRead: true, delete: true, moveTo: 'Archive' };
		expect(read({ acknowledge: 'started', onSuccess }).policy.onSuccess).toMatchObject({
			markRead: true,
			delete: false,
			moveTo: '',
		});
		expect(read({ onSuccess }).policy.onSuccess).toMatchObject({ delete: true, moveTo: 'Archive' });
	});

	it('no action at all can be chosen', () => {
		expect(read({ onSuccess: {} }).policy.onSuccess.markRead).toBe(false);
	});
});

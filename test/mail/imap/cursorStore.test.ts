/** Where the cursors live: none may get lost because its mailbox is not watched yet (D1). */
import { CursorStore } from '../../../nodes/ImapTrigger/cursorStore';
import type { TriggerRecord } from '../../../nodes/ImapTrigger/registry';
import { Cursor } from '../../../nodes/mail/imap/cursor';

const ALICE = 'alice@example.com';
const WORKFLOW = 'w';
const NODE = 'n';
const NEW = { old: { kind: 'none' }, startFrom: 'new', mailboxes: ['INBOX', 'Clients/*'] } as const;
const ALL = { ...NEW, old: { kind: 'all' }, startFrom: 'all' } as const;

describe('stored cursors', () => {
	/** What n8n has in its database. */
	const staticData: Record<string, never> = {};
	const context = { getWorkflowStaticData: () => staticData };

	/** The trigger is switched on in a new process. */
	function store(settings: typeof NEW | typeof ALL = NEW): CursorStore {
		const record: TriggerRecord = { cursors: null, runs: new Map(), close: null, owner: null };
		const { mailboxes, ...rest } = settings;
		return new CursorStore(context as never, WORKFLOW, NODE, record, { ...rest, mailboxes: [...mailboxes] });
	}

	beforeEach(() => {
		delete staticData[`mailroom:${NODE}`];
		const first = store();
		first.begin(1_000);
		const cursor = new Cursor(first.open('Clients/A', ALICE, 1_000));
		cursor.setBaseline(5, '7', null);
		cursor.list([6, 7]);
		cursor.start({ uids: [6], attempt: 1 });
		first.add('Clients/A', cursor);
		first.save();
	});

	it('of mailboxes that a pattern has not found again yet outlive a start without server', () => {
		const outage = store();
		outage.begin(2_000);
		outage.save();
		const next = store();
		next.begin(3_000);
		expect(next.open('Clients/A', ALICE, 3_000)).toMatchObject({ since: 1_000, low: 5, inFlight: { 6: 1 } });
	});

	it('start anew once when "Start From" was changed meanwhile, from the moment of the change', () => {
		const outage = store(ALL);
		outage.begin(2_000);
		outage.save();
		const next = store(ALL);
		next.begin(3_000);
		expect(next.open('Clients/A', ALICE, 3_000)).toMatchObject({ since: 2_000, low: null, epoch: 1 });
	});

	it('are dropped with a mailbox that is no longer named', () => {
		const other = store();
		const gone = { ...NEW, mailboxes: ['INBOX'] };
		const fixed = new CursorStore(
			context as never,
			WORKFLOW,
			NODE,
			{ cursors: null, runs: new Map(), close: null, owner: null },
			gone as never,
		);
		expect(other.knows(ALICE)).toBe(true);
		fixed.begin(2_000);
		fixed.save();
		expect(store().knows(ALICE)).toBe(false);
	});
});

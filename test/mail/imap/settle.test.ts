import { MailError } from '../../../nodes/mail/errors';
import type { ImapClient } from '../../../nodes/mail/imap/client';
import { NO_MARKS, type Marks } from '../../../nodes/mail/imap/outcome';
import { FLAG_WAIT_MS, MARK_ATTEMPTS, Settler, type Voter } from '../../../nodes/mail/imap/settle';
import type { SelectedMailbox } from '../../../nodes/mail/imap/types';
import { fromSequenceSet } from '../../../nodes/mail/imap/uidSet';
import { FakeClock } from '../../fakeClock';

const MAILBOX: SelectedMailbox = {
	path: 'INBOX',
	uidValidity: '7',
	uidNext: 10,
	mailboxId: null,
	exists: 9,
	readOnly: false,
	allowsKeywords: true,
	settableFlags: null,
};
const READ: Marks = { ...NO_MARKS, markRead: true };

/** A trigger, as far as votes go. */
class FakeVoter implements Voter {
	readonly undecided = new Set<number>();
	readonly told: string[] = [];

	isUndecided(uid: number): boolean {
		return this.undecided.has(uid);
	}
}

class Rig {
	readonly clock = new FakeClock();
	readonly settler = new Settler(this.clock);
	readonly commands: string[] = [];
	/** What the server answers to a command instead of OK. */
	refuse: (command: string) => MailError | null = () => null;
	mailbox = MAILBOX;
	isGmail = false;

	private readonly flow = {
		search: async ({ uid }: { uid: string }) => await Promise.resolve(fromSequenceSet(uid)),
		messageFlagsAdd: async (set: string, flags: string[]) =>
			await this.say(`${set} +${[...flags].sort().join(' ')}`),
		messageFlagsRemove: async (set: string, flags: string[]) => await this.say(`${set} -${flags.join(' ')}`),
		messageMove: async (set: string, to: string) => await this.say(`${set} → ${to}`),
		messageDelete: async (set: string) => await this.say(`${set} deleted`),
	};

	private readonly client = {
		supports: (name: string) => this.isGmail || name !== 'X-GM-EXT-1',
		list: async () => await Promise.resolve([{ path: '[Gmail]/Trash', role: '\\Trash', selectable: true }]),
		command: async (_what: string, operation: (flow: object) => Promise<unknown>) =>
			await operation(this.flow),
	};

	private async say(command: string): Promise<boolean> {
		const error = this.refuse(command);
		if (error) throw error;
		this.commands.push(command);
		return await Promise.resolve(true);
	}

	vote(
		voter: FakeVoter,
		uid: number,
		marks: Marks,
		options: { failed?: boolean; proof?: string } = {},
	): void {
		voter.undecided.delete(uid);
		this.settler.vote(voter, uid, {
			marks,
			failed: options.failed ?? false,
			proof: options.proof ?? null,
			proven: () => voter.told.push(`${uid} proven`),
			applied: () => voter.told.push(`${uid} applied`),
			refused: (error) => voter.told.push(`${uid} refused: ${error.message}`),
		});
	}

	/** Applies as long as there is something to do. @returns the commands of this call */
	async apply(...voters: FakeVoter[]): Promise<string[]> {
		const before = this.commands.length;
		for (let i = 0; i < 10 && this.settler.hasWork(voters); i++)
			await this.settler.apply(this.client as unknown as ImapClient, this.mailbox, voters);
		return this.commands.slice(before);
	}
}

const refused = (text: string): MailError => new MailError('COMMAND', text);
const lost = new MailError('LOST', 'The connection was lost.', { retry: 'transient' });

describe('one trigger', () => {
	it.each([
		['mark read', READ, ['1 +\\Seen']],
		['flag', { ...NO_MARKS, flag: true }, ['1 +\\Flagged']],
		['keyword', { ...NO_MARKS, addKeyword: 'Done' }, ['1 +Done']],
		['move', { ...READ, moveTo: 'Archive' }, ['1 +\\Seen', '1 → Archive']],
		['delete', { ...NO_MARKS, delete: true }, ['1 deleted']],
		['move wins over delete', { ...NO_MARKS, delete: true, moveTo: 'Archive' }, ['1 → Archive']],
		['nothing', NO_MARKS, []],
	])('%s', async (_name, marks, commands) => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		rig.vote(voter, 1, marks);
		expect(await rig.apply(voter)).toEqual(commands);
		expect(voter.told).toEqual(['1 proven', '1 applied']);
		expect(rig.settler.hasWork([voter])).toBe(false);
	});

	it('delete at Gmail: to the trash, since deleting elsewhere takes away the label only', async () => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		rig.isGmail = true;
		rig.vote(voter, 1, { ...NO_MARKS, delete: true });
		expect(await rig.apply(voter)).toEqual(['1 → [Gmail]/Trash']);
	});

	it.each([
		[true, ['1 +MailroomFailed']],
		[false, ['1 +\\Flagged']],
	])('a failed mail is marked, not read; keywords allowed: %s (D11)', async (allowsKeywords, commands) => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		rig.mailbox = { ...MAILBOX, allowsKeywords };
		rig.vote(voter, 1, NO_MARKS, { failed: true, proof: undefined as never });
		expect(await rig.apply(voter)).toEqual(commands);
	});

	it('no keyword is asked for where the server allows none', async () => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		rig.mailbox = { ...MAILBOX, allowsKeywords: false };
		rig.vote(voter, 1, { ...READ, addKeyword: 'Done' }, { proof: 'mr-1' });
		expect(await rig.apply(voter)).toEqual(['1 +\\Seen']);
	});

	it('marks many mails with one command', async () => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		for (const uid of [1, 2, 3, 7]) rig.vote(voter, uid, READ, { proof: 'mr-1' });
		rig.vote(voter, 5, { ...NO_MARKS, flag: true });
		expect(await rig.apply(voter)).toEqual(['1:3,7 +\\Seen mr-1', '5 +\\Flagged']);
	});

	it('a mail that is moved or deleted takes no proof along', async () => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		rig.vote(voter, 1, { ...READ, moveTo: 'Archive' }, { proof: 'mr-1' });
		rig.vote(voter, 2, { ...NO_MARKS, delete: true }, { proof: 'mr-1' });
		expect(await rig.apply(voter)).toEqual(['1 +\\Seen', '1 → Archive', '2 deleted']);
		expect(voter.told).toEqual(['1 proven', '1 applied', '2 proven', '2 applied']);
	});

	it('takes proofs away when they are no longer needed', async () => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		rig.settler.dropProof([1, 2], 'mr-1');
		expect(await rig.apply(voter)).toEqual(['1:2 -mr-1']);
	});

	it('tries a refused mark again, then tells it and goes on', async () => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		let tries = 0;
		rig.refuse = (command) => (command.includes('→') && ++tries > 0 ? refused('no such mailbox') : null);
		rig.vote(voter, 1, { ...NO_MARKS, moveTo: 'Nowhere' });
		rig.vote(voter, 2, READ);
		expect(await rig.apply(voter)).toContain('2 +\\Seen');
		expect(tries).toBe(MARK_ATTEMPTS);
		expect(voter.told).toEqual(
			expect.arrayContaining(['1 refused: no such mailbox', '1 applied', '2 applied']),
		);
	});

	it('a line that breaks loses no mark', async () => {
		const [rig, voter] = [new Rig(), new FakeVoter()];
		rig.vote(voter, 1, READ);
		rig.refuse = () => lost;
		await expect(rig.apply(voter)).rejects.toThrow('The connection was lost.');
		expect(voter.told).toEqual([]);
		rig.refuse = () => null;
		expect(await rig.apply(voter)).toEqual(['1 +\\Seen']);
		expect(voter.told).toContain('1 applied');
	});
});

describe('several triggers (D17)', () => {
	let rig: Rig;
	let a: FakeVoter;
	let b: FakeVoter;
	beforeEach(() => {
		[rig, a, b] = [new Rig(), new FakeVoter(), new FakeVoter()];
		a.undecided.add(1);
		b.undecided.add(1);
	});

	it('a mail is marked when all have decided', async () => {
		rig.vote(a, 1, READ);
		expect(await rig.apply(a, b)).toEqual([]);
		rig.vote(b, 1, { ...NO_MARKS, flag: true });
		expect(await rig.apply(a, b)).toEqual(['1 +\\Flagged \\Seen']);
		expect([a.told.at(-1), b.told.at(-1)]).toEqual(['1 applied', '1 applied']);
	});

	it('what one has run is proven on the server while the other still runs', async () => {
		rig.vote(a, 1, READ, { proof: 'mr-a' });
		expect(await rig.apply(a, b)).toEqual(['1 +mr-a']);
		expect(a.told).toEqual(['1 proven']);
	});

	it('a mail on which one failed is not marked read', async () => {
		rig.vote(a, 1, READ);
		rig.vote(b, 1, NO_MARKS, { failed: true });
		expect(await rig.apply(a, b)).toEqual(['1 +MailroomFailed']);
	});

	it('a failure also keeps the mail where it is', async () => {
		rig.vote(a, 1, { ...READ, moveTo: 'Archive' });
		rig.vote(b, 1, NO_MARKS, { failed: true });
		expect(await rig.apply(a, b)).toEqual(['1 +MailroomFailed']);
	});

	it('flags wait ten minutes for a trigger that does not decide, moving waits without bound', async () => {
		rig.vote(a, 1, READ);
		a.undecided.add(2);
		b.undecided.add(2);
		rig.vote(a, 2, { ...READ, moveTo: 'Archive' });
		await rig.clock.advance(FLAG_WAIT_MS - 1);
		expect(await rig.apply(a, b)).toEqual([]);
		await rig.clock.advance(1);
		expect(await rig.apply(a, b)).toEqual(['1 +\\Seen']);
		await rig.clock.advance(100 * FLAG_WAIT_MS);
		expect(await rig.apply(a, b)).toEqual([]);
		rig.vote(b, 2, NO_MARKS);
		expect(await rig.apply(a, b)).toEqual(['2 +\\Seen', '2 → Archive']);
	});

	it('who filtered the mail out, or has left, is not waited for', async () => {
		rig.vote(a, 1, READ);
		b.undecided.delete(1);
		expect(await rig.apply(a, b)).toEqual(['1 +\\Seen']);
		a.undecided.add(2);
		b.undecided.add(2);
		rig.vote(a, 2, READ);
		expect(await rig.apply(a)).toEqual(['2 +\\Seen']);
	});

	it('a trigger that moves to another line takes its votes along', async () => {
		rig.vote(a, 1, READ);
		const [[uid, vote] = []] = rig.settler.takeVotes(a);
		expect([uid, vote?.marks]).toEqual([1, READ]);
		b.undecided.delete(1);
		expect(await rig.apply(b)).toEqual([]);
	});
});

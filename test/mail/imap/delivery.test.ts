import fc from 'fast-check';
import { MailError } from '../../../nodes/mail/errors';
import { RETRY_WAITS_MS, type Outcome } from '../../../nodes/mail/imap/outcome';
import { settled } from '../../fakeClock';
import { Rig, World } from './deliveryRig';

const OK: Outcome = { kind: 'succeeded' };
const FAILED: Outcome = { kind: 'failed', reason: 'boom' };

function worldWith(...uids: number[]): World {
	const world = new World();
	for (const uid of uids) world.arrive(uid);
	return world;
}

const started = (world: World): string[] =>
	world.runs.map(({ uids, attempt }) => `${uids.join('+')}#${attempt}`);

describe('running', () => {
	it('starts as many as allowed, oldest first, and the next when one has ended and is marked', async () => {
		const world = worldWith(1, 2, 3);
		const rig = new Rig(world, { parallel: 2 });
		rig.pass();
		expect(started(world)).toEqual(['1#1', '2#1']);
		world.runs[1]?.end(OK);
		await settled();
		rig.offer();
		// A crash now would run it again, so it still holds its place.
		expect(started(world)).toEqual(['1#1', '2#1']);
		rig.mark();
		rig.offer();
		expect(started(world)).toEqual(['1#1', '2#1', '3#1']);
	});

	it('D12: makes batches only of what waits', async () => {
		const world = worldWith(1, 2, 3);
		const rig = new Rig(world, { parallel: 1, batchSize: 2 });
		rig.pass();
		world.runs[0]?.end(OK);
		await settled();
		rig.mark();
		rig.offer();
		expect(started(world)).toEqual(['1+2#1', '3#1']);
	});

	it('D12: runs the members of a failed batch alone when retries are on', async () => {
		const world = worldWith(1, 2);
		const rig = new Rig(world, { batchSize: 2, retries: 1 });
		rig.pass();
		world.runs[0]?.end(FAILED);
		await rig.clock.advance(RETRY_WAITS_MS[0] ?? 0);
		rig.pass();
		expect(started(world)).toEqual(['1+2#1', '1#2', '2#2']);
	});

	it('D7: a wait counts as success, an error as failure; only then the mail is marked', async () => {
		const world = worldWith(1, 2);
		const rig = new Rig(world);
		rig.pass();
		expect(rig.votes).toEqual([]);
		world.runs[0]?.end(OK);
		world.runs[1]?.end(FAILED);
		await settled();
		expect(rig.votes.map(({ uid, vote }) => [uid, vote.marks.markRead, vote.failed])).toEqual([
			[1, true, false],
			[2, false, true],
		]);
		expect(rig.state.inFlight).toEqual({ '1': 1, '2': 1 });
		rig.mark();
		expect(rig.state).toMatchObject({ inFlight: {}, low: 2 });
	});

	it('D10: with "ended" a failure counts like a success, with "started" nothing is waited for', async () => {
		for (const acknowledge of ['ended', 'started'] as const) {
			const world = worldWith(1);
			const rig = new Rig(world, { acknowledge });
			if (acknowledge === 'started') rig.refuse = () => ({ kind: 'unconfirmed' });
			rig.pass();
			world.runs[0]?.end(FAILED);
			await settled();
			expect(rig.votes.map(({ vote }) => [vote.marks.markRead, vote.failed])).toEqual([[true, false]]);
		}
	});

	it('D11: retries with growing waits and then gives up', async () => {
		const world = worldWith(1);
		const rig = new Rig(world, { retries: 2 });
		for (const wait of [0, ...RETRY_WAITS_MS.slice(0, 2)]) {
			await rig.clock.advance(wait);
			rig.pass();
			world.runs.at(-1)?.end(FAILED);
			await settled();
		}
		expect(started(world)).toEqual(['1#1', '1#2', '1#3']);
		expect(rig.votes.map(({ vote }) => vote.failed)).toEqual([true]);
	});

	it('D7: tries the same key again when n8n could not say what became of it', async () => {
		const world = worldWith(1);
		const rig = new Rig(world);
		let refusals = 3;
		rig.refuse = () => (refusals-- > 0 ? { kind: 'unclear', reason: 'database is locked' } : null);
		rig.pass();
		for (let i = 0; i < 3; i++) {
			await rig.clock.advance(60_000);
			rig.pass();
		}
		expect(started(world)).toEqual(['1#1']);
	});

	it('goes on when the server does not give a message, and asks again for that one', async () => {
		const world = worldWith(1, 2);
		const rig = new Rig(world);
		rig.delivery.list([1, 2]);
		rig.delivery.defer(1, 1000);
		rig.offer();
		expect(started(world)).toEqual(['2#1']);
		await rig.clock.advance(1000);
		rig.pass();
		expect(started(world)).toEqual(['2#1', '1#1']);
	});

	it('settles a message that vanished from a batch, and runs the rest', async () => {
		const world = worldWith(1, 2);
		const first = new Rig(world, { batchSize: 2 });
		first.pass();
		first.kill();
		world.rows.clear();
		const rig = new Rig(world, { batchSize: 2 });
		world.flags.delete(1);
		rig.delivery.list([2]);
		rig.delivery.gone(1);
		rig.offer();
		expect(started(world)).toEqual(['1+2#1', '2#1']);
	});

	it('does nothing to messages of the old numbering when a run ends after the server renumbered', async () => {
		const world = worldWith(1, 2);
		const rig = new Rig(world);
		rig.pass();
		rig.delivery.cursor.renumber(0, 2, { uidValidity: '8', mailboxId: null }, 0);
		rig.delivery.forget();
		world.runs[0]?.end(OK);
		await settled();
		expect(rig.votes).toEqual([]);
		expect(rig.delivery.cursor.list([1, 2])).toEqual([1, 2]);
	});

	it('tells once that a run does not end, and leaves it its place', async () => {
		const world = worldWith(1, 2, 3);
		const rig = new Rig(world, { parallel: 2 });
		rig.pass();
		await rig.clock.advance(1_000_000);
		expect(rig.reports).toHaveLength(1);
		expect(rig.reports[0]).toMatch(/has not ended/);
		rig.pass();
		expect(started(world)).toEqual(['1#1', '2#1']);
	});

	it('tells once why marks are refused, not for every mail', async () => {
		const world = worldWith(1, 2, 3);
		const rig = new Rig(world);
		rig.pass();
		for (const run of world.runs) run.end(OK);
		await settled();
		for (const { vote } of rig.votes) vote.refused(new MailError('COMMAND', 'The mailbox is read-only.'));
		expect(rig.reports).toHaveLength(1);
		expect(rig.reports[0]).toMatch(
			/Mail 1 in "INBOX" ran, but could not be marked. The mailbox is read-only./,
		);
	});

	it('says to all who wait for it that everything is marked', async () => {
		const world = worldWith(1, 2);
		const rig = new Rig(world);
		rig.pass();
		for (const run of world.runs) run.end(OK);
		await settled();
		const ended: string[] = [];
		for (const name of ['one', 'other']) void rig.delivery.when('marked').then(() => ended.push(name));
		rig.mark();
		await settled();
		expect(ended).toEqual(['one', 'other']);
	});

	it('leaves no timer behind when it is closed', async () => {
		const world = worldWith(1);
		const rig = new Rig(world, { retries: 3 });
		rig.pass();
		world.runs[0]?.end(FAILED);
		await settled();
		expect(rig.clock.pending).toBe(1);
		rig.delivery.close();
		expect(rig.clock.pending).toBe(0);
	});
});

describe('D8: after a crash', () => {
	it('starts anew what had not been started', () => {
		const world = worldWith(1);
		new Rig(world).kill();
		const rig = new Rig(world);
		rig.pass();
		expect(started(world)).toEqual(['1#1']);
	});

	it('runs once more what was under way, as the next attempt', async () => {
		const world = worldWith(1);
		const first = new Rig(world);
		first.pass();
		first.kill();
		const rig = new Rig(world);
		rig.pass();
		await rig.clock.advance(0);
		rig.pass();
		expect(started(world)).toEqual(['1#1', '1#2']);
	});

	it('tells what it leaves, where a second run is not wanted', async () => {
		const world = worldWith(1);
		const first = new Rig(world);
		first.pass();
		first.kill();
		const rig = new Rig(world, { afterCrash: 'leave' });
		rig.pass();
		await settled();
		expect(started(world)).toEqual(['1#1']);
		expect(rig.votes.map(({ vote }) => vote.failed)).toEqual([true]);
		expect(rig.reports).toHaveLength(1);
		expect(rig.reports[0]).toMatch(/Mail 1 .*not known.*left/s);
	});

	it('offers the same key first, so that a row that never came is not skipped', () => {
		const world = worldWith(1);
		const first = new Rig(world);
		first.pass();
		first.kill();
		world.rows.clear();
		new Rig(world).pass();
		expect(started(world)).toEqual(['1#1', '1#1']);
	});

	it('does not run again what our keyword proves, even though the cursor was not stored since', async () => {
		const world = worldWith(1, 2);
		const first = new Rig(world);
		first.pass();
		for (const run of world.runs) run.end(OK);
		await settled();
		first.mark();
		first.kill();
		const rig = new Rig(world);
		rig.pass();
		await rig.clock.advance(0);
		rig.pass();
		expect(started(world)).toEqual(['1#1', '2#1']);
		expect(rig.state.low).toBe(2);
	});

	it('takes its proof away once the cursor that knows it was stored', async () => {
		const world = worldWith(1);
		const rig = new Rig(world, { parallel: 1 });
		for (const uid of [2, 3]) {
			rig.pass();
			world.runs.at(-1)?.end(OK);
			await settled();
			rig.mark();
			world.arrive(uid);
		}
		rig.pass();
		expect([...(world.flags.get(1) ?? [])]).toEqual(['\\Seen']);
		expect([...(world.flags.get(2) ?? [])]).toContain(rig.delivery.proof);
	});

	it('none is lost, and only what was in flight runs twice, over any history of arrivals, ends and kills', async () => {
		const step = fc.oneof(
			{ weight: 4, arbitrary: fc.constant('arrive' as const) },
			{ weight: 4, arbitrary: fc.constant('pass' as const) },
			{ weight: 4, arbitrary: fc.constant('end' as const) },
			{ weight: 3, arbitrary: fc.constant('mark' as const) },
			{ weight: 1, arbitrary: fc.constant('kill' as const) },
			{ weight: 1, arbitrary: fc.constant('kill, successes not saved' as const) },
		);
		await fc.assert(
			fc.asyncProperty(
				fc.array(step, { maxLength: 60 }),
				fc.integer({ min: 1, max: 3 }),
				fc.integer({ min: 1, max: 3 }),
				async (steps, parallel, batchSize) => {
					const world = new World();
					let rig = new Rig(world, { parallel, batchSize });
					let uid = 0;
					let open = 0;
					let kills = 0;
					const goOn = async () => {
						rig.pass();
						await rig.clock.advance(0);
						rig.pass();
					};
					const kill = () => {
						rig.kill();
						rig = new Rig(world, { parallel, batchSize });
						open = world.runs.length;
						kills++;
					};
					for (const action of steps) {
						if (action === 'arrive') world.arrive(++uid);
						if (action === 'pass') await goOn();
						if (action === 'end') {
							world.runs[open++]?.end(OK);
							open = Math.min(open, world.runs.length);
							await settled();
						}
						if (action === 'mark') rig.mark();
						if (action === 'kill') kill();
						if (action === 'kill, successes not saved') {
							for (const run of world.runs.slice(0, open)) world.rows.delete(run.key);
							kill();
						}
					}
					for (let i = 0; i < 40 + uid; i++) {
						await goOn();
						for (const run of world.runs) run.end(OK);
						await settled();
						rig.mark();
					}
					const times = new Map<number, number>();
					for (const run of world.runs) for (const one of run.uids) times.set(one, (times.get(one) ?? 0) + 1);
					for (let one = 1; one <= uid; one++) expect(times.get(one) ?? 0).toBeGreaterThanOrEqual(1);
					const doubled = [...times.values()].reduce((sum, count) => sum + count - 1, 0);
					expect(doubled).toBeLessThanOrEqual(kills * parallel * batchSize);
				},
			),
			{ numRuns: 500 },
		);
	});
});

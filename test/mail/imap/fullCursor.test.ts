/** What happens when a cursor has no room to write more down: it must neither grow on nor stop the trigger. */
import { RETRY_WAITS_MS } from '../../../nodes/mail/imap/outcome';
import { Rig, World } from './deliveryRig';

const OK = { kind: 'succeeded' } as const;
const FAILED = { kind: 'failed', reason: 'boom' } as const;

/** Mails with gaps between their UIDs, which is what takes room. */
function sparse(count: number): World {
	const world = new World();
	for (let i = 1; i <= count; i++) world.arrive(i * 3);
	return world;
}

async function work(rig: Rig, outcomeOf: (uid: number, attempt: number) => 'ok' | 'failed' | 'under way') {
	const { world } = rig;
	for (let ended = 0; ended < world.runs.length || world.runs.length === 0;) {
		for (; ended < world.runs.length; ended++) {
			const run = world.runs[ended];
			const outcome = run && outcomeOf(run.uids[0] ?? 0, run.attempt);
			if (outcome !== 'under way') run?.end(outcome === 'ok' ? OK : FAILED);
		}
		await rig.clock.advance(1);
		rig.mark();
		rig.pass();
	}
}

describe('a cursor without room', () => {
	it('starts the next attempt that everything waits for', async () => {
		const rig = new Rig(sparse(600), { retries: 1 });
		rig.pass();
		await work(rig, (uid) => (uid === 3 ? 'failed' : 'ok'));
		expect(rig.state.settled.length).toBeGreaterThan(800);
		await rig.clock.advance(RETRY_WAITS_MS[0] ?? 0);
		rig.pass();
		await work(rig, () => 'ok');
		expect(rig.state.low).toBe(1800);
	});

	it('goes on after a kill', async () => {
		const first = new Rig(sparse(600));
		first.pass();
		await work(first, (uid) => (uid === 3 ? 'under way' : 'ok'));
		first.kill();
		const second = new Rig(first.world);
		second.pass();
		await work(second, () => 'ok');
		expect(second.state.low).toBe(1800);
	});

	it('does not grow with every mail that waits for its next attempt', async () => {
		const rig = new Rig(sparse(1000), { retries: 3 });
		rig.pass();
		await work(rig, () => 'failed');
		expect(JSON.stringify(rig.state).length).toBeLessThan(4096);
		for (let i = 0; i < 100; i++) {
			await rig.clock.advance(600_000);
			rig.pass();
			await work(rig, () => 'failed');
		}
		expect(rig.state.low).toBe(3000);
	});
});

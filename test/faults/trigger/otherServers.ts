/** N1 S1 S8 at Cyrus and Courier, whose ways to announce mail, to number it and to end differ from Dovecot's. */
import { REAL_SERVERS, type RealServer } from '../../servers';
import type { Row } from '../campaign';
import { Lab } from './lab';
import { PROOF_OF_RESET, resets } from './network';

const SECOND_MS = 1_000;
const RESETS = { short: 4, long: 100 };
const ROUNDS = { short: 1, long: 10 };
/** The trigger's own question while IDLE says nothing comes sooner than this. */
const ASKED_LIMIT_MS = 125 * SECOND_MS;

/** The server ends in an orderly way and is killed, in turn, and mail comes as soon as it is back. */
async function comings(lab: Lab, rounds: number): Promise<void> {
	await lab.live();
	await lab.send(3);
	const announced = await lab.until(() => lab.ledger.missing().length === 0);
	lab.notes['announced and run in ms'] = Math.round(announced ?? Infinity);
	for (let round = 0; round < rounds; round++) {
		for (const end of [lab.other.halt, lab.other.kill]) {
			const line = lab.proxy.connections.at(-1);
			await end();
			await lab.until(() => line?.closedAt !== undefined, 5 * SECOND_MS);
			if (line?.closedAt !== undefined) lab.happened++;
			await lab.other.start();
			await lab.send(3);
			lab.recoveryMs = Math.max(lab.recoveryMs ?? 0, (await lab.all()) ?? Infinity);
		}
	}
	lab.expect(lab.happened === 2 * rounds, `the line ended ${lab.happened} times`);
	lab.expectAll();
	lab.expectWithin('mail after the server came back', lab.recoveryMs, 35 * SECOND_MS);
}

/** Mails one by one by the injected clock: what the server does not announce is found by asking. */
async function asked(lab: Lab): Promise<void> {
	await lab.live();
	const began = performance.now();
	const took: number[] = [];
	for (let i = 0; i < 3; i++) {
		await lab.time.pass(17 * SECOND_MS);
		await lab.send();
		took.push((await lab.until(() => lab.ledger.missing().length === 0, 10 * ASKED_LIMIT_MS)) ?? Infinity);
	}
	// Courier's own minute is one of real time.
	const real = performance.now() - began;
	lab.happened = real < 60 * SECOND_MS ? took.length : 0;
	lab.recoveryMs = Math.max(...took);
	await lab.all();
	lab.expectAll();
	lab.expectWithin('found by asking', lab.recoveryMs, ASKED_LIMIT_MS);
}

function rowsAt({ name, part }: RealServer, letter: string): Row[] {
	return [
		{
			id: `N1${letter}`,
			fault: `RST at random instants while mail arrives (${name})`,
			proof: PROOF_OF_RESET,
			bar: `0 lost, 0 doubled; ${RESETS.long} resets in the long form`,
			needs: [part],
			run: async (context) =>
				await Lab.run({ other: name }, async (lab) => {
					await resets(lab, { ...context, long: false }, context.long ? RESETS.long : RESETS.short);
				}),
		},
		{
			id: `S1${letter}`,
			fault: `${name} stops and starts, and is killed`,
			proof: 'the line was ended by the server',
			bar: '0 lost, 0 doubled, mail flows in 35 s',
			needs: [part],
			run: async ({ long }) =>
				await Lab.run({ other: name }, async (lab) => {
					await comings(lab, long ? ROUNDS.long : ROUNDS.short);
				}),
		},
	];
}

const [, cyrus, courier] = REAL_SERVERS as readonly [RealServer, RealServer, RealServer];

export const otherServersRows: Row[] = [
	...rowsAt(cyrus, 'c'),
	...rowsAt(courier, 'd'),
	{
		id: 'S8d',
		fault: 'IDLE that announces nothing before a minute is over (Courier as Debian sets it)',
		proof: 'the mail ran before that minute of real time',
		bar: 'latency ≤ 125 s, 0 lost, 0 doubled',
		needs: ['courier'],
		run: async () => await Lab.run({ virtual: true, other: 'Courier', idleSeconds: 60 }, asked),
	},
];

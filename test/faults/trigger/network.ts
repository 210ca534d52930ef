/** N1 N2 N3 N5 N7: what the network does to a line. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, RowContext } from '../campaign';
import type { Cut } from '../../servers';
import { Lab, USER } from './lab';
import { lineEnds, startTap, type Recording } from './tap';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Resets of the whole campaign are counted here and in N2. */
const RESETS = { short: 40, long: 520 };
const MAX_WAITING = 20;

/** RST at random instants while mail arrives, until it has happened `wanted` times. */
export async function resets(
	lab: Lab,
	{ long, random }: RowContext,
	wanted = long ? RESETS.long : RESETS.short,
): Promise<void> {
	await lab.live();
	let cuts = 0;
	let logins = 0;
	const end = performance.now() + (long ? 25 : 3) * MINUTE_MS;
	while (cuts < wanted && performance.now() < end) {
		// From the middle of the handshake to long at rest.
		await sleep(20 + random() * 900);
		// Resets that come faster than n8n can run mails would measure n8n.
		if (lab.ledger.missing().length < MAX_WAITING && random() < 0.7)
			await lab.send(1 + Math.floor(random() * 3));
		// Only a line that exists can be cut; what it was doing just then is chance.
		const open = lab.proxy.connections.filter(({ closedAt }) => closedAt === undefined);
		if (open.length === 0) continue;
		lab.proxy.drop('reset');
		cuts += open.filter(({ endedBy }) => endedBy === 'fault').length;
		logins = lab.proxy.connections.length;
	}
	lab.happened = cuts;
	lab.notes['connections'] = logins;
	lab.recoveryMs = await lab.all(5 * MINUTE_MS);
	lab.expect(cuts >= wanted, `${cuts} resets instead of ${wanted}`);
	lab.expectAll();
	lab.expectWithin('all after the last reset', lab.recoveryMs, 35 * SECOND_MS);
}

/** A session from greeting to rest: one mail waits already, one comes during IDLE. */
async function session(lab: Lab, cut: Cut | undefined): Promise<void> {
	lab.proxy.drop('reset');
	await lab.until(() => lab.proxy.openCount === 0);
	const box = lab.embedded.mailbox(USER.user);
	// What is done with goes, or thousands of sessions later looking through it would take all the time.
	lab.embedded.imap.commands.length = 0;
	box.remove(box.messages.filter(({ flags }) => flags.has('\\Seen')));
	await lab.send();
	lab.proxy.cut = cut;
	const before = lab.proxy.connections.length;
	const idles = lab.heard(/^IDLE/);
	await lab.until(() => lab.proxy.connections.length > before, 10 * MINUTE_MS);
	lab.proxy.cut = undefined;
	const connection = lab.proxy.connections[before];
	// Until it rests, or until the cut has ended it.
	await lab.until(() => lab.heard(/^IDLE/) > idles || connection?.closedAt !== undefined, MINUTE_MS);
	await lab.send();
	await lab.until(() => lab.ledger.missing().length === 0, 20 * MINUTE_MS);
	const marked = () => box.messages.every(({ flags }) => flags.has('\\Seen'));
	// Until it rests again, so that every session is as long as the recorded one.
	const rests = () => marked() && lab.heard(/^IDLE/) >= idles + 2;
	await lab.until(() => rests() || connection?.closedAt !== undefined, MINUTE_MS);
}

/** Cuts a session like the recorded one at each of its places, and looks every time that nothing is lost by it. */
async function everywhere(lab: Lab, { long }: RowContext): Promise<void> {
	await lab.live();
	const recorded = await record(lab);
	lab.notes['session'] = `${recorded.down.length} bytes down, ${recorded.up.length} up`;
	let wanted = 0;
	for (const direction of ['down', 'up'] as const) {
		const bytes = recorded[direction];
		const places = long ? Array.from(bytes, (_, index) => index + 1) : lineEnds(bytes);
		wanted += places.length;
		for (const afterBytes of places) {
			const before = lab.proxy.connections.length;
			await session(lab, { direction, afterBytes, how: afterBytes % 2 === 0 ? 'reset' : 'close' });
			const cut = lab.proxy.connections[before];
			if (cut?.endedBy === 'fault' && cut.bytes[direction] === afterBytes) lab.happened++;
			if (lab.ledger.missing().length > 0) lab.missed.push(`lost after byte ${afterBytes} ${direction}`);
			if (lab.missed.length > 5) return;
		}
	}
	await lab.all();
	lab.notes['places'] = wanted;
	// Later sessions name higher UIDs, so that few bytes more or less are said; the last ones may not be reached.
	lab.expect(lab.happened >= wanted * 0.97, `only ${lab.happened} of ${wanted} cuts happened`);
	lab.expectAll();
}

async function record(lab: Lab): Promise<Recording> {
	const tap = await startTap(lab.server.ports.imap);
	lab.targetPort = tap.port;
	await session(lab, undefined);
	lab.targetPort = undefined;
	const recording = tap.recordings[0];
	if (!recording) throw new Error('nothing was recorded');
	const bytes = { ...recording };
	await tap.stop();
	return bytes;
}

async function halfOpen(lab: Lab): Promise<void> {
	await lab.live();
	await lab.send();
	await lab.all();
	const from = lab.time.now();
	lab.proxy.mute();
	const muted = lab.proxy.connections.at(-1);
	const passed = muted?.bytes.down ?? 0;
	await lab.send(3);
	const caughtUp = await lab.time.until(() => lab.ledger.missing().length === 0, 10 * MINUTE_MS);
	lab.happened = muted?.muted && muted.bytes.down === passed ? 1 : 0;
	lab.recoveryMs = caughtUp;
	lab.notes['noticed and caught up s'] = Math.round((lab.time.now() - from) / SECOND_MS);
	await lab.all();
	lab.expectAll();
	lab.expectWithin('half-open line noticed and caught up', caughtUp, 130 * SECOND_MS);
}

async function halfOpenInFetch(lab: Lab): Promise<void> {
	await lab.live();
	let silenced = 0;
	lab.embedded.imap.faults.onCommand = ({ name }) => {
		if (name !== 'UID FETCH' || silenced > 0) return undefined;
		silenced++;
		lab.proxy.mute();
		return 'silent';
	};
	await lab.send(3);
	lab.recoveryMs = await lab.time.until(() => lab.ledger.missing().length === 0, 10 * MINUTE_MS);
	lab.happened = silenced;
	await lab.all();
	lab.expectAll();
	lab.expectWithin('noticed with a FETCH pending', lab.recoveryMs, 65 * SECOND_MS);
}

/** An outage of some length by the injected clock, in which mail arrives. */
function outage(lengthMs: number, told: boolean) {
	return async (lab: Lab): Promise<void> => {
		const workflow = await lab.live();
		await lab.send();
		await lab.all();
		await lab.proxy.refuse('reset');
		lab.proxy.drop('reset');
		const open = lab.proxy.openCount;
		await lab.time.pass(lengthMs / 2);
		await lab.send(2);
		await lab.time.pass(lengthMs / 2);
		lab.happened = open === 0 && lab.ledger.missing().length === 2 ? 1 : 0;
		await lab.proxy.accept();
		lab.recoveryMs = await lab.time.until(() => lab.ledger.missing().length === 0, 10 * MINUTE_MS);
		await lab.all();
		await lab.time.pass(MINUTE_MS);
		lab.expectAll();
		lab.expectWithin('mail flows again', lab.recoveryMs, 35 * SECOND_MS);
		const down = lab.reports(workflow, /No mail can be received/).length;
		const back = lab.reports(workflow, /Recovered/).length;
		lab.notes['told'] = `${down} down, ${back} back`;
		lab.expect(down === (told ? 1 : 0) && back === down, `told ${down} times down, ${back} times back`);
	};
}

export const PROOF_OF_RESET = 'the proxy ended an open connection';

export const networkRows: Row[] = [
	{
		id: 'N1',
		fault: 'RST at random instants while mail arrives (Dovecot, TLS)',
		proof: PROOF_OF_RESET,
		bar: '0 lost, 0 doubled; 520 resets in the long form',
		needs: ['dovecot'],
		run: async (context) =>
			await Lab.run({ dovecot: {}, security: 'tls' }, async (lab) => await resets(lab, context)),
	},
	{
		id: 'N2',
		fault: 'cut at each line end of a session, in the long form at each byte; both directions, RST and FIN',
		proof: 'the proxy ended the connection after exactly that byte',
		bar: '0 lost, 0 doubled',
		run: async (context) => await Lab.run({ virtual: true }, async (lab) => await everywhere(lab, context)),
	},
	{
		id: 'N3',
		fault: 'half-open: packets are acknowledged, nothing is passed on',
		proof: 'not a byte came through afterwards',
		bar: 'noticed and caught up in 130 s',
		run: async () => await Lab.run({ virtual: true }, halfOpen),
	},
	{
		id: 'N5',
		fault: 'half-open with a FETCH pending',
		proof: 'the server got the FETCH and said nothing',
		bar: 'noticed in 65 s',
		run: async () => await Lab.run({ virtual: true }, halfOpenInFetch),
	},
	...[
		{ id: 'N7a', text: '10 s', ms: 10 * SECOND_MS, told: false },
		{ id: 'N7b', text: '2 min', ms: 2 * MINUTE_MS, told: false },
		{ id: 'N7c', text: '10 min', ms: 10 * MINUTE_MS, told: true },
		{ id: 'N7d', text: '8 h', ms: 8 * HOUR_MS, told: true, longOnly: true },
	].map(({ id, text, ms, told, longOnly }): Row => ({
		id,
		fault: `server away for ${text}`,
		proof: 'no connection was open, and mail sent meanwhile had not run',
		bar: `mail flows ≤ 35 s later; ${told ? 'told once, and once when over' : 'nothing told'}`,
		...(longOnly && { longOnly }),
		run: async () => await Lab.run({ virtual: true }, outage(ms, told)),
	})),
];

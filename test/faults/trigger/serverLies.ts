/** S6 S8 S13–S15 S18: servers that lie, leave things out, or mean harm. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImapFaults } from '../../servers';
import type { Row, RowContext } from '../campaign';
import { Lab, mail, USER } from './lab';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const MEGABYTE = 1024 * 1024;

/** Another client removes mails at random while the trigger fetches. */
async function expungeStorm(lab: Lab, { random, long }: RowContext): Promise<void> {
	await lab.live({ trigger: { options: { parallelExecutions: 2 } } });
	const box = lab.embedded.mailbox(USER.user);
	const removed = new Set<string>();
	lab.embedded.imap.faults.onCommand = ({ name }) => {
		if (name !== 'UID FETCH') return undefined;
		for (const message of [...box.messages].filter(({ flags }) => flags.size === 0)) {
			if (random() > 0.15) continue;
			const subject = /Subject: (.*)\r\n/.exec(message.raw.toString())?.[1] ?? '';
			box.remove([message]);
			removed.add(subject);
		}
		return undefined;
	};
	for (let round = 0; round < (long ? 100 : 20); round++) {
		await lab.send(10);
		await sleep(random() * 40);
	}
	// What was removed may have run before; what was not has to.
	await lab.until(() => lab.ledger.missing().every((subject) => removed.has(subject)));
	for (const subject of lab.ledger.missing()) if (removed.has(subject)) lab.ledger.withdraw(subject);
	lab.happened = removed.size;
	lab.embedded.imap.faults.onCommand = undefined;
	await lab.send(1);
	await lab.all();
	const empty = lab.engine.collected.flatMap(({ items }) => items).filter(({ json }) => !json['subject']);
	lab.expect(empty.length === 0, `${empty.length} empty items`);
	lab.notes['removed before they ran'] = lab.happened;
	lab.expectAll();
}

/** New mail is announced late or not at all; polling has to find it. */
function noPush(set: (faults: ImapFaults) => void, limitMs: number) {
	return async (lab: Lab): Promise<void> => {
		set(lab.embedded.imap.faults);
		await lab.live();
		const took: number[] = [];
		for (let i = 0; i < 5; i++) {
			await lab.time.pass(17 * SECOND_MS);
			await lab.send(1);
			took.push((await lab.until(() => lab.ledger.missing().length === 0, HOUR_MS)) ?? Infinity);
		}
		lab.happened = took.length;
		lab.recoveryMs = Math.max(...took);
		await lab.all();
		lab.expectAll();
		lab.expectWithin('found by asking', lab.recoveryMs, limitMs);
	};
}

/** The server lists a message but does not give it, `times` times. */
function withheld(how: 'omitted' | 'NIL' | 'another UID', times: number) {
	return async (lab: Lab): Promise<void> => {
		const workflow = await lab.live({ trigger: { options: { parallelExecutions: 1 } } });
		const reply = {
			omitted: '',
			NIL: '* 1 FETCH (UID 1 RFC822.SIZE 10 FLAGS () BODY[]<0> NIL)\r\n',
			'another UID': '* 1 FETCH (UID 99 RFC822.SIZE 3 FLAGS () BODY[]<0> {3}\r\nabc)\r\n',
		}[how];
		lab.embedded.imap.faults.onCommand = ({ name, text }) => {
			if (name !== 'UID FETCH' || !/UID FETCH 1[ ,:]/i.test(text) || lab.happened >= times) return undefined;
			lab.happened++;
			return { reply: `${reply}%TAG% OK done\r\n` };
		};
		await lab.send(1);
		const from = lab.time.now();
		await lab.until(() => lab.happened > 0, MINUTE_MS);
		// What comes after it must not wait for it.
		await lab.send(3);
		await lab.until(() => lab.ledger.missing().length <= 1, MINUTE_MS);
		lab.expectWithin('later mail', lab.time.now() - from, 5 * SECOND_MS);
		const quarantined = () =>
			lab.engine.collected.some(({ items }) => items.some(({ json }) => Boolean(json['parseError'])));
		lab.recoveryMs = await lab.until(() => lab.ledger.missing().length === 0 || quarantined(), HOUR_MS);
		if (times >= 8) {
			lab.expect(quarantined(), 'no item tells of the message that was never given');
			for (const subject of lab.ledger.missing()) lab.ledger.withdraw(subject);
		}
		await lab.all();
		lab.notes['executions'] = workflow.executions().length;
		lab.expectAll();
		lab.expectWithin('delivered or told', lab.recoveryMs, 5 * MINUTE_MS);
	};
}

/** Rows about flags of other messages come in front of every answer. */
async function flood(lab: Lab): Promise<void> {
	await lab.live();
	const rows = Array.from({ length: 2_000 }, (_, i) => `* ${i + 1} FETCH (FLAGS (\\Seen))\r\n`).join('');
	lab.embedded.imap.faults.onCommand = ({ name }) => {
		if (name === 'UID FETCH' || name === 'UID SEARCH') {
			lab.happened++;
			lab.embedded.imap.say(rows.slice(0, -2));
		}
		return undefined;
	};
	await lab.send(20);
	lab.recoveryMs = await lab.all();
	lab.expectAll();
}

/** A message with a lower UID becomes visible after one with a higher. */
async function lateUid(lab: Lab): Promise<void> {
	await lab.live();
	await lab.send(2);
	await lab.all();
	const box = lab.embedded.mailbox(USER.user);
	const skipped = box.uidNext;
	box.uidNext += 1;
	await lab.send(2);
	await lab.all();
	// Long enough for the low mark to be far above it.
	await lab.time.pass(2 * MINUTE_MS);
	const subject = lab.ledger.next('late');
	box.add({ uid: skipped, raw: Buffer.from(mail(subject)), internalDate: new Date(lab.time.wallTime()) });
	lab.happened = box.messages.some(({ uid }) => uid === skipped) ? 1 : 0;
	lab.recoveryMs = await lab.until(() => lab.ledger.missing().length === 0, HOUR_MS);
	await lab.all();
	lab.expectAll();
	lab.expectWithin('late message', lab.recoveryMs, 12 * MINUTE_MS);
}

/** The numbers a server should give are missing or wrong. */
function liar(onResponse: (response: string) => string | null, existsOffset?: number, limitMs = MINUTE_MS) {
	return async (lab: Lab): Promise<void> => {
		const { faults } = lab.embedded.imap;
		faults.onResponse = (response) => {
			const before = response.toString('latin1');
			const after = onResponse(before);
			if (after !== before) lab.happened++;
			return after === null ? null : Buffer.from(after, 'latin1');
		};
		if (existsOffset !== undefined) faults.existsOffset = existsOffset;
		await lab.send(2);
		for (const subject of lab.ledger.missing()) lab.ledger.withdraw(subject);
		await lab.live();
		for (let i = 0; i < 4; i++) {
			await lab.send(2);
			const took = await lab.until(() => lab.ledger.missing().length === 0, HOUR_MS);
			lab.recoveryMs = Math.max(lab.recoveryMs ?? 0, took ?? Infinity);
			if (i === 1) lab.proxy.drop('reset');
		}
		await lab.all();
		if (existsOffset !== undefined) lab.happened++;
		lab.expectAll();
		const old = lab.ledger.runs.filter((subject) => subject === 'mail 1' || subject === 'mail 2').length;
		lab.expect(old === 0, `${old} mails from before the trigger ran`);
		lab.expectWithin('delivered', lab.recoveryMs, limitMs);
	};
}

/** A server that means harm answers one command in its way, `times` times; then it is an ordinary one. */
function hostile(command: string, attack: (lab: Lab) => Promise<string> | string, times = 2) {
	return async (lab: Lab): Promise<void> => {
		await lab.live();
		await lab.send();
		await lab.all();
		global.gc?.();
		const before = process.memoryUsage().rss;
		let peak = before;
		const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
		lab.embedded.imap.faults.onCommand = async ({ name }) => {
			if (name !== command || lab.happened >= times) return undefined;
			lab.happened++;
			return { reply: await attack(lab) };
		};
		lab.proxy.drop('reset');
		await lab.send(2);
		lab.recoveryMs = await lab.until(() => lab.ledger.missing().length === 0, HOUR_MS);
		clearInterval(sampler);
		await lab.all();
		const grownMb = Math.round((peak - before) / MEGABYTE);
		lab.notes['grown MB'] = grownMb;
		lab.expectAll();
		lab.expect(grownMb < 100, `memory grew by ${grownMb} MB`);
		lab.expectWithin('mail flows again', lab.recoveryMs, 10 * MINUTE_MS);
	};
}

/** Many lines, sent in pieces so that the server side of this process is not what needs the memory. */
async function stream(lab: Lab, piece: string, times: number): Promise<string> {
	for (let i = 0; i < times && lab.proxy.openCount > 0; i++) {
		lab.embedded.imap.say(piece);
		await sleep(1);
	}
	return '* OK enough\r\n';
}

const HOSTILE: [
	id: string,
	fault: string,
	command: string,
	attack: (lab: Lab) => Promise<string> | string,
][] = [
	[
		'S18a',
		'announces a literal of 900 MB',
		'UID FETCH',
		() => '* 1 FETCH (UID 2 RFC822.SIZE 900000000 BODY[]<0> {900000000}\r\nabc',
	],
	[
		'S18b',
		'sends 1 000 000 untagged lines',
		'UID SEARCH',
		async (lab) =>
			await stream(lab, Array.from({ length: 1000 }, () => '* OK still here').join('\r\n'), 1000),
	],
	[
		'S18c',
		'sends a line of 64 MB',
		'UID SEARCH',
		async (lab) => {
			lab.embedded.imap.faults.onResponse = (response) =>
				Buffer.from(response.toString('latin1').replace(/\r\n$/, ''));
			await stream(lab, `* SEARCH ${'1 '.repeat(32_000)}`, 1000);
			lab.embedded.imap.faults.onResponse = undefined;
			return '\r\n';
		},
	],
	[
		'S18d',
		'nests 20 000 parentheses',
		'UID FETCH',
		() => `* 1 FETCH (UID 2 BODYSTRUCTURE ${'('.repeat(20_000)}${')'.repeat(20_000)})\r\n%TAG% OK done\r\n`,
	],
	['S18e', 'answers under tags that nobody used', 'UID SEARCH', () => 'ZZZ99 OK what\r\nZZZ98 NO why\r\n'],
	['S18f', 'says BYE in the middle', 'UID FETCH', () => '* BYE go away\r\n'],
	[
		'S18g',
		'says PREAUTH instead of answering',
		'UID SEARCH',
		() => '* PREAUTH you are in\r\n%TAG% NO confused\r\n',
	],
];

const LIARS: [id: string, fault: string, work: (lab: Lab) => Promise<void>][] = [
	['S15a', 'UIDNEXT is missing', liar((text) => (text.includes('[UIDNEXT') ? null : text))],
	['S15b', 'UIDVALIDITY is missing', liar((text) => (text.includes('[UIDVALIDITY') ? null : text))],
	['S15c', 'UIDVALIDITY is always 1', liar((text) => text.replace(/UIDVALIDITY \d+/, 'UIDVALIDITY 1'))],
	['S15d', 'EXISTS counts 3 too many', liar((text) => text, 3)],
	['S15e', 'EXISTS counts 1 too few', liar((text) => text, -1)],
	[
		'S15f',
		'EXISTS never comes while idling',
		liar((text) => (/^\* \d+ EXISTS/.test(text) ? null : text), undefined, 125 * SECOND_MS),
	],
];

const NO_IDLE = ['LITERAL+', 'SASL-IR', 'ID', 'NAMESPACE', 'UIDPLUS', 'MOVE'];

export const serverLiesRows: Row[] = [
	{
		id: 'S6',
		fault: 'another client removes mails while they are fetched',
		proof: 'mails were removed between SEARCH and FETCH',
		bar: '0 lost of the rest, no empty item, no standstill',
		run: async (context) => await Lab.run({}, async (lab) => await expungeStorm(lab, context)),
	},
	{
		id: 'S8a',
		fault: 'a server without IDLE',
		proof: 'each mail was found by asking',
		bar: 'latency ≤ 62 s',
		run: async () =>
			await Lab.run(
				{ virtual: true, capabilities: NO_IDLE },
				noPush(() => undefined, 62 * SECOND_MS),
			),
	},
	{
		id: 'S8b',
		fault: 'IDLE is announced and refused',
		proof: 'each mail was found by asking',
		bar: 'latency ≤ 62 s',
		run: async () =>
			await Lab.run(
				{ virtual: true },
				noPush((faults) => (faults.refuseIdle = true), 62 * SECOND_MS),
			),
	},
	{
		id: 'S8c',
		fault: 'IDLE is accepted, and nothing is ever announced',
		proof: 'each mail was found by asking',
		bar: 'latency ≤ 125 s',
		run: async () =>
			await Lab.run(
				{ virtual: true },
				noPush((faults) => (faults.silentIdle = true), 125 * SECOND_MS),
			),
	},
	...(
		[
			['S13a', 'omitted', 3],
			['S13b', 'NIL', 3],
			['S13c', 'another UID', 3],
			['S13d', 'omitted', 1_000],
		] as const
	).map(([id, how, times]): Row => ({
		id,
		fault: `a listed message is not given: ${how}, ${times > 100 ? 'for ever' : `${times} times`}`,
		proof: 'the FETCH was answered that way',
		bar:
			times > 100 ? 'an item tells of it; later mail does not wait' : 'delivered; later mail does not wait',
		run: async () => await Lab.run({ virtual: true }, withheld(how, times)),
	})),
	{
		id: 'S13e',
		fault: '2 000 rows about other messages before each answer',
		proof: 'they were sent',
		bar: '0 lost, 0 doubled',
		run: async () => await Lab.run({ virtual: true }, flood),
	},
	{
		id: 'S14',
		fault: 'a message with a lower UID appears late',
		proof: 'it is in the mailbox below others that ran',
		bar: 'runs in 12 min',
		run: async () => await Lab.run({ virtual: true }, lateUid),
	},
	...LIARS.map(([id, fault, work]): Row => ({
		id,
		fault,
		proof: 'the answers were changed',
		bar: '0 lost, 0 doubled, nothing from before',
		run: async () => await Lab.run({ virtual: true }, work),
	})),
	...HOSTILE.map(([id, fault, command, attack]): Row => ({
		id,
		fault: `a hostile server ${fault}`,
		proof: 'it did, twice',
		bar: 'memory + < 100 MB, mail flows when it is well',
		run: async () => await Lab.run({ virtual: true }, hostile(command, attack)),
	})),
];

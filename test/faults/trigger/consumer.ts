/** C3–C5 C7 C10–C12: what n8n and its users do to the trigger. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, RowContext } from '../campaign';
import { Lab, NODE, USER } from './lab';
import { poison } from './poison';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const FAILED = 'MailroomFailed';

/** n8n's database fails at an emit: before the row, after it, or without a word. */
async function database(lab: Lab): Promise<void> {
	const workflow = await lab.live();
	for (const fault of ['before', 'after', 'before', 'after'] as const) {
		lab.engine.faults.insert = fault;
		await lab.send(3);
		await lab.until(() => lab.ledger.missing().length === 0, HOUR_MS);
		if (lab.engine.faults.insert === undefined) lab.happened++;
	}
	lab.recoveryMs = await lab.all(HOUR_MS);
	lab.expectAll();
	const rows = workflow.executions().filter(({ status }) => status === 'new').length;
	lab.notes['rows left new'] = rows;
}

async function silence(lab: Lab): Promise<void> {
	const workflow = await lab.live({ trigger: { options: { parallelExecutions: 2 } } });
	lab.engine.faults.silence = true;
	await lab.send(5);
	await lab.all();
	lab.happened = lab.engine.faults.silence === undefined ? 1 : 0;
	lab.expectAll();
	await lab.time.pass(2 * HOUR_MS);
	lab.notes['told'] = (lab.reports(workflow).at(-1) ?? 'nothing').slice(0, 120);
}

/** The workflow fails on each of six mails once. */
function failing(retries: number) {
	return async (lab: Lab): Promise<void> => {
		const mode = retries > 0 ? { mode: 'first', times: 6 } : { mode: 'always' };
		const workflow = await lab.live({
			trigger: { ...(retries > 0 && { onFailure: { retries } }) },
			steps: [{ type: 'test.fail', parameters: mode }],
		});
		await lab.send(6);
		const failed = () => workflow.executions().filter(({ status }) => status === 'error').length;
		await lab.until(() => failed() >= 6, MINUTE_MS);
		lab.happened = failed();
		if (retries > 0) {
			lab.recoveryMs = await lab.all(10 * MINUTE_MS);
			await lab.until(() => lab.flagged('\\Seen') === 6, MINUTE_MS);
			lab.expect(lab.flagged('\\Seen') === 6, `${lab.flagged('\\Seen')} of 6 marked read`);
			lab.expectAll();
			return;
		}
		await lab.until(() => lab.flagged(FAILED) === 6, MINUTE_MS);
		await lab.time.pass(HOUR_MS);
		lab.notes['unread and marked'] = lab.flagged(FAILED);
		lab.expect(lab.flagged('\\Seen') === 0, 'a failed mail was marked read');
		lab.expect(lab.flagged(FAILED) === 6, `${lab.flagged(FAILED)} of 6 marked as failed`);
		lab.expect(failed() === 6, `${failed()} runs of 6 mails`);
		for (const subject of lab.ledger.missing()) lab.ledger.withdraw(subject);
	};
}

/** Runs that take long do not stop those beside them; a Wait step ends a run as far as the trigger is concerned. */
async function longRuns(lab: Lab): Promise<void> {
	const workflow = await lab.live({
		trigger: { options: { parallelExecutions: 3 } },
		steps: [{ type: 'test.delay', parameters: { ms: 1_500 } }],
	});
	await lab.send(7);
	await lab.until(() => workflow.executions().filter(({ status }) => status === 'running').length === 3);
	lab.happened = workflow.executions().filter(({ status }) => status === 'running').length;
	lab.proxy.drop('reset');
	lab.recoveryMs = await lab.all();
	lab.expect(lab.happened === 3, `${lab.happened} runs at a time instead of 3`);
	lab.expectAll();
}

/** Switched off and on, edited, renamed, its credential changed, all during a burst. */
async function hands(lab: Lab, { long, random }: RowContext): Promise<void> {
	const trigger = { options: { parallelExecutions: 5 } };
	const workflow = await lab.live({ trigger, steps: [{ type: 'test.delay', parameters: { ms: 10 } }] });
	const node = workflow.node(NODE);
	const credential = node.credentials?.['mailAccountApi']?.id ?? '';
	let name = NODE;
	const acts: (() => Promise<void>)[] = [
		async () => await workflow.redeploy(),
		async () => {
			workflow.setParameters(name, { attachmentMode: random() < 0.5 ? 'none' : 'details' });
			await workflow.activate();
		},
		async () => {
			const next = `Trigger ${Math.floor(random() * 1e6)}`;
			workflow.rename(name, next);
			name = next;
			await workflow.activate();
		},
		async () => {
			const password = `neu-${Math.floor(random() * 1e6)}-Wort`;
			await lab.server.setPassword(USER.user, password);
			await lab.engine.updateCredential(credential, { ...lab.account(), password });
			await workflow.redeploy();
		},
	];
	const bursts = long ? 50 : 12;
	const each = Math.ceil((long ? 2_000 : 500) / bursts);
	let slowest = 0;
	for (let i = 0; i < bursts; i++) {
		await lab.send(each);
		await sleep(random() * 60);
		const waiting = lab.ledger.missing().length;
		await acts[i % acts.length]?.();
		slowest = Math.max(slowest, workflow.lastCloseMs ?? 0);
		if (waiting > 0) lab.happened++;
	}
	lab.recoveryMs = await lab.all(3 * MINUTE_MS);
	lab.notes['slowest close ms'] = Math.round(slowest);
	lab.expectAll();
	lab.expect(slowest < 2_000, `closing took ${Math.round(slowest)} ms`);
}

/** n8n's one thread is busy for 90 s: no death is seen where there is none. */
async function blocked(lab: Lab): Promise<void> {
	await lab.live();
	await lab.send();
	await lab.all();
	const before = lab.proxy.connections.length;
	for (let round = 0; round < 3; round++) {
		await lab.send(1);
		const from = performance.now();
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
		lab.time.jump(90 * SECOND_MS);
		if (performance.now() - from >= 1_000) lab.happened++;
		await lab.all();
		await lab.time.pass(3 * MINUTE_MS);
	}
	const reconnects = lab.proxy.connections.length - before;
	lab.notes['reconnects'] = reconnects;
	lab.expectAll();
	lab.expect(reconnects <= 3, `${reconnects} reconnects after 3 blocks`);
}

/** Each poisonous mail is followed by an ordinary one. */
async function poisoned(lab: Lab, context: RowContext): Promise<void> {
	await lab.live({ trigger: { options: { parallelExecutions: 1 } } });
	const corpus = poison(context.random, context.long ? 400 : 40);
	let slowest = 0;
	let slowestName = '';
	let silent = 0;
	for (const { name, raw } of corpus) {
		const before = lab.engine.collected.length;
		await lab.put([{ subject: name, raw }]);
		await lab.send();
		const took = (await lab.until(() => lab.ledger.missing().length === 0, MINUTE_MS)) ?? Infinity;
		if (took > slowest) [slowest, slowestName] = [took, name];
		if (lab.engine.collected.length - before < 2) silent++;
		else lab.happened++;
	}
	await lab.all();
	const items = lab.engine.collected.flatMap((entry) => entry.items);
	const unparsed = items.filter(({ json }) => Boolean(json['parseError'])).length;
	lab.recoveryMs = slowest;
	Object.assign(lab.notes, {
		corpus: corpus.length,
		'slowest is': slowestName,
		'could not be parsed': unparsed,
	});
	lab.expect(silent === 0, `${silent} poisonous mails gave no item`);
	lab.expect(items.length === 2 * corpus.length, `${items.length} items of ${2 * corpus.length} mails`);
	const missing = lab.ledger.missing();
	lab.expect(missing.length === 0, `${missing.length} ordinary mails lost`);
	lab.expectWithin('ordinary mail after a poisonous one', slowest, 30 * SECOND_MS);
}

/** The server is dead when the trigger is switched off. */
async function closing(lab: Lab): Promise<void> {
	const slowest: number[] = [];
	for (const how of ['idle', 'fetching', 'marking', 'connecting'] as const) {
		const workflow = await lab.live();
		const { faults } = lab.embedded.imap;
		if (how === 'idle') {
			await lab.send();
			await lab.all();
			lab.proxy.mute();
			lab.happened++;
		} else if (how === 'connecting') {
			lab.proxy.muteNew = true;
			lab.proxy.drop('reset');
			const connections = lab.proxy.connections.length;
			await lab.until(() => lab.proxy.connections.length > connections, 10 * SECOND_MS);
			lab.happened++;
		} else {
			const command = how === 'fetching' ? 'UID FETCH' : 'UID STORE';
			const before = lab.happened;
			faults.onCommand = ({ name }) => {
				if (name !== command) return undefined;
				lab.happened++;
				return 'silent';
			};
			await lab.send();
			await lab.until(() => lab.happened > before, 10 * SECOND_MS);
		}
		await workflow.deactivate();
		slowest.push(Math.round(workflow.lastCloseMs ?? Infinity));
		faults.onCommand = undefined;
		lab.proxy.muteNew = false;
		lab.proxy.drop('reset');
	}
	lab.notes['idle, fetching, marking, connecting ms'] = slowest.join(', ');
	// The workflows are switched off; what they left is not theirs to lose.
	for (const subject of lab.ledger.missing()) lab.ledger.withdraw(subject);
	lab.expect(Math.max(...slowest) < 2_000, `closing took ${Math.max(...slowest)} ms`);
}

/** The server refuses what should be done to the mail afterwards. */
function refusedMark(command: RegExp, trigger: object) {
	return async (lab: Lab): Promise<void> => {
		const workflow = await lab.live({ trigger: { ...trigger } });
		lab.embedded.imap.faults.onCommand = ({ name }) => {
			if (!command.test(name)) return undefined;
			lab.happened++;
			return { reply: '%TAG% NO [NOPERM] not yours to change\r\n' };
		};
		await lab.send(3);
		await lab.all();
		await lab.time.pass(HOUR_MS);
		lab.proxy.drop('reset');
		await lab.send(1);
		await lab.all();
		lab.notes['told'] = (lab.reports(workflow).at(-1) ?? 'nothing').replace(/\s+/g, ' ').slice(0, 140);
		lab.expect(lab.reports(workflow, /could not be marked/).length > 0, 'nobody was told');
		lab.expectAll();
	};
}

const VIRTUAL = { virtual: true };

export const consumerRows: Row[] = [
	{
		id: 'C3a',
		fault: "n8n's database fails at an emit, before or after the row is written",
		proof: 'the emit was rejected',
		bar: '0 lost, 0 doubled',
		run: async () => await Lab.run(VIRTUAL, database),
	},
	{
		id: 'C3b',
		fault: 'n8n never says how a run ended',
		proof: 'the run ended without a word',
		bar: '0 lost, 0 doubled; the others go on',
		run: async () => await Lab.run(VIRTUAL, silence),
	},
	{
		id: 'C4a',
		fault: 'the workflow fails on each of six mails',
		proof: 'six runs failed',
		bar: 'all six unread and marked, none offered again',
		run: async () => await Lab.run(VIRTUAL, failing(0)),
	},
	{
		id: 'C4b',
		fault: 'the workflow fails on each of six mails once, retries on',
		proof: 'six runs failed',
		bar: 'all six succeed',
		run: async () => await Lab.run(VIRTUAL, failing(2)),
	},
	{
		id: 'C4c',
		fault: 'runs take long, and the line breaks meanwhile',
		proof: 'three runs were under way',
		bar: 'never more than allowed; 0 lost, 0 doubled',
		run: async () => await Lab.run({}, longRuns),
	},
	{
		id: 'C5',
		fault: 'switched off and on, edited, renamed, credential changed during a burst',
		proof: 'mail was waiting at that moment',
		bar: '0 lost, 0 doubled, closing < 2 s',
		run: async (context) => await Lab.run({}, async (lab) => await hands(lab, context)),
	},
	{
		id: 'C7',
		fault: "n8n's thread is blocked for 90 s, three times",
		proof: 'it was blocked, and the clock jumped',
		bar: '≤ 1 reconnect each, 0 lost',
		run: async () => await Lab.run(VIRTUAL, blocked),
	},
	{
		id: 'C10',
		fault: 'poisonous mails, each followed by an ordinary one',
		proof: 'each gave an item',
		bar: 'the ordinary one runs ≤ 30 s after; no mail without an item',
		run: async (context) => await Lab.run({}, async (lab) => await poisoned(lab, context)),
	},
	{
		id: 'C11',
		fault: 'switched off while the server is dead: idling, fetching, marking, connecting',
		proof: 'the server was silent at that point',
		bar: '< 2 s',
		run: async () => await Lab.run({}, closing),
	},
	{
		id: 'C12a',
		fault: 'the server refuses to mark mails',
		proof: 'STORE was refused',
		bar: 'each mail runs once; told',
		run: async () => await Lab.run(VIRTUAL, refusedMark(/STORE/, {})),
	},
	{
		id: 'C12b',
		fault: 'the server refuses to move mails',
		proof: 'MOVE was refused',
		bar: 'each mail runs once; told',
		run: async () =>
			await Lab.run(VIRTUAL, refusedMark(/MOVE|COPY/, { onSuccess: { markRead: true, moveTo: 'Archive' } })),
	},
];

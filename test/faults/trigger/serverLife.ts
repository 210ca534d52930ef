/** S1–S5 S9–S12: what a server goes through, and how it refuses to let us in. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import type { Row, RowContext } from '../campaign';
import { Lab, USER } from './lab';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A person's own connection to the server beside the trigger's. */
async function withClient(lab: Lab, work: (client: ImapFlow) => Promise<void>): Promise<void> {
	const client = new ImapFlow({
		...{ host: lab.server.host, port: lab.server.ports.imap, secure: false, doSTARTTLS: false },
		auth: { user: USER.user, pass: USER.password },
		logger: false,
	});
	client.on('error', () => undefined);
	await client.connect();
	try {
		await work(client);
	} finally {
		await client.logout().catch(() => client.close());
	}
}

/** kick, reload, restart and SIGKILL of Dovecot in turn, each while mail comes in. */
async function comings(lab: Lab, { long, random }: RowContext): Promise<void> {
	await lab.live();
	const ways: [name: string, act: () => Promise<unknown>][] = [
		['kick', async () => await lab.dovecot.doveadm(['kick', USER.user])],
		['reload', async () => await lab.dovecot.doveadm(['reload'])],
		['restart', async () => await lab.dovecot.restart()],
		['kill', async () => (await lab.dovecot.kill(), await lab.dovecot.start())],
	];
	const slowest: Record<string, number> = {};
	for (let round = 0; round < (long ? 10 : 1); round++) {
		for (const [name, act] of ways) {
			await lab.send();
			await lab.until(() => lab.ledger.missing().length === 0);
			await sleep(random() * 300);
			const line = lab.proxy.connections.at(-1);
			await act();
			await lab.send(2);
			const took = (await lab.all(40 * SECOND_MS)) ?? Infinity;
			if (line?.closedAt !== undefined || name === 'reload') lab.happened++;
			slowest[name] = Math.max(slowest[name] ?? 0, Math.round(took));
		}
	}
	Object.assign(lab.notes, slowest);
	lab.recoveryMs = Math.max(...Object.values(slowest));
	lab.expectAll();
	lab.expectWithin('mail after the server came back', lab.recoveryMs, 5 * SECOND_MS);
}

function renumbered(live: boolean) {
	return async (lab: Lab): Promise<void> => {
		const workflow = await lab.live();
		await lab.send(8);
		await lab.all();
		const before = lab.ledger.runs.length;
		if (!live) await lab.proxy.refuse('reset');
		if (!live) lab.proxy.drop('reset');
		await lab.dovecot.doveadm([
			'mailbox',
			'update',
			'-u',
			USER.user,
			'--uid-validity',
			'1999999999',
			'INBOX',
		]);
		const status = await lab.dovecot.doveadm(['mailbox', 'status', '-u', USER.user, 'uidvalidity', 'INBOX']);
		lab.happened = status.toString().includes('1999999999') ? 1 : 0;
		await lab.send(2);
		if (!live) await lab.proxy.accept();
		lab.recoveryMs = await lab.all(20 * MINUTE_MS);
		// A live session may not notice before it selects again.
		await lab.time.pass(16 * MINUTE_MS);
		await lab.send(1);
		await lab.all(20 * MINUTE_MS);
		lab.notes['replayed'] = lab.ledger.runs.length - before - 3;
		const told = lab.reports(workflow, /renumbered/).length;
		lab.expect(told === 1, `told ${told} times`);
		lab.expectAll();
	};
}

async function blind(lab: Lab): Promise<void> {
	await lab.live();
	await lab.send(2);
	await lab.all();
	const maildir = join(lab.dovecot.folder, 'mail', USER.user, 'Maildir');
	const index = readdirSync(maildir).filter((name) => /^dovecot[.-](uidlist|index)/.test(name));
	for (const name of index) rmSync(join(maildir, name), { force: true });
	lab.happened = index.length;
	await lab.send(2);
	lab.recoveryMs = await lab.all(20 * MINUTE_MS);
	lab.expectAll();
	lab.expectWithin('seen', lab.recoveryMs, 16 * MINUTE_MS);
}

async function highUids(lab: Lab): Promise<void> {
	await lab.live();
	await lab.send(2);
	await lab.all();
	await lab.dovecot.doveadm(['mailbox', 'update', '-u', USER.user, '--min-next-uid', '4000000000', 'INBOX']);
	await lab.send(3);
	await lab.all();
	const high = lab.engine.collected.flatMap(({ items }) => items.map(({ json }) => Number(json['uid'])));
	lab.happened = high.filter((uid) => uid >= 4_000_000_000).length;
	lab.expectAll();
}

/** The watched mailbox is renamed away, then made anew under its name. */
async function recreated(lab: Lab): Promise<void> {
	const box = 'Work';
	const put = async (client: ImapFlow, count: number): Promise<void> => {
		for (let i = 0; i < count; i++) {
			const subject = lab.ledger.next('boxed');
			await client.append(
				box,
				`From: a@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replace(' ', '-')}@x>\r\n\r\nText\r\n`,
			);
		}
	};
	await withClient(lab, async (client) => void (await client.mailboxCreate(box)));
	const workflow = await lab.live({ trigger: { mailboxes: [box] } });
	await withClient(lab, async (client) => await put(client, 2));
	await lab.all();
	await withClient(lab, async (client) => void (await client.mailboxRename(box, 'Old')));
	lab.proxy.drop('reset');
	await lab.time.pass(10 * MINUTE_MS);
	lab.happened += lab.reports(workflow, /does not exist/).length;
	lab.notes['told'] = (lab.reports(workflow, /does not exist/)[0] ?? 'nothing').slice(0, 120);
	await withClient(lab, async (client) => {
		await client.mailboxCreate(box);
		await put(client, 3);
	});
	lab.recoveryMs = await lab.all(2 * HOUR_MS);
	lab.expectAll();
	lab.expect(lab.reports(workflow, /"Old"/).length >= 1, 'the mailboxes that exist were not named');
	lab.expectWithin('mail of the new mailbox', lab.recoveryMs, 61 * MINUTE_MS);
}

/** The server says BYE after 20 s of IDLE, again and again. */
async function shortIdle(lab: Lab): Promise<void> {
	await lab.live();
	for (let round = 0; round < 10; round++) {
		await lab.time.pass(20 * SECOND_MS);
		const line = lab.proxy.connections.at(-1);
		lab.embedded.imap.say('* BYE idle for too long');
		lab.embedded.imap.drop('close');
		await lab.send(1);
		await lab.until(() => lab.ledger.missing().length === 0, 10 * MINUTE_MS);
		if (line?.closedAt !== undefined) lab.happened++;
	}
	await lab.all();
	lab.expectAll();
}

/** A squatter holds the only connection that the server allows. */
async function limit(lab: Lab): Promise<void> {
	await withClient(lab, async (squatter) => {
		const workflow = await lab.live();
		await lab.time.pass(10 * MINUTE_MS);
		const told = lab.reports(workflow, /No mail can be received/);
		lab.happened = /Maximum number of connections/.test(lab.dovecot.log()) ? 1 : 0;
		lab.notes['told'] = (told[0] ?? 'nothing').replace(/\s+/g, ' ').slice(0, 140);
		lab.expect(told.length === 1, `told ${told.length} times`);
		lab.expect(!/password is wrong|wrong password/i.test(told.join(' ')), 'taken for a wrong password');
		await lab.send(2);
		await squatter.logout();
	});
	lab.recoveryMs = await lab.all(30 * MINUTE_MS);
	lab.expectAll();
	lab.expectWithin('mail flows again', lab.recoveryMs, 10 * MINUTE_MS + 5 * SECOND_MS);
}

async function wrongPassword(lab: Lab): Promise<void> {
	const workflow = await lab.live();
	await lab.send();
	await lab.all();
	await lab.server.setPassword(USER.user, 'another one');
	lab.proxy.drop('reset');
	const before = lab.logins;
	await lab.send(2);
	await lab.time.pass(HOUR_MS);
	const tries = lab.logins - before;
	lab.loginsPerHour = tries;
	lab.happened = tries;
	await lab.server.setPassword(USER.user, USER.password);
	lab.recoveryMs = await lab.all(2 * HOUR_MS);
	await lab.time.pass(MINUTE_MS);
	lab.expect(tries <= 5, `${tries} logins in the first hour`);
	lab.expect(lab.reports(workflow, /No mail can be received/).length === 1, 'not told exactly once');
	lab.expect(lab.reports(workflow, /Recovered/).length === 1, 'the end was not told exactly once');
	lab.expectAll();
	lab.expectWithin('mail flows again', lab.recoveryMs, HOUR_MS + SECOND_MS);
}

/** The server cannot let anybody in at the moment, and says so in one of several ways. */
function refusedForNow(answer: string, limitMs: number) {
	return async (lab: Lab): Promise<void> => {
		const workflow = await lab.live();
		lab.embedded.imap.faults.onCommand = ({ name }) => {
			if (name !== 'LOGIN' && name !== 'AUTHENTICATE') return undefined;
			lab.happened++;
			return { reply: `%TAG% NO ${answer}\r\n` };
		};
		lab.proxy.drop('reset');
		await lab.send(2);
		await lab.time.pass(15 * MINUTE_MS);
		lab.loginsPerHour = lab.happened * 4;
		lab.embedded.imap.faults.onCommand = undefined;
		lab.recoveryMs = await lab.all(HOUR_MS);
		lab.expectAll();
		lab.expectWithin('mail flows again', lab.recoveryMs, limitMs);
		const told = lab.reports(workflow, /No mail can be received/);
		lab.notes['told'] = (told[0] ?? 'nothing').replace(/\s+/g, ' ').slice(0, 140);
		lab.expect(told.length === 1, `told ${told.length} times`);
		lab.expect(!/wrong password|password is wrong/i.test(told.join(' ')), 'taken for a wrong password');
		const asked = Number(/Backoff Time: (\d+)/.exec(answer)?.[1] ?? 0);
		const allowed = asked === 0 ? Infinity : Math.ceil((15 * MINUTE_MS) / asked);
		lab.expect(lab.happened <= allowed, `${lab.happened} logins in 15 min, ${allowed} were asked for`);
	};
}

const FOR_NOW: [id: string, answer: string, limitMs: number][] = [
	['S12a', '[UNAVAILABLE] Temporary authentication failure.', 35 * SECOND_MS],
	[
		'S12b',
		'Request is throttled. Suggested Backoff Time: 300000 milliseconds',
		10 * MINUTE_MS + 2 * SECOND_MS,
	],
	['S12c', 'User is authenticated but not connected.', 10 * MINUTE_MS + 2 * SECOND_MS],
	['S12d', '[ALERT] Too many simultaneous connections. (Failure)', 10 * MINUTE_MS + 2 * SECOND_MS],
];

const DOVECOT = { virtual: true, dovecot: {}, security: 'none' as const };

export const serverLifeRows: Row[] = [
	{
		id: 'S1',
		fault: 'Dovecot kicks the user, reloads, restarts, is killed',
		proof: 'the line was ended by the server',
		bar: '0 lost, 0 doubled, mail flows in 5 s',
		needs: ['dovecot'],
		run: async (context) =>
			await Lab.run({ dovecot: {}, security: 'tls' }, async (lab) => await comings(lab, context)),
	},
	...[true, false].map((live): Row => ({
		id: live ? 'S2a' : 'S2b',
		fault: `UIDVALIDITY changes while the trigger is ${live ? 'connected' : 'away'} (Dovecot)`,
		proof: 'Dovecot reports the new UIDVALIDITY',
		bar: '0 lost, nothing replayed, told once',
		needs: ['dovecot'],
		run: async () => await Lab.run(DOVECOT, renumbered(live)),
	})),
	{
		id: 'S3',
		fault: 'a session alive and blind: uidlist and index of the mailbox are gone (Dovecot)',
		proof: 'the files were there and were removed',
		bar: 'seen in 16 min, 0 lost, 0 doubled',
		needs: ['dovecot'],
		run: async () => await Lab.run(DOVECOT, blind),
	},
	{
		id: 'S4',
		fault: 'UIDs jump to 4 000 000 000 (Dovecot)',
		proof: 'mail with such a UID ran',
		bar: '0 lost, 0 doubled',
		needs: ['dovecot'],
		run: async () => await Lab.run(DOVECOT, highUids),
	},
	{
		id: 'S5',
		fault: 'the watched mailbox is renamed away, later made anew (Dovecot)',
		proof: 'told that it does not exist',
		bar: 'told with the mailboxes that exist; its new mail runs within the hour',
		needs: ['dovecot'],
		run: async () => await Lab.run(DOVECOT, recreated),
	},
	{
		id: 'S9',
		fault: 'the server says BYE after 20 s of IDLE, ten times',
		proof: 'the line was ended',
		bar: '0 lost, 0 doubled',
		run: async () => await Lab.run({ virtual: true }, shortIdle),
	},
	{
		id: 'S10',
		fault: 'the connection limit is used up by somebody else (Dovecot)',
		proof: "Dovecot's log names the limit",
		bar: 'not taken for a wrong password, told once, mail flows ≤ 10 min after',
		needs: ['dovecot'],
		run: async () =>
			await Lab.run({ ...DOVECOT, dovecot: { settings: { mail_max_userip_connections: 1 } } }, limit),
	},
	{
		id: 'S11',
		fault: 'the password is wrong for an hour',
		proof: 'logins were refused',
		bar: '≤ 5 logins, told once, recovered ≤ 1 h and told once',
		run: async () => await Lab.run({ virtual: true }, wrongPassword),
	},
	...FOR_NOW.map(([id, answer, limitMs]): Row => ({
		id,
		fault: `logins are refused for now: ${answer}`,
		proof: 'logins were refused',
		bar: `not taken for a wrong password; mail flows ≤ ${Math.round(limitMs / SECOND_MS)} s after`,
		run: async () => await Lab.run({ virtual: true }, refusedForNow(answer, limitMs)),
	})),
];

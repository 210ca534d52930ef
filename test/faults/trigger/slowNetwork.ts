/** N8 N9 N10 N12: servers that are slow, flap or show a wrong certificate, and a computer that slept. */
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { startScriptedServer, testCertificates, type ScriptedOptions } from '../../servers';
import type { Row } from '../campaign';
import { Lab, USER } from './lab';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Bytes of a hostile server come this often (real time). */
const DRIP_MS = 5;

/** The greeting comes byte by byte and never ends. */
async function dripGreeting(lab: Lab): Promise<void> {
	await lab.live();
	const dripping = await startScriptedServer({
		greeting: { send: `* OK ${'x'.repeat(100_000)}`, dripMs: DRIP_MS },
		script: [],
	});
	lab.targetPort = dripping.port;
	lab.proxy.drop('reset');
	await lab.send(2);
	await lab.until(() => dripping.connections.length > 0, MINUTE_MS);
	lab.happened = dripping.connections.length;
	const from = lab.time.now();
	const first = lab.proxy.connections.at(-1);
	// Bytes keep coming, so it is never quiet; time has to be pushed on.
	while (first?.closedAt === undefined && lab.time.now() - from < 5 * MINUTE_MS) {
		await sleep(20);
		await lab.time.force(5 * SECOND_MS);
	}
	lab.notes['given up after s'] = Math.round((lab.time.now() - from) / SECOND_MS);
	lab.expectWithin('connection given up', lab.time.now() - from, 60 * SECOND_MS);
	lab.targetPort = undefined;
	lab.recoveryMs = await lab.all();
	lab.expectAll();
	lab.expectWithin('mail flows again', lab.recoveryMs, 95 * SECOND_MS);
	await dripping.stop();
}

/** A FETCH whose literal comes byte by byte and never ends. */
async function dripLiteral(lab: Lab): Promise<void> {
	await lab.live();
	let dripping: NodeJS.Timeout | undefined;
	lab.embedded.imap.faults.onCommand = ({ name }) => {
		if (name !== 'UID FETCH' || lab.happened > 0) return undefined;
		lab.happened++;
		dripping = setInterval(() => lab.embedded.imap.say('x'), DRIP_MS);
		return { reply: '* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 60000 BODY[]<0> {60000}\r\n' };
	};
	await lab.send(2);
	await lab.until(() => lab.happened > 0, MINUTE_MS);
	const from = lab.time.now();
	const connections = lab.proxy.connections.length;
	// Bytes keep coming, so it is never quiet; time has to be pushed on.
	while (lab.proxy.connections.length === connections && lab.time.now() - from < 5 * MINUTE_MS) {
		await sleep(20);
		await lab.time.force(5 * SECOND_MS);
		if (lab.proxy.openCount === 0) clearInterval(dripping);
	}
	clearInterval(dripping);
	lab.recoveryMs = await lab.all();
	lab.notes['given up after s'] = Math.round((lab.time.now() - from) / SECOND_MS);
	lab.expectAll();
	lab.expectWithin('connection given up', lab.time.now() - from, 80 * SECOND_MS);
}

/** The server lets everybody in and hangs up. */
async function flapping(lab: Lab): Promise<void> {
	const workflow = await lab.live();
	lab.embedded.imap.faults.onCommand = ({ name }) => {
		if (name !== 'SELECT') return undefined;
		lab.happened++;
		return 'close';
	};
	lab.proxy.drop('reset');
	await lab.send(1);
	const perHour: number[] = [];
	for (let hour = 0; hour < 3; hour++) {
		const before = lab.logins;
		await lab.time.pass(HOUR_MS);
		perHour.push(lab.logins - before);
	}
	lab.loginsPerHour = perHour[2] ?? null;
	lab.notes['logins in hours 1, 2, 3'] = perHour.join(', ');
	lab.embedded.imap.faults.onCommand = undefined;
	lab.recoveryMs = await lab.all(20 * MINUTE_MS);
	lab.expectAll();
	lab.expect((perHour[1] ?? 99) <= 12 && (perHour[2] ?? 99) <= 12, `logins an hour: ${perHour.join(', ')}`);
	lab.expect(lab.reports(workflow, /No mail can be received/).length === 1, 'not told exactly once');
}

/** The computer slept: time is gone, and the line is dead without anybody having said so. */
async function suspend(lab: Lab): Promise<void> {
	await lab.live();
	await lab.send();
	await lab.all();
	lab.proxy.mute();
	lab.happened = lab.proxy.connections.at(-1)?.muted ? 1 : 0;
	await lab.send(2);
	lab.time.jump(10 * MINUTE_MS);
	lab.recoveryMs = await lab.until(() => lab.ledger.missing().length === 0, 10 * MINUTE_MS);
	await lab.all();
	lab.expectAll();
	lab.expectWithin('caught up after waking', lab.recoveryMs, 35 * SECOND_MS);
}

/** A server with a wrong TLS side: no secret may reach it, and it is told to a person. */
function badTls(make: () => Promise<Partial<ScriptedOptions>>, host = '127.0.0.1') {
	return async (lab: Lab): Promise<void> => {
		const bad = await startScriptedServer({
			greeting: '* OK ready\r\n',
			script: [[/ CAPABILITY/, '* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%TAG% OK done\r\n']],
			tls: true,
			...(await make()),
		});
		lab.targetPort = bad.port;
		const secret = { ignoreSslIssues: false, imapHost: host };
		const workflow = await lab.workflow({ account: secret });
		await lab.activate(workflow);
		await lab.time.until(() => lab.reports(workflow).length > 0, 20 * MINUTE_MS);
		lab.happened = bad.connections.length;
		const heard = bad.transcript;
		const encoded = Buffer.from(`\0${USER.user}\0${USER.password}`).toString('base64');
		lab.expect(!heard.includes(USER.password) && !heard.includes(encoded), 'the password was sent');
		lab.expect(!/LOGIN|AUTHENTICATE/.test(heard), 'a login was tried');
		const told = lab.reports(workflow, /No mail can be received/);
		lab.expect(told.length === 1, `told ${told.length} times: ${told.join(' | ').slice(0, 300)}`);
		lab.notes['told'] = (told[0] ?? '').slice(0, 140).replace(/\s+/g, ' ');
		await lab.engine.workflow(workflow.id).deactivate();
		await bad.stop();
	};
}

/** The handshake never ends. */
async function stalledHandshake(lab: Lab): Promise<void> {
	const silent = await startScriptedServer({ script: [] });
	lab.targetPort = silent.port;
	const workflow = await lab.workflow();
	await lab.activate(workflow);
	await lab.time.until(() => silent.connections.length >= 2, 10 * MINUTE_MS);
	lab.happened = silent.connections.length;
	lab.targetPort = undefined;
	await lab.send(2);
	lab.recoveryMs = await lab.all(10 * MINUTE_MS);
	lab.expectAll();
	lab.expectWithin('mail flows again', lab.recoveryMs, 80 * SECOND_MS);
	await silent.stop();
}

const certificate = (name: 'expired' | 'wrongHost' | 'selfSigned') => async () => ({
	certificate: (await testCertificates())[name],
});

const TLS_ROWS: [id: string, fault: string, make: () => Promise<Partial<ScriptedOptions>>][] = [
	['N12a', 'an expired certificate', certificate('expired')],
	['N12b', 'a certificate for another host', certificate('wrongHost')],
	['N12c', 'a self-signed certificate', certificate('selfSigned')],
	[
		'N12d',
		'TLS 1.1 at most',
		async () =>
			await Promise.resolve({
				tlsOptions: {
					maxVersion: 'TLSv1.1',
					minVersion: 'TLSv1.1',
					ciphers: `${tls.DEFAULT_CIPHERS}:@SECLEVEL=0`,
				},
			}),
	],
];

export const slowNetworkRows: Row[] = [
	{
		id: 'N8a',
		fault: 'a greeting that drips byte by byte, without end',
		proof: 'the dripping server was connected to',
		bar: 'given up in 60 s, 0 lost',
		run: async () => await Lab.run({ virtual: true }, dripGreeting),
	},
	{
		id: 'N8b',
		fault: 'a message that drips byte by byte, without end',
		proof: 'the FETCH was answered that way',
		bar: 'given up in 80 s, 0 lost',
		run: async () => await Lab.run({ virtual: true }, dripLiteral),
	},
	{
		id: 'N9',
		fault: 'the server lets the user in and hangs up, for three hours',
		proof: 'every SELECT ended the connection',
		bar: '≤ 12 logins an hour after the first, told once, 0 lost',
		run: async () => await Lab.run({ virtual: true }, flapping),
	},
	{
		id: 'N10',
		fault: 'the computer slept for 10 minutes and the line died meanwhile',
		proof: 'the line was muted and the clock jumped',
		bar: 'caught up ≤ 35 s after waking',
		run: async () => await Lab.run({ virtual: true }, suspend),
	},
	...TLS_ROWS.map(([id, fault, make]): Row => ({
		id,
		fault,
		proof: 'that server was connected to',
		bar: 'no login and no password on the wire, told once',
		run: async () => await Lab.run({ virtual: true, security: 'tls' }, badTls(make)),
	})),
	{
		id: 'N12e',
		fault: 'a TLS handshake that never ends',
		proof: 'connected to twice without an answer',
		bar: 'given up each time; mail flows ≤ 80 s after the server is well',
		run: async () => await Lab.run({ virtual: true, security: 'tls' }, stalledHandshake),
	},
];

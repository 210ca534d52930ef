/** Figures of the trigger in n8n's engine in this process (test/engine), against servers that announce at once. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { startEngine, type Engine } from '../../engine';
import { builtPackage } from '../../faults/builtPackage';
import { VirtualTime } from '../../faults/trigger/virtualTime';
import { eventually, startEmbeddedServers, startFaultProxy } from '../../servers';
import { median, percentile, type Figure, type Measurement } from '../figures';

const MEGABYTE = 1024 * 1024;
const USER = { user: 'bench@example.org', password: 'geheim-7-Wort' };
const MAILS = 300;
const MESSAGES = 500_000;
const RECONNECTS = 10_000;
const WARM_UP = 1_000;

async function workflow(engine: Engine, port: number, user = USER, trigger = {}, security = 'none') {
	const mailAccountApi = await engine.addCredential('mailAccountApi', user.user, {
		...{ provider: 'custom', user: user.user, password: user.password, ignoreSslIssues: true },
		...{ imapHost: '127.0.0.1', imapPort: port, imapSecurity: security },
	});
	return engine.addWorkflow({
		nodes: [
			{
				name: 'Trigger',
				type: 'n8n-nodes-mailroom.imapTrigger',
				parameters: trigger,
				credentials: { mailAccountApi },
			},
			{ name: 'Collect', type: 'test.collect' },
		],
		connections: { Trigger: { main: [[{ node: 'Collect', type: 'main', index: 0 }]] } },
	});
}

function mail(subject: string): Buffer {
	return Buffer.from(
		`From: Ann <ann@example.org>\r\nTo: b@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replace(' ', '-')}@x>\r\n\r\nText of ${subject}\r\n`,
	);
}

async function announcement(): Promise<Figure[]> {
	const servers = await startEmbeddedServers({ users: [USER] });
	const engine = await startEngine({ packageDir: builtPackage() });
	const ranAt = new Map<string, number>();
	const push = engine.collected.push.bind(engine.collected);
	engine.collected.push = (...entries) => {
		for (const { items } of entries)
			for (const { json } of items) ranAt.set(String(json['subject']), performance.now());
		return push(...entries);
	};
	const active = await workflow(engine, servers.ports.imaps, USER, {}, 'tls');
	await active.activate();
	const took: number[] = [];
	for (let i = 0; i < MAILS; i++) {
		await sleep(20 + Math.random() * 80);
		const from = performance.now();
		servers.mailbox(USER.user).add({ raw: mail(`mail ${i}`) });
		await eventually(5_000, 'the run', () => ranAt.has(`mail ${i}`));
		took.push((ranAt.get(`mail ${i}`) ?? Infinity) - from);
	}
	await engine.stop();
	await servers.stop();
	const [p50, p99] = [median(took), percentile(took, 0.99)];
	return [
		{
			what: `announcement → next node ran, ${MAILS} mails`,
			ours: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
			bar: '≤ 50 / 150 ms',
			ok: p50 <= 50 && p99 <= 150,
		},
	];
}

async function bigMailbox(): Promise<Figure[]> {
	const child = fork(join(__dirname, 'bigMailbox.ts'), [String(MESSAGES)], {
		execArgv: ['--require', 'tsx/cjs'],
	});
	try {
		const [port] = (await once(child, 'message')) as [number];
		const engine = await startEngine({ packageDir: builtPackage() });
		// The first connection of a process loads the mail library; that is not what is measured.
		const small = await startEmbeddedServers({ users: [USER], requireTls: false });
		const warm = await workflow(engine, small.ports.imap);
		await warm.activate();
		const figures: Figure[] = [];
		for (const startFrom of ['new', 'unread'] as const) {
			const user = { user: 'big@example.org', password: 'big' };
			const big = await workflow(engine, port, user, { startFrom, options: { parallelExecutions: 1 } });
			collect();
			const before = process.memoryUsage().rss;
			let peak = before;
			const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
			const from = performance.now();
			await big.activate();
			const ms = performance.now() - from;
			// `unread` has to begin with the oldest, and none of 500 000 may be forgotten.
			await sleep(startFrom === 'new' ? 300 : 1_500);
			clearInterval(sampler);
			peak = Math.max(peak, process.memoryUsage().rss);
			const grown = (peak - before) / MEGABYTE;
			const isDefault = startFrom === 'new';
			if (isDefault) {
				const runs = engine.collected.length;
				child.send('mail');
				await eventually(10_000, 'new mail', () => engine.collected.length > runs);
			}
			await big.deactivate();
			figures.push({
				what: `activation on ${MESSAGES} messages, Start From ${startFrom}`,
				ours: `${ms.toFixed(0)} ms, + ${grown.toFixed(0)} MB`,
				bar: isDefault ? '≤ 1 s, ≤ 30 MB' : 'none (said for comparison)',
				ok: isDefault ? ms <= 1_000 && grown <= 30 : true,
			});
		}
		await engine.stop();
		await small.stop();
		return figures;
	} finally {
		child.kill('SIGKILL');
	}
}

let garbage: (() => void) | undefined;

/** Heap in use when everything that can go has gone. */
function collect(): number {
	v8.setFlagsFromString('--expose_gc');
	garbage ??= vm.runInNewContext('gc') as () => void;
	for (let i = 0; i < 3; i++) garbage();
	return process.memoryUsage().heapUsed;
}

/** The server ends every connection as soon as the client rests; the clock is injected, since the waits are not what is measured. */
async function reconnects(): Promise<Figure[]> {
	const servers = await startEmbeddedServers({ users: [USER], requireTls: false });
	const engine = await startEngine({ packageDir: builtPackage() });
	let heard = 0;
	let ended = 0;
	let hangUp = false;
	servers.imap.faults.onCommand = ({ name }) => {
		heard++;
		// What the server remembers of its clients must not be taken for the client's memory.
		servers.imap.commands.length = 0;
		if (name !== 'IDLE' || !hangUp) return undefined;
		ended++;
		return ended % 2 === 0 ? 'reset' : 'close';
	};
	const time = new VirtualTime(builtPackage(), () => heard, 3);
	const active = await workflow(engine, servers.ports.imap);
	const before = process.getActiveResourcesInfo();
	const activation = active.activate();
	let isActive = false;
	void activation.then(() => (isActive = true));
	await time.until(() => isActive, 60_000);
	hangUp = true;
	await time.until(() => ended >= WARM_UP, Infinity);
	const early = collect();
	await time.until(() => ended >= RECONNECTS, Infinity);
	const perReconnect = (collect() - early) / (ended - WARM_UP);
	hangUp = false;
	await time.pass(10 * 60_000);
	servers.mailbox(USER.user).add({ raw: mail('after all') });
	await time.until(() => engine.collected.length > 0, 10 * 60_000);
	const works = engine.collected.length === 1;
	await active.deactivate();
	// The thread that reads mail ends when it has had none for a while.
	await time.pass(60_000);
	await sleep(1_500);
	time.restore();
	const left = process.getActiveResourcesInfo();
	for (const kind of before) if (left.includes(kind)) left.splice(left.indexOf(kind), 1);
	const connections = servers.imap.connectionCount;
	await engine.stop();
	await servers.stop();
	return [
		{
			what: `memory after ${ended} reconnects, the first ${WARM_UP} not counted`,
			ours: `${perReconnect.toFixed(0)} bytes each, ${left.length} handles (${left.join(', ') || 'none'}) and ${connections} connections left${works ? '' : ', and no mail any more'}`,
			bar: '< 1 KB each, none left',
			ok: perReconnect < 1024 && left.length === 0 && connections === 0 && works,
		},
	];
}

async function deadServer(): Promise<Figure[]> {
	const servers = await startEmbeddedServers({ users: [USER] });
	const proxy = await startFaultProxy(servers.ports.imaps);
	const engine = await startEngine({ packageDir: builtPackage() });
	const took: number[] = [];
	for (let i = 0; i < 5; i++) {
		const active = await workflow(engine, proxy.port, USER, {}, 'tls');
		await active.activate();
		proxy.mute();
		await active.deactivate();
		took.push(active.lastCloseMs ?? Infinity);
	}
	await engine.stop();
	await proxy.stop();
	await servers.stop();
	const slowest = Math.max(...took);
	return [
		{
			what: 'deactivation with a dead server',
			ours: `${slowest.toFixed(0)} ms at most`,
			bar: '< 2 s',
			ok: slowest < 2_000,
		},
	];
}

export const harnessMeasurements: Measurement[] = [
	{ name: 'announcement', run: announcement },
	{ name: 'big mailbox', run: bigMailbox },
	{ name: 'dead server', run: deadServer },
	{ name: 'reconnects', run: reconnects },
];

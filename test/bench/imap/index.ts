/** The benchmark of the IMAP node in n8n's engine in this process: many moves far away, a list of a huge mailbox, memory. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { itemsOf, startEngine, type Engine } from '../../engine';
import { builtPackage } from '../../faults/builtPackage';
import { startEmbeddedServers, startFaultProxy, type EmbeddedServers } from '../../servers';
import { measure, median, report, type BenchOptions, type Figure, type Measurement } from '../figures';

const MEGABYTE = 1024 * 1024;
const USER = { user: 'bench@example.org', password: 'geheim-7-Wort' };
const ROUND_TRIP_MS = 50;
const MOVES = 1_000;
/** One by one takes minutes, so that a part of it is measured. */
const SINGLE_MOVES = 40;
const MESSAGES = 200_000;
const LISTED = 50;
const REPEATS = 7;
const WHOLE = 1_000;
const WHOLE_BYTES = 200 * 1024;

type Runner = (
	parameters: IDataObject,
	items?: IDataObject[],
) => Promise<{ json: IDataObject[]; ms: number }>;

/** A workflow of the IMAP node for each call; the time is that of the node, as n8n measures it. */
function runner(engine: Engine, port: number, user = USER): Runner {
	return async (parameters, items = [{}]) => {
		const mailAccountApi = await engine.addCredential('mailAccountApi', user.user, {
			...{ provider: 'custom', user: user.user, password: user.password, ignoreSslIssues: true },
			...{ imapHost: '127.0.0.1', imapPort: port, imapSecurity: 'none' },
		});
		const workflow = engine.addWorkflow({
			nodes: [
				{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
				{
					name: 'IMAP',
					type: 'n8n-nodes-mailroom.imap',
					parameters: parameters as never,
					credentials: { mailAccountApi },
				},
			],
			connections: { Start: { main: [[{ node: 'IMAP', type: 'main', index: 0 }]] } },
		});
		const run = await workflow.run({ items: items.map((json) => ({ json })) });
		const { error, runData } = run.data.resultData;
		if (error) throw error;
		return {
			json: itemsOf(run, 'IMAP').map(({ json }) => json),
			ms: runData['IMAP']?.[0]?.executionTime ?? NaN,
		};
	};
}

function mail(name: string, text = 'Text\r\n'): Buffer {
	return Buffer.from(
		`From: Ann <ann@example.org>\r\nTo: b@example.org\r\nSubject: ${name}\r\nMessage-ID: <${name}@x>\r\n\r\n${text}`,
	);
}

/** Fills INBOX. @returns the node's ids */
function fill(servers: EmbeddedServers, count: number, text?: string): IDataObject[] {
	const mailbox = servers.mailbox(USER.user);
	return Array.from({ length: count }, (_none, i) => {
		const { uid } = mailbox.add({ raw: mail(`m${mailbox.uidNext}`, text) });
		// With gaps, as in a mailbox that is used.
		if (i % 3 === 0) mailbox.uidNext++;
		return { id: `INBOX;UIDVALIDITY=${mailbox.uidValidity}/;UID=${uid}` };
	});
}

async function bulkMoves(): Promise<Figure[]> {
	const servers = await startEmbeddedServers({ users: [USER], requireTls: false });
	const proxy = await startFaultProxy(servers.ports.imap);
	const engine = await startEngine({ packageDir: builtPackage() });
	try {
		// The first connection of a process loads the mail library; that is not what is measured.
		await runner(engine, servers.ports.imap)({ operation: 'getMany' });
		proxy.delayMs = ROUND_TRIP_MS;
		const run = runner(engine, proxy.port);
		const move = { operation: 'move', message: '={{ $json.id }}', destination: 'Archive' };
		const bulk = await run(move, fill(servers, MOVES));
		const arrived = servers.messages(USER.user, 'Archive').length;
		if (arrived !== MOVES) throw new Error(`${arrived} of ${MOVES} mails were moved`);
		const singles: number[] = [];
		for (const item of fill(servers, SINGLE_MOVES)) singles.push((await run(move, [item])).ms);
		const oneByOne = (singles.reduce((sum, ms) => sum + ms, 0) / SINGLE_MOVES) * MOVES;
		return [
			{
				what: `${MOVES} moves in one run, round trip ${ROUND_TRIP_MS} ms, connecting included`,
				ours: `${bulk.ms} ms; one by one over a connection that is kept ${(oneByOne / 1_000).toFixed(0)} s (from ${SINGLE_MOVES})`,
				ratio: oneByOne / bulk.ms,
				bar: '≥ 50×',
				ok: oneByOne / bulk.ms >= 50,
			},
		];
	} finally {
		await engine.stop();
		await proxy.stop();
		await servers.stop();
	}
}

async function hugeMailbox(): Promise<Figure[]> {
	const child = fork(join(__dirname, '../trigger/bigMailbox.ts'), [String(MESSAGES)], {
		execArgv: ['--require', 'tsx/cjs'],
	});
	const engine = await startEngine({ packageDir: builtPackage() });
	try {
		const [port] = (await once(child, 'message')) as [number];
		const run = runner(engine, port, { user: 'big@example.org', password: 'big' });
		const figures: Figure[] = [];
		for (const [what, more] of [
			['newest', {}],
			['newest unread', { filters: { unread: true } }],
		] as const) {
			const took: number[] = [];
			for (let i = 0; i < REPEATS; i++) {
				const { json, ms } = await run({ operation: 'getMany', limit: LISTED, ...more });
				if (json.length !== LISTED) throw new Error(`${json.length} of ${LISTED} messages`);
				took.push(ms);
			}
			const isDefault = what === 'newest';
			figures.push({
				what: `Get Many: the ${LISTED} ${what} of ${MESSAGES} messages`,
				ours: `median ${median(took).toFixed(0)} ms, at most ${Math.max(...took)} ms (the first connects)`,
				bar: isDefault ? '≤ 300 ms' : 'none (said for comparison)',
				ok: isDefault ? median(took) <= 300 : true,
			});
		}
		return figures;
	} finally {
		await engine.stop();
		child.kill('SIGKILL');
	}
}

/** Whole messages with a file each, of which the items keep only its description. */
async function memory(): Promise<Figure[]> {
	const servers = await startEmbeddedServers({ users: [USER], requireTls: false });
	const engine = await startEngine({ packageDir: builtPackage() });
	try {
		const file = Buffer.alloc(WHOLE_BYTES, 7).toString('base64').replace(/.{76}/g, '$&\r\n');
		const raw = Buffer.from(
			`From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: application/x; name=f\r\nContent-Transfer-Encoding: base64\r\n\r\n${file}\r\n`,
		);
		const mailbox = servers.mailbox(USER.user);
		for (let i = 0; i < WHOLE; i++) mailbox.add({ raw });
		const run = runner(engine, servers.ports.imap);
		await run({ operation: 'getMany', format: 'message', limit: 20 });
		const before = process.memoryUsage().rss;
		let peak = before;
		const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
		const { json, ms } = await run({ operation: 'getMany', format: 'message', returnAll: true });
		clearInterval(sampler);
		const grown = (peak - before) / MEGABYTE;
		const read = (WHOLE * raw.length) / MEGABYTE;
		return [
			{
				what: `${json.length} whole messages read, ${read.toFixed(0)} MB in all, server in the same process`,
				ours: `+ ${grown.toFixed(0)} MB, ${(json.length / (ms / 1_000)).toFixed(0)}/s`,
				bar: '≤ 150 MB',
				ok: grown <= 150 && json.length === WHOLE,
			},
		];
	} finally {
		await engine.stop();
		await servers.stop();
	}
}

const MEASUREMENTS: Measurement[] = [
	{ name: 'bulk moves', run: bulkMoves },
	{ name: 'huge mailbox', run: hugeMailbox },
	{ name: 'memory', run: memory },
];

export async function main(options: BenchOptions): Promise<{ passed: number; failed: number }> {
	return report('imap', await measure(MEASUREMENTS, options), options);
}

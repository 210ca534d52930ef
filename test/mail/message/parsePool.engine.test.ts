/** The parser's thread, from the built package: what happens to one mail must not happen to n8n, nor to the next mail. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type * as ParseModule from '../../../nodes/mail/message/parse';
import type * as PoolModule from '../../../nodes/mail/message/parsePool';
import type { ParsePool } from '../../../nodes/mail/message/parsePool';

const MESSAGE = path.join(__dirname, '../../../dist/nodes/mail/message');
const load = createRequire(__filename);
const { parseMessage } = load(path.join(MESSAGE, 'parse.js')) as typeof ParseModule;
const { ParsePool: BuiltPool } = load(path.join(MESSAGE, 'parsePool.js')) as typeof PoolModule;
const WORKER = path.join(MESSAGE, 'parseWorker.js');

const mail = (subject: string, body = 'x') =>
	Buffer.from(`From: a@x.example\r\nSubject: ${subject}\r\n\r\n${body}`);
const limits = { deadlineMs: 1_500, maxHeapMb: 64, idleMs: 60_000 };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mailroom-pool-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A thread that does what the subject of the mail says, and else answers. */
function badThread(): string {
	const file = path.join(folder, 'thread.js');
	fs.writeFileSync(
		file,
		`const { parentPort } = require('worker_threads');
		parentPort.on('message', ({ source }) => {
			const text = Buffer.from(source).toString();
			if (text.includes('Subject: hang')) for (;;);
			if (text.includes('Subject: memory')) { const all = []; for (;;) all.push(new Array(1e6).fill({})); }
			if (text.includes('Subject: slow')) { const end = Date.now() + 300; while (Date.now() < end); }
			if (text.includes('Subject: exit')) process.exit(3);
			if (text.includes('Subject: throw')) throw new Error('thrown in the thread');
			parentPort.postMessage({ value: text.length });
		});`,
	);
	return file;
}

describe('a thread that fails', () => {
	let pool: ParsePool;
	beforeEach(() => {
		pool = new BuiltPool(badThread(), limits);
	});

	test.each([
		['hang', 'Reading the mail took longer than 1.5 s and was stopped.'],
		['memory', 'Reading the mail needed too much memory and was stopped.'],
		['exit', 'Reading the mail failed: The thread ended.'],
		['throw', 'Reading the mail failed: thrown in the thread'],
	])(
		'%s: that mail fails once, the ones around it are read',
		async (subject, message) => {
			const before = pool.run('readMail', mail('before'));
			const bad = pool.run('readMail', mail(subject));
			const after = pool.run('readMail', mail('after'));
			await expect(before).resolves.toBe(mail('before').length);
			await expect(bad).rejects.toThrow(message);
			await expect(after).resolves.toBe(mail('after').length);
		},
		20_000,
	);
});

test('a mail is not given up because n8n itself stood still for longer than the deadline', async () => {
	const pool = new BuiltPool(badThread(), limits);
	await pool.run('readMail', mail('warm up'));
	const answer = pool.run('readMail', mail('slow'));
	// Timers come right after this phase of the main loop, before the messages that have arrived meanwhile.
	setImmediate(() => {
		const end = Date.now() + 2 * limits.deadlineMs;
		while (Date.now() < end);
	});
	await expect(answer).resolves.toBe(mail('slow').length);
}, 30_000);

test('the thread ends when nothing arrives, and comes back', async () => {
	const pool = new BuiltPool(WORKER, { ...limits, deadlineMs: 20_000, idleMs: 50 });
	expect(pool.isRunning).toBe(false);
	await expect(pool.run('readMail', mail('one'))).resolves.toMatchObject({ subject: 'one' });
	expect(pool.isRunning).toBe(true);
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(pool.isRunning).toBe(false);
	await expect(pool.run('readMail', mail('two'))).resolves.toMatchObject({ subject: 'two' });
});

test('a mail comes out of the thread as it went in, shared memory or not', async () => {
	const body = 'Content-Type: application/octet-stream\r\n\r\nabc';
	const own = Buffer.from(`Subject: own\r\n${body}`);
	const shared = Buffer.from(new SharedArrayBuffer(own.length));
	own.copy(shared);
	const [first, second] = await Promise.all([parseMessage(own), parseMessage(shared)]);
	expect(first).toEqual(second);
	expect(first).toMatchObject({ subject: 'own', parseError: null, attachments: [{ size: 3 }] });
	expect(own.toString()).toContain('Subject: own');
});

test('the main loop is never blocked by a large mail', async () => {
	const source = Buffer.concat([
		Buffer.from('Subject: big\r\nContent-Type: text/html\r\n\r\n'),
		Buffer.from('<table><tr><td>Hello world</td></tr></table>'.repeat(250_000)),
	]);
	await parseMessage(mail('warm up'));
	let longest = 0;
	let last = performance.now();
	const ticker = setInterval(() => {
		longest = Math.max(longest, performance.now() - last);
		last = performance.now();
	}, 5);
	const parsed = await parseMessage(source);
	clearInterval(ticker);
	expect(parsed.parseError).toBeNull();
	console.log(`11 MB of HTML: longest block of the main loop ${longest.toFixed(0)} ms`);
	expect(longest).toBeLessThan(500);
}, 60_000);

test('a process with nothing else to do ends', () => {
	const script = `const { parseMessage } = require(${JSON.stringify(path.join(MESSAGE, 'parse.js'))});
		const keep = setInterval(() => {}, 1000);
		parseMessage(Buffer.from('Subject: s\\r\\n\\r\\nx')).then((mail) => { clearInterval(keep); console.log(mail.subject); });`;
	const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', script], {
		timeout: 15_000,
		encoding: 'utf8',
	});
	expect([stderr, stdout.trim(), status]).toEqual(['', 's', 0]);
});

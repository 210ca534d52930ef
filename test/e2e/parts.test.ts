/** The parts of the rig that need no n8n. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as flatted from 'flatted';
import { parseFlatted } from './flatted';
import { withLock } from './lock';
import { allParts, readMime } from './mime';
import { placesWith } from './oauth/secrets';

const notAsked = (line: string): void => {
	throw new Error(`waited: ${line}`);
};

describe('lock', () => {
	let folder = '';
	beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'mailroom-lock-'))));
	afterEach(async () => await rm(folder, { recursive: true }));

	it('is released after success and after failure', async () => {
		const path = join(folder, 'lock');
		expect(await withLock(path, notAsked, async () => existsSync(path))).toBe(true);
		await expect(withLock(path, notAsked, async () => await Promise.reject(new Error('no')))).rejects.toThrow(
			'no',
		);
		expect(existsSync(path)).toBe(false);
	});

	it('is taken over from a process that died', async () => {
		const path = join(folder, 'lock');
		const dead = spawnSync(process.execPath, ['-e', '']).pid;
		await writeFile(path, String(dead));
		expect(await withLock(path, notAsked, async () => await Promise.resolve('mine'))).toBe('mine');
	});

	it('waits for a living owner', async () => {
		const path = join(folder, 'lock');
		await writeFile(path, String(process.ppid));
		const told: string[] = [];
		const waiting = withLock(
			path,
			(line) => told.push(line),
			async () => await Promise.resolve(existsSync(path)),
		);
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(told).toEqual([expect.stringContaining(String(process.ppid))]);
		await rm(path);
		expect(await waiting).toBe(true);
	});
});

describe('parseFlatted', () => {
	it.each([
		[{ a: [1, 'two', null, true, { three: '3' }], b: {}, c: '' }],
		[['x', ['x', ['0']]]],
		[{ same: 'text', again: 'text', number: '12' }],
	])('gives back what flatted wrote: %j', (value) => {
		expect(parseFlatted(flatted.stringify(value))).toEqual(value);
	});

	it('restores cycles', () => {
		const ring: { self?: unknown; name: string } = { name: 'ring' };
		ring.self = ring;
		const read = parseFlatted(flatted.stringify(ring)) as typeof ring;
		expect(read.self).toBe(read);
	});
});

describe('placesWith', () => {
	const SECRET = 'pass"wörd+/ 4711';
	const base64 = (text: string) => Buffer.from(text).toString('base64');

	it.each([
		['as it is', `x${SECRET}y`],
		['in JSON', JSON.stringify({ a: [SECRET] })],
		['in a URL', `https://a.test/?q=${encodeURIComponent(SECRET)}`],
		['in base64', base64(SECRET)],
		['in base64 with one before', base64(`1${SECRET}and more`)],
		['in base64 with two before', base64(`12${SECRET}`)],
		['in base64 of a login', base64(`\0ann\0${SECRET}`)],
		['in base64 for URLs', Buffer.from(`1${SECRET}`).toString('base64url')],
		['as bytes', Buffer.from(SECRET).toString('hex')],
		['as a buffer in JSON', JSON.stringify(Buffer.from(SECRET))],
	])('finds a secret %s', (_form, text) => {
		expect(placesWith([SECRET], [{ name: 'here', text }])).toEqual(['here']);
	});

	it('finds nothing in anything else, and takes no secret that is found by chance', () => {
		const other = [base64(SECRET.toUpperCase()), SECRET.slice(1), 'nothing'];
		expect(
			placesWith(
				[SECRET],
				other.map((text) => ({ name: text, text })),
			),
		).toEqual([]);
		expect(() => placesWith(['short'], [])).toThrow('too short');
	});
});

describe('readMime', () => {
	const MESSAGE = [
		'Subject: folded',
		'\ttwice',
		'Content-Type: multipart/mixed;',
		' boundary="a b"',
		'',
		'preamble',
		'--a b',
		'Content-Type: text/plain; charset=utf-8',
		'Content-Transfer-Encoding: quoted-printable',
		'',
		'Gr=C3=BC=C3=9Fe=',
		', soft break',
		'',
		'--a b',
		'Content-Type: multipart/alternative; boundary=inner',
		'',
		'--inner',
		'Content-Type: application/pdf; name=x.pdf',
		'Content-Transfer-Encoding: base64',
		'',
		'AAEC',
		'/w==',
		'--inner--',
		'--a b--',
		'',
	].join('\r\n');

	it('reads nested parts, folded headers and both encodings', () => {
		const root = readMime(Buffer.from(MESSAGE));
		expect(root.headers['subject']).toBe('folded twice');
		expect(allParts(root).map(({ type }) => type)).toEqual([
			'multipart/mixed',
			'text/plain',
			'multipart/alternative',
			'application/pdf',
		]);
		expect(root.parts[0]?.content.toString()).toBe('Grüße, soft break\r\n');
		expect(allParts(root)[3]?.content).toEqual(Buffer.from([0, 1, 2, 255]));
		expect(allParts(root)[3]?.parameters).toEqual({ name: 'x.pdf' });
	});

	it('refuses a multipart without an end', () => {
		expect(() => readMime(Buffer.from(MESSAGE.replace('--a b--', '')))).toThrow('closing boundary');
	});
});

/** @jest-environment ./test/engine/jestEnvironment.js */
/** Files that are left on the server, over a slow line and a server that wants a pause. The built package, for its thread. */
import { randomBytes } from 'node:crypto';
import { eventually } from '../../servers';
import type { MailError } from '../../../nodes/mail/errors';
import type { Outcome, Run } from '../../../nodes/mail/imap/outcome';
import { outsideJest, WatchRig } from './watchRig';

const SPEED = 40;
/** A piece of a megabyte takes 24 s. */
const PIECE_MS = 600;
const MEGABYTE = 1024 * 1024;

const RAW = [
	'Subject: big',
	'Content-Type: multipart/mixed; boundary=b',
	'',
	'--b',
	'',
	'see the file',
	'--b',
	'Content-Type: application/pdf; name=a.pdf',
	'Content-Transfer-Encoding: base64',
	'',
	randomBytes(7 * MEGABYTE)
		.toString('base64')
		.replace(/.{76}/g, '$&\r\n'),
	'--b--',
	'',
].join('\r\n');

jest.setTimeout(90_000);

describe('files left on the server', () => {
	let rig: WatchRig;
	const failures: string[] = [];
	const { attachmentStream } = outsideJest<typeof import('../../../nodes/mail/message/attachmentContent')>(
		'dist',
		'mail/message/attachmentContent',
	);

	beforeEach(async () => {
		rig = await WatchRig.start('dist', SPEED);
		rig.work = readFiles;
		failures.length = 0;
	});
	afterEach(async () => await rig.stop());

	/** As n8n stores them. */
	async function readFiles({ messages }: Run): Promise<Outcome | null> {
		for (const message of messages) {
			for (const { content, size } of message.mail.attachments) {
				expect(content.kind).toBe('server');
				let read = 0;
				try {
					for await (const piece of attachmentStream(message, content)) read += (piece as Buffer).length;
				} catch (error) {
					failures.push((error as MailError).message);
					return { kind: 'unclear', reason: 'not read' };
				}
				expect(read).toBe(size);
			}
		}
		return null;
	}

	test('a slow line is not given up while it brings a file', async () => {
		rig.servers.imap.faults.onCommand = async ({ text }) => {
			if (text.includes('BODY.PEEK[]<')) await new Promise((resolve) => setTimeout(resolve, PIECE_MS));
			return undefined;
		};
		expect(await rig.watch()).toBeNull();
		await rig.deliver(RAW);
		await eventually(60_000, 'a run', () => rig.ran.length === 1);
		expect(failures).toEqual([]);
		expect(rig.down).toEqual([]);
	});

	test('a pause that is asked for in the middle of a file is kept', async () => {
		let pieces = 0;
		let loginAt = 0;
		let refusedAt = 0;
		rig.servers.imap.faults.onCommand = ({ name, text }) => {
			if (name === 'AUTHENTICATE' && refusedAt > 0) loginAt ||= rig.clock.now();
			if (!text.includes('BODY.PEEK[]<') || ++pieces !== 16) return undefined;
			refusedAt = rig.clock.now();
			return { reply: '%TAG% BAD Request is throttled. Suggested Backoff Time: 300000 milliseconds\r\n' };
		};
		expect(await rig.watch()).toBeNull();
		await rig.deliver(RAW);
		await eventually(60_000, 'a run', () => rig.ran.length === 1);
		expect(failures).toHaveLength(1);
		expect(loginAt - refusedAt).toBeGreaterThan(290_000);
	});

	test('a line that brought mail for minutes and then breaks is no outage', async () => {
		let pieces = 0;
		let resets = 0;
		rig.servers.imap.faults.onCommand = async ({ text }) => {
			if (!text.includes('BODY.PEEK[]<')) return undefined;
			pieces++;
			await new Promise((resolve) => setTimeout(resolve, PIECE_MS));
			const breaks = (pieces === 2 && resets === 0) || (pieces === 19 && resets === 1);
			if (breaks) resets++;
			return breaks ? 'reset' : undefined;
		};
		rig.work = async () => await Promise.resolve(null);
		expect(await rig.watch()).toBeNull();
		await rig.deliver(RAW);
		await rig.deliver(RAW);
		await eventually(60_000, 'two resets', () => resets === 2);
		await rig.pass(20_000);
		expect(rig.down).toEqual([]);
	});
});

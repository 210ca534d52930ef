import { once } from 'node:events';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import nodemailer from 'nodemailer';
import { type EmbeddedServers, HOST, startEmbeddedServers, within } from './index';

const ALICE = { user: 'alice@example.test', password: 'räksmörgås "1" \\' };
const BOB = { user: 'bob@example.test', password: 'secret' };
const LIMIT_MS = 5_000;
/** Every byte value, with line breaks as mail has them. */
const ALL_BYTES = Buffer.concat([
	Buffer.from('Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from Bob\r\nFrom: "Bob, B." <bob@example.test>\r\n\r\n'),
	Buffer.from([...Array(256).keys()].filter((byte) => byte !== 10 && byte !== 13)),
	Buffer.from('\r\n.\r\n..\r\n'),
]);

let servers: EmbeddedServers;
const clients: ImapFlow[] = [];

function client(options: Partial<ImapFlowOptions> = {}, who = ALICE): ImapFlow {
	const made = new ImapFlow({
		host: HOST,
		port: servers.ports.imaps,
		secure: true,
		tls: { ca: servers.ca },
		auth: { user: who.user, pass: who.password },
		logger: false,
		...options,
	});
	made.on('error', () => undefined);
	clients.push(made);
	return made;
}

async function selected(path = 'INBOX', options: Partial<ImapFlowOptions> = {}): Promise<ImapFlow> {
	const made = client(options);
	await made.connect();
	await made.mailboxOpen(path);
	return made;
}

beforeEach(async () => {
	servers = await startEmbeddedServers({ users: [ALICE, BOB] });
});

afterEach(async () => {
	for (const each of clients.splice(0)) each.close();
	await servers.stop();
});

describe('embedded IMAP server', () => {
	it.each([
		['TLS from the first byte', () => ({})],
		['STARTTLS', () => ({ port: servers.ports.imap, secure: false, doSTARTTLS: true })],
		['AUTHENTICATE LOGIN', () => ({ auth: { ...auth(), loginMethod: 'AUTH=LOGIN' } })],
		['LOGIN', () => ({ auth: { ...auth(), loginMethod: 'LOGIN' } })],
	])('logs in: %s', async (_name, options) => {
		const imap = client(options() as Partial<ImapFlowOptions>);
		await imap.connect();
		expect(imap.authenticated).toBe(true);
		await imap.logout();
	});

	it('says NO to a wrong password and refuses a login in clear', async () => {
		await expect(client({ auth: { user: ALICE.user, pass: 'wrong' } }).connect()).rejects.toMatchObject({
			serverResponseCode: 'AUTHENTICATIONFAILED',
		});
		const plain = { port: servers.ports.imap, secure: false, doSTARTTLS: false };
		await expect(client(plain).connect()).rejects.toThrow();
		expect(servers.imap.commands.filter((text) => text.startsWith('LOGIN'))).toEqual([]);
	});

	it('shows UIDVALIDITY, UIDNEXT and flags of a selected mailbox, and NO for one that is not there', async () => {
		await servers.deliver(ALICE.user, ['1', '2', '3']);
		const imap = await selected();
		expect(imap.mailbox).toMatchObject({ exists: 3, uidNext: 4, path: 'INBOX' });
		expect((imap.mailbox as { uidValidity: bigint }).uidValidity).toBe(
			BigInt(servers.mailbox(ALICE.user).uidValidity),
		);
		await expect(imap.mailboxOpen('nowhere')).rejects.toMatchObject({
			mailboxMissing: true,
			responseStatus: 'NO',
		});
	});

	it('announces a delivery to a client in IDLE', async () => {
		const imap = await selected();
		const idle = servers.imap.nextCommand(/^IDLE/);
		const over = imap.idle();
		await idle;
		const announced = once(imap, 'exists');
		await servers.deliver(ALICE.user, 'Subject: x\r\n\r\n');
		const [event] = (await within(LIMIT_MS, 'EXISTS', announced)) as [unknown];
		expect(event).toMatchObject({ path: 'INBOX', count: 1, prevCount: 0 });
		expect(await imap.search({ uid: '1:*' }, { uid: true })).toEqual([1]);
		await over;
	});

	it('gives back the bytes it was given, whole and in windows', async () => {
		await servers.deliver(ALICE.user, ALL_BYTES);
		const imap = await selected();
		const whole = await imap.fetchOne(
			'1',
			{ source: true, size: true, flags: true, internalDate: true },
			{ uid: true },
		);
		if (!whole) throw new Error('no message');
		expect(whole.source?.equals(ALL_BYTES)).toBe(true);
		expect(whole.size).toBe(ALL_BYTES.length);
		expect([...(whole.flags ?? [])]).toEqual([]);
		expect(Math.abs(Date.now() - (whole.internalDate as Date).getTime())).toBeLessThan(60_000);
		const part = await imap.fetchOne('1', { source: { start: 10, maxLength: 300 } }, { uid: true });
		expect(part && part.source?.equals(ALL_BYTES.subarray(10, 310))).toBe(true);
		const { content } = await imap.download('1', undefined, { uid: true, chunkSize: 50 });
		const chunks: Buffer[] = [];
		for await (const chunk of content ?? []) chunks.push(chunk as Buffer);
		expect(Buffer.concat(chunks).equals(ALL_BYTES)).toBe(true);
	});

	it('searches by UID, flag, date, size and subject', async () => {
		const box = servers.mailbox(ALICE.user);
		box.add({
			raw: Buffer.from('Subject: old\r\n\r\nabc'),
			internalDate: new Date('2020-02-03T12:00:00Z'),
			uid: 5,
		});
		box.add({
			raw: ALL_BYTES,
			flags: ['\\Seen', '$Done'],
			internalDate: new Date('2024-05-06T23:00:00Z'),
			uid: 7,
		});
		box.add({ raw: Buffer.from('Subject: new\r\nX-A: b\r\n\r\n'), uid: 4_000_000_000 });
		const imap = await selected();
		const uids = async (query: object): Promise<unknown> => await imap.search(query, { uid: true });
		expect(await uids({ uid: '6:*' })).toEqual([7, 4_000_000_000]);
		expect(await uids({ uid: '4100000000:*' })).toEqual([4_000_000_000]);
		expect(await uids({ seen: false })).toEqual([5, 4_000_000_000]);
		expect(await uids({ keyword: '$Done' })).toEqual([7]);
		expect(await uids({ since: new Date('2024-05-06') })).toEqual([7, 4_000_000_000]);
		expect(await uids({ before: new Date('2024-05-06') })).toEqual([5]);
		expect(await uids({ subject: 'grüße' })).toEqual([7]);
		expect(await uids({ header: { 'x-a': 'B' } })).toEqual([4_000_000_000]);
		expect(await uids({ or: [{ larger: 200 }, { body: 'abc' }] })).toEqual([5, 7]);
		expect(await uids({ not: { from: 'bob' } })).toEqual([5, 4_000_000_000]);
	});

	it('stores flags and keywords and tells other sessions', async () => {
		await servers.deliver(ALICE.user, ['1', '2']);
		const [one, other] = [await selected(), await selected()];
		const idle = servers.imap.nextCommand(/^IDLE/);
		const over = other.idle();
		await idle;
		const told = once(other, 'flags');
		expect(await one.messageFlagsAdd('2', ['\\Seen', '$Done'], { uid: true })).toBe(true);
		const [event] = (await within(LIMIT_MS, 'FLAGS', told)) as [{ seq: number; flags: Set<string> }];
		expect([event.seq, [...event.flags]]).toEqual([2, ['\\Seen', '$Done']]);
		expect(await one.messageFlagsRemove('2', ['\\seen'], { uid: true })).toBe(true);
		expect(servers.messages(ALICE.user).map(({ flags }) => flags)).toEqual([[], ['$Done']]);
		one.close();
		await other.noop();
		await over;
	});

	it('appends, copies, moves and deletes, and says the new UIDs', async () => {
		servers.createMailbox(ALICE.user, 'Kunden/Größe & Co');
		const imap = await selected();
		const date = new Date('2021-03-04T05:06:07Z');
		expect(await imap.append('INBOX', ALL_BYTES, ['\\Seen', 'Custom'], date)).toMatchObject({ uid: 1 });
		expect(servers.messages(ALICE.user)).toEqual([
			{ uid: 1, flags: ['\\Seen', 'Custom'], raw: ALL_BYTES, receivedAt: date },
		]);
		const copied = await imap.messageCopy('1', 'Archive', { uid: true });
		expect(copied && copied.uidMap).toEqual(new Map([[1, 1]]));
		const moved = await imap.messageMove('1', 'Kunden/Größe & Co', { uid: true });
		expect(moved && moved.uidMap).toEqual(new Map([[1, 1]]));
		expect(servers.messages(ALICE.user)).toEqual([]);
		expect(servers.messages(ALICE.user, 'Kunden/Größe & Co')).toHaveLength(1);
		expect(await imap.messageMove('1', 'nowhere', { uid: true })).toBe(false);
		await imap.mailboxOpen('Archive');
		expect(await imap.messageDelete('1', { uid: true })).toBe(true);
		expect(servers.messages(ALICE.user, 'Archive')).toEqual([]);
	});

	it('lists, creates, renames and deletes mailboxes; special ones have their role', async () => {
		const imap = client();
		await imap.connect();
		await imap.mailboxCreate('Grün/unten');
		await imap.mailboxRename('Grün/unten', 'Rot & Blau');
		const listed = await imap.list({ statusQuery: { messages: true, uidNext: true, unseen: true } });
		expect(listed.map(({ path, specialUse }) => [path, specialUse])).toEqual(
			expect.arrayContaining([
				['INBOX', '\\Inbox'],
				['Sent', '\\Sent'],
				['Rot & Blau', undefined],
			]),
		);
		expect(listed[0]?.status).toMatchObject({ messages: 0, uidNext: 1, unseen: 0 });
		await imap.mailboxDelete('Rot & Blau');
		expect((await imap.list()).map(({ path }) => path)).not.toContain('Rot & Blau');
	});

	it('describes the parts of a message', async () => {
		const mail = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
		const { message } = await mail.sendMail({
			from: 'Älice <alice@example.test>',
			to: ['bob@example.test', 'Carol <carol@example.test>'],
			subject: 'Grüße',
			text: 'text',
			html: '<b>html</b>',
			attachments: [
				{ filename: 'a.bin', content: Buffer.from([1, 2, 3]) },
				{ filename: 'm.eml', content: 'Subject: inner\r\n\r\nbody', contentType: 'message/rfc822' },
			],
		} as object);
		await servers.deliver(ALICE.user, message as Buffer);
		const imap = await selected();
		const row = await imap.fetchOne('1', {
			envelope: true,
			bodyStructure: true,
			bodyParts: ['1.2', '2'],
			headers: ['subject'],
		});
		if (!row) throw new Error('no message');
		expect(row.envelope).toMatchObject({
			subject: 'Grüße',
			from: [{ name: 'Älice', address: 'alice@example.test' }],
			to: [{ address: 'bob@example.test' }, { name: 'Carol', address: 'carol@example.test' }],
		});
		const types = row.bodyStructure?.childNodes?.map((node) => [node.part, node.type, node.disposition]);
		expect(row.bodyStructure?.type).toBe('multipart/mixed');
		expect(types).toEqual([
			['1', 'multipart/alternative', undefined],
			['2', 'application/octet-stream', 'attachment'],
			['3', 'message/rfc822', 'inline'],
		]);
		expect(row.bodyParts?.get('1.2')?.toString()).toBe('<b>html</b>');
		expect(Buffer.from(row.bodyParts?.get('2')?.toString() ?? '', 'base64')).toEqual(Buffer.from([1, 2, 3]));
		expect(row.headers?.toString()).toBe('Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n');
	});
});

describe('faults of the embedded IMAP server', () => {
	it('gives a scripted answer, holds responses back and lies about their number', async () => {
		await servers.deliver(ALICE.user, ['1', '2']);
		servers.imap.faults.existsOffset = 5;
		servers.imap.faults.onResponse = (response) =>
			/^\* \d+ FETCH \(.*UID 2 /.test(response.toString()) ? null : response;
		const imap = await selected();
		expect((imap.mailbox as { exists: number }).exists).toBe(7);
		const rows = await imap.fetchAll('1:*', { uid: true, flags: true }, { uid: true });
		expect(rows.map(({ uid }) => uid)).toEqual([1]);
		servers.imap.faults.onCommand = ({ name }) =>
			name === 'UID SEARCH' ? { reply: '%TAG% NO [UNAVAILABLE] later\r\n' } : undefined;
		expect(await imap.search({ uid: '1:*' }, { uid: true })).toBe(false);
	});

	it.each(['reset', 'close'] as const)('ends a connection in the middle of a command: %s', async (how) => {
		const imap = await selected();
		servers.imap.faults.onCommand = ({ name }) => (name === 'UID FETCH' ? how : undefined);
		const closed = closing(imap);
		await expect(imap.fetchAll('1:*', { uid: true }, { uid: true })).rejects.toMatchObject({
			code: 'NoConnection',
		});
		await within(LIMIT_MS, 'close', closed);
	});

	it('resets a connection after a number of bytes', async () => {
		servers.imap.faults.resetAfterBytes = 40;
		await expect(within(LIMIT_MS, 'end of connect', client().connect())).rejects.not.toThrow('not within');
		servers.imap.faults.resetAfterBytes = undefined;
		await client().connect();
	});

	it('refuses IDLE, or accepts it and keeps quiet', async () => {
		const imap = await selected();
		servers.imap.faults.silentIdle = true;
		const lastCommandAtExists: unknown[] = [];
		servers.imap.faults.onResponse = (response) => {
			if (/^\* \d+ EXISTS/.test(response.toString())) {
				lastCommandAtExists.push(servers.imap.commands[servers.imap.commands.length - 1]);
			}
			return response;
		};
		const idle = servers.imap.nextCommand(/^IDLE/);
		const over = imap.idle();
		await idle;
		await servers.deliver(ALICE.user, 'x');
		await Promise.all([imap.noop(), over]);
		expect(lastCommandAtExists).toEqual(['DONE']);
		servers.imap.faults.refuseIdle = true;
		const refused = await imap.idle().then(
			(result: unknown) => result,
			() => false,
		);
		expect(refused).toBe(false);
	});

	it('goes silent, and refuses connections until it is opened again', async () => {
		const imap = await selected('INBOX', { socketTimeout: 300 });
		const closed = closing(imap);
		servers.imap.goSilent();
		const answer = imap.status('INBOX', { messages: true });
		await within(LIMIT_MS, 'close', closed);
		expect(await answer).toBe(false);
		await servers.imap.refuse();
		await expect(client().connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
		await servers.imap.open();
		await client().connect();
		expect(servers.imap.connectionCount).toBe(1);
	});

	it('says BYE to those who look at a mailbox that is rebuilt', async () => {
		await servers.deliver(ALICE.user, '1');
		const imap = await selected();
		const idle = servers.imap.nextCommand(/^IDLE/);
		void imap.idle().catch(() => undefined);
		await idle;
		const closed = closing(imap);
		servers.mailbox(ALICE.user).resetUidValidity(77);
		await within(LIMIT_MS, 'close', closed);
		const again = await selected();
		expect(again.mailbox).toMatchObject({ uidValidity: 77n, exists: 1 });
	});
});

describe('embedded SMTP server', () => {
	const transport = (options: object = {}): ReturnType<typeof nodemailer.createTransport> =>
		nodemailer.createTransport({
			host: HOST,
			port: servers.ports.smtps,
			secure: true,
			tls: { ca: servers.ca },
			auth: { user: BOB.user, pass: BOB.password },
			...options,
		} as object);

	it.each([
		['TLS from the first byte', () => ({})],
		['STARTTLS', () => ({ port: servers.ports.smtp, secure: false, requireTLS: true })],
	])('accepts mail and shows it in the INBOX: %s', async (_name, options) => {
		const imap = await selected();
		const idle = servers.imap.nextCommand(/^IDLE/);
		void imap.idle();
		await idle;
		const announced = once(imap, 'exists');
		const envelope = { from: BOB.user, to: [ALICE.user, 'nobody@example.test'] };
		const info = await transport(options()).sendMail({ envelope, raw: ALL_BYTES });
		await within(LIMIT_MS, 'EXISTS', announced);
		expect(info).toMatchObject({ accepted: [ALICE.user], rejected: ['nobody@example.test'] });
		expect(servers.accepted).toMatchObject([{ user: BOB.user, from: BOB.user, recipients: [ALICE.user] }]);
		expect(info.response).toContain(servers.accepted[0]?.queueId);
		expect(servers.messages(ALICE.user)[0]?.raw.toString('latin1')).toBe(ALL_BYTES.toString('latin1'));
	});

	it('refuses a wrong password, mail without a login, and what a test wants refused', async () => {
		const mail = { from: BOB.user, to: ALICE.user, text: 'x' };
		const wrong = transport({ auth: { user: BOB.user, pass: 'wrong' } });
		await expect(wrong.sendMail(mail)).rejects.toMatchObject({ code: 'EAUTH', responseCode: 535 });
		await expect(transport({ auth: undefined }).sendMail(mail)).rejects.toMatchObject({ responseCode: 530 });
		servers.smtpFaults.onRecipient = () => '450 4.2.0 greylisted';
		await expect(transport().sendMail(mail)).rejects.toMatchObject({ responseCode: 450 });
		servers.smtpFaults.onRecipient = undefined;
		servers.smtpFaults.onMessage = () => '554 5.7.1 no';
		await expect(transport().sendMail(mail)).rejects.toMatchObject({ responseCode: 554 });
		expect(servers.accepted).toEqual([]);
	});
});

/** Unlike `once` of node:events this does not fail when an error comes first. */
async function closing(imap: ImapFlow): Promise<void> {
	await new Promise<void>((resolve) => imap.once('close', () => resolve()));
}

function auth(): { user: string; pass: string } {
	return { user: ALICE.user, pass: ALICE.password };
}

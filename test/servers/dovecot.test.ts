import { once } from 'node:events';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import {
	accepts,
	describeWith,
	type Dovecot,
	eventually,
	HOST,
	startDovecot,
	testCertificates,
	within,
} from './index';

const ALICE = { user: 'alice@example.test', password: 'pä:ss word' };
const BOB = { user: 'bob@example.test', password: 'secret' };
const LIMIT_MS = 10_000;

const clients: ImapFlow[] = [];

function client(dovecot: Dovecot, options: Partial<ImapFlowOptions> = {}, who = ALICE): ImapFlow {
	const made = new ImapFlow({
		host: HOST,
		port: dovecot.ports.imaps,
		secure: true,
		tls: { ca: dovecot.ca },
		auth: { user: who.user, pass: who.password },
		logger: false,
		...options,
	});
	made.on('error', () => undefined);
	clients.push(made);
	return made;
}

async function closing(imap: ImapFlow): Promise<void> {
	await new Promise<void>((resolve) => imap.once('close', () => resolve()));
}

afterEach(() => {
	for (const each of clients.splice(0)) each.close();
});

describeWith(['dovecot'], 'Dovecot', () => {
	let dovecot: Dovecot;

	beforeAll(async () => {
		dovecot = await startDovecot({ users: [ALICE, BOB] });
	});
	afterAll(async () => await dovecot.stop());

	it.each([
		['TLS from the first byte', () => ({})],
		['STARTTLS', () => ({ port: dovecot.ports.imap, secure: false, doSTARTTLS: true })],
	])('logs in and shows the special mailboxes: %s', async (_name, options) => {
		const imap = client(dovecot, options());
		await imap.connect();
		const roles = (await imap.list()).map(({ specialUse }) => specialUse);
		expect(roles.sort()).toEqual(['\\Archive', '\\Drafts', '\\Inbox', '\\Junk', '\\Sent', '\\Trash']);
	});

	it('wakes a client in IDLE when mail is delivered, and shows it byte for byte', async () => {
		const imap = client(dovecot);
		await imap.connect();
		await imap.mailboxOpen('INBOX');
		const announced = once(imap, 'exists');
		const over = imap.idle();
		const body = Buffer.from('Subject: x\r\n\r\n.dot\r\n..\r\n\xe4\xff\f\r\n', 'latin1');
		await dovecot.deliver(ALICE.user, [body, 'Subject: second\r\n\r\n2\r\n']);
		await within(LIMIT_MS, 'EXISTS', announced);
		const [first, second] = await dovecot.fetchAll(ALICE.user);
		expect(first?.raw.subarray(-body.length).equals(body)).toBe(true);
		expect(second?.raw.toString()).toMatch(/^Return-Path: [^]*\r\nSubject: second\r\n\r\n2\r\n$/);
		expect([first?.uid, second?.uid]).toEqual([1, 2]);
		const seen = await imap.fetchOne('1', { source: true }, { uid: true });
		expect(seen && seen.source?.equals(first?.raw as Buffer)).toBe(true);
		await imap.messageFlagsAdd('2', ['\\Seen', '$Done'], { uid: true });
		await over;
		expect((await dovecot.fetchAll(ALICE.user))[1]?.flags).toEqual(
			expect.arrayContaining(['\\Seen', '$Done']),
		);
	});

	it('refuses a wrong password until it is the right one, and unknown recipients', async () => {
		await dovecot.setPassword(BOB.user, 'changed');
		await expect(client(dovecot, {}, BOB).connect()).rejects.toMatchObject({
			serverResponseCode: 'AUTHENTICATIONFAILED',
		});
		await dovecot.setPassword(BOB.user, BOB.password);
		await client(dovecot, {}, BOB).connect();
		await expect(dovecot.deliver('nobody@example.test', 'x')).rejects.toThrow(/550 5\.1\.1/);
		expect(await dovecot.fetchAll(BOB.user)).toEqual([]);
	});

	it('lets doveadm act on it', async () => {
		const imap = client(dovecot, {}, BOB);
		await imap.connect();
		const closed = closing(imap);
		await dovecot.doveadm(['kick', BOB.user]);
		await within(LIMIT_MS, 'end of the kicked connection', closed);
		await dovecot.doveadm(['mailbox', 'create', '-u', BOB.user, 'Kunden']);
		const listed = await dovecot.doveadm(['mailbox', 'list', '-u', BOB.user]);
		expect(listed.toString().split('\n')).toContain('Kunden');
		await expect(dovecot.doveadm(['mailbox', 'status', '-u', BOB.user, 'all', 'Nowhere'])).rejects.toThrow();
	});

	it.each(['restart', 'kill'] as const)('keeps ports and mail over a %s', async (how) => {
		await dovecot.deliver(BOB.user, `Subject: before ${how}\r\n\r\n`);
		const imap = client(dovecot, {}, BOB);
		await imap.connect();
		const closed = closing(imap);
		if (how === 'restart') {
			await dovecot.restart();
		} else {
			await dovecot.kill();
			expect(await accepts(dovecot.ports.imap)).toBe(false);
			await dovecot.start();
		}
		await within(LIMIT_MS, 'end of the connection', closed);
		await client(dovecot, {}, BOB).connect();
		const subjects = (await dovecot.fetchAll(BOB.user)).map(({ raw }) => raw.toString());
		expect(subjects[subjects.length - 1]).toContain(`Subject: before ${how}`);
	});
});

describeWith(['dovecot'], 'Dovecot with other settings', () => {
	it('runs beside another one, with its own limits, capabilities and certificate', async () => {
		const { expired } = await testCertificates();
		const [plain, special] = await Promise.all([
			startDovecot({ users: [ALICE] }),
			startDovecot({
				users: [ALICE],
				certificate: expired,
				mechanisms: ['plain', 'cram-md5'],
				settings: { mail_max_userip_connections: 1, imap_capability: 'IMAP4rev1 UIDPLUS SASL-IR' },
			}),
		]);
		try {
			await client(plain).connect();
			await expect(client(special).connect()).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
			const trusting = { tls: { rejectUnauthorized: false } };
			const first = client(special, trusting);
			await first.connect();
			expect([...first.capabilities.keys()]).not.toContain('IDLE');
			await expect(client(special, trusting).connect()).rejects.toMatchObject({
				serverResponseCode: 'LIMIT',
			});
			await eventually(LIMIT_MS, 'log', () => special.log().includes('mail_max_userip_connections'));
		} finally {
			await Promise.all([plain.stop(), special.stop()]);
		}
		expect(await accepts(plain.ports.imap)).toBe(false);
	});

	it('says what it does not like about its configuration', async () => {
		await expect(startDovecot({ users: [ALICE], extraConfig: 'no_such_setting = 1' })).rejects.toThrow(
			/no_such_setting/,
		);
	});
});

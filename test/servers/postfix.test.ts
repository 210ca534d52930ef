import net from 'node:net';
import nodemailer from 'nodemailer';
import { describeWith, type Dovecot, HOST, type Postfix, startDovecot, startPostfix } from './index';

const ALICE = { user: 'alice@example.test', password: 'pä ss' };
const BOB = { user: 'bob@example.test', password: 'secret' };
const SIZE_LIMIT_BYTES = 100_000;
const START_LIMIT_MS = 20_000;

describeWith(['postfix', 'dovecot'], 'Postfix before Dovecot', () => {
	let dovecot: Dovecot;
	let postfix: Postfix;

	beforeAll(async () => {
		dovecot = await startDovecot({ users: [ALICE, BOB] });
		postfix = await startPostfix({
			deliverTo: dovecot,
			messageSizeLimit: SIZE_LIMIT_BYTES,
			recipientRestrictions: [
				'check_recipient_access inline:{{grey@example.test = 450 4.2.0 greylisted}}',
				'permit',
			],
		});
	}, START_LIMIT_MS);

	afterAll(async () => {
		await postfix?.stop();
		await dovecot?.stop();
	}, START_LIMIT_MS);

	function transport(port: number, options: object = {}): ReturnType<typeof nodemailer.createTransport> {
		return nodemailer.createTransport({ host: HOST, port, tls: { ca: postfix.ca }, ...options } as object);
	}

	const login = { auth: { user: ALICE.user, pass: ALICE.password } };

	it.each([
		['plain, without a login', 'smtp', { ignoreTLS: true }],
		['STARTTLS, without a login', 'smtp', { requireTLS: true }],
		['STARTTLS and a login', 'submission', { requireTLS: true, ...login }],
		['TLS and a login', 'smtps', { secure: true, ...login }],
	] as const)('brings mail into the mailbox: %s', async (name, port, options) => {
		const before = (await dovecot.fetchAll(BOB.user)).length;
		const envelope = { from: ALICE.user, to: BOB.user };
		const raw = `Subject: ${name}\r\nMessage-ID: <${port}@example.test>\r\n\r\n.dot\r\nÄ\r\n`;
		const info = await transport(postfix.ports[port], options).sendMail({ envelope, raw });
		const queueId = /queued as (\S+)/.exec(info.response)?.[1];
		await postfix.queueEmpty();
		const mails = await dovecot.fetchAll(BOB.user);
		expect(mails).toHaveLength(before + 1);
		expect(mails[before]?.raw.toString()).toMatch(new RegExp(`Subject: ${name}[^]*\r\n\r\n\\.dot\r\nÄ\r\n$`));
		expect(postfix.log()).toContain(`${queueId}: removed`);
	});

	it('wants a login before it relays, and TLS before a login', async () => {
		const mail = { envelope: { from: ALICE.user, to: 'someone@elsewhere.example' }, raw: 'x' };
		await expect(transport(postfix.ports.smtp).sendMail(mail)).rejects.toMatchObject({ responseCode: 554 });
		await expect(
			transport(postfix.ports.submission, { ignoreTLS: true }).sendMail(mail),
		).rejects.toMatchObject({
			responseCode: 530,
		});
		const wrong = { secure: true, auth: { user: ALICE.user, pass: 'wrong' } };
		await expect(transport(postfix.ports.smtps, wrong).sendMail(mail)).rejects.toMatchObject({
			code: 'EAUTH',
		});
	});

	it('refuses unknown recipients, greylisted ones, and messages that are too big', async () => {
		const send = async (to: string, raw = 'x'): Promise<unknown> =>
			await transport(postfix.ports.smtp).sendMail({ envelope: { from: ALICE.user, to }, raw });
		await expect(send('nobody@example.test')).rejects.toMatchObject({ responseCode: 550 });
		await expect(send('grey@example.test')).rejects.toMatchObject({ responseCode: 450 });
		await expect(send(BOB.user, 'x'.repeat(SIZE_LIMIT_BYTES + 1))).rejects.toThrow(/552 5\.3\.4/);
	});

	it('takes a message whose lines end in LF for one message (no SMTP smuggling)', async () => {
		const before = (await dovecot.fetchAll(BOB.user)).length;
		const commands = [
			'EHLO localhost\r\n',
			`MAIL FROM:<${ALICE.user}>\r\n`,
			`RCPT TO:<${BOB.user}>\r\n`,
			'DATA\r\n',
		];
		const smuggled = `MAIL FROM:<evil@example.test>\r\nRCPT TO:<${BOB.user}>\r\nDATA\r\nSubject: two\r\n\r\n`;
		const reply = await talk(postfix.ports.smtp, [...commands, `Subject: one\r\n\r\nx\n.\n${smuggled}.\r\n`]);
		expect(reply).toMatch(/^250 /);
		await postfix.queueEmpty();
		const mails = (await dovecot.fetchAll(BOB.user)).slice(before);
		expect(mails.map(({ raw }) => /^Subject: .*$/m.exec(raw.toString())?.[0])).toEqual(['Subject: one']);
		expect(mails[0]?.raw.toString()).toContain('evil@example.test');
	});

	it('keeps mail in its queue while Dovecot is down, and delivers it afterwards', async () => {
		const before = (await dovecot.fetchAll(BOB.user)).length;
		await dovecot.halt();
		await transport(postfix.ports.smtp).sendMail({ from: ALICE.user, to: BOB.user, text: 'wait' });
		const [queued] = await postfix.queue();
		expect(queued).toMatchObject({ sender: ALICE.user, recipients: [{ address: BOB.user }] });
		await postfix.halt();
		await postfix.start();
		await dovecot.start();
		await postfix.queueEmpty();
		expect(await dovecot.fetchAll(BOB.user)).toHaveLength(before + 1);
	}, 30_000);
});

/** Sends each command when the one before was answered. @returns the last reply */
async function talk(port: number, commands: string[]): Promise<string> {
	const socket = net.connect(port, HOST);
	const reply = async (): Promise<string> =>
		await new Promise((resolve, reject) => {
			let text = '';
			const read = (chunk: Buffer): void => {
				text += chunk.toString();
				if (!/^\d{3} .*\r\n$/m.test(text)) return;
				socket.off('data', read);
				resolve(text);
			};
			socket.on('data', read);
			socket.once('error', reject);
			socket.once('close', () => resolve(text));
		});
	let last = await reply();
	for (const command of commands) {
		const next = reply();
		socket.write(command);
		last = await next;
	}
	socket.destroy();
	return last;
}

import net from 'node:net';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import nodemailer from 'nodemailer';
import { HOST, type ScriptedOptions, type ScriptedServer, startScriptedServer, within } from './index';

const LIMIT_MS = 5_000;
const AUTH = { user: 'alice@example.test', pass: 'open sesame' };

const servers: ScriptedServer[] = [];

async function start(options: ScriptedOptions): Promise<ScriptedServer> {
	const server = await startScriptedServer(options);
	servers.push(server);
	return server;
}

function client(server: ScriptedServer, options: Partial<ImapFlowOptions> = {}): ImapFlow {
	const imap = new ImapFlow({
		host: HOST,
		port: server.port,
		secure: false,
		doSTARTTLS: true,
		tls: { ca: server.ca },
		auth: AUTH,
		logger: false,
		...options,
	});
	imap.on('error', () => undefined);
	return imap;
}

afterEach(async () => {
	await Promise.all(servers.splice(0).map(async (server) => await server.stop()));
});

const IMAP_SCRIPT: ScriptedOptions['script'] = [
	[/STARTTLS$/, { send: '%TAG% OK go\r\n', then: 'starttls' }],
	[/CAPABILITY$/, '* CAPABILITY IMAP4rev1 STARTTLS\r\n%TAG% OK done\r\n'],
	[/LOGIN/, '%TAG% NO [UNAVAILABLE] come back later\r\n'],
	[/LOGOUT$/, { send: '* BYE\r\n%TAG% OK done\r\n', then: 'close' }],
];

describe('scripted IMAP server', () => {
	it('speaks STARTTLS, and knows which bytes were readable on the way', async () => {
		const server = await start({ greeting: '* OK hello\r\n', script: IMAP_SCRIPT });
		await expect(client(server).connect()).rejects.toMatchObject({ serverResponseCode: 'UNAVAILABLE' });
		const [connection] = server.connections;
		expect(connection?.secure).toBe(true);
		expect(connection?.receivedInClear.toString()).toMatch(/^\S+ CAPABILITY\r\n\S+ STARTTLS\r\n/);
		expect(connection?.receivedInClear.toString('latin1')).not.toContain(AUTH.pass);
		expect(connection?.received.toString('latin1')).toContain(`LOGIN "${AUTH.user}" "${AUTH.pass}"`);
		expect(server.unexpected).toEqual([]);
	});

	it('shows that nothing secret was sent when STARTTLS is missing', async () => {
		const server = await start({
			greeting: '* OK hello\r\n',
			script: [
				[/CAPABILITY$/, '* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n%TAG% OK done\r\n'],
				...(IMAP_SCRIPT as []),
			].filter((row) => !String((row as unknown[])[0]).includes('STARTTLS')) as ScriptedOptions['script'],
		});
		await expect(client(server).connect()).rejects.toMatchObject({ tlsFailed: true });
		for (const secret of [
			AUTH.pass,
			Buffer.from(AUTH.pass).toString('base64'),
			Buffer.from(`\0${AUTH.user}\0${AUTH.pass}`).toString('base64'),
		]) {
			expect(server.transcript).not.toContain(secret);
		}
		expect(server.transcript).not.toMatch(/LOGIN|AUTHENTICATE/);
	});

	it('injects bytes after the answer to STARTTLS in one segment', async () => {
		const server = await start({
			greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n',
			script: [
				[/STARTTLS$/, { send: '%TAG% OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n', then: 'starttls' }],
			],
		});
		await expect(client(server).connect()).rejects.toMatchObject({ code: 'STARTTLS_INJECTION' });
	});

	it('speaks TLS from the first byte, reads literals, and asks a function', async () => {
		const server = await start({
			tls: true,
			greeting: '* OK hello\r\n',
			script: (line) =>
				/^\S+ APPEND/.test(line) ? { send: '%TAG% OK\r\n', then: 'reset' } : '%TAG% OK done\r\n',
		});
		const imap = client(server, { secure: true, doSTARTTLS: false } as Partial<ImapFlowOptions>);
		await imap.connect();
		const closed = new Promise((resolve) => imap.once('close', resolve));
		await imap.append('INBOX', 'Subject: x\r\n\r\nbody').catch(() => undefined);
		await within(LIMIT_MS, 'reset', closed);
		expect(await server.line(/APPEND/)).toContain('Subject: x\r\n\r\nbody');
	});

	it('drips its greeting, and goes silent', async () => {
		const server = await start({
			greeting: { send: '* OK hello\r\n', dripMs: 2 },
			script: [[/.*/, { then: 'silent' }]],
		});
		const socket = net.connect(server.port, HOST);
		let pieces = 0;
		let text = '';
		await within(
			LIMIT_MS,
			'greeting',
			new Promise<void>((resolve) => {
				socket.on('data', (chunk: Buffer) => {
					pieces++;
					text += chunk.toString();
					if (text.endsWith('\n')) resolve();
				});
			}),
		);
		expect(pieces).toBeGreaterThan(3);
		socket.write('A1 NOOP\r\nA2 NOOP\r\n');
		await server.line(/^A1/);
		expect(text).toBe('* OK hello\r\n');
		socket.destroy();
	});
});

describe('scripted SMTP server', () => {
	const SMTP_SCRIPT: ScriptedOptions['script'] = [
		[/^EHLO/, '250-scripted\r\n250 8BITMIME\r\n'],
		[/^STARTTLS/, '502 5.5.1 not here\r\n'],
		[/^MAIL FROM/, '250 ok\r\n'],
		[/^RCPT TO:<good/, '250 ok\r\n'],
		[/^RCPT TO/, '550 5.1.1 no such user\r\n'],
		[/^DATA$/, { send: '354 go on\r\n', then: 'data' }],
		[/^\.$/, { then: 'reset' }],
	];
	const mail = {
		envelope: { from: 'a@example.test', to: ['good@example.test', 'bad@example.test'] },
		raw: 'Subject: x\n\n.dot\n',
	};

	it('takes a message and resets the connection after its final dot', async () => {
		const server = await start({ greeting: '220 hello\r\n', script: SMTP_SCRIPT });
		const transport = nodemailer.createTransport({ host: HOST, port: server.port, ignoreTLS: true });
		await expect(transport.sendMail(mail)).rejects.toMatchObject({ code: 'ESOCKET' });
		expect(server.connections[0]?.messages.map(String)).toEqual(['Subject: x\r\n\r\n..dot\r\n']);
		expect(server.unexpected).toEqual([]);
	});

	it('records a client that insists on STARTTLS and gets none', async () => {
		const server = await start({ greeting: '220 hello\r\n', script: SMTP_SCRIPT });
		const transport = nodemailer.createTransport({
			host: HOST,
			port: server.port,
			requireTLS: true,
			auth: AUTH,
		});
		await expect(transport.sendMail(mail)).rejects.toThrow();
		expect(server.transcript).not.toMatch(/AUTH/);
		expect(server.transcript).not.toContain(Buffer.from(AUTH.pass).toString('base64'));
	});
});

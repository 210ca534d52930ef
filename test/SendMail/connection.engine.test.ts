/** @jest-environment ./test/engine/jestEnvironment.js */
import type { IDataObject } from 'n8n-workflow';
import { startFakeSmtp, type FakeSmtp, type FakeSmtpOptions } from '../mail/smtp/fakeSmtp';
import { freePorts, HOST } from '../servers';
import { account, PASSWORD, Senders } from './senders';

let senders: Senders;
const servers: FakeSmtp[] = [];

beforeAll(async () => (senders = await Senders.start()), 60_000);
afterAll(async () => {
	await senders.stop();
	await Promise.all(servers.map(async (server) => await server.stop()));
});

async function start(options: FakeSmtpOptions = {}): Promise<FakeSmtp> {
	const server = await startFakeSmtp(options);
	servers.push(server);
	return server;
}

const ONCE = { deliveryOptions: { attempts: 1 } };

/** Runs once, and gives what a person reads. */
async function failure(accountData: IDataObject): Promise<{ message: string; description: string }> {
	const { error, run } = await senders.send(accountData, ONCE);
	expect(run.status).toBe('error');
	const { message = '', description = '' } = error ?? {};
	expect(message).toMatch(/^[A-Z0-9].*\.$/s);
	expect(description).toMatch(/[A-Z].*\./s);
	expect(JSON.stringify(run)).not.toContain(PASSWORD);
	return { message, description: description ?? '' };
}

test('a host that does not exist', async () => {
	const { message, description } = await failure({ smtpHost: 'nowhere.invalid', smtpSecurity: 'tls' });
	expect(message).toContain('nowhere.invalid');
	expect(description).toMatch(/spelling|host/i);
});

test('a port where nothing listens', async () => {
	const [port = 0] = await freePorts(1);
	const { message, description } = await failure({ smtpPort: port });
	expect(message).toContain(`${HOST}:${port}`);
	expect(description).toMatch(/port/i);
});

test('a wrong password', async () => {
	const server = await start({
		answer: (stage) => (stage === 'AUTH' ? '535 5.7.8 Authentication failed' : undefined),
	});
	const { message, description } = await failure({ smtpPort: server.port });
	expect(message).toMatch(/password/i);
	expect(description).toContain('The server said: 535 5.7.8 Authentication failed');
});

test('a certificate that nobody has signed', async () => {
	const server = await start({ security: 'tls' });
	const { message, description } = await failure({
		smtpPort: server.port,
		smtpSecurity: 'tls',
		ignoreSslIssues: false,
	});
	expect(message).toMatch(/certificate/i);
	expect(description).not.toBe('');
	expect(server.received).not.toContain('AUTH');
});

test('TLS where the server starts plain', async () => {
	const server = await start();
	const { message, description } = await failure({ smtpPort: server.port, smtpSecurity: 'tls' });
	expect(`${message} ${description}`).toMatch(/STARTTLS|unencrypted|TLS/);
});

test('STARTTLS where the server does not offer it: no byte of the password', async () => {
	const server = await start({
		answer: (stage) => (stage === 'STARTTLS' ? '502 5.5.1 Command not implemented' : undefined),
	});
	const { message, description } = await failure({ smtpPort: server.port, smtpSecurity: 'starttls' });
	expect(`${message} ${description}`).toMatch(/STARTTLS/);
	expect(server.received).not.toMatch(/AUTH|MAIL/);
});

test('no encryption with a password to a host of the internet: nothing is sent', async () => {
	const { message, description } = await failure({ smtpHost: 'smtp.example.com', smtpSecurity: 'none' });
	expect(message).toContain('unencrypted');
	expect(description).toContain('TLS or STARTTLS');
});

test('with STARTTLS and with TLS nothing is readable on the way', async () => {
	for (const security of ['starttls', 'tls'] as const) {
		const server = await start({ security });
		const { items } = await senders.send({ smtpPort: server.port, smtpSecurity: security }, ONCE);
		expect(items[0]?.json['outcome']).toBe('accepted');
		expect(server.received).toContain('AUTH PLAIN');
		expect(server.receivedInClear).not.toMatch(/AUTH PLAIN A|MAIL FROM|Hello/);
	}
});

test('what an attacker puts behind the answer to STARTTLS is not believed', async () => {
	const server = await start({
		security: 'starttls',
		answer: (stage) => (stage === 'STARTTLS' ? '220 2.0.0 Ready\r\n250-evil\r\n250 AUTH PLAIN' : undefined),
	});
	const { items, error } = await senders.send({ smtpPort: server.port, smtpSecurity: 'starttls' }, ONCE);
	expect(items[0]?.json['outcome'] ?? error?.message).toBeDefined();
	expect(server.receivedInClear).not.toMatch(/AUTH|MAIL/);
}, 70_000);

test('an account without SMTP', async () => {
	const { message, description } = await failure({ smtpHost: '', imapHost: 'imap.example.com' });
	expect(message).toContain('no SMTP server');
	expect(description).toContain('credential');
});

test('n8n’s own SMTP credential', async () => {
	const server = await start({ security: 'starttls' });
	const credential = await senders.engine.addCredential('smtp', 'n8n SMTP', {
		...account({}),
		host: HOST,
		port: server.port,
		secure: false,
	});
	const { error } = await senders.send({}, { authentication: 'smtp', ...ONCE }, undefined, {
		credentials: { smtp: credential },
	});
	// It cannot switch off verification, and the certificate of the test is signed by nobody.
	expect(error?.message).toMatch(/certificate/i);
	expect(server.receivedInClear).not.toContain('AUTH');
});

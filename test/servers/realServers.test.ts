import { ImapFlow } from 'imapflow';
import { describeAtRealServers, type PlainImapServer, READER } from './index';

const START_LIMIT_MS = 60_000;
const ROUNDS = 10;
const ROUNDS_LIMIT_MS = 300_000;

describeAtRealServers('a server of our own', ({ start, lacks }) => {
	let server: PlainImapServer;

	beforeAll(async () => {
		server = await start();
	}, START_LIMIT_MS);

	afterAll(async () => await server?.stop(), START_LIMIT_MS);

	async function withClient<T>(work: (client: ImapFlow) => Promise<T>, pass = READER.password): Promise<T> {
		const client = new ImapFlow({
			...{ host: server.host, port: server.port, secure: false, doSTARTTLS: false, logger: false },
			auth: { user: READER.user, pass },
		});
		client.on('error', () => undefined);
		try {
			await client.connect();
			return await work(client);
		} finally {
			client.close();
		}
	}

	async function subjects(): Promise<(string | undefined)[]> {
		return await withClient(async (client) => {
			await client.mailboxOpen('INBOX');
			return (await client.fetchAll('1:*', { envelope: true })).map(({ envelope }) => envelope?.subject);
		});
	}

	it('has the extensions that the table says', async () => {
		const capabilities = await withClient(async (client) => [...client.capabilities.keys()]);
		const asked = ['MOVE', 'SPECIAL-USE', 'CONDSTORE', 'ESEARCH', 'LITERAL+'];
		expect(asked.filter((name) => !capabilities.includes(name))).toEqual(lacks);
	});

	it('lets nobody in with a wrong password', async () => {
		const wrong = withClient(async () => 'in', 'wrong');
		await expect(wrong).rejects.toMatchObject({ authenticationFailed: true });
	});

	it(
		'keeps mail, in its order, through ten orderly ends and ten kills',
		async () => {
			const sent: string[] = [];
			for (let round = 0; round < ROUNDS; round++) {
				for (const end of [server.halt, server.kill]) {
					const batch = ['a', 'b', 'c'].map((name) => `${sent.length} ${name}`);
					sent.push(...batch);
					await server.deliver(
						READER.user,
						batch.map((subject) => `From: ann@example.org\r\nSubject: ${subject}\r\n\r\nText\r\n`),
					);
					await end();
					await expect(subjects()).rejects.toThrow();
					await server.start();
				}
			}
			expect(await subjects()).toEqual(sent);
		},
		ROUNDS_LIMIT_MS,
	);
});

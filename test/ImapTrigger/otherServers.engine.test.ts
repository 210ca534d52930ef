/** @jest-environment ./test/engine/jestEnvironment.js */
import { ImapFlow } from 'imapflow';
import { startEngine, type Engine, type WorkflowHandle } from '../engine';
import { describeAtRealServers, eventually, type PlainImapServer } from '../servers';
import { setConstants } from './built';
import { chain, mail, NODE, subjects, TRIGGER } from './rig';

jest.setTimeout(120_000);

/** Courier looks for new mail every 2 s here. */
const SOON_MS = 30_000;
const START_LIMIT_MS = 60_000;
/** In which a second run would show itself. */
const DOUBLES_MS = 3_000;
const BURST = 50;
const PASSWORD = 'geheim wie sonst was';

/** What lies in a mailbox: subject → flags that people see. */
type Contents = Record<string, string[]>;

// Dovecot has a file of its own.
describeAtRealServers(
	'the trigger',
	({ start, starttls }) => {
		let engine: Engine;
		let server: PlainImapServer;
		let restore: () => void;
		let taken = 0;
		const users = Array.from({ length: 8 }, (_, i) => ({ user: `user${i}`, password: PASSWORD }));

		beforeAll(async () => {
			server = await start(users);
			engine = await startEngine({ activationFirstDelayMs: 1 });
			restore = setConstants('nodes/mail/backoff', { LOST_CAP_MS: 200, UNREACHED_CAP_MS: 200 });
		}, START_LIMIT_MS);

		afterAll(async () => {
			restore?.();
			await engine?.stop();
			await server?.stop();
		}, START_LIMIT_MS);

		/** A person's own connection to an account. */
		async function withClient<T>(user: string, work: (client: ImapFlow) => Promise<T>): Promise<T> {
			const client = new ImapFlow({
				...{ host: server.host, port: server.port, secure: false, doSTARTTLS: false, logger: false },
				auth: { user, pass: PASSWORD },
			});
			client.on('error', () => undefined);
			try {
				await client.connect();
				return await work(client);
			} finally {
				client.close();
			}
		}

		async function contents(user: string, mailbox: string): Promise<Contents> {
			return await withClient(user, async (client) => {
				const { exists } = await client.mailboxOpen(mailbox, { readOnly: true });
				if (exists === 0) return {};
				const mails = await client.fetchAll('1:*', { envelope: true, flags: true });
				const shown = (flags: Set<string> = new Set()) =>
					[...flags].filter((flag) => !flag.startsWith('mr-') && flag !== '\\Recent').sort();
				return Object.fromEntries(
					mails.map(({ envelope, flags }) => [String(envelope?.subject), shown(flags)]),
				);
			});
		}

		async function untilContents(user: string, wanted: Contents, mailbox = 'INBOX'): Promise<void> {
			let now: Contents = {};
			await eventually(SOON_MS, mailbox, async () => {
				now = await contents(user, mailbox);
				return JSON.stringify(now) === JSON.stringify(wanted);
			}).catch(() => expect(now).toEqual(wanted));
		}

		async function live(
			trigger: object = {},
			steps: object[] = [],
			mailbox?: string,
		): Promise<{ user: string; wf: WorkflowHandle }> {
			const user = users[taken++]?.user ?? '';
			if (mailbox !== undefined) {
				await withClient(user, async (client) => {
					// Courier wants it below INBOX; a path of parts gets the namespace's prefix.
					await client.mailboxCreate([mailbox]);
				});
			}
			const mailAccountApi = await engine.addCredential('mailAccountApi', user, {
				...{ provider: 'custom', user, password: PASSWORD },
				...{ imapHost: server.host, imapPort: server.port, ignoreSslIssues: true },
				imapSecurity: starttls ? 'starttls' : 'none',
			});
			const first = { name: NODE, type: TRIGGER, parameters: trigger, credentials: { mailAccountApi } };
			const wf = engine.addWorkflow(
				chain([first, ...steps, { name: 'Collect', type: 'test.collect' }] as never) as never,
			);
			await wf.activate();
			return { user, wf };
		}

		const deliver = async (user: string, ...names: string[]): Promise<void> =>
			await server.deliver(
				user,
				names.map((name) => mail(name)),
			);

		async function ran(wf: WorkflowHandle, count: number): Promise<unknown[]> {
			const seen: unknown[] = [];
			while (seen.length < count) seen.push(...subjects(await wf.waitForExecution(undefined, SOON_MS)));
			return seen;
		}

		test('mail that is announced in IDLE starts the workflow and is marked read', async () => {
			const { user, wf } = await live();
			await deliver(user, 'hello');
			expect(await ran(wf, 1)).toEqual(['hello']);
			await untilContents(user, { hello: ['\\Seen'] });
			await deliver(user, 'again');
			expect(await ran(wf, 1)).toEqual(['again']);
			await untilContents(user, { hello: ['\\Seen'], again: ['\\Seen'] });
			await wf.deactivate();
			expect(wf.lastCloseMs).toBeLessThan(2_000);
		});

		test('a failed mail stays unread and is marked; a good one gets its keyword and moves', async () => {
			const { user, wf } = await live(
				{ onSuccess: { markRead: true, addKeyword: 'Done', moveTo: 'Filed' } },
				[{ name: 'Fail', type: 'test.fail', parameters: { mode: 'subject', subject: 'bad' } }],
				'Filed',
			);
			await deliver(user, 'bad', 'good');
			await ran(wf, 2);
			await untilContents(user, { bad: ['MailroomFailed'] });
			await untilContents(user, { good: ['Done', '\\Seen'] }, 'Filed');
			await wf.deactivate();
		});

		test.each(['halt', 'kill'] as const)(
			'mail that came while the server was away runs once (%s)',
			async (end) => {
				const { user, wf } = await live();
				await deliver(user, 'before');
				await ran(wf, 1);
				await untilContents(user, { before: ['\\Seen'] });
				await server[end]();
				await server.start();
				await deliver(user, 'after 1', 'after 2');
				expect(await ran(wf, 2)).toEqual(['after 1', 'after 2']);
				await untilContents(user, { before: ['\\Seen'], 'after 1': ['\\Seen'], 'after 2': ['\\Seen'] });
				await new Promise((resolve) => setTimeout(resolve, DOUBLES_MS));
				expect(wf.executions()).toHaveLength(3);
				await wf.deactivate();
			},
		);

		test(`a burst of ${BURST} runs in its order, none lost, none twice`, async () => {
			const { user, wf } = await live({ options: { parallelExecutions: 1 } });
			const names = Array.from({ length: BURST }, (_, i) => `mail ${i}`);
			await deliver(user, ...names);
			expect(await ran(wf, BURST)).toEqual(names);
			await untilContents(user, Object.fromEntries(names.map((name) => [name, ['\\Seen']])));
			await new Promise((resolve) => setTimeout(resolve, DOUBLES_MS));
			expect(wf.executions()).toHaveLength(BURST);
			await wf.deactivate();
		});
	},
	['Dovecot'],
);

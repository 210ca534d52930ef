/** @jest-environment ./test/engine/jestEnvironment.js */
import type { IDataObject, INode } from 'n8n-workflow';
import { itemsOf, startEngine, type Engine, type WorkflowHandle } from '../engine';
import { setConstants } from '../ImapTrigger/built';
import { chain, mail, NODE, subjects, TRIGGER } from '../ImapTrigger/rig';
import {
	describeWith,
	eventually,
	HOST,
	OAuthProvider,
	startDovecot,
	startPostfix,
	type Dovecot,
	type Postfix,
} from '../servers';

jest.setTimeout(90_000);

const SOON_MS = 20_000;
const TYPE = 'mailAccountOAuth2Api';
const USER = 'ann@example.test';

/** Everything real but n8n's web server: its OAuth2 client and helper, the provider over HTTP, Dovecot and Postfix. */
describeWith(['dovecot', 'postfix'], 'an account that signs in with OAuth2', () => {
	let engine: Engine;
	let dovecot: Dovecot;
	let postfix: Postfix;
	let provider: OAuthProvider;
	let restore: Array<() => void> = [];
	const live: WorkflowHandle[] = [];

	beforeAll(async () => {
		provider = await OAuthProvider.start({ user: USER, rotates: true });
		const users = [USER, 'bob@example.test'].map((user) => ({ user, password: 'never used here' }));
		dovecot = await startDovecot({ users, introspectionUrl: provider.introspectionUrl });
		postfix = await startPostfix({ deliverTo: dovecot });
		engine = await startEngine({ activationFirstDelayMs: 1 });
	}, 90_000);
	beforeEach(() => {
		provider.refusal = provider.beforeAnswer = null;
		provider.lifetimeS = 3_600;
		provider.requests.length = 0;
	});
	afterEach(async () => {
		for (const workflow of live.splice(0)) await workflow.deactivate();
		for (const undo of restore.splice(0)) undo();
		await dovecot.doveadm(['expunge', '-u', USER, 'mailbox', 'INBOX', 'all']);
		// Nothing of a token or of the client's secret in any log line of n8n.
		const logs = JSON.stringify(engine.logs);
		for (const secret of [...provider.secrets, provider.clientSecret]) expect(logs).not.toContain(secret);
	});
	afterAll(async () => {
		await engine?.stop();
		await postfix?.stop();
		await dovecot?.stop();
		await provider?.stop();
	});

	const fields = (change: IDataObject = {}): IDataObject => ({
		grantType: 'authorizationCode',
		clientId: provider.clientId,
		clientSecret: provider.clientSecret,
		authUrl: provider.authorizeUrl,
		accessTokenUrl: provider.tokenUrl,
		mailScope: 'mail offline',
		authentication: 'body',
		provider: 'custom',
		user: USER,
		imapHost: HOST,
		imapPort: dovecot.ports.imaps,
		imapSecurity: 'tls',
		smtpHost: HOST,
		smtpPort: postfix.ports.submission,
		smtpSecurity: 'starttls',
		ignoreSslIssues: true,
		oauthTokenData: provider.connect() as IDataObject,
		...change,
	});

	let lastCredential = '';

	async function send(data: IDataObject, subject: string, type = TYPE) {
		const credential = await engine.addCredential(type, subject, data);
		lastCredential = credential.id;
		const parameters = {
			authentication: type,
			fromEmail: USER,
			toEmail: 'bob@example.test',
			subject,
			emailFormat: 'text',
			text: 'Hello',
		};
		const node = {
			name: 'Send',
			type: 'n8n-nodes-mailroom.sendMail',
			parameters: parameters as INode['parameters'],
		};
		const workflow = engine.addWorkflow(
			chain([
				{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
				{ ...node, credentials: { [type]: credential } },
			]) as never,
		);
		const run = await workflow.run({ items: [{ json: {} }] });
		const { error } = run.data.resultData as { error?: { message: string; description?: string } };
		return { item: itemsOf(run, 'Send')[0]?.json, error };
	}

	async function watch(data: IDataObject): Promise<{ workflow: WorkflowHandle; credentialId: string }> {
		const credential = await engine.addCredential(TYPE, 'watch', data);
		const trigger = {
			name: NODE,
			type: TRIGGER,
			parameters: { authentication: TYPE },
			credentials: { [TYPE]: credential },
		};
		const workflow = engine.addWorkflow(
			chain([trigger, { name: 'Collect', type: 'test.collect' }] as never) as never,
		);
		live.push(workflow);
		await workflow.activate();
		return { workflow, credentialId: credential.id };
	}

	const kinds = (): (string | undefined)[] => provider.requests.map(({ grant_type }) => grant_type);

	/** Logins that Dovecot has let in or refused since its log had `from` characters. */
	const logins = (from: number): number =>
		dovecot
			.log()
			.slice(from)
			.match(/imap-login: (Info: )?Login:/g)?.length ?? 0;
	const refusedLogins = (from: number): number =>
		dovecot
			.log()
			.slice(from)
			.match(/imap-login: .*auth failed/g)?.length ?? 0;

	test('sends and receives with the token that is stored, and asks for no other', async () => {
		const data = fields();
		const { workflow } = await watch(data);
		expect((await send(data, 'by token')).item).toMatchObject({ outcome: 'accepted' });
		await dovecot.deliver(USER, [mail('for the trigger')]);
		expect(subjects(await workflow.waitForExecution(undefined, SOON_MS))).toEqual(['for the trigger']);
		expect(provider.requests).toEqual([]);
	});

	test.each(['sending', 'receiving'])('%s: a token that ran out is renewed once refused', async (what) => {
		const data = fields();
		provider.expireAll();
		if (what === 'sending') {
			expect((await send(data, 'renewed')).item).toMatchObject({ outcome: 'accepted' });
		} else {
			const { workflow } = await watch(data);
			await dovecot.deliver(USER, [mail('renewed')]);
			expect(subjects(await workflow.waitForExecution(undefined, SOON_MS))).toEqual(['renewed']);
		}
		expect(kinds()).toEqual(['refresh_token']);
	});

	test('a token about to run out is renewed before it is used', async () => {
		const token = provider.connect();
		const from = dovecot.log().length;
		const oauthTokenData = { ...token, n8n_expires_at: String(Date.now() + 60_000) } as IDataObject;
		await watch(fields({ oauthTokenData }));
		await eventually(SOON_MS, 'a login', () => logins(from) > 0);
		expect(kinds()).toEqual(['refresh_token']);
		expect(refusedLogins(from)).toBe(0);
	});

	test('an application without a user gets its first token by itself', async () => {
		const data = fields({ grantType: 'clientCredentials' });
		delete data['oauthTokenData'];
		expect((await send(data, 'by an application')).item).toMatchObject({ outcome: 'accepted' });
		expect(provider.requests).toMatchObject([{ grant_type: 'client_credentials', scope: 'mail offline' }]);
	});

	test('an application at Microsoft asks for what an administrator has granted', async () => {
		const data = fields({ grantType: 'clientCredentials', sharedMailbox: 'left@over.test' });
		for (const name of ['oauthTokenData', 'mailScope', 'authUrl']) delete data[name];
		const { item } = await send(data, 'by Microsoft', 'mailAccountMicrosoftOAuth2Api');
		expect(item).toMatchObject({ outcome: 'accepted', envelope: { from: USER } });
		const scope = 'https://outlook.office365.com/.default';
		expect(provider.requests).toMatchObject([{ grant_type: 'client_credentials', scope }]);
	});

	test('tokens that run out in mid-IDLE: new sessions in time, every mail once', async () => {
		const COUNT = 60;
		provider.lifetimeS = 8;
		const from = dovecot.log().length;
		const { workflow } = await watch(fields());
		const seen: unknown[] = [];
		for (let sent = 0; sent < COUNT; sent++) {
			await dovecot.deliver(USER, [mail(`mail ${sent}`)]);
			await new Promise((resolve) => setTimeout(resolve, 400));
			if (sent % 20 === 10) await dovecot.doveadm(['kick', USER]).catch(() => undefined);
		}
		while (seen.length < COUNT) seen.push(...subjects(await workflow.waitForExecution(undefined, SOON_MS)));
		await new Promise((resolve) => setTimeout(resolve, 2_000));
		expect(new Set(seen).size).toBe(COUNT);
		expect(engine.collected.filter(({ workflowId }) => workflowId === workflow.id)).toHaveLength(COUNT);
		// 24 s with tokens for 8 s.
		expect(logins(from)).toBeGreaterThanOrEqual(3);
		expect(kinds().length).toBeGreaterThanOrEqual(2);
		expect(refusedLogins(from)).toBe(0);
	});

	test('tokens that run out on the connection that several mailboxes share: it is replaced in time', async () => {
		restore = [setConstants('nodes/mail/imap/accountLines', { MAX_OWN_LINES: 0, VISIT_INTERVAL_MS: 300 })];
		provider.lifetimeS = 8;
		const from = dovecot.log().length;
		const { workflow } = await watch(fields());
		// Beyond the shortest session and the end of the first token.
		for (const round of [0, 1, 2]) {
			await dovecot.deliver(USER, [mail(`round ${round}`)]);
			const run = await workflow.waitForExecution(undefined, SOON_MS);
			expect(subjects(run)).toEqual([`round ${round}`]);
			await new Promise((resolve) => setTimeout(resolve, 7_000));
		}
		expect(logins(from)).toBeGreaterThanOrEqual(3);
		expect(refusedLogins(from)).toBe(0);
	});

	test('a revoked grant is told once, waits, and goes on when the account is connected again', async () => {
		restore = [
			setConstants('nodes/mail/imap/credentialWait', { CREDENTIAL_LOOK_MS: 300 }),
			setConstants('nodes/bridge/oauthTokens', { REFUSED_MS: 500 }),
		];
		const { workflow, credentialId } = await watch(fields());
		await dovecot.deliver(USER, [mail('before')]);
		await workflow.waitForExecution(undefined, SOON_MS);
		provider.revokeAll();
		const logged = engine.logs.length;
		await dovecot.doveadm(['kick', USER]);
		const told = await workflow.waitForExecution(undefined, SOON_MS);
		expect(JSON.stringify(told.data)).toBeDefined();
		const warnings = () =>
			engine.logs.slice(logged).filter(({ level, message }) => level === 'warn' && message.includes(NODE));
		await eventually(SOON_MS, 'a report', () => warnings().length > 0);
		expect(warnings()[0]?.message).toMatch(/no longer good.*Reconnect the account/s);
		await dovecot.deliver(USER, [mail('meanwhile')]);
		await new Promise((resolve) => setTimeout(resolve, 3_000));
		expect(warnings()).toHaveLength(1);
		// One login, one renewal; the next would come in a minute.
		expect(kinds()).toEqual(['refresh_token']);
		await engine.updateCredential(credentialId, fields());
		const next = await workflow.waitForExecution((execution) => subjects(execution).length > 0, SOON_MS);
		expect(subjects(next)).toEqual(['meanwhile']);
		await eventually(SOON_MS, 'the end of it is told', () =>
			warnings().some(({ message }) => message.includes('Recovered')),
		);
	});

	test('a node that sends says the same, without asking the provider for every mail', async () => {
		const data = fields();
		provider.revokeAll();
		const { error } = await send(data, 'revoked');
		expect(error?.message).toContain('no longer good');
		expect(error?.description).toContain('Reconnect the account');
		for (const secret of provider.secrets) expect(JSON.stringify(error)).not.toContain(secret);
		await send(data, 'revoked again');
		expect(kinds()).toEqual(['refresh_token']);
	});

	test('an account that was never connected says so', async () => {
		const data = fields();
		delete data['oauthTokenData'];
		expect((await send(data, 'never')).error?.message).toContain('has not been connected yet');
		expect(provider.requests).toEqual([]);
	});

	test.each([503, 429])(
		'a provider that is busy (%i) does no harm while the token is good',
		async (status) => {
			provider.refusal = { status, body: '<html>busy</html>' };
			const token = provider.connect();
			const oauthTokenData = { ...token, n8n_expires_at: String(Date.now() + 60_000) } as IDataObject;
			expect((await send(fields({ oauthTokenData }), 'busy')).item).toMatchObject({ outcome: 'accepted' });
			expect(kinds()).toEqual(['refresh_token']);
		},
	);

	test('a provider that never answers does no harm while the token is good', async () => {
		restore = [setConstants('nodes/bridge/oauthTokens', { RENEW_TIMEOUT_MS: 1_000 })];
		provider.beforeAnswer = async () => await new Promise(() => undefined);
		const token = provider.connect();
		const oauthTokenData = { ...token, n8n_expires_at: String(Date.now() + 60_000) } as IDataObject;
		expect((await send(fields({ oauthTokenData }), 'silent')).item).toMatchObject({ outcome: 'accepted' });
		// Without a good one it is told as what it is.
		provider.expireAll();
		const { error } = await send(fields({ oauthTokenData }), 'silent and late');
		expect(error?.message).toContain('could not be reached');
	});

	test('another process that renewed first and so ended our token for renewal: its token is used', async () => {
		const data = fields();
		provider.expireAll();
		provider.beforeAnswer = async () => {
			await engine.updateCredential(lastCredential, {
				...data,
				oauthTokenData: provider.connect() as IDataObject,
			});
			provider.refusal = { status: 400, body: { error: 'invalid_grant' } };
		};
		expect((await send(data, 'second')).item).toMatchObject({ outcome: 'accepted' });
		expect(kinds()).toEqual(['refresh_token']);
	});
});

/** What the scenarios share: one real n8n with the package, one Dovecot, a way to send, and a record of runs. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	eventually,
	howToGet,
	missingParts,
	requireAll,
	startDovecot,
	startEmbeddedServers,
	startPostfix,
	type Dovecot,
	type DovecotOptions,
	type EmbeddedServers,
	type KeyPair,
	type Postfix,
	type StoredMail,
} from '../servers';
import { removeAtEnd, temporaryFolder } from './cleanup';
import { packPackage } from './packPackage';
import { startN8n, type RealN8n } from './realN8n';
import { Recorder } from './recorder';
import type { RestClient, WorkflowInput } from './restClient';
import { CREDENTIAL_TYPE, type CredentialRef } from './workflows';

const DOMAIN = 'example.test';
const PASSWORD = 'correct horse 7';
const FLAG_TIMEOUT_MS = 15_000;

/** Accounts that send through the embedded server or through Postfix, or receive from them. */
const SENDING_NAMES = ['tested', 'sender', 'postman', 'recipient'];

/** Where a credential sends mail through. */
export interface Submission {
	host: string;
	port: number;
	security: 'tls' | 'starttls' | 'none';
}

/** A mailbox of its own for one scenario, and the credential for it. */
export interface Account {
	user: string;
	password: string;
	/** The credential's fields, as saved. */
	data: Record<string, unknown>;
	credential: CredentialRef;
}

export interface RigOptions {
	/** The package under test; default: the checkout is packed. */
	tarball?: string | undefined;
	/** Added to n8n's environment. */
	env?: Record<string, string>;
	/** Default: Postfix is started where it can be. */
	withPostfix?: boolean;
	/** Changes of Dovecot; Postfix shows the same certificate and knows the same users. */
	dovecot?: Partial<DovecotOptions>;
}

interface ExpectedRuns {
	account: Account;
	workflowId: string;
	runs: number;
}

export class Rig {
	private readonly finalChecks: Array<{ what: string; check: () => Promise<void> }> = [];
	private readonly expectations: ExpectedRuns[] = [];

	private constructor(
		readonly dovecot: Dovecot,
		/** SMTP that keeps what it accepts, byte for byte. */
		readonly embedded: EmbeddedServers,
		/** Undefined where Postfix cannot be started. */
		readonly postfix: Postfix | undefined,
		readonly recorder: Recorder,
		readonly n8n: RealN8n,
		/** What n8n's environment has beyond the usual. */
		readonly n8nEnv: Record<string, string>,
	) {}

	/** Packs the package (unless a tarball is given), starts all servers and n8n. */
	static async start(options: RigOptions = {}): Promise<Rig> {
		const { tarball, env = {}, withPostfix = true, dovecot: changes = {} } = options;
		const packageTarball = tarball ?? (await packPackage());
		const users = SENDING_NAMES.map((name) => ({ user: `${name}@${DOMAIN}`, password: PASSWORD }));
		const dovecot = await startDovecot({ users, ...changes });
		removeAtEnd(dovecot.folder);
		const postfix = withPostfix ? await startPostfixIfPresent(dovecot, changes.certificate) : undefined;
		const embedded = await startEmbeddedServers({ users });
		const recorder = await Recorder.start();
		const authority = join(temporaryFolder('ca'), 'ca.pem');
		writeFileSync(authority, dovecot.ca);
		// Certificates are verified in every scenario: n8n's Node trusts the authority of the test servers.
		const n8nEnv = { NODE_EXTRA_CA_CERTS: authority, ...env };
		const n8n = await startN8n({ packageTarball, env: n8nEnv });
		return new Rig(dovecot, embedded, postfix, recorder, n8n, n8nEnv);
	}

	get rest(): RestClient {
		return this.n8n.rest;
	}

	/** The embedded server as a credential names it. */
	get embeddedSubmission(): Submission {
		return { host: this.embedded.host, port: this.embedded.ports.smtp, security: 'starttls' };
	}

	/** Postfix as a credential names it; undefined where it cannot be started. */
	get postfixSubmission(): Submission | undefined {
		return this.postfix && { host: this.postfix.host, port: this.postfix.ports.smtps, security: 'tls' };
	}

	/** Makes a user at Dovecot and a credential in n8n. */
	async account(name: string, submission?: Submission): Promise<Account> {
		const user = `${name}@${DOMAIN}`;
		await this.dovecot.setPassword(user, PASSWORD);
		const data = {
			provider: 'custom',
			user,
			password: PASSWORD,
			imapHost: this.dovecot.host,
			imapPort: this.dovecot.ports.imaps,
			imapSecurity: 'tls',
			...(submission && {
				smtpHost: submission.host,
				smtpPort: submission.port,
				smtpSecurity: submission.security,
			}),
		};
		const credential = await this.rest.createCredential({ name: user, type: CREDENTIAL_TYPE, data });
		return { user, password: PASSWORD, data, credential };
	}

	/** Saves and publishes a workflow. @returns its id */
	async publish(workflow: WorkflowInput): Promise<string> {
		const { id } = await this.rest.createWorkflow(workflow);
		await this.rest.publish(id);
		return id;
	}

	async deliver(account: Account, ...subjects: string[]): Promise<void> {
		await this.dovecot.deliver(
			account.user,
			subjects.map((subject) => plainMail(account.user, subject)),
		);
	}

	/** The stored mail with this subject. */
	async stored(account: Account, subject: string): Promise<StoredMail> {
		const mails = await this.dovecot.fetchAll(account.user);
		const found = mails.filter(({ raw }) => raw.includes(`\r\nSubject: ${subject}\r\n`));
		assert.equal(found.length, 1, `mails with subject "${subject}" in ${account.user}`);
		return found[0]!;
	}

	/** Waits until the mail with this subject is marked read. */
	async untilSeen(account: Account, subject: string): Promise<void> {
		await eventually(FLAG_TIMEOUT_MS, `\\Seen on "${subject}"`, async () =>
			(await this.stored(account, subject)).flags.includes('\\Seen'),
		);
	}

	/** At the very end, after all restarts, something must (still) hold. */
	atTheEnd(what: string, check: () => Promise<void>): void {
		this.finalChecks.push({ what, check });
	}

	/** The workflow must at the very end have run just so often by its trigger, and must still take mail then. */
	expectRuns(account: Account, workflowId: string, runs: number): void {
		this.expectations.push({ account, workflowId, runs });
	}

	/**
	 * After all restarts: no run was lost or repeated, and one more mail runs once everywhere.
	 * @throws Error naming every check that does not hold
	 */
	async runFinalChecks(): Promise<string> {
		const failures: string[] = [];
		const note = (what: string) => (error: Error) => void failures.push(`${what}: ${error.message}`);
		for (const { what, check } of this.finalChecks) await check().catch(note(what));
		for (const each of this.expectations) await this.assertRuns(each).catch(note(each.account.user));
		if (failures.length > 0) throw new Error(failures.join('\n'));

		const accounts = new Set(this.expectations.map(({ account }) => account));
		for (const account of accounts) await this.deliver(account, 'one more');
		for (const { account, workflowId, runs } of this.expectations) {
			await this.rest
				.waitForExecutions({ workflowId }, runs + 1)
				.catch(note(`${account.user}, one more mail`));
			await this.assertRuns({ account, workflowId, runs: runs + 1 }).catch(note(account.user));
		}
		if (failures.length > 0) throw new Error(failures.join('\n'));
		return `${this.finalChecks.length} checks, ${this.expectations.length} workflows`;
	}

	private async assertRuns({ workflowId, runs }: ExpectedRuns): Promise<void> {
		const executions = await this.rest.executions({ workflowId });
		const states = executions.map(({ id, status, mode }) => `${id} ${mode} ${status}`);
		assert.equal(executions.filter(({ mode }) => mode === 'trigger').length, runs, states.join(', '));
	}

	async stop(): Promise<void> {
		await Promise.allSettled([
			this.n8n.kill(),
			this.recorder.stop(),
			this.embedded.stop(),
			this.postfix?.stop(),
		]);
		await this.dovecot.stop();
	}
}

/** Says how to get Postfix where it is missing; with `MAILROOM_REQUIRE_ALL=1` that is an error. */
async function startPostfixIfPresent(
	dovecot: Dovecot,
	certificate: KeyPair | undefined,
): Promise<Postfix | undefined> {
	const missing = missingParts(['postfix']);
	if (missing.length === 0)
		return await startPostfix({ deliverTo: dovecot, ...(certificate && { certificate }) });
	const message = `Nothing is sent through Postfix. Missing here:\n${howToGet(missing)}`;
	if (requireAll()) throw new Error(message);
	console.log(message);
	return undefined;
}

/** A small message as another server would deliver it. */
export function plainMail(to: string, subject: string): string {
	return [
		'From: "Ann Sender" <ann@elsewhere.test>',
		`To: ${to}`,
		`Subject: ${subject}`,
		`Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
		`Message-ID: <${Math.random().toString(36).slice(2)}@elsewhere.test>`,
		'MIME-Version: 1.0',
		'Content-Type: text/plain; charset=utf-8',
		'',
		'Hello.',
		'',
	].join('\r\n');
}

/**
 * A real n8n with a browser in front of it, whose way out is a proxy of ours. Behind the proxy stand a provider of OAuth2
 * logins, Dovecot and Postfix under the names of real ones, so that nothing in a credential is bent for the test.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { OAuthProvider, startProxy, testCertificates, type Postfix, type TestProxy } from '../../servers';
import { openBrowser } from '../browser';
import { Editor, type FieldValues } from '../editor';
import type { NodeRun, WorkflowInput } from '../restClient';
import { Rig } from '../rig';
import type { CredentialRef } from '../workflows';

const HOST = '127.0.0.1';
const VIEW = { width: 1280, height: 900 };
/** Mailboxes take a password too. */
export const PASSWORD = 'the password of everybody 4711';

export const CLIENT = { clientId: 'mailroom-client', clientSecret: 'client-secret-of-the-e2e-0123456789' };
export const ANN = 'ann@example.test';
export const BOB = 'bob@example.test';
export const GINA = 'gina@example.test';
export const INFO = 'info@example.test';

/** Where people sign in, and where tokens are. */
const LOGIN_HOSTS = [
	'login.example.test',
	'accounts.google.com',
	'oauth2.googleapis.com',
	'login.microsoftonline.com',
];

export interface OAuthRigOptions {
	tarball?: string | undefined;
	/** Folder for pictures of the screens. */
	pictures: string;
}

export class OAuthRig {
	/** The account that signs in at a provider of its own, once it is connected. */
	ann: CredentialRef | undefined;
	/** Checks of earlier scenarios that take time and may go on meanwhile. */
	readonly pending: Array<() => Promise<void>> = [];

	private constructor(
		readonly rig: Rig,
		readonly provider: OAuthProvider,
		readonly proxy: TestProxy,
		readonly editor: Editor,
		private readonly pictures: string,
		private readonly end: () => Promise<void>,
	) {}

	static async start({ tarball, pictures }: OAuthRigOptions): Promise<OAuthRig> {
		const ends: Array<() => Promise<void>> = [];
		const end = async () => {
			for (const each of ends.splice(0).reverse()) await each();
		};
		try {
			const { providers: certificate } = await testCertificates();
			const provider = await OAuthProvider.start({ user: ANN, rotates: true, certificate, ...CLIENT });
			ends.push(async () => await provider.stop());
			const hosts: Record<string, string> = {};
			const proxy = await startProxy({ kind: 'http', hosts });
			ends.push(async () => await proxy.stop());
			const users = [ANN, BOB, GINA, INFO].map((user) => ({ user, password: PASSWORD }));
			const rig = await Rig.start({
				tarball,
				env: {
					HTTPS_PROXY: `http://${HOST}:${proxy.port}`,
					NO_PROXY: `${HOST},localhost`,
					// All that n8n and the package can say, for the search for secrets.
					N8N_LOG_LEVEL: 'debug',
				},
				dovecot: { users, certificate, introspectionUrl: provider.introspectionUrl },
			});
			ends.push(async () => await rig.stop());
			Object.assign(hosts, addresses(rig, provider));
			const logins = LOGIN_HOSTS.map((name) => [name, `${HOST}:${provider.tlsPort}`]);
			const browser = await openBrowser(VIEW, Object.fromEntries(logins) as Record<string, string>);
			ends.push(browser.close);
			const editor = new Editor(browser.page, () => rig.n8n.url);
			await editor.logIn();
			return new OAuthRig(rig, provider, proxy, editor, pictures, end);
		} catch (error) {
			await end();
			throw error;
		}
	}

	/** Postfix, which the rig does not start without. */
	get postfix(): Postfix {
		return this.rig.postfix ?? assert.fail('there is no Postfix');
	}

	/** The fields of an account that let it out through the proxy. */
	get throughProxy(): FieldValues {
		return { proxyType: { choose: 'HTTP (CONNECT)' }, proxyHost: HOST, proxyPort: this.proxy.port };
	}

	/** The newest stored credential of a type. */
	async stored(type: string): Promise<CredentialRef> {
		const all = await this.rig.rest.request<Array<CredentialRef & { type: string; createdAt: string }>>(
			'GET',
			'/credentials',
		);
		const [newest] = all
			.filter((credential) => credential.type === type)
			.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
		assert.ok(newest, `no credential of the type ${type} is stored`);
		return { id: newest.id, name: newest.name, type };
	}

	/** Runs a workflow by hand. @returns the runs of its last node */
	async run(workflow: WorkflowInput): Promise<NodeRun> {
		const { id } = await this.rig.rest.createWorkflow(workflow);
		const { data } = await this.rig.rest.runManually(id, workflow.nodes[0]!.name);
		const last = data.resultData.runData[workflow.nodes.at(-1)!.name];
		return last?.[0] ?? assert.fail(`${workflow.name}: ${data.resultData.error?.message}`);
	}

	/** Saves a picture of the form that is open. */
	async picture(name: string): Promise<void> {
		await this.editor.picture(join(this.pictures, `${name}.png`));
	}

	async stop(): Promise<void> {
		await this.end();
	}
}

/** Where the proxy finds the servers that credentials name. */
function addresses({ dovecot, postfix }: Rig, provider: OAuthProvider): Record<string, string> {
	const at = (port: number | undefined) => `${HOST}:${port}`;
	const all = LOGIN_HOSTS.map((name) => [`${name}:443`, at(provider.tlsPort)]);
	for (const name of ['imap.example.test', 'imap.gmail.com', 'outlook.office365.com'])
		all.push([`${name}:993`, at(dovecot.ports.imaps)], [`${name}:143`, at(dovecot.ports.imap)]);
	for (const name of ['smtp.example.test', 'smtp.gmail.com'])
		all.push([`${name}:465`, at(postfix?.ports.smtps)]);
	all.push(['smtp.office365.com:587', at(postfix?.ports.submission)]);
	return Object.fromEntries(all) as Record<string, string>;
}

/** One real n8n, one Dovecot, and for each of the two triggers workflows that tell a recorder when their next node ran. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeAtEnd, temporaryFolder } from '../../e2e/cleanup';
import { packPackage } from '../../e2e/packPackage';
import { startN8n, type RealN8n } from '../../e2e/realN8n';
import { Recorder } from '../../e2e/recorder';
import { chain, imapTrigger, node, request } from '../../e2e/workflows';
import { startDovecot, type Dovecot } from '../../servers';

export type Side = 'ours' | 'theirs';
export const SIDES: Side[] = ['ours', 'theirs'];

const PASSWORD = 'correct horse 7';
const OWN_TRIGGER = 'n8n-nodes-base.emailReadImap';
const OWN_VERSION = 2.2;
const MEGABYTE_KB = 1024;

export interface Mailbox {
	user: string;
	side: Side;
	credential: { id: string; name: string };
}

export class N8nRig {
	private constructor(
		readonly dovecot: Dovecot,
		readonly recorder: Recorder,
		readonly n8n: RealN8n,
	) {}

	static async start(): Promise<N8nRig> {
		const dovecot = await startDovecot({ users: [], settings: { mail_max_userip_connections: 300 } });
		removeAtEnd(dovecot.folder);
		const recorder = await Recorder.start();
		const authority = join(temporaryFolder('ca'), 'ca.pem');
		writeFileSync(authority, dovecot.ca);
		const n8n = await startN8n({
			packageTarball: await packPackage(),
			env: { NODE_EXTRA_CA_CERTS: authority },
		});
		return new N8nRig(dovecot, recorder, n8n);
	}

	/** A user of Dovecot, and the credential of that side's trigger for it. @param port a proxy's instead of Dovecot's */
	async mailbox(name: string, side: Side, port = this.dovecot.ports.imaps): Promise<Mailbox> {
		const user = `${name}-${side}@example.test`;
		await this.dovecot.setPassword(user, PASSWORD);
		const { host } = this.dovecot;
		const common = { user, password: PASSWORD };
		const credential = await this.n8n.rest.createCredential(
			side === 'ours'
				? {
						name: user,
						type: 'mailAccountApi',
						data: { ...common, provider: 'custom', imapHost: host, imapPort: port, imapSecurity: 'tls' },
					}
				: { name: user, type: 'imap', data: { ...common, host, port, secure: true } },
		);
		return { user, side, credential };
	}

	/** A published workflow: trigger → one request per run, which tells the number of items and the first subject. */
	async publish(mailbox: Mailbox, tag: string, trigger: Record<string, unknown> = {}): Promise<string> {
		const first =
			mailbox.side === 'ours'
				? imapTrigger(mailbox.credential, trigger)
				: {
						...node('Trigger', OWN_TRIGGER, { format: 'simple', options: {} }, OWN_VERSION),
						credentials: { imap: mailbox.credential },
					};
		const url = `=${this.recorder.url}/${tag}?n={{ $input.all().length }}&s={{ encodeURIComponent($json.subject) }}`;
		const report = { ...request('Report', url), executeOnce: true };
		const { id } = await this.n8n.rest.createWorkflow(chain(tag, [first, report]));
		await this.n8n.rest.publish(id);
		return id;
	}

	async deliver(mailbox: Mailbox, subjects: readonly string[], bytes = 300): Promise<void> {
		const body = `${'Some text of a mail, and more of it.\r\n'.repeat(Math.ceil(bytes / 38))}`;
		await this.dovecot.deliver(
			mailbox.user,
			subjects.map(
				(subject) =>
					`From: Ann <ann@elsewhere.test>\r\nTo: ${mailbox.user}\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replace(/\W/g, '-')}-${mailbox.side}@x>\r\nDate: ${new Date().toUTCString()}\r\n\r\n${body}`,
			),
		);
	}

	/** Items that were reported under a tag. */
	items(tag: string): number {
		return this.recorder.at(`/${tag}`).reduce((sum, { query }) => sum + Number(query['n']), 0);
	}

	/** When so many items had been reported, in milliseconds since the epoch; undefined when there are fewer. */
	reachedAt(tag: string, items: number): number | undefined {
		let sum = 0;
		for (const { query, at } of this.recorder.at(`/${tag}`)) {
			sum += Number(query['n']);
			if (sum >= items) return at;
		}
		return undefined;
	}

	/** Memory of n8n's own process. */
	rssMb(): number {
		const status = readFileSync(`/proc/${this.n8n.pid}/status`, 'utf8');
		return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / MEGABYTE_KB);
	}

	async stop(): Promise<void> {
		await this.n8n.kill();
		await this.recorder.stop();
		await this.dovecot.stop();
	}
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type KeyPair, testCertificates } from './certificates';
import type { Dovecot } from './dovecot';
import { GuardedProcess } from './guardedProcess';
import { eventually, freePorts, HOST, readLog, temporaryFolder } from './local';
import { findProgram, howToGet, missingParts } from './parts';
import { mainConfig, masterConfig, postfixFiles, type PostfixLayout, QUEUE_FOLDERS } from './postfixConfig';

const START_TRIES = 3;
const SETTLED_MS = 60_000;
const POSTQUEUE_LIMIT_MS = 10_000;
const QUEUE_LIMIT_MS = 20_000;
const DEFAULT_MESSAGE_SIZE_LIMIT_BYTES = 50 * 1024 * 1024;

export interface PostfixOptions extends Partial<
	Pick<PostfixLayout, 'messageSizeLimit' | 'recipientRestrictions' | 'settings' | 'clientAuthority'>
> {
	/** Its users are the recipients; it delivers and checks the logins. */
	deliverTo: Dovecot;
	/** Default: the valid certificate for localhost and 127.0.0.1. */
	certificate?: KeyPair;
}

/** A message in the queue, as postqueue tells it (fields of `postqueue -j`). */
export interface QueuedMail {
	queueId: string;
	queueName: string;
	sender: string;
	recipients: Array<{ address: string; delayReason: string | undefined }>;
}

/** A Postfix of our own: its configuration, queue and processes belong to nobody else. */
export interface Postfix {
	readonly host: string;
	/**
	 * `smtp` takes mail for the users without a login, STARTTLS if the client likes; `submission` wants STARTTLS and a
	 * login before it relays, `smtps` the same with TLS from the first byte.
	 */
	readonly ports: PostfixLayout['ports'];
	/** PEM of the authority to trust. */
	readonly ca: string;
	/** What is in the queue now. */
	queue(): Promise<QueuedMail[]>;
	/** Waits until all mail was delivered (or bounced). */
	queueEmpty(limitMs?: number): Promise<void>;
	/** Everything that Postfix has logged. */
	log(): string;
	/** Orderly end; the queue stays, `start` brings the server back on the same ports. */
	halt(): Promise<void>;
	start(): Promise<void>;
	kill(): Promise<void>;
	/** Ends everything and removes the folder. */
	stop(): Promise<void>;
}

/** @returns the number of a group (or user) of this machine */
function idOf(file: '/etc/group' | '/etc/passwd', name: string): number {
	const line = readFileSync(file, 'utf8')
		.split('\n')
		.find((entry) => entry.startsWith(`${name}:`));
	if (line === undefined) throw new Error(`${file} has no ${name}, which the package postfix makes`);
	return Number(line.split(':')[2]);
}

/** Makes what `postfix start` would make, which also looks at files of the machine's own Postfix. */
async function prepareFolder(layout: PostfixLayout, certificate: KeyPair): Promise<void> {
	const files = postfixFiles(layout.folder);
	const owner = idOf('/etc/passwd', 'postfix');
	const group = idOf('/etc/group', 'postdrop');
	await chmod(layout.folder, 0o755);
	for (const folder of [files.config, files.queue]) await mkdir(folder, { mode: 0o755 });
	const make = async (folder: string, mode: number, uid: number, gid: number): Promise<void> => {
		await mkdir(folder);
		await chown(folder, uid, gid);
		await chmod(folder, mode);
	};
	await make(files.data, 0o700, owner, 0);
	for (const name of QUEUE_FOLDERS.private) await make(path.join(files.queue, name), 0o700, owner, 0);
	for (const name of QUEUE_FOLDERS.public) {
		await make(path.join(files.queue, name), name === 'maildrop' ? 0o1730 : 0o710, owner, group);
	}
	for (const name of QUEUE_FOLDERS.root) await make(path.join(files.queue, name), 0o755, 0, 0);
	await writeFile(files.chain, `${certificate.key}\n${certificate.cert}\n`, { mode: 0o600 });
}

async function writeConfig(layout: PostfixLayout): Promise<void> {
	const { config, recipients, clientAuthority } = postfixFiles(layout.folder);
	const files = {
		[path.join(config, 'main.cf')]: mainConfig(layout),
		[path.join(config, 'master.cf')]: masterConfig(layout),
		[clientAuthority]: layout.clientAuthority ?? '',
		[recipients]: layout.recipients.map((address) => `${address} x\n`).join(''),
	};
	for (const [file, text] of Object.entries(files)) {
		await writeFile(file, text);
		// Postfix waits two seconds until a file that it reads no longer looks fresh.
		const settled = new Date(Date.now() - SETTLED_MS);
		await utimes(file, settled, settled);
	}
}

/** One line of `postqueue -j`. */
function queuedMail(line: string): QueuedMail {
	const entry = JSON.parse(line) as {
		queue_id: string;
		queue_name: string;
		sender: string;
		recipients: Array<{ address: string; delay_reason?: string }>;
	};
	return {
		queueId: entry.queue_id,
		queueName: entry.queue_name,
		sender: entry.sender,
		recipients: entry.recipients.map((each) => ({ address: each.address, delayReason: each.delay_reason })),
	};
}

/** The folder of Postfix's inner programs, as it was built. */
async function daemonFolder(): Promise<string> {
	const { stdout } = await promisify(execFile)(findProgram('postconf') ?? 'postconf', [
		'-d',
		'-h',
		'daemon_directory',
	]);
	return stdout.trim();
}

/**
 * Starts a Postfix with its own configuration and queue in a temporary folder, on free ports of 127.0.0.1. It
 * delivers to the users of one Dovecot and to nobody else.
 *
 * @throws Error saying how to get what is missing, or with Postfix's own words when it does not start
 */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
	const missing = missingParts(['postfix']);
	if (missing.length > 0) throw new Error(`Postfix cannot be started. Missing:\n${howToGet(missing)}`);
	const dovecot = options.deliverTo;
	const certificates = await testCertificates();
	const daemons = await daemonFolder();
	const { folder, remove } = await temporaryFolder('postfix');
	const { config, log } = postfixFiles(folder);
	const layout: PostfixLayout = {
		folder,
		ports: { smtp: 0, submission: 0, smtps: 0 },
		recipients: dovecot.users.map(({ user }) => user),
		lmtpPort: dovecot.ports.lmtp,
		saslSocket: dovecot.saslSocket,
		clientAuthority: options.clientAuthority ?? null,
		messageSizeLimit: options.messageSizeLimit ?? DEFAULT_MESSAGE_SIZE_LIMIT_BYTES,
		recipientRestrictions: options.recipientRestrictions ?? [],
		settings: options.settings ?? {},
	};
	const processes = new GuardedProcess(
		'Postfix',
		() => [path.join(daemons, 'master'), '-c', config, '-d'],
		() => layout.ports.smtp,
	);

	const startOnFreePorts = async (): Promise<void> => {
		for (let tries = 1; ; tries++) {
			const [smtp = 0, submission = 0, smtps = 0] = await freePorts(3);
			Object.assign(layout.ports, { smtp, submission, smtps });
			await writeConfig(layout);
			try {
				return await processes.start();
			} catch (error) {
				await processes.kill();
				// Somebody else may have taken one of the ports in between.
				if (tries === START_TRIES || !String(error).includes('in use')) throw error;
			}
		}
	};
	const queue = async (): Promise<QueuedMail[]> => {
		const postqueue = findProgram('postqueue') ?? 'postqueue';
		const { stdout } = await promisify(execFile)(postqueue, ['-c', config, '-j'], {
			timeout: POSTQUEUE_LIMIT_MS,
		});
		return stdout.split('\n').filter(Boolean).map(queuedMail);
	};

	try {
		await prepareFolder(layout, options.certificate ?? certificates.server);
		await startOnFreePorts();
	} catch (error) {
		await processes.kill();
		await remove();
		throw error;
	}

	return {
		host: HOST,
		ports: layout.ports,
		ca: certificates.ca,
		queue,
		queueEmpty: async (limitMs = QUEUE_LIMIT_MS) => {
			await eventually(limitMs, 'empty queue', async () => (await queue()).length === 0);
		},
		log: () => readLog(log),
		halt: async () => await processes.end(),
		start: async () => await processes.start(),
		kill: async () => await processes.kill(),
		stop: async () => {
			await processes.kill();
			await remove();
		},
	};
}

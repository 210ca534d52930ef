import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, utimes, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { testCertificates, type KeyPair } from './certificates';
import { dovecotConfig, dovecotFiles, oauthConfig, type DovecotLayout, mailOwner } from './dovecotConfig';
import { GuardedProcess } from './guardedProcess';
import { deliverByLmtp } from './lmtp';
import { eventually, freePorts, HOST, readLog, temporaryFolder, type TestUser } from './local';
import type { MailServer, StoredMail } from './mailServer';
import { findProgram, howToGet, missingParts } from './parts';

const START_TRIES = 3;
const PASSWORD_LIMIT_MS = 5_000;
const MAX_DOVEADM_OUTPUT_BYTES = 512 * 1024 * 1024;

export interface DovecotOptions extends Partial<Omit<DovecotLayout, 'folder' | 'ports'>> {
	users: TestUser[];
	/** Default: the valid certificate for localhost and 127.0.0.1. */
	certificate?: KeyPair;
}

/** A Dovecot of our own: its folder, ports and processes belong to nobody else. */
export interface Dovecot extends MailServer {
	/** Ports: `imap` is plain with STARTTLS, `imaps` TLS from the first byte. */
	readonly ports: DovecotLayout['ports'];
	/** Path of the socket where Postfix asks for SASL logins. */
	readonly saslSocket: string;
	readonly folder: string;
	/** Takes effect at once; needs the mechanism `plain`. */
	setPassword(user: string, password: string): Promise<void>;
	/** Runs doveadm on this server, e.g. `['kick', user]`. @returns its standard output */
	doveadm(args: string[]): Promise<Buffer>;
	/** Orderly end of all processes; mail stays, `start` brings the server back on the same ports. */
	halt(): Promise<void>;
	start(): Promise<void>;
	restart(): Promise<void>;
	/** SIGKILL to every process of this server at once, as when the machine loses power. */
	kill(): Promise<void>;
	log(): string;
	/** Ends everything and removes the folder. */
	stop(): Promise<void>;
}

/** Cuts the output of `doveadm -f pager fetch 'uid flags size.physical text'` into messages. */
function parsePager(output: Buffer): StoredMail[] {
	const mails: StoredMail[] = [];
	let at = 0;
	while (at < output.length) {
		const head = /^uid: (\d+)\nflags: (.*)\nsize\.physical: (\d+)\ntext:\n?/.exec(
			output.subarray(at, at + 4096).toString('latin1'),
		);
		if (!head) throw new Error(`unexpected doveadm output at byte ${at}`);
		const start = at + head[0].length;
		const stored = output.subarray(start, start + Number(head[3])).toString('latin1');
		mails.push({
			uid: Number(head[1]),
			flags: (head[2] ?? '').split(' ').filter((flag) => flag !== ''),
			raw: Buffer.from(stored.replace(/\r?\n/g, '\r\n'), 'latin1'),
		});
		const separator = output.indexOf('\f', start + Number(head[3]));
		at = separator < 0 ? output.length : separator + 2;
	}
	return mails.sort((a, b) => a.uid - b.uid);
}

async function prepareFolder(folder: string, certificate: KeyPair): Promise<void> {
	const files = dovecotFiles(folder);
	const owner = mailOwner();
	await chmod(folder, 0o755);
	await mkdir(files.mail);
	await chown(files.mail, owner.uid, owner.gid);
	await writeFile(files.cert, certificate.cert);
	await writeFile(files.key, certificate.key, { mode: 0o600 });
}

/**
 * Starts a Dovecot with its own configuration, mail and sockets in a temporary folder, on free ports of 127.0.0.1.
 * Each user has INBOX, Drafts, Sent, Trash, Archive and Junk.
 *
 * @throws Error saying how to install Dovecot when it is missing, or with its own words when it does not start
 */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
	const missing = missingParts(['dovecot']);
	if (missing.length > 0) throw new Error(`Dovecot cannot be started. Missing:\n${howToGet(missing)}`);
	const { users, certificate, ...overrides } = options;
	const certificates = await testCertificates();
	const { folder, remove } = await temporaryFolder('dovecot');
	const files = dovecotFiles(folder);
	const ports = { imap: 0, imaps: 0, lmtp: 0 };
	const passwords = new Map(users.map((user) => [user.user.toLowerCase(), user.password]));
	const processes = new GuardedProcess(
		'Dovecot',
		() => [findProgram('dovecot') ?? 'dovecot', '-F', '-c', files.config],
		() => ports.imap,
	);

	let usersTime = Date.now();
	const writeUsers = async (): Promise<void> => {
		const lines = [...passwords].map(
			([user, password]) => `${user}:{PLAIN.b64}${Buffer.from(password).toString('base64')}::::::\n`,
		);
		await writeFile(files.users, lines.join(''), { mode: 0o644 });
	};
	const start = async (): Promise<void> => await processes.start();
	const doveadm = async (args: string[]): Promise<Buffer> => {
		const { stdout } = await promisify(execFile)(
			findProgram('doveadm') ?? 'doveadm',
			['-c', files.config, ...args],
			{ encoding: 'buffer', maxBuffer: MAX_DOVEADM_OUTPUT_BYTES },
		);
		return stdout;
	};
	const startOnFreePorts = async (): Promise<void> => {
		for (let tries = 1; ; tries++) {
			const [imap = 0, imaps = 0, lmtp = 0] = await freePorts(3);
			Object.assign(ports, { imap, imaps, lmtp });
			const layout = {
				mechanisms: ['plain', 'login'],
				settings: {},
				extraConfig: '',
				introspectionUrl: null,
				clientAuthority: null,
				slowAuthFailures: false,
			};
			await writeFile(files.config, dovecotConfig({ ...layout, ...overrides, folder, ports }));
			try {
				return await start();
			} catch (error) {
				await processes.kill();
				// Somebody else may have taken one of the ports in between.
				if (tries === START_TRIES || !String(error).includes('in use')) throw error;
			}
		}
	};

	try {
		await prepareFolder(folder, certificate ?? certificates.server);
		await writeUsers();
		if (overrides.clientAuthority) await writeFile(files.clientAuthority, overrides.clientAuthority);
		if (overrides.introspectionUrl) await writeFile(files.oauth, oauthConfig(overrides.introspectionUrl));
		await startOnFreePorts();
	} catch (error) {
		await processes.kill();
		await remove();
		throw error;
	}

	return {
		host: HOST,
		ports,
		users,
		ca: certificates.ca,
		saslSocket: files.sasl,
		folder,
		deliver: async (user, raw) => await deliverByLmtp(ports.lmtp, user, Array.isArray(raw) ? raw : [raw]),
		fetchAll: async (user, mailbox = 'INBOX') =>
			parsePager(
				await doveadm([
					...['-f', 'pager', 'fetch', '-u', user],
					...['uid flags size.physical text', 'mailbox', mailbox, 'all'],
				]),
			),
		doveadm,
		setPassword: async (user, password) => {
			passwords.set(user.toLowerCase(), password);
			await writeUsers();
			// Dovecot looks at the file's time (whole seconds) at most once a second.
			await utimes(files.users, new Date(), new Date((usersTime += 1000)));
			await eventually(PASSWORD_LIMIT_MS, 'new password in Dovecot', async () => {
				const test = doveadm(['auth', 'test', '--', user, password]);
				return await test.then(
					() => true,
					() => false,
				);
			});
		},
		start,
		halt: async () => await processes.end(),
		restart: async () => {
			await processes.end();
			await start();
		},
		kill: async () => await processes.kill(),
		log: () => readLog(files.log),
		stop: async () => {
			await processes.kill();
			await remove();
		},
	};
}

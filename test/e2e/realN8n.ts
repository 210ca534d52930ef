/** A real n8n on a user folder of its own, with the package under test installed as n8n installs it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, delimiter } from 'node:path';
import { groupEnded, killGroupAtEnd, temporaryFolder } from './cleanup';
import { installN8n, type N8nInstall } from './install';
import { installPackage } from './packPackage';
import { RestClient } from './restClient';

/** A start takes 8 s alone on two cores; a busy machine is given much more. */
const READY_TIMEOUT_MS = 120_000;
/** n8n's own limit for a graceful stop is 30 s. */
const STOP_TIMEOUT_MS = 40_000;
/** A port found free can be taken by another process before n8n binds it. */
const START_ATTEMPTS = 3;
const READY_LINE = 'Editor is now accessible via';
const LOG_TAIL_LINES = 40;

export const OWNER = { email: 'owner@mailroom.example', password: 'Mailroom-e2e-1' } as const;

export interface StartN8nOptions {
	/** The package under test, as `npm pack` made it. */
	packageTarball: string;
	/** Added to n8n's environment. */
	env?: Record<string, string>;
	/** Default: a new one, removed when this process ends. */
	userFolder?: string;
}

/** Installs n8n if needed, starts it with the package, makes the owner and logs in. */
export async function startN8n(options: StartN8nOptions): Promise<RealN8n> {
	const install = await installN8n();
	const userFolder = options.userFolder ?? temporaryFolder('n8n');
	await installPackage(options.packageTarball, userFolder);
	const n8n = new RealN8n(install, userFolder, options.env ?? {});
	await n8n.start();
	return n8n;
}

export class RealN8n {
	/** REST client, logged in as the owner; stays valid over restarts. */
	readonly rest = new RestClient(() => this.url);
	/** Address of the editor; a new port after each start. */
	url = '';
	private child: ChildProcess | undefined;
	private ended: Promise<void> = Promise.resolve();
	private output = '';

	constructor(
		private readonly install: N8nInstall,
		readonly userFolder: string,
		private readonly extraEnv: Record<string, string>,
	) {}

	/** Everything n8n printed since the first start. */
	log(): string {
		return this.output;
	}

	/** The last lines of the log, without what n8n tells at each start. */
	logTail(): string {
		return tail(this.output);
	}

	/** Process id, to signal it in a special way. */
	get pid(): number | undefined {
		return this.child?.pid;
	}

	/** Starts n8n on this user folder and waits until it is ready. @returns milliseconds until it was */
	async start(): Promise<number> {
		if (this.child) throw new Error('n8n runs already');
		const startedAt = Date.now();
		for (let attempt = 1; ; attempt++) {
			try {
				await this.launch();
				break;
			} catch (error) {
				await this.kill();
				const portTaken = (error as Error).message.includes('already in use');
				if (!portTaken || attempt === START_ATTEMPTS) throw error;
			}
		}
		await this.authenticate();
		return Date.now() - startedAt;
	}

	/** SIGKILL to n8n and all it started: nothing gets to run any more. */
	async kill(): Promise<void> {
		await this.signalAndWait('SIGKILL');
	}

	/** SIGTERM, as `docker stop` or systemd does; resolves when n8n has ended. @returns milliseconds that took */
	async stop(): Promise<number> {
		const startedAt = Date.now();
		await this.signalAndWait('SIGTERM');
		return Date.now() - startedAt;
	}

	private async signalAndWait(signal: NodeJS.Signals): Promise<void> {
		const pid = this.child?.pid;
		if (pid === undefined) return;
		// A kill hits the group (task runners too); a stop goes to n8n alone, which ends its own children.
		sendSignal(signal === 'SIGKILL' ? -pid : pid, signal);
		const timer = setTimeout(() => sendSignal(-pid, 'SIGKILL'), STOP_TIMEOUT_MS);
		await this.ended;
		clearTimeout(timer);
	}

	private async launch(): Promise<void> {
		const [port, brokerPort] = await freePorts(2);
		this.url = `http://127.0.0.1:${port}`;
		const child = spawn(this.install.node, [this.install.n8n, 'start'], {
			cwd: this.userFolder,
			env: this.environment(port as number, brokerPort as number),
			detached: true,
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		this.child = child;
		const pid = child.pid;
		if (pid !== undefined) killGroupAtEnd(pid);
		this.ended = new Promise((resolve) => {
			child.once('error', () => resolve());
			child.once('exit', () => {
				if (pid !== undefined) {
					sendSignal(-pid, 'SIGKILL');
					groupEnded(pid);
				}
				if (this.child === child) this.child = undefined;
				resolve();
			});
		});
		await this.untilReady(child);
	}

	private async untilReady(child: ChildProcess): Promise<void> {
		const from = this.output.length;
		await new Promise<void>((resolve, reject) => {
			const fail = (what: string) => reject(new Error(`${what}\n${tail(this.output.slice(from))}`));
			const timer = setTimeout(
				() => fail(`n8n was not ready after ${READY_TIMEOUT_MS} ms`),
				READY_TIMEOUT_MS,
			);
			const onOutput = (chunk: Buffer) => {
				this.output += chunk.toString();
				if (!this.output.slice(from).includes(READY_LINE)) return;
				clearTimeout(timer);
				resolve();
			};
			child.stdout?.on('data', onOutput);
			child.stderr?.on('data', onOutput);
			child.once(
				'error',
				(error) => (clearTimeout(timer), fail(`n8n could not be started: ${error.message}`)),
			);
			child.once('exit', (code) => (clearTimeout(timer), fail(`n8n ended with ${code} while starting`)));
		});
		const health = await fetch(`${this.url}/healthz/readiness`);
		if (!health.ok) throw new Error(`n8n says it is not ready (${health.status})\n${tail(this.output)}`);
	}

	/** Makes the owner at the first start; later the session cookie still holds, as the key is in the folder. */
	private async authenticate(): Promise<void> {
		const who = await this.rest.raw('GET', '/rest/login');
		if (who.ok) return;
		const settings = await this.rest.request<{ userManagement: { showSetupOnFirstLoad?: boolean } }>(
			'GET',
			'/settings',
		);
		if (settings.userManagement.showSetupOnFirstLoad) await this.rest.setupOwner(OWNER.email, OWNER.password);
		else await this.rest.login(OWNER.email, OWNER.password);
	}

	private environment(port: number, brokerPort: number): NodeJS.ProcessEnv {
		const env: NodeJS.ProcessEnv = {};
		// What npm, the test runner or a person's own n8n left in the environment must not reach this one.
		for (const [name, value] of Object.entries(process.env)) {
			if (!/^(N8N_|DB_|EXECUTIONS_|QUEUE_|npm_|NODE_OPTIONS$|NODE_ENV$)/i.test(name)) env[name] = value;
		}
		return {
			...env,
			PATH: `${dirname(this.install.node)}${delimiter}${process.env['PATH']}`,
			NODE_ENV: 'production',
			N8N_USER_FOLDER: this.userFolder,
			N8N_ENCRYPTION_KEY: 'only-for-tests-on-this-machine',
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_HOST: '127.0.0.1',
			N8N_PORT: String(port),
			N8N_RUNNERS_BROKER_PORT: String(brokerPort),
			N8N_SECURE_COOKIE: 'false',
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
			N8N_TEMPLATES_ENABLED: 'false',
			N8N_PERSONALIZATION_ENABLED: 'false',
			N8N_HIRING_BANNER_ENABLED: 'false',
			N8N_DYNAMIC_BANNERS_ENABLED: 'false',
			N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
			N8N_VERIFIED_PACKAGES_ENABLED: 'false',
			N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
			// The one module that calls out to the internet by itself at every start.
			N8N_DISABLED_MODULES: 'mcp-registry',
			EXECUTIONS_MODE: 'regular',
			DB_TYPE: 'sqlite',
			...this.extraEnv,
		};
	}
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// It is gone already.
	}
}

function tail(text: string): string {
	const lines = text.trim().split('\n');
	return lines
		.filter((line) => !/migration |^ - N8N_|\[license SDK\]/.test(line))
		.slice(-LOG_TAIL_LINES)
		.join('\n');
}

/** Ports of 127.0.0.1 that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer();
			await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
			return server;
		}),
	);
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}

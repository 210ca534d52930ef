/** A real n8n on a user folder of its own, with the package under test installed as n8n installs it. */
import { createServer, type AddressInfo } from 'node:net';
import { temporaryFolder } from './cleanup';
import { installN8n, type N8nInstall } from './install';
import { N8nProcess } from './n8nProcess';
import { installPackage } from './packPackage';
import { RestClient } from './restClient';

/** A port found free can be taken by another process before n8n binds it. */
const START_ATTEMPTS = 3;

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
	const { install, userFolder } = await prepare(options);
	const n8n = new RealN8n(install, userFolder, options.env ?? {});
	await n8n.start();
	return n8n;
}

/** Starts a worker of queue mode (`EXECUTIONS_MODE` and the rest are in `env`), with the package, in a folder of its own. */
export async function startWorker(options: StartN8nOptions): Promise<N8nProcess> {
	const { install, userFolder } = await prepare(options);
	const worker = new N8nProcess(install, 'worker', userFolder);
	const [brokerPort] = await freePorts(1);
	await worker.start({ N8N_RUNNERS_BROKER_PORT: String(brokerPort), ...options.env });
	return worker;
}

async function prepare(options: StartN8nOptions): Promise<{ install: N8nInstall; userFolder: string }> {
	const install = await installN8n();
	const userFolder = options.userFolder ?? temporaryFolder('n8n');
	await installPackage(options.packageTarball, userFolder);
	return { install, userFolder };
}

export class RealN8n {
	/** REST client, logged in as the owner; stays valid over restarts. */
	readonly rest = new RestClient(() => this.url);
	/** Address of the editor; a new port after each start. */
	url = '';
	private readonly process: N8nProcess;

	constructor(
		install: N8nInstall,
		readonly userFolder: string,
		private readonly extraEnv: Record<string, string>,
	) {
		this.process = new N8nProcess(install, 'start', userFolder);
	}

	/** Everything n8n printed since the first start. */
	log(): string {
		return this.process.log;
	}

	/** The last lines of the log, without what n8n tells at each start. */
	logTail(): string {
		return this.process.logTail;
	}

	/** Process id, to signal it in a special way. */
	get pid(): number | undefined {
		return this.process.pid;
	}

	/**
	 * Starts n8n on this user folder and waits until it is ready.
	 * @param env for this start only
	 * @returns milliseconds until it was ready
	 */
	async start(env: Record<string, string> = {}): Promise<number> {
		if (this.process.isRunning) throw new Error('n8n runs already');
		const startedAt = Date.now();
		for (let attempt = 1; ; attempt++) {
			try {
				await this.launch(env);
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
		await this.process.kill();
	}

	/** SIGTERM, as `docker stop` or systemd does; resolves when n8n has ended. @returns milliseconds that took */
	async stop(): Promise<number> {
		return await this.process.stop();
	}

	private async launch(env: Record<string, string>): Promise<void> {
		const [port, brokerPort] = await freePorts(2);
		this.url = `http://127.0.0.1:${port}`;
		await this.process.start({
			N8N_PORT: String(port),
			N8N_RUNNERS_BROKER_PORT: String(brokerPort),
			...this.extraEnv,
			...env,
		});
		const health = await fetch(`${this.url}/healthz/readiness`);
		if (!health.ok) throw new Error(`n8n says it is not ready (${health.status})\n${this.logTail()}`);
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

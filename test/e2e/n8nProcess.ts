/** One process of n8n (`n8n start` or `n8n worker`) with all it starts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, delimiter } from 'node:path';
import { groupEnded, killGroupAtEnd } from './cleanup';
import type { N8nInstall } from './install';

/** A start takes 8 s alone on two cores; a busy machine is given much more. */
const READY_TIMEOUT_MS = 120_000;
/** n8n's own limit for a graceful stop is 30 s. */
const STOP_TIMEOUT_MS = 40_000;
const LOG_TAIL_LINES = 40;

/** What each command prints when it is ready. */
const READY_LINES = {
	start: 'Editor is now accessible via',
	worker: 'n8n worker is now ready',
} as const;

export type N8nCommand = keyof typeof READY_LINES;

export class N8nProcess {
	private child: ChildProcess | undefined;
	private ended: Promise<void> = Promise.resolve();
	private output = '';

	constructor(
		private readonly install: N8nInstall,
		private readonly command: N8nCommand,
		private readonly userFolder: string,
	) {}

	/** Everything it printed since the first start. */
	get log(): string {
		return this.output;
	}

	/** The last lines of the log, without what n8n tells at each start. */
	get logTail(): string {
		return tail(this.output);
	}

	get isRunning(): boolean {
		return this.child !== undefined;
	}

	/** Process id, to signal it in a special way. */
	get pid(): number | undefined {
		return this.child?.pid;
	}

	/**
	 * Starts it and waits until it says that it is ready.
	 * @throws Error with its last lines when it ends instead, or takes too long; it may then still run
	 */
	async start(env: Record<string, string>): Promise<void> {
		const child = spawn(this.install.node, [this.install.n8n, this.command], {
			cwd: this.userFolder,
			env: { ...environment(this.install, this.userFolder), ...env },
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

	/** SIGKILL to the process and all it started: nothing gets to run any more. */
	async kill(): Promise<void> {
		await this.signalAndWait('SIGKILL');
	}

	/** SIGTERM, as `docker stop` or systemd does; resolves when it has ended. @returns milliseconds that took */
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

	private async untilReady(child: ChildProcess): Promise<void> {
		const from = this.output.length;
		await new Promise<void>((resolve, reject) => {
			const fail = (what: string) => reject(new Error(`${what}\n${tail(this.output.slice(from))}`));
			const timer = setTimeout(
				() => fail(`n8n ${this.command} was not ready after ${READY_TIMEOUT_MS} ms`),
				READY_TIMEOUT_MS,
			);
			const onOutput = (chunk: Buffer) => {
				this.output += chunk.toString();
				if (!this.output.slice(from).includes(READY_LINES[this.command])) return;
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
	}
}

/** What every process of n8n in these tests has in common. */
function environment(install: N8nInstall, userFolder: string): NodeJS.ProcessEnv {
	const env: NodeJS.ProcessEnv = {};
	// What npm, the test runner or a person's own n8n left in the environment must not reach this one.
	for (const [name, value] of Object.entries(process.env)) {
		if (!/^(N8N_|DB_|EXECUTIONS_|QUEUE_|npm_|NODE_OPTIONS$|NODE_ENV$)/i.test(name)) env[name] = value;
	}
	return {
		...env,
		PATH: `${dirname(install.node)}${delimiter}${process.env['PATH']}`,
		NODE_ENV: 'production',
		N8N_USER_FOLDER: userFolder,
		N8N_ENCRYPTION_KEY: 'only-for-tests-on-this-machine',
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
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
	};
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

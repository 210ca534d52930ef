import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import type { ChildOptions } from './child';
import type { EngineUnderTest, ExecutionSummary, WorkflowJson } from './underTest';

interface Message {
	id?: number;
	value?: unknown;
	error?: string;
	ready?: boolean;
	failed?: string;
}

/** The harness in a process of its own, whose state outlives `kill()`. */
export class ChildEngine implements EngineUnderTest {
	readonly stateDir = mkdtempSync(path.join(os.tmpdir(), 'mailroom-child-'));
	private child: ChildProcess | undefined;
	private lastCall = 0;
	private readonly calls = new Map<number, (answer: Message) => void>();

	constructor(private readonly options: Omit<ChildOptions, 'stateDir' | 'log' | 'onStep'>) {}

	/** @param more options for this start only, such as `killAt` */
	async start(more: Partial<ChildOptions> = {}): Promise<void> {
		const { NODE_ENV: _test, JEST_WORKER_ID: _worker, ...env } = process.env;
		const options = { ...this.options, ...more, stateDir: this.stateDir };
		const child = fork(path.join(__dirname, 'child.ts'), [JSON.stringify(options)], {
			execArgv: ['--require', 'tsx/cjs'],
			env,
		});
		this.child = child;
		await new Promise<void>((resolve, reject) => {
			child.once('exit', (code) => reject(new Error(`The child engine ended with ${code} while it started`)));
			child.on('message', (message: Message) => {
				if (message.ready) resolve();
				else if (message.failed) reject(new Error(message.failed));
				else this.calls.get(message.id ?? 0)?.(message);
			});
		});
	}

	async addWorkflow(workflow: WorkflowJson): Promise<string> {
		return await this.call('addWorkflow', workflow);
	}
	async updateWorkflow(id: string, workflow: WorkflowJson): Promise<void> {
		await this.call('updateWorkflow', id, workflow);
	}
	async publish(id: string): Promise<void> {
		await this.call('publish', id);
	}
	async unpublish(id: string): Promise<void> {
		await this.call('unpublish', id);
	}
	async executions(workflowId: string): Promise<ExecutionSummary[]> {
		return await this.call('executions', workflowId);
	}
	async staticData(workflowId: string): Promise<IDataObject> {
		return await this.call('staticData', workflowId);
	}
	async cancel(executionId: string): Promise<void> {
		await this.call('cancel', executionId);
	}
	async executeStep(workflowId: string, nodeName: string): Promise<IDataObject[]> {
		return await this.call('executeStep', workflowId, nodeName);
	}

	/** Resolves when the process has ended by itself, as it does at `killAt`. */
	async died(): Promise<void> {
		const { child } = this;
		if (child !== undefined && child.exitCode === null && child.signalCode === null)
			await once(child, 'exit');
		this.child = undefined;
	}

	async kill(): Promise<void> {
		await this.end('SIGKILL');
	}
	async terminate(): Promise<void> {
		await this.end('SIGTERM');
	}
	async stop(): Promise<void> {
		await this.kill();
		rmSync(this.stateDir, { recursive: true, force: true });
	}

	private async end(signal: NodeJS.Signals): Promise<void> {
		const { child } = this;
		this.child = undefined;
		if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
		const exited = once(child, 'exit');
		child.kill(signal);
		await exited;
		for (const answer of this.calls.values()) answer({ error: `The engine was ended by ${signal}` });
		this.calls.clear();
	}

	private async call<T>(method: string, ...args: unknown[]): Promise<T> {
		const { child } = this;
		if (child === undefined) throw new Error('The child engine does not run');
		const id = (this.lastCall += 1);
		const answer = new Promise<Message>((resolve) => this.calls.set(id, resolve));
		child.send({ id, method, args });
		const { value, error } = await answer;
		this.calls.delete(id);
		if (error !== undefined) throw new Error(error);
		return value as T;
	}
}

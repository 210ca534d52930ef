/**
 * Stand-in for n8n's executions: rows and their keys, concurrency, running, saving, stopping, error workflows. Rule
 * by rule as n8n 2.41's code does it; the class or file it was read from is named at each rule.
 */
import * as flatted from 'flatted';
import type {
	ExecutionError,
	ExecutionStatus,
	IDataObject,
	INode,
	IRun,
	IRunExecutionData,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import {
	createErrorExecutionData,
	createRunExecutionData,
	ExecutionCancelledError,
	ManualExecutionCancelledError,
	OperationalError,
	SystemShutdownExecutionCancelledError,
	TimeoutExecutionCancelledError,
	Workflow,
} from 'n8n-workflow';
import type { CredentialsHelper } from '../credentials';
import type { NodeTypes } from '../nodeTypes';
import type { LogSink, Runtime } from '../runtime';
import type { ExecutionRow, Store, WorkflowRow, WorkflowVersion } from '../store';
import type { Deferred, Execution, Faults, RunData, StandInOptions, StepListener } from './types';

/** EXECUTIONS_DATA_PRUNE_HARD_DELETE_INTERVAL: dropped rows keep their key until this timer removes them. */
const HARD_DELETE_MS = 15 * 60_000;
/** The column's length, in characters. */
const LONGEST_KEY = 255;
/** The longest delay a timer takes; more would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
export const ERROR_TRIGGER = 'n8n-nodes-base.errorTrigger';

/** The key is taken: `donePromise` resolves to undefined. */
export class DuplicateExecutionError extends Error {}

interface ActiveExecution {
	run: { cancel(): void } | undefined;
	post: Deferred<IRun | undefined>;
	status: ExecutionStatus;
}
export class Executions {
	readonly faults: Faults = {};
	private readonly active = new Map<string, ActiveExecution>();
	private readonly queue: Array<{ executionId: string; go: () => void }> = [];
	private readonly timers = new Set<NodeJS.Timeout>();
	private capacity: number;
	private lastExecutionId = 0;
	private stopping = false;

	constructor(
		private readonly runtime: Runtime,
		private readonly store: Store,
		private readonly nodeTypes: NodeTypes,
		private readonly credentials: CredentialsHelper,
		private readonly options: StandInOptions,
		private readonly log: LogSink,
		/** Told of every change of a row. */
		private readonly onChange: (executionId: string) => void,
		private readonly onStep: StepListener,
	) {
		this.capacity = options.concurrencyLimit;
		for (const { id } of store.executions.all()) {
			this.lastExecutionId = Math.max(this.lastExecutionId, Number(id));
		}
	}

	/** commands/start.js: rows found `running` become `crashed`, those found `new` run, waiting ones go on. */
	boot(): void {
		for (const row of this.store.executions.all()) {
			if (row.status === 'running' || row.status === 'unknown') {
				this.store.executions.patch(row.id, { status: 'crashed', stoppedAt: now(), waitTill: null });
			}
		}
		for (const row of this.store.executions.all()) {
			if (row.status === 'new' && row.deletedAt === null) this.resume(row);
			if (row.status === 'waiting') this.resumeLater(row.id);
		}
		this.timers.add(setInterval(() => this.hardDelete(), HARD_DELETE_MS).unref());
	}

	/**
	 * ActiveExecutions.shutdown: running executions may end; queued ones stay `new` for the next boot and their
	 * promises never settle.
	 * @param graceMs how long executions may run on; what then still runs is cancelled
	 */
	async stop(graceMs: number): Promise<void> {
		this.stopping = true;
		for (const timer of this.timers) clearTimeout(timer);
		this.queue.length = 0;
		for (const [id, { status }] of this.active) if (status === 'waiting') this.active.delete(id);
		const posts = [...this.active.values()].map(
			async ({ post }) => await post.promise.catch(() => undefined),
		);
		let timer: NodeJS.Timeout | undefined;
		await Promise.race([
			Promise.all(posts),
			new Promise((resolve) => (timer = setTimeout(resolve, graceMs))),
		]);
		clearTimeout(timer);
		for (const id of [...this.active.keys()]) {
			this.cancelActive(id, new SystemShutdownExecutionCancelledError(id));
			this.patch(id, { status: 'canceled', stoppedAt: now() });
		}
	}

	/** WorkflowRunner.run for a new execution, once its row exists and its turn has come. Returns the id. */
	async start(run: RunData): Promise<string> {
		const fault = this.faults.insert;
		delete this.faults.insert;
		if (fault === 'before') throw new OperationalError('SQLITE_BUSY: database is locked');
		const executionId = this.insert(run);
		this.onStep('inserted', { workflowId: run.workflowId, executionId });
		if (fault === 'after') throw new OperationalError('Connection terminated unexpectedly');
		await this.takeTurn(executionId, run.mode);
		await this.runRow(executionId, run);
		return executionId;
	}

	/** EnqueuedExecutionRecoveryService: a `new` row found at boot. */
	private resume(row: ExecutionRow): void {
		const { workflowId, workflow, mode, deduplicationKey: key } = row;
		const run = { workflowId, workflow, mode, data: flatted.parse(row.data) as IRunExecutionData, key };
		void this.takeTurn(row.id, mode).then(async () => await this.runRow(row.id, run));
	}

	/** WaitTracker: a waiting row goes on at its time. */
	private resumeLater(executionId: string): void {
		const waitTill = this.store.executions.get(executionId)?.waitTill;
		if (!waitTill) return;
		const ms = Math.min(Math.max(new Date(waitTill).getTime() - Date.now(), 0), LONGEST_TIMER_MS);
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			const row = this.store.executions.get(executionId);
			if (row?.status === 'waiting' && !this.stopping) this.resume(row);
		}, ms);
		this.timers.add(timer.unref());
	}

	/**
	 * ExecutionPersistence.create: the key is unique over the instance. A row still `new` with that key, of
	 * whatever workflow, is replaced; any other, dropped ones included, keeps the key.
	 */
	private insert(run: RunData): string {
		if (run.key !== null) {
			if (run.key.length > LONGEST_KEY)
				throw new OperationalError('value too long for type character varying');
			const holder = this.store.executions.all().find(({ deduplicationKey }) => deduplicationKey === run.key);
			if (holder !== undefined && (holder.status !== 'new' || holder.deletedAt !== null)) {
				throw new DuplicateExecutionError(run.key);
			}
			if (holder !== undefined) this.store.executions.delete(holder.id);
		}
		const id = String((this.lastExecutionId += 1));
		this.store.executions.put({
			id,
			workflowId: run.workflowId,
			mode: run.mode,
			status: 'new',
			deduplicationKey: run.key,
			createdAt: now(),
			startedAt: null,
			stoppedAt: null,
			waitTill: null,
			deletedAt: null,
			data: flatted.stringify(run.data),
			workflow: run.workflow,
		});
		this.onChange(id);
		return id;
	}

	/** ConcurrencyQueue; only production modes count. */
	private async takeTurn(executionId: string, mode: WorkflowExecuteMode): Promise<void> {
		if (!this.limited(mode)) return;
		this.capacity -= 1;
		if (this.capacity < 0) await new Promise<void>((go) => this.queue.push({ executionId, go }));
	}

	private giveTurn(mode: WorkflowExecuteMode): void {
		if (!this.limited(mode) || this.stopping) return;
		this.capacity += 1;
		this.queue.shift()?.go();
	}

	private limited(mode: WorkflowExecuteMode): boolean {
		return this.options.concurrencyLimit > 0 && (mode === 'trigger' || mode === 'webhook');
	}

	/** ActiveExecutions.add and WorkflowRunner.runMainProcess. Runs even when the row was replaced meanwhile. */
	private async runRow(executionId: string, run: RunData): Promise<void> {
		this.patch(executionId, { status: 'running', startedAt: now(), waitTill: null });
		this.onStep('running', { workflowId: run.workflowId, executionId });
		const row = this.workflowRow(run.workflowId);
		const workflow = this.createWorkflow(row, run.workflow, run.mode);
		const additionalData = this.additionalData(row, executionId);
		additionalData.hooks = this.hooks(executionId, run, row, workflow);
		const execute = new this.runtime.core.WorkflowExecute(additionalData, run.mode, run.data);
		const execution = run.execute?.(execute, workflow) ?? execute.processRunExecutionData(workflow);
		this.attach(executionId, run, execution, row.settings.executionTimeout);
	}

	/** Registers a running execution so that it can be awaited, cancelled and timed out. */
	private attach(
		executionId: string,
		run: RunData,
		execution: Execution,
		timeoutSeconds: number | undefined,
	): void {
		const post = deferred<IRun | undefined>();
		this.active.set(executionId, { run: execution, post, status: 'running' });
		const timer =
			timeoutSeconds !== undefined && timeoutSeconds > 0
				? setTimeout(
						() => this.cancelActive(executionId, new TimeoutExecutionCancelledError(executionId)),
						timeoutSeconds * 1000,
					)
				: undefined;
		post.promise
			.catch(() => undefined)
			.finally(() => {
				clearTimeout(timer);
				if (this.active.get(executionId)?.post === post) this.active.delete(executionId);
				this.giveTurn(run.mode);
			});
		execution.then(
			(result) => {
				run.responsePromise?.resolve({});
				this.onStep('finished', { workflowId: run.workflowId, executionId });
				post.resolve(result);
			},
			(error: Error) => {
				// processError: what was cancelled has been settled already.
				if (error instanceof ExecutionCancelledError) return;
				this.patch(executionId, { status: 'error', stoppedAt: now() });
				post.resolve(failedRun(run, error));
			},
		);
	}

	/** ActiveExecutions.getPostExecutePromise. */
	async ended(executionId: string): Promise<IRun | undefined> {
		const execution = this.active.get(executionId);
		if (execution === undefined) throw new OperationalError(`No active execution found: ${executionId}`);
		return await execution.post.promise;
	}

	/** hookFunctionsFinalizeExecutionStatus and hookFunctionsSave. */
	private hooks(executionId: string, run: RunData, row: WorkflowRow, workflow: Workflow) {
		const data = { ...this.workflowData(row, run.workflow), staticData: workflow.staticData };
		const hooks = new this.runtime.core.ExecutionLifecycleHooks(run.mode, executionId, data);
		hooks.addHandler('sendResponse', (response) => run.responsePromise?.resolve(response));
		hooks.addHandler('workflowExecuteAfter', (result, newStaticData) => {
			if (result.waitTill) result.status = 'waiting';
			else if (!['crashed', 'canceled', 'error'].includes(result.status)) {
				result.status = result.data.resultData.error ? 'error' : 'success';
			}
			const isManual = run.mode === 'manual';
			if (!isManual && newStaticData) {
				const copy = JSON.parse(JSON.stringify(newStaticData)) as IDataObject;
				this.store.workflows.patch(run.workflowId, { staticData: copy });
			}
			this.save(executionId, result, row, isManual);
			const error = result.data.resultData.error;
			if (isManual || error === undefined) return;
			const lastNodeExecuted = result.data.resultData.lastNodeExecuted;
			const execution = { id: executionId, error, lastNodeExecuted, mode: run.mode };
			this.runErrorWorkflow(run.workflowId, run.mode, { execution });
		});
		return hooks;
	}

	private save(executionId: string, result: IRun, row: WorkflowRow, isManual: boolean): void {
		const existing = this.store.executions.get(executionId);
		if (existing === undefined || existing.status === 'canceled') return;
		this.patch(executionId, {
			status: result.status,
			stoppedAt: now(),
			waitTill: result.waitTill ? new Date(result.waitTill).toISOString() : null,
			data: flatted.stringify(result.data),
		});
		if (result.waitTill) return this.resumeLater(executionId);
		const { saveDataSuccessExecution: success, saveDataErrorExecution: error } = row.settings;
		const keep =
			isManual ||
			(result.status === 'success'
				? success === 'all' || (success !== 'none' && this.options.saveSuccessful)
				: error !== 'none');
		if (!keep) this.patch(executionId, { deletedAt: now() });
	}

	/** ExecutionsPruningService: frees the keys of rows that were dropped. n8n does it every 15 minutes. */
	hardDelete(): void {
		for (const row of this.store.executions.all())
			if (row.deletedAt !== null) this.store.executions.delete(row.id);
	}

	/** ExecutionService.stop, as the editor's stop button: a queued one never settles, a running one rejects. */
	cancel(executionId: string): void {
		const queued = this.queue.findIndex((entry) => entry.executionId === executionId);
		if (queued >= 0) {
			this.queue.splice(queued, 1);
			this.capacity += 1;
		}
		this.cancelActive(executionId, new ManualExecutionCancelledError(executionId));
		this.patch(executionId, { status: 'canceled', stoppedAt: now(), waitTill: null });
	}

	private cancelActive(executionId: string, error: ExecutionCancelledError): void {
		const execution = this.active.get(executionId);
		if (execution === undefined) return;
		execution.run?.cancel();
		execution.post.reject(error);
	}

	/** executeErrorWorkflow: the workflow in `settings.errorWorkflow`, else an error trigger of its own. */
	runErrorWorkflow(workflowId: string, mode: WorkflowExecuteMode, data: IDataObject | object): void {
		if (mode === 'error') return;
		const failed = this.workflowRow(workflowId);
		const target = this.store.workflows.get(failed.settings.errorWorkflow ?? workflowId);
		const version = target?.published ?? target;
		const node = version?.nodes.find(({ type }) => type === ERROR_TRIGGER);
		if (target === undefined || version === undefined || node === undefined) return;
		const json = JSON.parse(
			flattenErrors({ ...data, workflow: { id: workflowId, name: failed.name } }),
		) as IDataObject;
		const runData = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: [[{ json }]] }, source: null }] },
		});
		const run = {
			workflowId: target.id,
			workflow: version,
			mode: 'error' as const,
			data: runData,
			key: null,
		};
		void this.start(run).catch((error: Error) =>
			this.log({ level: 'error', message: error.message, meta: error }),
		);
	}

	/** recordTriggerFailure: an error row unless the workflow saves none; the error workflow runs in any case. */
	saveFailedExecution(error: ExecutionError, node: INode, workflowId: string): void {
		const row = this.workflowRow(workflowId);
		if (row.settings.saveDataErrorExecution !== 'none') {
			const data = createErrorExecutionData(node, error);
			const id = this.insert({
				workflowId,
				workflow: row.published ?? row,
				mode: 'trigger',
				data,
				key: null,
			});
			this.patch(id, { status: 'error', stoppedAt: now() });
		}
		this.runErrorWorkflow(workflowId, 'trigger', { trigger: { error, mode: 'trigger' } });
	}

	createWorkflow(row: WorkflowRow, version: WorkflowVersion, mode: WorkflowExecuteMode): Workflow {
		return new Workflow({
			id: row.id,
			name: row.name,
			nodes: structuredClone(version.nodes),
			connections: structuredClone(version.connections),
			active: mode !== 'manual' && row.published !== null,
			nodeTypes: this.nodeTypes,
			staticData: structuredClone(row.staticData),
			settings: row.settings,
		});
	}

	/** WorkflowExecuteAdditionalData.getBase. */
	additionalData(row?: WorkflowRow, executionId?: string): IWorkflowExecuteAdditionalData {
		const base = 'http://127.0.0.1/';
		return {
			currentNodeExecutionIndex: 0,
			credentialsHelper: this.credentials,
			restApiUrl: `${base}rest`,
			instanceBaseUrl: base,
			formWaitingBaseUrl: `${base}form-waiting`,
			webhookBaseUrl: `${base}webhook`,
			webhookWaitingBaseUrl: `${base}webhook-waiting`,
			webhookTestBaseUrl: `${base}webhook-test`,
			variables: {},
			executionId,
			workflowId: row?.id,
			workflowSettings: row?.settings,
			setExecutionStatus: (status: ExecutionStatus) => {
				const execution = executionId === undefined ? undefined : this.active.get(executionId);
				if (execution) execution.status = status;
			},
			logAiEvent: () => undefined,
			externalSecretsProxy: this.runtime.container.get(this.runtime.core.ExternalSecretsProxy),
		} as unknown as IWorkflowExecuteAdditionalData;
	}

	private workflowData(row: WorkflowRow, version: WorkflowVersion): IWorkflowBase {
		const { id, name, settings } = row;
		const dates = { createdAt: new Date(), updatedAt: new Date() };
		return {
			id,
			name,
			settings,
			...version,
			...dates,
			active: row.published !== null,
			isArchived: false,
		} as never;
	}

	workflowRow(id: string): WorkflowRow {
		const row = this.store.workflows.get(id);
		if (row === undefined) throw new OperationalError(`Workflow "${id}" does not exist`);
		return row;
	}

	private patch(executionId: string, columns: Partial<ExecutionRow>): void {
		if (this.store.executions.patch(executionId, columns)) this.onChange(executionId);
	}
}

const now = (): string => new Date().toISOString();

function deferred<T>(): Deferred<T> {
	let resolve!: (value: T) => void;
	let reject!: (error: Error) => void;
	const promise = new Promise<T>((yes, no) => ((resolve = yes), (reject = no)));
	return { promise, resolve, reject };
}

function failedRun(run: RunData, error: Error): IRun {
	const data = createRunExecutionData({ resultData: { runData: {}, error: error as ExecutionError } });
	const dates = { startedAt: new Date(), stoppedAt: new Date() };
	return { data, mode: run.mode, ...dates, status: 'error', finished: false, storedAt: 'db' };
}

/** Errors as n8n hands them to an error workflow: their own fields with message and stack. */
function flattenErrors(value: object): string {
	return JSON.stringify(value, (_key, inner: unknown) =>
		inner instanceof Error
			? { ...inner, name: inner.name, message: inner.message, stack: inner.stack, cause: undefined }
			: inner,
	);
}

/**
 * Stand-in for what lives in the package `n8n` around n8n-core: publishing, emit, execution rows and their keys,
 * concurrency, saving. Rule by rule as n8n 2.41's code does it; the file it was read from is named at each rule.
 * `contract.ts` holds it to the real thing. Only what a trigger or an action can notice is here.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as flatted from 'flatted';
import type {
	ExecutionError,
	ExecutionStatus,
	IDataObject,
	IExecuteResponsePromiseData,
	INode,
	INodeExecutionData,
	IRun,
	IRunExecutionData,
	ITriggerFunctions,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
	WorkflowActivateMode,
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
	WorkflowActivationError,
} from 'n8n-workflow';
import type { CredentialsHelper } from './credentials';
import type { NodeTypes } from './nodeTypes';
import type { LogSink, Runtime } from './runtime';
import type { ExecutionRow, Store, WorkflowRow, WorkflowVersion } from './store';

/** constants.js: TRIGGER_ACTIVATION_MAX_ATTEMPTS, WORKFLOW_REACTIVATE_INITIAL_TIMEOUT. */
const ACTIVATION_ATTEMPTS = 5;
const ACTIVATION_FIRST_DELAY_MS = 1000;
/** 70 % of N8N_WORKFLOW_PUBLICATION_OUTBOX_LEASE_SECONDS: then a `trigger()` that hangs is abandoned. */
const ACTIVATION_LEASE_MS = 84_000;
/** workflow-publication-reconciler.service.js. */
const RECONCILE_MS = 10_000;
/** EXECUTIONS_DATA_PRUNE_HARD_DELETE_INTERVAL: dropped rows keep their key until this timer removes them. */
const HARD_DELETE_MS = 15 * 60_000;
/** trigger-diff.js: a change of one of these restarts a trigger at a publish. */
const REGISTRATION_PROPERTIES = [
	'name',
	'type',
	'typeVersion',
	'webhookId',
	'credentials',
	'parameters',
] as const;
const ERROR_TRIGGER = 'n8n-nodes-base.errorTrigger';
const PSEUDO_TRIGGERS = ['n8n-nodes-base.manualTrigger', ERROR_TRIGGER];
/** ExecutionLifecycleHooks' longest timer; more is a busy loop. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface StandInOptions {
	/** N8N_CONCURRENCY_PRODUCTION_LIMIT; -1 is none. */
	concurrencyLimit: number;
	/** EXECUTIONS_DATA_SAVE_ON_SUCCESS. */
	saveSuccessful: boolean;
	/** First pause between activation attempts; n8n's is 1000. */
	activationFirstDelayMs?: number | undefined;
}

/** Where a run stands; tests that kill the process do it at one of these. */
export type Step = 'staticSaved' | 'inserted' | 'running' | 'finished' | 'told';
export type StepListener = (step: Step, info: { workflowId: string; executionId?: string }) => void;

/** Faults of n8n's database that a trigger must live with; each applies once, to the next emit. */
export interface Faults {
	/** The row is not written (`before`) or written without n8n learning of it (`after`); donePromise rejects. */
	insert?: 'before' | 'after';
	/** n8n 1.x after a database error: donePromise never settles. */
	silence?: boolean;
}

interface Deferred<T> {
	promise: Promise<T>;
	resolve(value: T): void;
	reject(error: Error): void;
}

class DuplicateExecutionError extends Error {}

interface ActiveExecution {
	run: { cancel(): void } | undefined;
	post: Deferred<IRun | undefined>;
	status: ExecutionStatus;
}
export interface RunData {
	workflowId: string;
	workflow: WorkflowVersion;
	mode: WorkflowExecuteMode;
	data: IRunExecutionData;
	key: string | null;
	responsePromise?: Deferred<IExecuteResponsePromiseData> | undefined;
	/** How to run it when not from the node stack in `data`: the manual modes of WorkflowExecute. */
	execute?: (execute: WorkflowExecute, workflow: Workflow) => Execution;
}
type WorkflowExecute = InstanceType<Runtime['core']['WorkflowExecute']>;
type Execution = ReturnType<WorkflowExecute['processRunExecutionData']>;

export class N8nStandIn {
	readonly faults: Faults = {};
	private readonly triggers: InstanceType<Runtime['core']['ActiveWorkflowTriggers']>;
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
		/** Told of every change of an execution row. */
		private readonly onChange: (executionId: string) => void,
		private readonly onStep: StepListener,
	) {
		const { core, container } = runtime;
		const logger = container.get(core.ActiveWorkflowTriggers) as unknown as { logger: never };
		this.triggers = new core.ActiveWorkflowTriggers(
			logger.logger,
			container.get(core.ScheduledTaskManager),
			container.get(core.TriggersAndPollers),
			container.get(core.ErrorReporter),
			container.get(core.PollTriggerExecutor),
		);
		this.capacity = options.concurrencyLimit;
		for (const { id } of store.executions.all())
			this.lastExecutionId = Math.max(this.lastExecutionId, Number(id));
	}

	/**
	 * commands/start.js: `running` rows become `crashed`, `new` rows run, published workflows start in mode `init`.
	 * A trigger that failed for good stays dead over a restart, as in n8n.
	 */
	async boot(): Promise<void> {
		for (const row of this.store.executions.all()) {
			if (row.status === 'running' || row.status === 'unknown') {
				this.store.executions.patch(row.id, { status: 'crashed', stoppedAt: now(), waitTill: null });
			}
		}
		for (const row of this.store.executions.all()) {
			if (row.status === 'new' && row.deletedAt === null) this.resume(row);
			if (row.status === 'waiting') this.resumeLater(row.id);
		}
		this.every(RECONCILE_MS, () => void this.reconcile());
		this.every(HARD_DELETE_MS, () => this.hardDelete());
		await Promise.all(
			this.store.workflows.all().map(async (row) => {
				if (row.published === null) return;
				const nodes = this.triggerNodes(row.published).filter(({ id }) => row.triggerStatus[id] !== 'failed');
				await this.activateNodes(row.id, new Set(nodes.map(({ id }) => id)), 'init').catch(() => undefined);
			}),
		);
	}

	/**
	 * SIGTERM (commands/start.js, ActiveExecutions.shutdown): triggers close one after another, then running
	 * executions may end; queued ones stay `new` for the next boot and their promises never settle.
	 * @param graceMs how long executions may run on; what then still runs is cancelled
	 */
	async stop(graceMs: number): Promise<void> {
		this.stopping = true;
		for (const timer of this.timers) clearTimeout(timer);
		for (const workflowId of this.triggers.allActiveWorkflows()) await this.triggers.remove(workflowId);
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
		for (const id of [...this.active.keys()])
			this.cancelActive(id, new SystemShutdownExecutionCancelledError(id));
	}

	// ---- publishing -------------------------------------------------------------------------------------------

	/**
	 * WorkflowPublicationApplier, trigger-diff.js: only triggers that are new or changed are (re)started.
	 * @param mode n8n's own choice (`activate` at the first publish, else `update`) unless given
	 * @throws the last error of a trigger that failed five times; the workflow stays published, the trigger dead
	 */
	async publish(workflowId: string, mode?: WorkflowActivateMode): Promise<void> {
		const row = this.workflowRow(workflowId);
		const before = row.published ? this.triggerNodes(row.published) : [];
		const next: WorkflowVersion = { nodes: row.nodes, connections: row.connections };
		const after = this.triggerNodes(next);
		const alive = this.triggers.getRegisteredTriggerNodeIds(workflowId);
		const unchanged = new Set(
			after
				.filter((node) => alive.has(node.id) && before.some((old) => sameTrigger(old, node)))
				.map(({ id }) => id),
		);
		await this.closeNodes(
			workflowId,
			before.filter(({ id }) => !unchanged.has(id)).map(({ id }) => id),
		);
		this.store.workflows.patch(workflowId, { published: next });
		const starting = after.filter(({ id }) => !unchanged.has(id)).map(({ id }) => id);
		await this.activateNodes(workflowId, new Set(starting), mode ?? (row.published ? 'update' : 'activate'));
	}

	/** Closes the triggers and takes the version back; an emit from then on rejects. */
	async unpublish(workflowId: string): Promise<void> {
		const { published } = this.workflowRow(workflowId);
		if (published === null) return;
		await this.closeNodes(
			workflowId,
			this.triggerNodes(published).map(({ id }) => id),
		);
		this.store.workflows.patch(workflowId, { published: null, triggerStatus: {} });
	}

	/** WorkflowPublicationReconciler: starts again what counts as activated and is not in memory. */
	async reconcile(): Promise<void> {
		for (const row of this.store.workflows.all()) {
			if (row.published === null || this.stopping) continue;
			const alive = this.triggers.getRegisteredTriggerNodeIds(row.id);
			const missing = Object.keys(row.triggerStatus).filter(
				(id) => row.triggerStatus[id] === 'activated' && !alive.has(id),
			);
			await this.activateNodes(row.id, new Set(missing), 'update').catch(() => undefined);
		}
	}

	private triggerNodes(version: WorkflowVersion): INode[] {
		return version.nodes.filter((node) => {
			const type = this.nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
			return type.trigger !== undefined && node.disabled !== true && !PSEUDO_TRIGGERS.includes(node.type);
		});
	}

	/** WorkflowTriggerActivator.activateInternal, retryTriggerActivation; static data is saved at the end. */
	private async activateNodes(
		workflowId: string,
		ids: Set<string>,
		mode: WorkflowActivateMode,
	): Promise<void> {
		if (ids.size === 0) return;
		const row = this.workflowRow(workflowId);
		const workflow = this.createWorkflow(row, row.published ?? row, 'trigger');
		const additionalData = this.additionalData(row);
		const register = async (nodeId: string): Promise<void> =>
			await this.triggers.addTriggers(
				workflowId,
				workflow,
				[nodeId],
				additionalData,
				'trigger',
				mode,
				this.triggerFunctions(additionalData, mode, register) as never,
				(() => {
					throw new Error('The harness runs no polling triggers');
				}) as never,
			);
		await workflow.expression.acquireIsolate();
		const failures: unknown[] = [];
		try {
			const started = [...ids].map(async (id) => {
				const status = await this.retry(async () => await register(id)).then(
					() => 'activated' as const,
					(error: unknown) => (failures.push(error), 'failed' as const),
				);
				const { triggerStatus } = this.workflowRow(workflowId);
				this.store.workflows.patch(workflowId, { triggerStatus: { ...triggerStatus, [id]: status } });
			});
			await withLease(Promise.all(started));
		} finally {
			await workflow.expression.releaseIsolate();
		}
		await this.saveStaticData(workflow);
		if (failures.length > 0) throw failures[0];
	}

	private async retry(activate: () => Promise<void>): Promise<void> {
		const first = this.options.activationFirstDelayMs ?? ACTIVATION_FIRST_DELAY_MS;
		for (let attempt = 0; ; attempt++) {
			try {
				return await activate();
			} catch (error) {
				this.log({ level: 'warn', message: `activation failed: ${(error as Error).message}` });
				if (attempt >= ACTIVATION_ATTEMPTS - 1 || this.stopping) throw error;
				await new Promise((resolve) => setTimeout(resolve, first * 2 ** attempt));
			}
		}
	}

	private async closeNodes(workflowId: string, ids: string[]): Promise<void> {
		await Promise.all(ids.map(async (id) => await this.triggers.removeTriggers(workflowId, new Set([id]))));
	}

	// ---- the trigger's functions ------------------------------------------------------------------------------

	/** TriggerExecutionContextFactory.getExecuteTriggerFunctions. */
	private triggerFunctions(
		additionalData: IWorkflowExecuteAdditionalData,
		activation: WorkflowActivateMode,
		register: (nodeId: string) => Promise<void>,
	) {
		return (workflow: Workflow, node: INode) => {
			const emit: ITriggerFunctions['emit'] = (data, responsePromise, donePromise, key) => {
				void this.saveStaticData(workflow);
				const started = this.startFromEmit(workflow.id, node, data, responsePromise, key);
				if (donePromise) this.settle(workflow.id, started, donePromise as Deferred<IRun | undefined>);
				started.catch((error: Error) => this.log({ level: 'error', message: error.message, meta: error }));
			};
			const emitError = (error: Error) => void this.recover(error, node, workflow, register);
			const saveFailedExecution = (error: ExecutionError) =>
				this.saveFailedExecution(error, node, workflow.id);
			return new this.runtime.core.TriggerContext(
				workflow,
				node,
				additionalData,
				'trigger',
				activation,
				emit,
				emitError,
				saveFailedExecution,
			);
		};
	}

	/** The rest of `emit`; resolves to undefined when the key exists. */
	private async startFromEmit(
		workflowId: string,
		node: INode,
		data: INodeExecutionData[][],
		responsePromise: RunData['responsePromise'],
		key: string | undefined,
	): Promise<string | undefined> {
		await databaseTurn();
		const { published } = this.workflowRow(workflowId);
		if (published === null) throw new OperationalError(`Workflow "${workflowId}" has no published version`);
		const runData = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: data }, source: null }] },
		});
		await databaseTurn();
		try {
			const run = { workflowId, workflow: published, mode: 'trigger' as const, data: runData };
			return await this.start({ ...run, key: key ?? null, responsePromise });
		} catch (error) {
			if (!(error instanceof DuplicateExecutionError)) throw error;
			this.log({ level: 'warn', message: `execution skipped: duplicate deduplication key ${key}` });
			return undefined;
		}
	}

	/** settleDonePromise: tied to the execution's end; undefined without an execution; rejects with its error. */
	private settle(
		workflowId: string,
		started: Promise<string | undefined>,
		donePromise: Deferred<IRun | undefined>,
	): void {
		const silent = this.faults.silence === true;
		delete this.faults.silence;
		const tell = (action: () => void) => {
			if (silent) return;
			action();
			this.onStep('told', { workflowId });
		};
		started
			.then(async (id) => (id === undefined ? undefined : await this.ended(id)))
			.then(
				(run) => tell(() => donePromise.resolve(run)),
				(error: Error) => tell(() => donePromise.reject(error)),
			);
	}

	/** WorkflowStaticDataService.saveStaticData: whole, only when changed; the flag falls after the write. */
	private async saveStaticData(workflow: Workflow): Promise<void> {
		const { staticData } = workflow;
		if (staticData['__dataChanged'] !== true) return;
		const copy = JSON.parse(JSON.stringify(staticData)) as IDataObject;
		await databaseTurn();
		this.store.workflows.patch(workflow.id, { staticData: copy });
		staticData['__dataChanged'] = false;
		this.onStep('staticSaved', { workflowId: workflow.id });
	}

	/** recordTriggerFailure: an error row unless the workflow saves none; the error workflow runs in any case. */
	private saveFailedExecution(error: ExecutionError, node: INode, workflowId: string): void {
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

	/** emitError, recoverFromRuntimeTriggerFailure: close, tell the error workflow, five attempts to start again. */
	private async recover(
		error: Error,
		node: INode,
		workflow: Workflow,
		register: (nodeId: string) => Promise<void>,
	): Promise<void> {
		const message = `The trigger node "${node.name}" failed at runtime and was deactivated`;
		const told = new WorkflowActivationError(message, { cause: error, node, level: 'warning' });
		this.log({ level: 'warn', message: `${message}: ${error.message}` });
		try {
			await this.closeNodes(workflow.id, [node.id]);
			this.runErrorWorkflow(workflow.id, 'trigger', { trigger: { error: told, mode: 'trigger' } });
			await this.retry(
				async () => await workflow.expression.withIsolate(async () => await register(node.id)),
			);
			await this.saveStaticData(workflow);
		} catch (failure) {
			this.log({
				level: 'error',
				message: `Failed to reactivate trigger node "${node.name}"`,
				meta: failure,
			});
		}
	}

	// ---- executions -------------------------------------------------------------------------------------------

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
			if (run.key.length > 255) throw new OperationalError('value too long for type character varying(255)');
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
	private runErrorWorkflow(workflowId: string, mode: WorkflowExecuteMode, data: IDataObject | object): void {
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

	// ---- shared -----------------------------------------------------------------------------------------------

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

	private workflowRow(id: string): WorkflowRow {
		const row = this.store.workflows.get(id);
		if (row === undefined) throw new OperationalError(`Workflow "${id}" does not exist`);
		return row;
	}

	private patch(executionId: string, columns: Partial<ExecutionRow>): void {
		if (this.store.executions.patch(executionId, columns)) this.onChange(executionId);
	}

	private every(ms: number, action: () => void): void {
		this.timers.add(setInterval(action, ms).unref());
	}
}

export const newId = (): string => randomBytes(8).toString('hex');
const now = (): string => new Date().toISOString();
/** Each database call of n8n is at least one turn of the event loop. */
const databaseTurn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

function sameTrigger(a: INode, b: INode): boolean {
	if (a.id !== b.id) return false;
	return REGISTRATION_PROPERTIES.every((name) => isDeepStrictEqual(a[name], b[name]));
}

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

async function withLease<T>(work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const expired = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new OperationalError('Activation took too long')), ACTIVATION_LEASE_MS);
	});
	return await Promise.race([work, expired]).finally(() => clearTimeout(timer));
}

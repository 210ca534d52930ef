/**
 * Stand-in for n8n's publishing and for what a trigger's context does: activation with its retries, emit, the fate
 * of `donePromise`, saving of static data. Rule by rule as n8n 2.41's code does it; the class or file it was read
 * from is named at each rule.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
	ExecutionError,
	IDataObject,
	INode,
	INodeExecutionData,
	IRun,
	ITriggerFunctions,
	IWorkflowExecuteAdditionalData,
	Workflow,
	WorkflowActivateMode,
} from 'n8n-workflow';
import { createRunExecutionData, OperationalError, WorkflowActivationError } from 'n8n-workflow';
import type { NodeTypes } from '../nodeTypes';
import type { LogSink, Runtime } from '../runtime';
import type { Store, WorkflowVersion } from '../store';
import type { Executions } from './executions';
import { DuplicateExecutionError, ERROR_TRIGGER } from './executions';
import type { Deferred, RunData, StandInOptions, StepListener } from './types';
import { databaseTurn } from './types';

/** constants.js: TRIGGER_ACTIVATION_MAX_ATTEMPTS, WORKFLOW_REACTIVATE_INITIAL_TIMEOUT. */
const ACTIVATION_ATTEMPTS = 5;
const ACTIVATION_FIRST_DELAY_MS = 1000;
/** 70 % of N8N_WORKFLOW_PUBLICATION_OUTBOX_LEASE_SECONDS: then a `trigger()` that hangs is abandoned. */
const ACTIVATION_LEASE_MS = 84_000;
/** WorkflowPublicationReconciler. */
const RECONCILE_MS = 10_000;
/** trigger-diff.js: a change of one of these restarts a trigger at a publish. */
const REGISTRATION_PROPERTIES = [
	'name',
	'type',
	'typeVersion',
	'webhookId',
	'credentials',
	'parameters',
] as const;
const PSEUDO_TRIGGERS = ['n8n-nodes-base.manualTrigger', ERROR_TRIGGER];

type Register = (nodeId: string) => Promise<void>;

export class Publication {
	private readonly triggers: InstanceType<Runtime['core']['ActiveWorkflowTriggers']>;
	private reconciler: NodeJS.Timeout | undefined;
	private stopping = false;

	constructor(
		private readonly runtime: Runtime,
		private readonly store: Store,
		private readonly nodeTypes: NodeTypes,
		private readonly executions: Executions,
		private readonly options: StandInOptions,
		private readonly log: LogSink,
		private readonly onStep: StepListener,
	) {
		const { core, container } = runtime;
		this.triggers = new core.ActiveWorkflowTriggers(
			runtime.logger,
			container.get(core.ScheduledTaskManager),
			container.get(core.TriggersAndPollers),
			container.get(core.ErrorReporter),
			container.get(core.PollTriggerExecutor),
		);
	}

	/** Published workflows start in mode `init`; a trigger that failed for good stays dead over a restart. */
	async boot(): Promise<void> {
		this.reconciler = setInterval(() => void this.reconcile(), RECONCILE_MS).unref();
		await Promise.all(
			this.store.workflows.all().map(async (row) => {
				if (row.published === null) return;
				const nodes = this.triggerNodes(row.published).filter(({ id }) => row.triggerStatus[id] !== 'failed');
				await this.activateNodes(row.id, new Set(nodes.map(({ id }) => id)), 'init').catch(() => undefined);
			}),
		);
	}

	/** SIGTERM: triggers close one after another, before executions are waited for. */
	async stop(): Promise<void> {
		this.stopping = true;
		clearInterval(this.reconciler);
		for (const workflowId of this.triggers.allActiveWorkflows()) await this.triggers.remove(workflowId);
	}

	/**
	 * WorkflowPublicationApplier, trigger-diff.js: only triggers that are new or changed are (re)started.
	 * @param mode n8n's own choice (`activate` at the first publish, else `update`) unless given
	 * @throws the last error of a trigger that failed five times; the workflow stays published, the trigger dead
	 */
	async publish(workflowId: string, mode?: WorkflowActivateMode): Promise<void> {
		const row = this.executions.workflowRow(workflowId);
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
		const { published } = this.executions.workflowRow(workflowId);
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
		const row = this.executions.workflowRow(workflowId);
		const workflow = this.executions.createWorkflow(row, row.published ?? row, 'trigger');
		const additionalData = this.executions.additionalData(row);
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
				const { triggerStatus } = this.executions.workflowRow(workflowId);
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

	/** TriggerExecutionContextFactory.getExecuteTriggerFunctions. */
	private triggerFunctions(
		additionalData: IWorkflowExecuteAdditionalData,
		activation: WorkflowActivateMode,
		register: Register,
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
				this.executions.saveFailedExecution(error, node, workflow.id);
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
		const { published } = this.executions.workflowRow(workflowId);
		if (published === null) throw new OperationalError(`Workflow "${workflowId}" has no published version`);
		const runData = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: data }, source: null }] },
		});
		await databaseTurn();
		try {
			const run = { workflowId, workflow: published, mode: 'trigger' as const, data: runData };
			return await this.executions.start({ ...run, key: key ?? null, responsePromise });
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
		const silent = this.executions.faults.silence === true;
		delete this.executions.faults.silence;
		const tell = (action: () => void) => {
			if (silent) return;
			action();
			this.onStep('told', { workflowId });
		};
		started
			.then(async (id) => (id === undefined ? undefined : await this.executions.ended(id)))
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

	/** emitError, recoverFromRuntimeTriggerFailure: close, tell the error workflow, five attempts to start again. */
	private async recover(error: Error, node: INode, workflow: Workflow, register: Register): Promise<void> {
		const message = `The trigger node "${node.name}" failed at runtime and was deactivated`;
		const told = new WorkflowActivationError(message, { cause: error, node, level: 'warning' });
		this.log({ level: 'warn', message: `${message}: ${error.message}` });
		try {
			await this.closeNodes(workflow.id, [node.id]);
			this.executions.runErrorWorkflow(workflow.id, 'trigger', { trigger: { error: told, mode: 'trigger' } });
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
}

function sameTrigger(a: INode, b: INode): boolean {
	if (a.id !== b.id) return false;
	return REGISTRATION_PROPERTIES.every((name) => isDeepStrictEqual(a[name], b[name]));
}

async function withLease<T>(work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const expired = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new OperationalError('Activation took too long')), ACTIVATION_LEASE_MS);
	});
	return await Promise.race([work, expired]).finally(() => clearTimeout(timer));
}

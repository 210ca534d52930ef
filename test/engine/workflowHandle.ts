import { performance } from 'node:perf_hooks';
import * as flatted from 'flatted';
import type {
	IConnections,
	IDataObject,
	INode,
	INodeExecutionData,
	IRun,
	IRunExecutionData,
	IWorkflowSettings,
	WorkflowActivateMode,
} from 'n8n-workflow';
import { createRunExecutionData } from 'n8n-workflow';
import type { Engine } from './engine';
import { newId } from './n8nStandIn/types';
import type { NodeTypes } from './nodeTypes';
import type { ExecutionRecord, ExecutionRow, Store, WorkflowRow } from './store';

/** How long to wait for an execution unless told otherwise. */
const WAIT_MS = 10_000;
const LOG_LINES_IN_ERROR = 20;

/** A workflow as exported from n8n's editor; ids, versions and positions may be missing. */
export interface WorkflowJson {
	id?: string;
	name?: string;
	nodes: Array<Pick<INode, 'name' | 'type'> & Partial<INode>>;
	connections?: IConnections;
	settings?: IWorkflowSettings;
	staticData?: IDataObject;
}

/** A running "Execute step" of a trigger. */
export interface TestStep extends Promise<IRun> {
	/** The editor's stop button. */
	cancel(): void;
}

type Predicate = (execution: ExecutionRecord) => boolean;
interface Waiter {
	predicate: Predicate;
	resolve: (execution: ExecutionRecord) => void;
}

/** One workflow of an engine. */
export class WorkflowHandle {
	/** How long the last `deactivate()`, or the closing part of a redeploy, took. */
	lastCloseMs: number | undefined;
	private readonly ended: ExecutionRecord[] = [];
	private readonly waiters = new Set<Waiter>();

	constructor(
		readonly id: string,
		private readonly engine: Engine,
		private readonly store: Store,
		private readonly nodeTypes: NodeTypes,
	) {}

	/**
	 * Publishes the workflow and starts its triggers, as n8n does: five attempts for a trigger that throws.
	 * @throws what the trigger threw at the last attempt
	 */
	async activate(mode?: WorkflowActivateMode): Promise<void> {
		await this.engine.publication.publish(this.id, mode);
	}

	async deactivate(): Promise<void> {
		const start = performance.now();
		await this.engine.publication.unpublish(this.id);
		this.lastCloseMs = performance.now() - start;
	}

	/** Stops and starts the triggers with the present draft, even when nothing changed. */
	async redeploy(mode: WorkflowActivateMode = 'update'): Promise<void> {
		await this.deactivate();
		await this.activate(mode);
	}

	/** Static data as the database has it: what a restart would find. */
	staticData(): IDataObject {
		return structuredClone(this.row.staticData);
	}

	/** Whether a trigger runs, and which failed for good; by node id. */
	triggerStatus(): Record<string, 'activated' | 'failed'> {
		return { ...this.row.triggerStatus };
	}

	node(name: string): INode {
		const found = this.row.nodes.find((node) => node.name === name);
		if (found === undefined) throw new Error(`No node "${name}" in ${this.row.name}`);
		return structuredClone(found);
	}

	/** Changes parameters of a node in the draft; `activate()` publishes it. */
	setParameters(nodeName: string, parameters: IDataObject): void {
		this.changeNodes((node) => {
			if (node.name === nodeName) Object.assign(node.parameters, parameters);
		});
	}

	/** Renames a node in the draft, its connections too; its id stays. */
	rename(from: string, to: string): void {
		this.changeNodes((node) => {
			if (node.name === from) node.name = to;
		});
		const text = JSON.stringify(this.row.connections);
		const connections = JSON.parse(text.replaceAll(JSON.stringify(from), JSON.stringify(to))) as IConnections;
		this.store.workflows.patch(this.id, { connections });
	}

	/** A copy with the same node ids and static data, which is what a trigger must expect of n8n's *Duplicate*. */
	duplicate(): WorkflowHandle {
		const { name, nodes, connections, settings, staticData } = this.row;
		return this.engine.addWorkflow({
			id: newId(),
			name: `${name} copy`,
			nodes,
			connections,
			settings,
			staticData,
		});
	}

	/** Saved executions, oldest first; rows that n8n dropped after a success are not among them. */
	executions(): ExecutionRecord[] {
		const rows = this.store.executions.all();
		return rows.filter((row) => row.workflowId === this.id && row.deletedAt === null).map(toRecord);
	}

	/**
	 * The next production execution that ended (or waits) and that no earlier call has returned.
	 * @throws after `timeoutMs`, with what the workflow did and the last log lines
	 */
	async waitForExecution(predicate: Predicate = () => true, timeoutMs = WAIT_MS): Promise<ExecutionRecord> {
		const index = this.ended.findIndex(predicate);
		if (index >= 0) return this.ended.splice(index, 1)[0] as ExecutionRecord;
		return await new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.waiters.delete(waiter);
				reject(new Error(this.describeWait(timeoutMs)));
			}, timeoutMs);
			const waiter: Waiter = {
				predicate,
				resolve: (execution) => (clearTimeout(timer), resolve(execution)),
			};
			this.waiters.add(waiter);
		});
	}

	/** Stops a running or queued execution, as a user does. */
	cancel(executionId: string): void {
		this.engine.executions.cancel(executionId);
	}

	/**
	 * A manual execution.
	 * @param options.startNode where it starts; the first node without input unless given
	 * @param options.items the input of that node; one empty item unless given
	 */
	async run(options: { startNode?: string; items?: INodeExecutionData[] } = {}): Promise<IRun> {
		const { nodes, connections } = this.row;
		const fed = new Set(
			Object.values(connections).flatMap(({ main }) => (main ?? []).flat().map((to) => to?.node)),
		);
		const name = options.startNode ?? nodes.find((candidate) => !fed.has(candidate.name))?.name;
		// A Workflow fills in the parameters that equal their defaults, which the editor does not save.
		const node = name
			? this.engine.executions.createWorkflow(this.row, this.row, 'manual').getNode(name)
			: null;
		if (node === null) throw new Error(`The workflow has no node ${name ?? 'to start from'}`);
		const data = createRunExecutionData({
			executionData: {
				nodeExecutionStack: [{ node, data: { main: [options.items ?? [{ json: {} }]] }, source: null }],
			},
		});
		const id = await this.engine.executions.start({ ...this.draft(), mode: 'manual', data, key: null });
		return (await this.engine.executions.ended(id)) as IRun;
	}

	/** "Execute step" on a trigger: resolves with the run of its first emit, rejects with what the editor shows. */
	testStep(nodeName: string): TestStep {
		const node = this.node(nodeName);
		if (this.nodeTypes.getByNameAndVersion(node.type, node.typeVersion).trigger === undefined) {
			throw new Error(`"${nodeName}" is no trigger; use run()`);
		}
		const start = this.engine.executions.start({
			...this.draft(),
			mode: 'manual',
			data: createRunExecutionData({}),
			key: null,
			execute: (execute, workflow) =>
				execute.run({
					workflow,
					startNode: workflow.getNode(nodeName) ?? node,
					destinationNode: { nodeName, mode: 'inclusive' },
				}),
		});
		const result = start.then(async (id) => {
			const run = (await this.engine.executions.ended(id)) as IRun;
			const { error } = run.data.resultData;
			if (error) throw error;
			return run;
		});
		return Object.assign(result, {
			cancel: () => void start.then((id) => this.engine.executions.cancel(id)),
		}) as TestStep;
	}

	/** @internal */
	rowChanged(row: ExecutionRow): void {
		if (row.mode === 'manual' || row.status === 'new' || row.status === 'running' || row.deletedAt !== null)
			return;
		const record = toRecord(row);
		for (const waiter of this.waiters) {
			if (!waiter.predicate(record)) continue;
			this.waiters.delete(waiter);
			waiter.resolve(record);
			return;
		}
		this.ended.push(record);
	}

	/** @internal */
	dispose(): void {
		this.waiters.clear();
	}

	private get row(): WorkflowRow {
		const row = this.store.workflows.get(this.id);
		if (row === undefined) throw new Error(`Workflow ${this.id} is gone`);
		return row;
	}

	private draft() {
		const { nodes, connections } = this.row;
		return { workflowId: this.id, workflow: { nodes, connections } };
	}

	private changeNodes(change: (node: INode) => void): void {
		const nodes = structuredClone(this.row.nodes);
		nodes.forEach(change);
		this.store.workflows.patch(this.id, { nodes });
	}

	private describeWait(ms: number): string {
		const all = this.executions().map(({ id, status, error }) => `${id} ${status} ${error?.message ?? ''}`);
		const logs = this.engine.logs
			.slice(-LOG_LINES_IN_ERROR)
			.map(({ level, message }) => `[${level}] ${message}`);
		return [
			`No execution of "${this.row.name}" ended within ${ms} ms.`,
			'Executions:',
			...all,
			'Log:',
			...logs,
		].join('\n');
	}
}

function toRecord(row: ExecutionRow): ExecutionRecord {
	const data = flatted.parse(row.data) as IRunExecutionData;
	const date = (value: string | null): Date | null => (value === null ? null : new Date(value));
	return {
		id: row.id,
		workflowId: row.workflowId,
		status: row.status,
		mode: row.mode,
		dedupKey: row.deduplicationKey,
		startedAt: date(row.startedAt),
		stoppedAt: date(row.stoppedAt),
		waitTill: date(row.waitTill),
		error: data.resultData.error as Error | undefined,
		data: data.resultData.runData,
	};
}

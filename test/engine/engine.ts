import path from 'node:path';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	ILoadOptionsFunctions,
	INode,
	INodeCredentials,
	INodeCredentialTestResult,
	INodeExecutionData,
	INodeListSearchResult,
	INodeParameters,
	INodePropertyOptions,
	IRun,
} from 'n8n-workflow';
import { Workflow } from 'n8n-workflow';
import { CredentialsHelper } from './credentials';
import { Executions } from './n8nStandIn/executions';
import { Publication } from './n8nStandIn/publication';
import type { Faults, StandInOptions, StepListener } from './n8nStandIn/types';
import { newId } from './n8nStandIn/types';
import { loadPackage, NodeTypes } from './nodeTypes';
import type { LogLine, LogSink, Runtime } from './runtime';
import { acquireRuntime, releaseRuntime } from './runtime';
import { Store } from './store';
import type { Collected } from './testNodes';
import { createTestNodes } from './testNodes';
import type { WorkflowJson } from './workflowHandle';
import { WorkflowHandle } from './workflowHandle';

/** The repository, whose `dist` is the package as built. */
const REPOSITORY = path.resolve(__dirname, '../..');
/** n8n waits 30 s for running executions at SIGTERM; tests need less. */
const STOP_GRACE_MS = 5000;
const KEEP_ALIVE_MS = 60_000;

export interface EngineOptions {
	/** A built package; the repository unless given. */
	packageDir?: string;
	/** Keeps executions, static data, workflows and credentials here, so that a new process goes on with them. */
	stateDir?: string;
	/** One fsync per change of the state. */
	fsync?: boolean;
	/** EXECUTIONS_DATA_SAVE_ON_SUCCESS; true unless given. */
	saveSuccessful?: boolean;
	/** N8N_CONCURRENCY_PRODUCTION_LIMIT; none unless given. */
	concurrencyLimit?: number;
	/** First of the growing pauses between five activation attempts; 1000 as in n8n unless given. */
	activationFirstDelayMs?: number;
	/** Whether workflows published in the state folder start; true unless given. */
	activateOnStart?: boolean;
	/** Receives each log line; all are also in `engine.logs`. */
	log?: (line: string) => void;
	/** Called at each step of a run, before the next begins: where a test kills the process. */
	onStep?: StepListener;
}

/** n8n for one test. Made by {@link startEngine}. */
export class Engine {
	/** @internal */
	readonly executions: Executions;
	/** @internal */
	readonly publication: Publication;
	private readonly handles = new Map<string, WorkflowHandle>();
	/** n8n's web server keeps its process alive while a node has only sockets and timers that do not. */
	private alive: NodeJS.Timeout | undefined;

	private constructor(
		private readonly runtime: Runtime,
		private readonly store: Store,
		private readonly nodeTypes: NodeTypes,
		private readonly credentials: CredentialsHelper,
		options: EngineOptions,
		readonly logs: LogLine[],
		/** What `test.collect` nodes saw, in order. */
		readonly collected: Collected[],
		private readonly sink: LogSink,
	) {
		const rules: StandInOptions = {
			concurrencyLimit: options.concurrencyLimit ?? -1,
			saveSuccessful: options.saveSuccessful ?? true,
			activationFirstDelayMs: options.activationFirstDelayMs,
		};
		const onStep = options.onStep ?? (() => undefined);
		const onChange = (id: string): void => this.rowChanged(id);
		this.executions = new Executions(runtime, store, nodeTypes, credentials, rules, sink, onChange, onStep);
		this.publication = new Publication(runtime, store, nodeTypes, this.executions, rules, sink, onStep);
	}

	/** @internal */
	static async start(options: EngineOptions): Promise<Engine> {
		const logs: LogLine[] = [];
		const sink = (line: LogLine): void => {
			logs.push(line);
			options.log?.(`[${line.level}] ${line.message}`);
		};
		const runtime = await acquireRuntime(options.stateDir, sink);
		let store: Store | undefined;
		try {
			const collected: Collected[] = [];
			const testNodes = createTestNodes((entry) => collected.push(entry));
			const nodeTypes = new NodeTypes(
				await loadPackage(runtime, options.packageDir ?? REPOSITORY),
				testNodes,
			);
			store = new Store(options.stateDir, options.fsync ?? false);
			const credentials = new CredentialsHelper(runtime, store, nodeTypes);
			const engine = new Engine(runtime, store, nodeTypes, credentials, options, logs, collected, sink);
			for (const { id } of store.workflows.all()) engine.handle(id);
			if (options.activateOnStart !== false) {
				engine.executions.boot();
				await engine.publication.boot();
			}
			engine.alive = setInterval(() => undefined, KEEP_ALIVE_MS);
			return engine;
		} catch (error) {
			store?.close();
			await releaseRuntime(sink);
			throw error;
		}
	}

	/** `vm`, or `quickjs` where isolated-vm has no binary. */
	get expressionEngine(): string {
		return this.runtime.expressionEngine;
	}

	/** Faults of n8n's database for the next emit. */
	get faults(): Faults {
		return this.executions.faults;
	}

	/** Folder of binary data. */
	get binaryDir(): string {
		return this.runtime.binaryDir;
	}

	async addCredential(type: string, name: string, data: IDataObject): Promise<{ id: string; name: string }> {
		const id = newId();
		await this.credentials.save(id, type, name, data as ICredentialDataDecryptedObject);
		return { id, name };
	}

	/** Replaces the content, as a user who edits the credential; running triggers are not told. */
	async updateCredential(id: string, data: IDataObject): Promise<void> {
		const row = this.store.credentials.get(id);
		if (row === undefined) throw new Error(`No credential ${id}`);
		await this.credentials.save(id, row.type, row.name, data as ICredentialDataDecryptedObject);
	}

	/** The editor's test of a credential: the node's own function in a real CredentialTestContext. */
	async testCredential(type: string, data: IDataObject): Promise<INodeCredentialTestResult> {
		return await this.credentials.test(
			this.executions.additionalData(),
			type,
			data as ICredentialDataDecryptedObject,
		);
	}

	/**
	 * Adds a workflow, or replaces the draft of the one whose `id` is given; what is published stays until
	 * `activate()`. Missing ids and positions are filled in.
	 */
	addWorkflow(json: WorkflowJson): WorkflowHandle {
		const id = json.id ?? newId();
		const existing = this.store.workflows.get(id);
		const nodes = json.nodes.map((node) => ({
			...node,
			id: node.id ?? newId(),
			typeVersion: node.typeVersion ?? 1,
			position: node.position ?? [0, 0],
			parameters: node.parameters ?? {},
		})) as INode[];
		this.store.workflows.put({
			id,
			name: json.name ?? existing?.name ?? `Workflow ${id}`,
			nodes,
			connections: json.connections ?? {},
			settings: { executionOrder: 'v1', ...json.settings },
			staticData: json.staticData ?? existing?.staticData ?? {},
			published: existing?.published ?? null,
			triggerStatus: existing?.triggerStatus ?? {},
		});
		return this.handle(id);
	}

	/** A workflow of this engine, also one found in the state folder. */
	workflow(id: string): WorkflowHandle {
		const handle = this.handles.get(id);
		if (handle === undefined) throw new Error(`No workflow ${id}`);
		return handle;
	}

	workflows(): WorkflowHandle[] {
		return [...this.handles.values()];
	}

	/** What a dropdown with `loadOptionsMethod` shows. */
	async loadOptions(
		nodeType: string,
		method: string,
		parameters: IDataObject = {},
		credentials: INodeCredentials = {},
	): Promise<INodePropertyOptions[]> {
		const type = this.nodeTypes.getByNameAndVersion(nodeType);
		const load = type.methods?.loadOptions?.[method];
		if (load === undefined) throw new Error(`${nodeType} has no loadOptions method ${method}`);
		return await this.inEditor(
			nodeType,
			parameters,
			credentials,
			async (context) => await load.call(context),
		);
	}

	/** What a resource locator's list shows. */
	async listSearch(
		nodeType: string,
		method: string,
		parameters: IDataObject = {},
		credentials: INodeCredentials = {},
		filter?: string,
		paginationToken?: string,
	): Promise<INodeListSearchResult> {
		const type = this.nodeTypes.getByNameAndVersion(nodeType);
		const search = type.methods?.listSearch?.[method];
		if (search === undefined) throw new Error(`${nodeType} has no listSearch method ${method}`);
		return await this.inEditor(
			nodeType,
			parameters,
			credentials,
			async (context) => await search.call(context, filter, paginationToken),
		);
	}

	/**
	 * Closes triggers, waits for running executions, cleans up. What is in the state folder stays.
	 * @param graceMs how long executions may run on before they are cancelled
	 */
	async stop(graceMs = STOP_GRACE_MS): Promise<void> {
		try {
			await this.publication.stop();
			await this.executions.stop(graceMs);
		} finally {
			clearInterval(this.alive);
			for (const handle of this.handles.values()) handle.dispose();
			this.store.close();
			await releaseRuntime(this.sink);
		}
	}

	private handle(id: string): WorkflowHandle {
		const handle = this.handles.get(id) ?? new WorkflowHandle(id, this, this.store, this.nodeTypes);
		this.handles.set(id, handle);
		return handle;
	}

	private rowChanged(executionId: string): void {
		const row = this.store.executions.get(executionId);
		if (row) this.handles.get(row.workflowId)?.rowChanged(row);
	}

	/** DynamicNodeParametersService. */
	private async inEditor<T>(
		nodeType: string,
		parameters: IDataObject,
		credentials: INodeCredentials,
		call: (context: ILoadOptionsFunctions) => Promise<T>,
	): Promise<T> {
		const { description } = this.nodeTypes.getByNameAndVersion(nodeType);
		const typeVersion = [description.version].flat().at(-1) ?? 1;
		const node: INode = {
			id: newId(),
			name: 'Temp-Node',
			type: nodeType,
			typeVersion,
			position: [0, 0],
			parameters: parameters as INodeParameters,
			credentials,
		};
		const workflow = new Workflow({
			nodes: [node],
			connections: {},
			active: false,
			nodeTypes: this.nodeTypes,
		});
		const additionalData = this.executions.additionalData();
		additionalData.currentNodeParameters = workflow.getNode(node.name)?.parameters ?? node.parameters;
		const context = new this.runtime.core.LoadOptionsContext(workflow, node, additionalData, 'parameters');
		return await workflow.expression.withIsolate(
			async () => await call(context as unknown as ILoadOptionsFunctions),
		);
	}
}

/**
 * Boots an engine with a built package.
 * @throws when the package does not load; says which file
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
	return await Engine.start(options);
}

/** The items a node put out in its last run. */
export function itemsOf(run: Pick<IRun, 'data'>, nodeName: string, output = 0): INodeExecutionData[] {
	return run.data.resultData.runData[nodeName]?.at(-1)?.data?.['main']?.[output] ?? [];
}

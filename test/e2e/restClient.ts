/** The part of n8n's REST interface (the one its editor uses) that the tests need, typed. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseFlatted } from './flatted';

const POLL_MS = 150;
/** n8n tries a failing activation five times over 15 s before it says so. */
const PUBLISH_TIMEOUT_MS = 40_000;
const REQUEST_TIMEOUT_MS = 30_000;
const EXECUTION_TIMEOUT_MS = 20_000;
/** States that an execution does not leave by itself. */
const FINAL_STATES = ['success', 'error', 'crashed', 'canceled'];

export interface CredentialInput {
	name: string;
	type: string;
	data: Record<string, unknown>;
}

export interface WorkflowNode {
	id: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string; name: string }>;
	[setting: string]: unknown;
}

export type Connections = Record<
	string,
	{ main: Array<Array<{ node: string; type: 'main'; index: number }>> }
>;

export interface WorkflowInput {
	name: string;
	nodes: WorkflowNode[];
	connections: Connections;
	settings?: Record<string, unknown>;
}

export interface Workflow extends WorkflowInput {
	id: string;
	versionId: string;
	active: boolean;
	staticData?: Record<string, unknown> | null;
}

export interface PublicationStatus {
	status: 'in_progress' | 'published' | 'partial' | 'failed' | 'not_published';
	triggers: Array<{ nodeId: string; status: string; errorMessage: string | null }>;
}

export interface ExecutionSummary {
	id: string;
	workflowId: string;
	/** `new`, `running`, `waiting`, `success`, `error`, `crashed`, `canceled`. */
	status: string;
	mode: string;
	startedAt: string | null;
	stoppedAt: string | null;
}

export interface BinaryFile {
	/** The bytes in base64, unless `id` is set. */
	data: string;
	mimeType: string;
	fileName?: string;
	/** Names the file in n8n's own store. */
	id?: string;
}

export interface Item {
	json: Record<string, unknown>;
	binary?: Record<string, BinaryFile>;
}

export interface NodeRun {
	/** Milliseconds since the epoch. */
	startTime: number;
	executionTime: number;
	executionStatus?: string;
	error?: { message: string; description?: string };
	data?: { main?: Array<Item[] | null> };
}

export interface Execution extends ExecutionSummary {
	data: {
		resultData: {
			runData: Record<string, NodeRun[]>;
			lastNodeExecuted?: string;
			error?: { message: string; description?: string };
		};
	};
}

export interface ExecutionFilter {
	/** Default: executions of all workflows. */
	workflowId?: string;
	/** Only executions in one of these states. */
	status?: string[];
}

export class RestError extends Error {
	constructor(
		readonly status: number,
		request: string,
		answer: string,
	) {
		super(`n8n answered ${status} to ${request}: ${answer.slice(0, 2000)}`);
	}
}

export class RestClient {
	private cookie = '';
	private readonly browserId = randomUUID();

	/** @param baseUrl where n8n listens now (its port changes with every start) */
	constructor(private readonly baseUrl: () => string) {}

	/** Sends a request and returns the answer as it is. */
	async raw(method: string, path: string, body?: unknown): Promise<Response> {
		const headers: Record<string, string> = { 'browser-id': this.browserId, cookie: this.cookie };
		if (body !== undefined) headers['content-type'] = 'application/json';
		const response = await fetch(`${this.baseUrl()}${path}`, {
			method,
			headers,
			signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const [cookie] = response.headers.getSetCookie().filter((line) => line.startsWith('n8n-auth='));
		if (cookie) this.cookie = cookie.split(';')[0] ?? '';
		return response;
	}

	/** Sends a request below `/rest` and returns the `data` of the answer. @throws RestError for any but 2xx */
	async request<T>(method: string, path: string, body?: unknown): Promise<T> {
		const response = await this.raw(method, `/rest${path}`, body);
		const text = await response.text();
		if (!response.ok) throw new RestError(response.status, `${method} ${path}`, text);
		return (JSON.parse(text) as { data: T }).data;
	}

	async setupOwner(email: string, password: string): Promise<void> {
		await this.request('POST', '/owner/setup', { email, firstName: 'Mail', lastName: 'Room', password });
	}

	async login(email: string, password: string): Promise<void> {
		await this.request('POST', '/login', { emailOrLdapLoginId: email, password });
	}

	async createCredential(credential: CredentialInput): Promise<{ id: string; name: string }> {
		const { id, name } = await this.request<{ id: string; name: string }>('POST', '/credentials', credential);
		return { id, name };
	}

	/** Runs the credential's test as the editor does on saving. */
	async testCredential(
		credential: CredentialInput & { id: string },
	): Promise<{ status: 'OK' | 'Error'; message: string }> {
		return await this.request('POST', '/credentials/test', { credentials: credential });
	}

	async createWorkflow(workflow: WorkflowInput): Promise<Workflow> {
		return await this.request('POST', '/workflows', { settings: { executionOrder: 'v1' }, ...workflow });
	}

	/**
	 * Creates a workflow through the public API, which, unlike the editor's, keeps the static data.
	 * @returns the new workflow's id
	 */
	async importWorkflow(workflow: WorkflowInput & Pick<Workflow, 'staticData'>): Promise<string> {
		const { rawApiKey } = await this.request<{ rawApiKey: string }>('POST', '/api-keys', {
			label: `import ${randomUUID()}`,
			scopes: ['workflow:create'],
			expiresAt: null,
		});
		const response = await fetch(`${this.baseUrl()}/api/v1/workflows`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-n8n-api-key': rawApiKey },
			body: JSON.stringify({ settings: { executionOrder: 'v1' }, ...workflow }),
			signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
		});
		const text = await response.text();
		if (!response.ok) throw new RestError(response.status, 'POST /api/v1/workflows', text);
		return (JSON.parse(text) as { id: string }).id;
	}

	async workflow(id: string): Promise<Workflow> {
		return await this.request('GET', `/workflows/${id}`);
	}

	/** Saves a new draft; `publish` makes it live. */
	async updateWorkflow(id: string, changes: Partial<WorkflowInput>): Promise<Workflow> {
		return await this.request('PATCH', `/workflows/${id}`, changes);
	}

	/** Publishes the newest draft and waits until its triggers run. @throws Error with the triggers' own messages */
	async publish(id: string): Promise<void> {
		const { versionId } = await this.workflow(id);
		await this.request('POST', `/workflows/${id}/activate`, { versionId });
		const { status, triggers } = await this.awaitPublication(id, ['published', 'failed', 'partial']);
		if (status === 'published') return;
		const messages = triggers.map((trigger) => trigger.errorMessage).filter(Boolean);
		throw new Error(`Publishing ended as ${status}: ${messages.join('; ')}`);
	}

	/** Unpublishes and waits until the triggers are closed. */
	async unpublish(id: string): Promise<void> {
		await this.request('POST', `/workflows/${id}/deactivate`, {});
		await this.awaitPublication(id, ['not_published']);
	}

	async publicationStatus(id: string): Promise<PublicationStatus> {
		return await this.request('GET', `/workflows/${id}/publication-status`);
	}

	private async awaitPublication(id: string, wanted: string[]): Promise<PublicationStatus> {
		for (const deadline = Date.now() + PUBLISH_TIMEOUT_MS; ; await sleep(POLL_MS)) {
			const status = await this.publicationStatus(id);
			if (wanted.includes(status.status)) return status;
			if (Date.now() > deadline) throw new Error(`Publication is still ${JSON.stringify(status)}`);
		}
	}

	/** Executions, oldest first (at most the 100 newest). */
	async executions(filter: ExecutionFilter): Promise<ExecutionSummary[]> {
		const query = encodeURIComponent(JSON.stringify(filter));
		const { results } = await this.request<{ results: ExecutionSummary[] }>(
			'GET',
			`/executions?filter=${query}&limit=100`,
		);
		return results.sort((a, b) => Number(a.id) - Number(b.id));
	}

	async execution(id: string): Promise<Execution> {
		const execution = await this.request<Execution & { data: string }>('GET', `/executions/${id}`);
		return { ...execution, data: parseFlatted(execution.data) as Execution['data'] };
	}

	/** The bytes of a binary field, as the editor's download button gives them. */
	async binary({ id, data }: BinaryFile): Promise<Buffer> {
		if (id === undefined) return Buffer.from(data, 'base64');
		const path = `/rest/binary-data?id=${encodeURIComponent(id)}&action=download`;
		const response = await this.raw('GET', path);
		if (!response.ok) throw new RestError(response.status, `GET ${path}`, await response.text());
		return Buffer.from(await response.arrayBuffer());
	}

	/**
	 * Waits until at least `count` (default 1) executions match and are over, and returns all that match then.
	 * @throws Error naming the executions there are, after `timeoutMs`
	 */
	async waitForExecutions(
		filter: ExecutionFilter,
		count = 1,
		timeoutMs = EXECUTION_TIMEOUT_MS,
	): Promise<ExecutionSummary[]> {
		for (const deadline = Date.now() + timeoutMs; ; await sleep(POLL_MS)) {
			const all = await this.executions(filter);
			const over = all.filter((execution) => FINAL_STATES.includes(execution.status));
			if (over.length >= count && over.length === all.length) return all;
			if (Date.now() > deadline) {
				const states = all.map(({ id, status }) => `${id} ${status}`).join(', ') || 'none';
				throw new Error(
					`Waited ${timeoutMs} ms for ${count} executions of ${filter.workflowId}; there are: ${states}`,
				);
			}
		}
	}

	/** Waits for the first execution of a workflow to end and returns it with its data. */
	async waitForExecution(workflowId: string, timeoutMs = EXECUTION_TIMEOUT_MS): Promise<Execution> {
		const [first] = await this.waitForExecutions({ workflowId }, 1, timeoutMs);
		return await this.execution((first as ExecutionSummary).id);
	}

	/** Presses "Execute workflow" at the trigger named; returns the execution once it is over. */
	async runManually(id: string, triggerName: string, timeoutMs = EXECUTION_TIMEOUT_MS): Promise<Execution> {
		const { executionId } = await this.request<{ executionId: string }>('POST', `/workflows/${id}/run`, {
			triggerToStartFrom: { name: triggerName },
		});
		for (const deadline = Date.now() + timeoutMs; ; await sleep(POLL_MS)) {
			const execution = await this.execution(executionId);
			if (FINAL_STATES.includes(execution.status)) return execution;
			if (Date.now() > deadline) throw new Error(`Execution ${executionId} is still ${execution.status}`);
		}
	}
}

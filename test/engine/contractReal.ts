/**
 * Puts a real n8n through the contract: `npx tsx test/engine/contractReal.ts`. Installs n8n into the cache if it is
 * not there, and says which rules hold. Exit code 0 only if all do.
 */
import { cpSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { temporaryFolder } from '../e2e/cleanup';
import { installN8n } from '../e2e/install';
import { RealN8n } from '../e2e/realN8n';
import type { WorkflowInput } from '../e2e/restClient';
import { FIXTURE, RULES, runContract } from './contract';
import { ControlServer } from './control';
import type { EngineUnderTest, ExecutionSummary, UnderTestOptions, WorkflowJson } from './underTest';

class RealEngine implements EngineUnderTest {
	constructor(private readonly n8n: RealN8n) {}

	async addWorkflow(workflow: WorkflowJson): Promise<string> {
		return (await this.n8n.rest.createWorkflow(complete(workflow))).id;
	}
	async updateWorkflow(id: string, workflow: WorkflowJson): Promise<void> {
		const { versionId } = await this.n8n.rest.workflow(id);
		await this.n8n.rest.updateWorkflow(id, { ...complete(workflow), ...{ versionId } });
	}
	async publish(id: string): Promise<void> {
		await this.n8n.rest.publish(id);
	}
	async unpublish(id: string): Promise<void> {
		await this.n8n.rest.unpublish(id);
	}
	async executions(workflowId: string): Promise<ExecutionSummary[]> {
		return await this.n8n.rest.executions({ workflowId });
	}
	async staticData(workflowId: string): Promise<IDataObject> {
		return ((await this.n8n.rest.workflow(workflowId)).staticData ?? {}) as IDataObject;
	}
	async cancel(executionId: string): Promise<void> {
		await this.n8n.rest.request('POST', `/executions/${executionId}/stop`, {});
	}
	async executeStep(workflowId: string, nodeName: string): Promise<IDataObject[]> {
		const { data } = await this.n8n.rest.runManually(workflowId, nodeName);
		const items = data.resultData.runData[nodeName]?.[0]?.data?.main?.[0] ?? [];
		return items.map(({ json }) => json as IDataObject);
	}
	async kill(): Promise<void> {
		await this.n8n.kill();
	}
	async terminate(): Promise<void> {
		await this.n8n.stop();
	}
	async start(): Promise<void> {
		await this.n8n.start();
	}
	async stop(): Promise<void> {
		await this.n8n.kill();
	}
}

/** What REST insists on and the harness fills in by itself. */
function complete(workflow: WorkflowJson): WorkflowInput {
	return {
		name: workflow.name ?? 'Contract',
		nodes: workflow.nodes.map((node) => ({ typeVersion: 1, position: [0, 0], ...node })) as never,
		connections: (workflow.connections ?? {}) as never,
		settings: { executionOrder: 'v1', ...workflow.settings },
	};
}

/** Starts n8n with the contract's package in a folder of its own, removed when this process ends. */
async function startReal({ concurrencyLimit }: UnderTestOptions): Promise<EngineUnderTest> {
	const userFolder = temporaryFolder('contract');
	const target = path.join(userFolder, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-mailroom-contract');
	cpSync(FIXTURE, target, { recursive: true });
	const env: Record<string, string> =
		concurrencyLimit === undefined ? {} : { N8N_CONCURRENCY_PRODUCTION_LIMIT: String(concurrencyLimit) };
	const n8n = new RealN8n(await installN8n(), userFolder, env);
	await n8n.start();
	return new RealEngine(n8n);
}

/** Prints one line per rule. @returns how many do not hold */
export async function runContractOnRealN8n(): Promise<number> {
	const control = new ControlServer();
	await control.start();
	try {
		return await runContract(startReal, control, ({ name }, error, ms) => {
			console.log(`${error ? 'FAILED' : 'ok    '} ${(ms / 1000).toFixed(1)} s  ${name}`);
			if (error) console.log(error.stack);
		});
	} finally {
		await control.stop();
	}
}

if (require.main === module) {
	const startedAt = Date.now();
	runContractOnRealN8n().then(
		(failures) => {
			console.log(
				`${RULES.length - failures} passed, ${failures} failed, ${(Date.now() - startedAt) / 1000} s`,
			);
			process.exitCode = failures === 0 ? 0 : 1;
		},
		(error: Error) => {
			console.error(error.stack);
			process.exitCode = 1;
		},
	);
}

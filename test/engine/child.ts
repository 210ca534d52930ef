/**
 * The harness as a child process, for tests that kill it: `ChildEngine` in `childEngine.ts` forks this file and calls
 * the methods below by message. Ends with its parent.
 */
import type { EngineOptions } from './engine';
import { itemsOf, startEngine } from './engine';
import type { Step, StepListener } from './n8nStandIn/types';
import type { EngineUnderTest } from './underTest';

type Remote = Omit<EngineUnderTest, 'kill' | 'terminate' | 'start' | 'stop'>;
interface Call {
	id: number;
	method: keyof Remote;
	args: never[];
}

export interface ChildOptions extends EngineOptions {
	/** The process kills itself, as by kill -9, when a run first reaches this step. */
	killAt?: Step;
}

async function main({ killAt, ...options }: ChildOptions): Promise<void> {
	const onStep: StepListener = (step) => void (step === killAt && process.kill(process.pid, 'SIGKILL'));
	const engine = await startEngine({ ...options, onStep });
	const remote: Remote = {
		addWorkflow: async (json) => engine.addWorkflow(json).id,
		updateWorkflow: async (id, json) => void engine.addWorkflow({ ...json, id }),
		publish: async (id) => await engine.workflow(id).activate(),
		unpublish: async (id) => await engine.workflow(id).deactivate(),
		executions: async (id) =>
			engine
				.workflow(id)
				.executions()
				.map((row) => ({ id: row.id, status: row.status, mode: row.mode })),
		staticData: async (id) => engine.workflow(id).staticData(),
		cancel: async (executionId) => engine.executions.cancel(executionId),
		executeStep: async (id, node) =>
			itemsOf(await engine.workflow(id).testStep(node), node).map(({ json }) => json),
	};
	process.on('message', ({ id, method, args }: Call) => {
		void (remote[method] as (...values: never[]) => Promise<unknown>)(...args).then(
			(value) => process.send?.({ id, value }),
			(error: Error) => process.send?.({ id, error: error.message }),
		);
	});
	process.once('SIGTERM', () => void engine.stop().finally(() => process.exit(0)));
	process.send?.({ ready: true });
}

process.once('disconnect', () => process.exit(0));
main(JSON.parse(process.argv[2] ?? '{}') as ChildOptions).catch((error: Error) => {
	process.send?.({ failed: error.stack });
});

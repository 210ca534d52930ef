import type { IDataObject } from 'n8n-workflow';
import type { WorkflowJson } from './workflowHandle';

export type { WorkflowJson };

export interface ExecutionSummary {
	id: string;
	/** `new`, `running`, `waiting`, `success`, `error`, `crashed`, `canceled`. */
	status: string;
	mode: string;
}

export interface UnderTestOptions {
	/** N8N_CONCURRENCY_PRODUCTION_LIMIT. */
	concurrencyLimit?: number;
}

/**
 * What an engine must be able to do for the contract: n8n in a process of its own, with the package in `fixture/`
 * installed, that can be killed and started again on the same state.
 */
export interface EngineUnderTest {
	/** Saves a workflow. @returns its id */
	addWorkflow(workflow: WorkflowJson): Promise<string>;
	/** Replaces the draft; what is published stays. */
	updateWorkflow(id: string, workflow: WorkflowJson): Promise<void>;
	/** Publishes the draft. @throws when a trigger failed for good */
	publish(id: string): Promise<void>;
	unpublish(id: string): Promise<void>;
	/** Executions as the editor's list shows them, oldest first. */
	executions(workflowId: string): Promise<ExecutionSummary[]>;
	/** Static data as the database has it. */
	staticData(workflowId: string): Promise<IDataObject>;
	/** The editor's stop button on an execution. */
	cancel(executionId: string): Promise<void>;
	/** "Execute step" on a trigger. @returns the json of its items */
	executeStep(workflowId: string, nodeName: string): Promise<IDataObject[]>;
	/** SIGKILL; nothing gets to run any more. */
	kill(): Promise<void>;
	/** SIGTERM; resolves when the process has ended. */
	terminate(): Promise<void>;
	/** Starts again after `kill` or `terminate`. */
	start(): Promise<void>;
	/** Ends the process and removes its state. */
	stop(): Promise<void>;
}

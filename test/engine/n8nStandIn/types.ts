import { randomBytes } from 'node:crypto';
import type {
	IExecuteResponsePromiseData,
	IRunExecutionData,
	Workflow,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Runtime } from '../runtime';
import type { WorkflowVersion } from '../store';

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

export interface Deferred<T> {
	promise: Promise<T>;
	resolve(value: T): void;
	reject(error: Error): void;
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
export type WorkflowExecute = InstanceType<Runtime['core']['WorkflowExecute']>;
export type Execution = ReturnType<WorkflowExecute['processRunExecutionData']>;

export const newId = (): string => randomBytes(8).toString('hex');

/** Each database call of n8n is at least one turn of the event loop. */
export const databaseTurn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

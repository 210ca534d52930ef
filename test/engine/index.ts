/**
 * The harness: runs workflow JSON with the built package in n8n's own engine. See `README.md` beside this file.
 * Under jest it must be loaded through `jestEnvironment.js`, which this file insists on.
 */
import path from 'node:path';
import type * as EngineModule from './engine';

type Loader = (file: string) => unknown;
const outsideJest = (globalThis as { loadOutsideJest?: Loader }).loadOutsideJest;
if (process.env['JEST_WORKER_ID'] !== undefined && outsideJest === undefined && 'jest' in globalThis) {
	throw new Error(
		'test/engine needs testEnvironment: "<rootDir>/test/engine/jestEnvironment.js" in jest.config.js',
	);
}
const load: Loader = outsideJest ?? require;
const engineModule = load(path.join(__dirname, 'engine')) as typeof EngineModule;

export const { startEngine, itemsOf } = engineModule;
export type { Engine, EngineOptions } from './engine';
export type { TestStep, WorkflowHandle, WorkflowJson } from './workflowHandle';
export type { ExecutionRecord } from './store';

/** Reaches into the built package as n8n has loaded it: its constants, and what Node says of its promises. */
import path from 'node:path';
import { DIST } from '../dist';

type Loader = (file: string) => unknown;
const load = (globalThis as { loadOutsideJest?: Loader }).loadOutsideJest;

/** A module of the built package, the very one that the engine runs; of the engine started last, if there are several. */
export function built<Module extends object>(module: string): Module {
	if (!load) throw new Error('needs the environment test/engine/jestEnvironment.js');
	return load(path.join(DIST, module)) as Module;
}

/**
 * Gives exported constants of the built package other values, so that a test need not wait for minutes. The compiler
 * lets all code read an exported constant through its module's `exports`, which is why this works.
 *
 * @returns puts the old values back
 * @throws when there is no such constant, so that a test cannot go on measuring nothing
 */
export function setConstants(module: string, values: Record<string, number | number[]>): () => void {
	const exported = built<Record<string, unknown>>(module);
	const before: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(values)) {
		if (typeof exported[name] !== typeof value) throw new Error(`${module} has no constant ${name}`);
		before[name] = exported[name];
		exported[name] = value;
	}
	return () => void Object.assign(exported, before);
}

/** Promise rejections that nobody handled, of all code in this process, from now on. */
export function watchRejections(): { readonly seen: unknown[]; stop(): void } {
	if (!load) throw new Error('needs the environment test/engine/jestEnvironment.js');
	return (load(path.join(__dirname, 'outside')) as typeof import('./outside')).watchRejections();
}

/** What the package keeps of a workflow's triggers in this process, over redeploys: one entry per node. */
export function liveTriggers(workflowId: string): Array<{ close: (() => Promise<void>) | null }> {
	if (!load) throw new Error('needs the environment test/engine/jestEnvironment.js');
	return (load(path.join(__dirname, 'outside')) as typeof import('./outside')).liveTriggers(workflowId);
}

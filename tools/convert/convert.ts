/**
 * Turns the nodes of n8n for mail in a workflow into those of this package. Everything else stays: names, connections,
 * positions, and the stored credentials, which our nodes can use.
 */
import { convertSend } from './sendEmail';
import { convertTrigger } from './emailTrigger';

export interface WorkflowNode {
	name: string;
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
	credentials?: Record<string, unknown>;
	[other: string]: unknown;
}

export interface Workflow {
	nodes: WorkflowNode[];
	[other: string]: unknown;
}

/** What became of a node. */
export interface Converted {
	/** Null when it has to stay what it is. */
	node: WorkflowNode | null;
	/** What is different from now on, or has to be done by hand, as sentences. */
	notes: string[];
}

export interface Report {
	node: string;
	converted: boolean;
	notes: string[];
}

const CONVERTERS: Record<string, (node: WorkflowNode) => Converted> = {
	'n8n-nodes-base.emailSend': convertSend,
	'n8n-nodes-base.emailReadImap': convertTrigger,
};

/** @returns a new workflow; the given one is left alone */
export function convertWorkflow(workflow: Workflow): { workflow: Workflow; reports: Report[] } {
	const reports: Report[] = [];
	const nodes = workflow.nodes.map((node) => {
		const converter = Object.hasOwn(CONVERTERS, node.type) ? CONVERTERS[node.type] : undefined;
		if (!converter) return node;
		const { node: converted, notes } = converter(structuredClone(node));
		reports.push({ node: node.name, converted: converted !== null, notes });
		return converted ?? node;
	});
	return { workflow: { ...workflow, nodes }, reports };
}

/** Values that equal the defaults of our node are left out, as n8n does when it saves. */
export function withoutEmpty(parameters: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}

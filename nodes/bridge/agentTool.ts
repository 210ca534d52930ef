/** Nodes as tools of AI agents. */
import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Whether an agent calls. Newer agents have n8n run their tools like any node, and `isToolExecution` is false then; but
 * what is connected to an agent is always the node's twin, whose type n8n names so.
 */
export function isAgentTool(context: Pick<IExecuteFunctions, 'getNode' | 'isToolExecution'>): boolean {
	if (typeof context.isToolExecution === 'function' && context.isToolExecution()) return true;
	return context.getNode().type.endsWith('Tool');
}

/** Of an error an agent is given the message only; the server's words and what to do are in the description. */
export function tellAgent(error: Error & { description?: string | null | undefined }): void {
	error.message = [error.message, error.description].filter(Boolean).join('\n');
}

/** From the core's errors to n8n's, with the same words. */
import { NodeOperationError, type INode } from 'n8n-workflow';
import { MailError } from '../mail/errors';

/**
 * Makes any failure an error that n8n shows well: the sentence as message, the server's words and the next step below.
 *
 * @param itemIndex the item it happened on, if it was one
 */
export function toNodeError(node: INode, error: unknown, itemIndex?: number): NodeOperationError {
	if (error instanceof NodeOperationError) return error;
	const options = itemIndex === undefined ? {} : { itemIndex };
	if (!(error instanceof MailError))
		return new NodeOperationError(node, error instanceof Error ? error : String(error), options);
	// From a string, not from the error: n8n would replace a message that contains a code it knows.
	return new NodeOperationError(node, error.message, { ...options, description: error.description });
}

/** What a failed item says as JSON, beside what is known of the mail. */
export function failureJson(error: Error): { error: string; description: string } {
	const description = error instanceof NodeOperationError ? (error.description ?? '') : '';
	return { error: error.message, description };
}

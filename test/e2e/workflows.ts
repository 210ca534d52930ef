/** Builders for the workflow JSON that the scenarios need; parameters that equal their defaults are left out. */
import { randomUUID } from 'node:crypto';
import type { Connections, WorkflowInput, WorkflowNode } from './restClient';

export const PACKAGE_NAME = 'n8n-nodes-mailroom';
export const IMAP_TRIGGER = `${PACKAGE_NAME}.imapTrigger`;
export const IMAP = `${PACKAGE_NAME}.imap`;
export const SEND_MAIL = `${PACKAGE_NAME}.sendMail`;
export const CREDENTIAL_TYPE = 'mailAccountApi';

/** A stored credential as nodes refer to it. */
export interface CredentialRef {
	id: string;
	name: string;
	/** Default: a Mail Account with a password. */
	type?: string;
}

type Parameters = Record<string, unknown>;

/** A node of any type; its position is set by `chain`. */
export function node(name: string, type: string, parameters: Parameters = {}, typeVersion = 1): WorkflowNode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters };
}

/** A node of this package with its account. */
function mailNode(name: string, nodeType: string, parameters: Parameters, ref: CredentialRef): WorkflowNode {
	const { type = CREDENTIAL_TYPE, ...credential } = ref;
	const authentication = type === CREDENTIAL_TYPE ? {} : { authentication: type };
	return {
		...node(name, nodeType, { ...authentication, ...parameters }),
		credentials: { [type]: credential },
	};
}

export function imapTrigger(
	credential: CredentialRef,
	parameters: Parameters = {},
	name = 'IMAP Trigger',
): WorkflowNode {
	return mailNode(name, IMAP_TRIGGER, parameters, credential);
}

export function imap(credential: CredentialRef, parameters: Parameters, name = 'IMAP'): WorkflowNode {
	return mailNode(name, IMAP, parameters, credential);
}

export function sendMail(
	credential: CredentialRef,
	parameters: Parameters,
	name = 'Send Mail',
): WorkflowNode {
	return mailNode(name, SEND_MAIL, parameters, credential);
}

export function manualTrigger(): WorkflowNode {
	return node('Start', 'n8n-nodes-base.manualTrigger');
}

/** A node that passes its items on. */
export function noOp(name = 'Next'): WorkflowNode {
	return node(name, 'n8n-nodes-base.noOp');
}

/** Waits inside the run, as n8n does for less than 65 s. */
export function wait(seconds: number): WorkflowNode {
	return node('Wait', 'n8n-nodes-base.wait', { amount: seconds, unit: 'seconds' }, 1.1);
}

/** Requests a URL (an expression if it begins with `=`); the answer becomes the item. */
export function request(name: string, url: string): WorkflowNode {
	return node(name, 'n8n-nodes-base.httpRequest', { url, options: {} }, 4.2);
}

/** Reports the mail's subject to the recorder at a path; the request, and so the run, takes `ms` at least. */
export function report(recorderUrl: string, path: string, ms = 0, name = 'Report'): WorkflowNode {
	return request(name, `=${recorderUrl}${path}?ms=${ms}&subject={{ encodeURIComponent($json.subject) }}`);
}

/** Downloads a file into the binary property, keeping those the item has. */
export function download(property: string, url: string): WorkflowNode {
	const response = { response: { responseFormat: 'file', outputPropertyName: property } };
	return node(`Get ${property}`, 'n8n-nodes-base.httpRequest', { url, options: { response } }, 4.2);
}

/** Ends the run with an error for items whose subject contains the word; others go on. */
export function failIfSubjectContains(word: string): [WorkflowNode, WorkflowNode] {
	const condition = { value1: '={{ $json.subject }}', operation: 'contains', value2: word };
	return [
		node('Is it bad?', 'n8n-nodes-base.if', { conditions: { string: [condition] } }),
		node('Fail', 'n8n-nodes-base.stopAndError', { errorMessage: 'This run fails on purpose' }),
	];
}

/** A workflow of nodes that follow each other. */
export function chain(name: string, nodes: WorkflowNode[], settings: Parameters = {}): WorkflowInput {
	const connections: Connections = {};
	nodes.forEach((current, index) => {
		current.position = [index * 220, 0];
		const next = nodes[index + 1];
		if (next) connections[current.name] = { main: [[{ node: next.name, type: 'main', index: 0 }]] };
	});
	return { name, nodes, connections, settings: { executionOrder: 'v1', ...settings } };
}

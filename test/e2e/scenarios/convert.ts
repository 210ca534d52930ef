/** A workflow of n8n's own mail nodes, saved and read back from a real n8n, converted, and run there. */
import assert from 'node:assert/strict';
import { eventually } from '../../servers';
import { convertWorkflow, type Workflow } from '../../../tools/convert/convert';
import type { WorkflowInput } from '../restClient';
import type { Rig } from '../rig';
import { chain, node } from '../workflows';
import type { Figure } from './scenario';

const TIMEOUT_MS = 30_000;

export async function convertedRuns(rig: Rig): Promise<Figure> {
	const account = await rig.account('converted', rig.embeddedSubmission);
	const { user, password } = account;
	const imap = await rig.rest.createCredential({
		name: 'converted (IMAP)',
		type: 'imap',
		data: { user, password, host: account.data['imapHost'], port: account.data['imapPort'], secure: true },
	});
	const { host, port } = rig.embeddedSubmission;
	const smtp = await rig.rest.createCredential({
		name: 'converted (SMTP)',
		type: 'smtp',
		data: { user: 'sender@example.test', password, host, port, secure: false, disableStartTls: false },
	});
	// As n8n's editor saves them: what equals a default is not there.
	const trigger = {
		...node('Mail', 'n8n-nodes-base.emailReadImap', { options: {} }, 2.2),
		credentials: { imap },
	};
	const parameters = {
		fromEmail: 'sender@example.test',
		toEmail: 'recipient@example.test',
		subject: '=Got: {{ $json.subject }}',
		html: '={{ $json.textPlain }}',
		options: {},
	};
	const send = { ...node('Answer', 'n8n-nodes-base.emailSend', parameters, 2.1), credentials: { smtp } };
	const { id } = await rig.rest.createWorkflow(chain('to be converted', [trigger, send]));
	const saved = (await rig.rest.workflow(id)) as unknown as Workflow;
	const { workflow, reports } = convertWorkflow(saved);
	assert.deepEqual(
		reports.map(({ converted }) => converted),
		[true, true],
	);
	const { name, nodes, connections, settings } = workflow as unknown as WorkflowInput;
	await rig.publish({ name: `${name}, converted`, nodes, connections, ...(settings && { settings }) });
	await rig.deliver(account, 'to the converted one');
	await eventually(TIMEOUT_MS, 'the answer', async () =>
		rig.embedded.accepted.some(({ raw }) => raw.toString().includes('Subject: Got: to the converted one')),
	);
	return undefined;
}

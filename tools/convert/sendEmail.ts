/** n8n's "Send Email", versions 1, 2 and 2.1, to "Send Mail". */
import { withoutEmpty, type Converted, type WorkflowNode } from './convert';

interface SendOptions {
	appendAttribution?: boolean;
	allowUnauthorizedCerts?: boolean;
	attachments?: string;
	fileAttachments?: string;
	ccEmail?: string;
	bccEmail?: string;
	replyTo?: string;
}

export function convertSend(node: WorkflowNode): Converted {
	const { parameters, typeVersion } = node;
	if ((parameters['operation'] ?? 'send') !== 'send') {
		const note = `Its operation "${String(parameters['operation'])}" waits for an answer, which Send Mail cannot do. It stays.`;
		return { node: null, notes: [note] };
	}
	const notes: string[] = [];
	const given = (parameters['options'] ?? {}) as SendOptions;
	if (given.allowUnauthorizedCerts === true)
		notes.push('"Ignore SSL Issues" is a setting of the credential now; switch it on there if you must.');
	// What n8n leaves out when it saves is the default of that version.
	if (given.appendAttribution ?? typeVersion >= 2.1)
		notes.push('The line "This email was sent automatically with n8n" is no longer added.');
	const options = withoutEmpty({
		attachments: typeVersion < 2 ? parameters['attachments'] : given.attachments,
		fileAttachments: given.fileAttachments,
		ccEmail: typeVersion < 2 ? parameters['ccEmail'] : given.ccEmail,
		bccEmail: typeVersion < 2 ? parameters['bccEmail'] : given.bccEmail,
		replyTo: given.replyTo,
	});
	const emailFormat = formatOf(node);
	return {
		node: {
			...node,
			type: 'n8n-nodes-mailroom.sendMail',
			typeVersion: 1,
			parameters: withoutEmpty({
				authentication: 'smtp',
				fromEmail: parameters['fromEmail'],
				toEmail: parameters['toEmail'],
				subject: parameters['subject'],
				emailFormat: emailFormat === 'html' ? undefined : emailFormat,
				text: emailFormat === 'html' ? undefined : parameters['text'],
				html: emailFormat === 'text' ? undefined : parameters['html'],
				options: Object.keys(options).length > 0 ? options : undefined,
			}),
		},
		notes,
	};
}

function formatOf({ parameters, typeVersion }: WorkflowNode): unknown {
	if (typeVersion >= 2) return parameters['emailFormat'] ?? (typeVersion >= 2.1 ? 'html' : 'text');
	// Version 1 had two fields and no choice: what was filled in was sent.
	if (parameters['html'] === undefined || parameters['html'] === '') return 'text';
	return parameters['text'] === undefined || parameters['text'] === '' ? 'html' : 'both';
}

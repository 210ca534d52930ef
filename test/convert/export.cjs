/**
 * Wrote exported.json: workflows with n8n's own mail nodes, their parameters stripped by n8n's own function and node
 * descriptions, as its editor does when it saves. Run by the Node of an installed n8n:
 * `node test/convert/export.cjs <folder>/node_modules > test/convert/exported.json`.
 */
const base = process.argv[2];
const req = require('node:module').createRequire(base + '/n8n/package.json');
const { NodeHelpers } = req('n8n-workflow');
const load = (p, c) => new (req(base + '/n8n-nodes-base/dist/nodes/' + p)[c])();
const send = load('EmailSend/EmailSend.node.js', 'EmailSend');
const trig = load('EmailReadImap/EmailReadImap.node.js', 'EmailReadImap');
const strip = (nodeType, version, type, name, parameters, credentials, pos) => {
	const desc = nodeType.getNodeType(version).description;
	const node = {
		id: name.toLowerCase().replace(/\W+/g, '-'),
		name,
		type,
		typeVersion: version,
		position: pos,
		parameters,
	};
	const full = NodeHelpers.getNodeParameters(desc.properties, parameters, true, false, node, desc);
	const stripped = NodeHelpers.getNodeParameters(
		desc.properties,
		full,
		false,
		false,
		{ ...node, parameters: full },
		desc,
	);
	return { parameters: stripped, type, typeVersion: version, position: pos, id: node.id, name, credentials };
};
const imap = { imap: { id: 'imapCredential01', name: 'IMAP account' } };
const smtp = { smtp: { id: 'smtpCredential01', name: 'SMTP account' } };
const T = (v, p, n) => strip(trig, v, 'n8n-nodes-base.emailReadImap', n, p, imap, [0, 0]);
const S = (v, p, n) => strip(send, v, 'n8n-nodes-base.emailSend', n, p, smtp, [220, 0]);
const wf = (name, a, b) => ({
	name,
	nodes: b ? [a, b] : [a],
	pinData: {},
	connections: b ? { [a.name]: { main: [[{ node: b.name, type: 'main', index: 0 }]] } } : {},
	active: false,
	settings: { executionOrder: 'v1' },
	tags: [],
});
const out = [
	wf(
		'defaults',
		T(2.2, {}, 'Email Trigger (IMAP)'),
		S(
			2.1,
			{ fromEmail: 'a@x.example', toEmail: 'b@y.example', subject: 'Hi', html: '<p>Hello</p>' },
			'Send Email',
		),
	),
	wf(
		'everything',
		T(
			2.2,
			{
				mailbox: 'Support',
				postProcessAction: 'nothing',
				format: 'simple',
				downloadAttachments: true,
				dataPropertyAttachmentsPrefixName: 'file_',
				options: {
					customEmailConfig:
						'["UNSEEN", ["FROM", "bob@y.example"], ["SINCE", "May 20, 2026"], ["OR", "FLAGGED", ["SUBJECT", "a \\"b\\""]]]',
					forceReconnect: 30,
					trackLastMessageId: false,
				},
			},
			'Watch Support',
		),
		S(
			2.1,
			{
				fromEmail: '={{ $json.to }}',
				toEmail: '={{ $json.from }}',
				subject: '=Re: {{ $json.subject }}',
				emailFormat: 'both',
				text: 'Hello',
				html: '<b>Hello</b>',
				options: {
					appendAttribution: false,
					attachments: 'file_0',
					fileAttachments: 'file_1',
					ccEmail: 'c@y.example',
					bccEmail: 'd@y.example',
					allowUnauthorizedCerts: true,
					replyTo: 'r@x.example',
				},
			},
			'Answer',
		),
	),
	wf(
		'resolved',
		T(2.1, { format: 'resolved', dataPropertyAttachmentsPrefixName: 'attachment_' }, 'Email Trigger (IMAP)'),
		S(2, { fromEmail: 'a@x.example', toEmail: 'b@y.example', subject: 'Hi', text: 'Hello' }, 'Send Email'),
	),
	wf(
		'raw and old',
		T(2, { format: 'raw', mailbox: '={{ $vars.box }}' }, 'Email Trigger (IMAP)'),
		S(
			1,
			{
				fromEmail: 'a@x.example',
				toEmail: 'b@y.example',
				ccEmail: 'c@y.example',
				subject: 'Hi',
				text: 'Hello',
				attachments: 'data',
			},
			'Send Email',
		),
	),
	wf(
		'oldest trigger, waiting sender',
		T(1, { mailbox: 'INBOX', downloadAttachments: true }, 'IMAP Email'),
		S(
			2.1,
			{
				operation: 'sendAndWait',
				fromEmail: 'a@x.example',
				toEmail: 'b@y.example',
				subject: 'OK?',
				message: 'Approve?',
			},
			'Ask',
		),
	),
];
process.stdout.write(JSON.stringify(out, null, 2) + '\n');

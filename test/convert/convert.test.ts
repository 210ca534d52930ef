/** Workflows as n8n's editor saves them, converted: what it left out is filled in, and what cannot be kept is said. */
import fs from 'node:fs';
import path from 'node:path';
import { parseSearch } from '../../nodes/mail/imap/searchLanguage';
import { convertWorkflow, type Workflow } from '../../tools/convert/convert';
import { searchText } from '../../tools/convert/searchText';

const exported = JSON.parse(fs.readFileSync(path.join(__dirname, 'exported.json'), 'utf8')) as Workflow[];
const convert = (name: string) => {
	const workflow = exported.find((one) => one['name'] === name)!;
	return { before: workflow, ...convertWorkflow(workflow) };
};
const OLD_WAY = expect.stringContaining('"Mark the Mail: At Once" is the old way.') as string;
const NO_LINE = 'The line "This email was sent automatically with n8n" is no longer added.';
const SSL = '"Ignore SSL Issues" is a setting of the credential now; switch it on there if you must.';

test('defaults that n8n stripped are filled in', () => {
	const { workflow, reports } = convert('defaults');
	const [trigger, send] = workflow.nodes;
	expect(trigger).toMatchObject({ type: 'n8n-nodes-mailroom.imapTrigger', typeVersion: 1 });
	expect(trigger!.parameters).toEqual({
		authentication: 'imap',
		format: 'simple',
		filters: { unread: true },
	});
	expect(send).toMatchObject({ type: 'n8n-nodes-mailroom.sendMail', typeVersion: 1 });
	expect(send!.parameters).toEqual({
		authentication: 'smtp',
		fromEmail: 'a@x.example',
		toEmail: 'b@y.example',
		subject: 'Hi',
		html: '<p>Hello</p>',
	});
	expect(reports.map(({ converted, notes }) => [converted, notes])).toEqual([
		[true, [OLD_WAY]],
		[true, [NO_LINE]],
	]);
});

test('every option has its place or is told', () => {
	const { workflow, reports } = convert('everything');
	const [trigger, send] = workflow.nodes;
	expect(trigger!.parameters).toEqual({
		authentication: 'imap',
		mailboxes: ['Support'],
		startFrom: 'unread',
		format: 'simple',
		attachmentMode: 'download',
		attachmentOptions: { prefix: 'file_' },
		filters: {
			imapSearch: 'UNSEEN FROM "bob@y.example" SINCE 20-May-2026 OR FLAGGED SUBJECT "a \\"b\\""',
		},
		onSuccess: {},
	});
	expect(send!.parameters).toEqual({
		authentication: 'smtp',
		fromEmail: '={{ $json.to }}',
		toEmail: '={{ $json.from }}',
		subject: '=Re: {{ $json.subject }}',
		emailFormat: 'both',
		text: 'Hello',
		html: '<b>Hello</b>',
		options: {
			attachments: 'file_0',
			fileAttachments: 'file_1',
			ccEmail: 'c@y.example',
			bccEmail: 'd@y.example',
			replyTo: 'r@x.example',
		},
	});
	expect(reports[1]!.notes).toEqual([SSL]);
});

test('"Resolved" of 2.1, and the text format that version 2 had as its default', () => {
	const [trigger, send] = convert('resolved').workflow.nodes;
	expect(trigger!.parameters).toEqual({
		authentication: 'imap',
		format: 'resolved',
		filters: { unread: true },
	});
	expect(send!.parameters).toMatchObject({ emailFormat: 'text', text: 'Hello' });
	expect(send!.parameters).not.toHaveProperty('options');
});

test('the oldest versions, expressions, and what RAW becomes', () => {
	const { workflow, reports } = convert('raw and old');
	expect(workflow.nodes[0]!.parameters).toEqual({
		authentication: 'imap',
		mailboxes: '={{ $vars.box }}',
		startFrom: 'unread',
		format: 'eml',
		filters: { unread: true },
	});
	expect(reports[0]!.notes[1]).toContain('binary field "message"');
	expect(workflow.nodes[1]!.parameters).toMatchObject({
		emailFormat: 'text',
		options: { attachments: 'data', ccEmail: 'c@y.example' },
	});
});

test('a node that waits for an answer stays, and nothing else of the workflow changes', () => {
	const { before, workflow, reports } = convert('oldest trigger, waiting sender');
	expect(workflow.nodes[1]).toEqual(before.nodes[1]);
	expect(reports[1]).toMatchObject({ converted: false });
	expect({ ...workflow, nodes: [] }).toEqual({ ...before, nodes: [] });
	const { type: _type, typeVersion: _version, parameters: _parameters, ...kept } = before.nodes[0]!;
	expect(workflow.nodes[0]).toMatchObject(kept);
});

test.each([
	[['ALL'], 'ALL'],
	[[], 'ALL'],
	[['!SEEN', ['!FROM', 'a']], 'NOT SEEN NOT FROM "a"'],
	[[['HEADER', 'X-A', '']], 'HEADER "X-A" ""'],
	[
		[
			['UID', '1:*'],
			['LARGER', 1000],
		],
		'UID 1:* LARGER 1000',
	],
	[[['SENTSINCE', '2026-05-20']], 'SENTSINCE 20-May-2026'],
	[[['KEYWORD', 'Done']], 'KEYWORD Done'],
])('search %j', (criteria, text) => {
	expect(searchText(criteria)).toBe(text);
	expect(() => parseSearch(text)).not.toThrow();
});

test.each([
	[['NONSENSE']],
	[[['SINCE', 'never']]],
	[[['FROM', 'a\r\nb']]],
	[[['KEYWORD', 'two words']]],
	['UNSEEN'],
	[[5]],
])('%j cannot be converted', (criteria) => {
	expect(() => searchText(criteria)).toThrow();
});

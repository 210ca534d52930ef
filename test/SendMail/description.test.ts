/** What the editor shows: nothing that does not apply. */
import { NodeHelpers, type INode, type INodeParameters, type INodeProperties } from 'n8n-workflow';
import { SendMail } from '../../nodes/SendMail/SendMail.node';

const { description } = new SendMail();

/** Names of what is shown on top, and within a group. */
function shown(parameters: INodeParameters, group?: string): string[] {
	const node = { name: 'Send Mail', type: 'x', typeVersion: 1, parameters } as unknown as INode;
	const values = NodeHelpers.getNodeParameters(
		description.properties,
		parameters,
		true,
		false,
		node,
		description,
	)!;
	const isShown = (property: INodeProperties, path: string) =>
		property.type !== 'hidden' && NodeHelpers.displayParameterPath(values, property, path, node, description);
	const top = description.properties.filter((property) => isShown(property, ''));
	if (group === undefined) return top.map(({ name }) => name);
	const options = (top.find(({ name }) => name === group)?.options ?? []) as INodeProperties[];
	return options.filter((option) => isShown(option, group)).map(({ name }) => name);
}

test.each([
	['html', ['html']],
	['text', ['text']],
	['both', ['text', 'html']],
	['markdown', ['markdown']],
])('with the format %s: the common five first, then the groups', (emailFormat, content) => {
	const groups = ['options', 'headerOptions', 'deliveryOptions', 'safetyOptions'];
	const names = shown({ operation: 'send', emailFormat });
	expect(names.slice(names.indexOf('operation') + 1)).toEqual([
		...['fromEmail', 'toEmail', 'subject', 'emailFormat'],
		...content,
		...groups,
	]);
});

test.each([
	['html', true],
	['markdown', true],
	['text', false],
	['both', false],
])('a text made from HTML is offered with the format %s: %p', (emailFormat, offered) => {
	for (const operation of ['send', 'reply', 'forward', 'saveDraft'])
		expect(shown({ operation, emailFormat }, 'options').includes('textAlternative')).toBe(offered);
});

test.each([
	['inline', true],
	['attachment', false],
])('the files of a mail forwarded as %s are an option: %p', (forwardAs, offered) => {
	expect(shown({ operation: 'forward', forwardAs }, 'options').includes('withAttachments')).toBe(offered);
});

test('a draft has nothing of delivery', () => {
	expect(shown({ operation: 'saveDraft' })).not.toEqual(
		expect.arrayContaining([expect.stringMatching(/^(delivery|safety)Options$/)]),
	);
});

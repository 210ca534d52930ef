/** What the recipient reads: format, and a field for each. */
import type { INodeProperties } from 'n8n-workflow';
import type { Quotation } from '../../mail/message/answer';
import { contentOf, type Format } from '../../mail/message/content';
import { toText, type ItemFields } from '../../bridge/itemFields';

const FORMATS: readonly Format[] = ['html', 'text', 'both', 'markdown'];

export const subjectField: INodeProperties = {
	displayName: 'Subject',
	name: 'subject',
	type: 'string',
	default: '',
	placeholder: 'My subject line',
	description: 'Subject line of the mail',
};

export const contentFields: INodeProperties[] = [
	{
		displayName: 'Email Format',
		name: 'emailFormat',
		type: 'options',
		options: [
			{
				name: 'Both',
				value: 'both',
				description: 'Text and HTML; the recipient’s program shows one of them',
			},
			{ name: 'HTML', value: 'html', description: 'HTML, with a plain text made from it' },
			{ name: 'Markdown', value: 'markdown', description: 'Markdown, sent as HTML and as plain text' },
			{ name: 'Text', value: 'text', description: 'Plain text only' },
		],
		default: 'html',
		description: 'Which form the content has',
	},
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		description: 'Content as plain text',
		displayOptions: { show: { emailFormat: ['text', 'both'] } },
	},
	{
		displayName: 'HTML',
		name: 'html',
		type: 'string',
		typeOptions: { rows: 5, editor: 'htmlEditor' },
		default: '',
		description: 'Content as HTML',
		displayOptions: { show: { emailFormat: ['html', 'both'] } },
	},
	{
		displayName: 'Markdown',
		name: 'markdown',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		placeholder: '**Hello** {{ $json.name }}',
		description: 'Content as Markdown. HTML in it is shown as text.',
		displayOptions: { show: { emailFormat: ['markdown'] } },
	},
];

export const signatureOption: INodeProperties = {
	displayName: 'Signature',
	name: 'signature',
	type: 'string',
	typeOptions: { rows: 3 },
	default: '',
	placeholder: 'Jane Doe, Example Inc.',
	description: 'Text or HTML that is put below the content',
};

export const textAlternativeOption: INodeProperties = {
	displayName: 'Text Beside HTML',
	name: 'textAlternative',
	type: 'boolean',
	default: true,
	description:
		'Whether HTML is sent with a plain text made from it; mail without one is taken for spam more often',
	displayOptions: { hide: { '/emailFormat': ['both', 'text'] } },
};

/** @param quotation what goes below the content and the signature */
export async function readContent(
	fields: ItemFields,
	quotation: Quotation | null = null,
): Promise<{ text?: string; html?: string; textAlternative?: boolean }> {
	const format = fields.text('emailFormat') as Format;
	const options = fields.group('options');
	const content = await contentOf({
		format: FORMATS.includes(format) ? format : 'html',
		text: fields.text('text'),
		html: fields.text('html'),
		markdown: fields.text('markdown'),
		signature: toText(options.signature),
		quotation,
	});
	return { ...content, ...(options.textAlternative === false && { textAlternative: false }) };
}

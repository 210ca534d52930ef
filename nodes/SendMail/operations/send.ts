/** Operation "Send": a new mail from the fields of an item. */
import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { toAttachment } from '../../bridge/binary';
import type { Account } from '../../mail/account/account';
import { MailError } from '../../mail/errors';
import type { AddressInput } from '../../mail/message/address';
import type { MailRequest } from '../../mail/message/compose';
import type { SendOperation } from './operation';

type Format = 'html' | 'text' | 'both';

interface Options {
	attachments?: string;
	bccEmail?: AddressInput;
	ccEmail?: AddressInput;
	fileAttachments?: string;
	replyTo?: AddressInput;
}

const properties: INodeProperties[] = [
	{
		displayName: 'From Email',
		name: 'fromEmail',
		type: 'string',
		default: '',
		placeholder: 'Jane Doe <name@example.com>',
		description: 'Sender of the mail. The account’s own sender is used if this is empty.',
	},
	{
		displayName: 'To Email',
		name: 'toEmail',
		type: 'string',
		default: '',
		placeholder: 'name@example.com',
		description:
			'Recipients, several separated by commas. Also takes lists and the addresses that IMAP Trigger gives.',
	},
	{
		displayName: 'Subject',
		name: 'subject',
		type: 'string',
		default: '',
		placeholder: 'My subject line',
		description: 'Subject line of the mail',
	},
	{
		displayName: 'Email Format',
		name: 'emailFormat',
		type: 'options',
		options: [
			{ name: 'HTML', value: 'html', description: 'Send the mail as HTML' },
			{ name: 'Text', value: 'text', description: 'Send the mail as plain text' },
			{
				name: 'Both',
				value: 'both',
				description: 'Send both; the recipient’s program shows the one it prefers',
			},
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
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Attachments',
				name: 'attachments',
				type: 'string',
				default: '',
				placeholder: 'data, image_1',
				description:
					'Fields of the item that hold files, separated by commas. A file that the HTML refers to as cid:field, such as &lt;img src="cid:image_1"&gt;, is shown there; the others are attached.',
			},
			{
				displayName: 'Attachments (Always Files)',
				name: 'fileAttachments',
				type: 'string',
				default: '',
				placeholder: 'data',
				description: 'Fields of the item that hold files to attach, even if the HTML refers to them',
			},
			{
				displayName: 'BCC Email',
				name: 'bccEmail',
				type: 'string',
				default: '',
				placeholder: 'name@example.com',
				description: 'Recipients that the others do not see',
			},
			{
				displayName: 'CC Email',
				name: 'ccEmail',
				type: 'string',
				default: '',
				placeholder: 'name@example.com',
				description: 'Further recipients, for their information',
			},
			{
				displayName: 'Reply To',
				name: 'replyTo',
				type: 'string',
				default: '',
				placeholder: 'name@example.com',
				description: 'Where replies should go if not to the sender',
			},
		],
	},
];

export const send: SendOperation = {
	option: { name: 'Send', value: 'send', action: 'Send an email', description: 'Send a new email' },
	properties,
	read(context, itemIndex, account) {
		const parameter = (name: string): unknown => context.getNodeParameter(name, itemIndex, '');
		const options = context.getNodeParameter('options', itemIndex, {}) as Options;
		const format = parameter('emailFormat') as Format;
		const html = format === 'text' ? null : toText(parameter('html'));
		const text = format === 'html' ? null : toText(parameter('text'));
		return {
			from: senderOf(parameter('fromEmail') as AddressInput, account),
			to: parameter('toEmail') as AddressInput,
			cc: options.ccEmail,
			bcc: options.bccEmail,
			replyTo: options.replyTo,
			subject: toText(parameter('subject')),
			...(html !== null && { html }),
			...(text !== null && { text }),
			attachments: readAttachments(context, itemIndex, options, html),
		} satisfies MailRequest;
	},
};

function senderOf(field: AddressInput, account: Account): AddressInput {
	if (field !== '' && field !== null && field !== undefined) return field;
	if (account.senderAddress !== null)
		return { address: account.senderAddress, name: account.senderName ?? '' };
	throw new MailError('ADDRESS', 'The mail has no sender.', {
		nextStep: 'Fill in "From Email", or "Sender Address" in the credential.',
	});
}

function readAttachments(
	context: IExecuteFunctions,
	itemIndex: number,
	options: Options,
	html: string | null,
) {
	const shown = fieldNames(options.attachments).map((name) => toAttachment(context, itemIndex, name, html));
	const files = fieldNames(options.fileAttachments).map((name) =>
		toAttachment(context, itemIndex, name, null),
	);
	return [...shown, ...files];
}

function fieldNames(list: unknown): string[] {
	const names = Array.isArray(list) ? list.map(String) : toText(list).split(',');
	return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** Expressions may give numbers or nothing where text is meant. */
function toText(value: unknown): string {
	if (value === null || value === undefined) return '';
	return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

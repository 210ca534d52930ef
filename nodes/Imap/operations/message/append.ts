/** Operation "Append": puts a message into a mailbox, as a draft or as it is. */
import type { INodeProperties } from 'n8n-workflow';
import { toAttachment } from '../../../bridge/binary';
import { toText, type ItemFields } from '../../../bridge/itemFields';
import type { Account } from '../../../mail/account/account';
import { MailError } from '../../../mail/errors';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { fileMessage } from '../../../mail/imap/originals';
import type { AddressInput } from '../../../mail/message/address';
import { compose, readMessage } from '../../../mail/message/compose';
import { messageLocator } from '../../../mail/message/locator';
import { WireLines } from '../../../mail/message/wireLines';
import { optionalFlags } from '../../fields/flags';
import { mailboxField } from '../../fields/mailbox';
import type { SingleOperation } from '../operation';

/** Largest file that is taken as a message. */
const MAX_MESSAGE_BYTES = 50 * 1024 * 1024;

const forFields = { show: { source: ['fields'] } };

const contentFields: INodeProperties[] = [
	{
		displayName: 'From Email',
		name: 'fromEmail',
		type: 'string',
		default: '',
		placeholder: 'Jane Doe <name@example.com>',
		description: 'Sender; the account’s own when it is empty',
		displayOptions: forFields,
	},
	{
		displayName: 'To Email',
		name: 'toEmail',
		type: 'string',
		default: '',
		placeholder: 'name@example.com',
		description: 'Recipients, separated by commas; a draft may lack them',
		displayOptions: forFields,
	},
	{
		displayName: 'Subject',
		name: 'subject',
		type: 'string',
		default: '',
		description: 'Subject line of the message',
		displayOptions: forFields,
	},
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		description: 'Content as plain text',
		displayOptions: forFields,
	},
	{
		displayName: 'HTML',
		name: 'html',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		description: 'Content as HTML, if it has any',
		displayOptions: forFields,
	},
];

export const append: SingleOperation = {
	kind: 'single',
	once: true,
	option: {
		name: 'Append',
		value: 'append',
		action: 'Append a message',
		description:
			'Put a message into a mailbox, as a draft or from an .eml file, without sending it. Not safe to repeat: each time puts another one there.',
	},
	properties: [
		mailboxField('appendTo', 'Into Mailbox Name or ID', 'Mailbox (folder) for the message', '\\Drafts'),
		{
			displayName: 'Message From',
			name: 'source',
			type: 'options',
			options: [
				{ name: 'EML File', value: 'eml', description: 'A whole message, as binary data of the item' },
				{ name: 'Fields', value: 'fields', description: 'Sender, recipients, subject and content' },
			],
			default: 'fields',
			description: 'What the message is made from',
		},
		{
			displayName: 'Input Binary Field',
			name: 'binaryProperty',
			type: 'string',
			default: 'data',
			description: 'Field of the item that holds the .eml file',
			displayOptions: { show: { source: ['eml'] } },
		},
		...contentFields,
		{
			displayName: 'Options',
			name: 'appendOptions',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'BCC Email',
					name: 'bccEmail',
					type: 'string',
					default: '',
					placeholder: 'name@example.com',
					description: 'Recipients that the others do not see; used with fields only',
				},
				{
					displayName: 'CC Email',
					name: 'ccEmail',
					type: 'string',
					default: '',
					placeholder: 'name@example.com',
					description: 'Further recipients; used with fields only',
				},
				{
					displayName: 'Flags and Keywords',
					name: 'flags',
					type: 'string',
					default: '',
					placeholder: '\\Seen, Invoice',
					description:
						'For the new message. \\Draft and \\Seen when this is not set and it is made from fields.',
				},
			],
		},
	],
	async run(fields, line, { account }) {
		const options = fields.group('appendOptions');
		const isFile = fields.text('source') === 'eml';
		const flags = optionalFlags(options.flags) ?? (isFile ? [] : ['\\Draft', '\\Seen']);
		const { source, messageId } = isFile ? await fromFile(fields) : await fromFields(fields, account);
		const client = await line.client();
		const mailbox = await pathOf(client, fields.text('appendTo').trim() || '\\Drafts');
		const location = await fileMessage(client, mailbox, source, flags);
		return [
			{
				json: {
					id: location && messageLocator(location),
					messageId,
					mailbox,
					uid: location?.uid ?? null,
					uidValidity: location?.uidValidity ?? null,
					flags,
					size: source.length,
				},
			},
		];
	},
};

interface NewMessage {
	source: Buffer;
	messageId: string | null;
}

async function fromFields(fields: ItemFields, { senderAddress, senderName }: Account): Promise<NewMessage> {
	const options = fields.group('appendOptions');
	const [text, html] = [fields.text('text'), fields.text('html')];
	const own = senderAddress === null ? '' : { address: senderAddress, name: senderName ?? '' };
	const mail = await compose({
		draft: true,
		from: (fields.text('fromEmail').trim() || own) as AddressInput,
		to: fields.raw('toEmail') as AddressInput,
		cc: options.ccEmail as AddressInput,
		bcc: options.bccEmail as AddressInput,
		subject: toText(fields.raw('subject')),
		...((text !== '' || html === '') && { text }),
		...(html !== '' && { html }),
	});
	return { source: await readMessage(mail), messageId: mail.messageId };
}

async function fromFile({ context, itemIndex }: ItemFields): Promise<NewMessage> {
	const property = String(context.getNodeParameter('binaryProperty', itemIndex, 'data')).trim();
	const content = await toAttachment(context, itemIndex, property, true).open();
	const chunks: Buffer[] = [];
	let size = 0;
	// A server refuses lines that end in LF alone.
	const lines = new WireLines(false);
	for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
		const bytes = Buffer.from(chunk as Buffer);
		if ((size += bytes.length) > MAX_MESSAGE_BYTES)
			throw new MailError(
				'MESSAGE',
				`The file in "${property}" is larger than ${MAX_MESSAGE_BYTES >> 20} MB.`,
			);
		chunks.push(lines.push(bytes));
	}
	const source = Buffer.concat([...chunks, lines.end()]);
	const header = source.subarray(0, 64 * 1024).toString('latin1');
	if (!/^[!-9;-~]+[ \t]*:/.test(header))
		throw new MailError(
			'MESSAGE',
			`The file in "${property}" is no e-mail: it does not begin with a header field.`,
			{
				nextStep: 'Give an .eml file, such as this node and IMAP Trigger make in the format "Source (EML)".',
			},
		);
	const head = header.split('\r\n\r\n')[0] ?? '';
	const id = /^message-id:[ \t]*(?:\r\n[ \t]+)?(<[^<>\s]+>)/im.exec(head)?.[1];
	return { source, messageId: id ?? null };
}

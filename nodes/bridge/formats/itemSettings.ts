/** How mails become items: the fields for it in the editor, and their reading. */
import { NodeOperationError, type INodeProperties, type ITriggerFunctions } from 'n8n-workflow';

export type ItemFormat = 'message' | 'simple' | 'resolved' | 'eml';
export type AttachmentMode = 'details' | 'download' | 'none';
/** When a file counts as inline: shown in the HTML, called so by the sender, or never. */
export type InlineRule = 'shown' | 'declared' | 'never';

export interface AttachmentLimits {
	/** Patterns of which a name has to fit one; empty for all. */
	names: string[];
	/** Patterns of MIME types, the same way. */
	types: string[];
	maxBytes: number;
	leaveOutInline: boolean;
}

export interface ItemSettings {
	format: ItemFormat;
	attachmentMode: AttachmentMode;
	limits: AttachmentLimits;
	inlineRule: InlineRule;
	/** Binary fields are named with this and a number. */
	prefix: string;
	/** Servers whose Authentication-Results are believed. */
	trustedServers: string[];
}

const MEGABYTE = 1024 * 1024;
const DEFAULT_PREFIX = 'attachment_';

/** Items as the rest of the package expects them; also what tests start from. */
export const DEFAULT_ITEM_SETTINGS: ItemSettings = {
	format: 'message',
	attachmentMode: 'details',
	limits: { names: [], types: [], maxBytes: Infinity, leaveOutInline: false },
	inlineRule: 'shown',
	prefix: DEFAULT_PREFIX,
	trustedServers: [],
};

const inlineRule: INodeProperties = {
	displayName: 'Inline Files',
	name: 'inlineRule',
	type: 'options',
	options: [
		{ name: 'As the Sender Says', value: 'declared', description: 'By Content-Disposition' },
		{ name: 'None', value: 'never', description: 'Every file counts as attached' },
		{ name: 'Shown in the HTML', value: 'shown', description: 'Files that the HTML refers to' },
	],
	default: 'shown',
	description: 'Which files count as part of the text instead of attached',
};

const downloadOptions: INodeProperties[] = [
	inlineRule,
	{
		displayName: 'Leave Out Inline Files',
		name: 'leaveOutInline',
		type: 'boolean',
		default: false,
		description: 'Whether to download only files that are attached, no images of the text',
	},
	{
		displayName: 'Maximum Size (MB)',
		name: 'maxSize',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 25,
		description: 'Larger files are described in the item but not downloaded',
	},
	{
		displayName: 'Names',
		name: 'names',
		type: 'string',
		default: '',
		placeholder: '*.pdf, invoice*',
		description:
			'Which files to download, by name, with * and ? as placeholders; several separated by commas',
	},
	{
		displayName: 'Prefix of Binary Fields',
		name: 'prefix',
		type: 'string',
		default: DEFAULT_PREFIX,
		description: 'A number from 0 up is added to it',
	},
	{
		displayName: 'Types',
		name: 'types',
		type: 'string',
		default: '',
		placeholder: 'application/pdf, image/*',
		description: 'Which files to download, by MIME type, with * as placeholder; several separated by commas',
	},
];

/** In the editor a group of options is another one where other options apply; what is saved has one name. */
const attachmentOptions = (
	description: string,
	options: INodeProperties[],
	show?: Record<string, string[]>,
): INodeProperties => ({
	displayName: 'Attachment Options',
	name: 'attachmentOptions',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options,
	...(show && { displayOptions: { show } }),
	description,
});

/** Where files are downloaded whatever else is chosen. */
export const downloadFields = attachmentOptions('Which files to download', downloadOptions);

export const itemProperties: INodeProperties[] = [
	{
		displayName: 'Format',
		name: 'format',
		type: 'options',
		options: [
			{ name: 'Message', value: 'message', description: 'Everything, ready to use' },
			{
				name: 'Resolved (Email Trigger)',
				value: 'resolved',
				description: "The fields that n8n's own Email Trigger (IMAP) gives in this format",
			},
			{
				name: 'Simple (Email Trigger)',
				value: 'simple',
				description: "The fields that n8n's own Email Trigger (IMAP) gives in this format",
			},
			{
				name: 'Source (EML)',
				value: 'eml',
				description: 'The mail as a file, its header fields beside it',
			},
		],
		default: 'message',
		description: 'What the item of a mail looks like',
	},
	{
		displayName: 'Attachments',
		name: 'attachmentMode',
		type: 'options',
		options: [
			{ name: 'Details Only', value: 'details', description: 'Names, types and sizes' },
			{
				name: 'Download',
				value: 'download',
				description: 'Also the files, as attachment_0, attachment_1 and so on',
			},
			{ name: 'None', value: 'none', description: 'Nothing about attachments' },
		],
		default: 'details',
		displayOptions: { hide: { format: ['eml', 'resolved'] } },
		description:
			'What the item has of attachments. n8n never deletes large files that a trigger stored, so download only what you need.',
	},
	attachmentOptions('What counts as attached', [inlineRule], {
		format: ['message', 'simple'],
		attachmentMode: ['details'],
	}),
	attachmentOptions('Which files to download', downloadOptions, {
		format: ['message', 'simple'],
		attachmentMode: ['download'],
	}),
	attachmentOptions('Which files to download', downloadOptions, { format: ['resolved'] }),
];

/** Goes into the options of the trigger, in its place by name. */
export const trustedServersProperty: INodeProperties = {
	displayName: 'Trusted Servers',
	name: 'trustedServers',
	type: 'string',
	default: '',
	placeholder: 'mx.google.com',
	description:
		'Names under which your own mail servers write Authentication-Results, separated by commas; "protection.outlook.com" for Microsoft 365. Their verdicts on DKIM, SPF and DMARC are then in the field "authentication"; those of others are worthless, since anybody can write them.',
};

interface AttachmentOptions {
	inlineRule?: InlineRule;
	leaveOutInline?: boolean;
	maxSize?: number | string;
	names?: string;
	prefix?: string;
	types?: string;
}

type Context = Pick<ITriggerFunctions, 'getNodeParameter' | 'getNode'>;

/** @throws NodeOperationError naming the parameter that cannot be used */
export function readItemSettings(context: Context, trustedServers: unknown): ItemSettings {
	const format = context.getNodeParameter('format', 'message') as ItemFormat;
	const attachmentMode = context.getNodeParameter('attachmentMode', 'details') as AttachmentMode;
	const options = context.getNodeParameter('attachmentOptions', {}) as AttachmentOptions;
	const { maxSize, inlineRule = 'shown', leaveOutInline = false } = options;
	const megabytes = maxSize === undefined || maxSize === '' ? Infinity : Number(maxSize);
	if (Number.isNaN(megabytes) || megabytes < 0) {
		throw new NodeOperationError(
			context.getNode(),
			`"Maximum Size" has to be a number from 0 up, not ${JSON.stringify(maxSize)}.`,
		);
	}
	return {
		format,
		// n8n's own node downloads everything in this format.
		attachmentMode: format === 'resolved' ? 'download' : attachmentMode,
		limits: {
			names: list(options.names),
			types: list(options.types),
			maxBytes: megabytes * MEGABYTE,
			leaveOutInline,
		},
		inlineRule,
		prefix: options.prefix?.trim() || DEFAULT_PREFIX,
		trustedServers: list(trustedServers),
	};
}

/** Entries of a list from an expression, or of text with commas. */
function list(value: unknown): string[] {
	const entries = Array.isArray(value) ? value : String(value ?? '').split(',');
	return entries.map((entry) => String(entry).trim()).filter((entry) => entry !== '');
}

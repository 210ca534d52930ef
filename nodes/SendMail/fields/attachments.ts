/** Files of the item that go with the mail. */
import type { INodeProperties } from 'n8n-workflow';
import { binaryProperties, toAttachment } from '../../bridge/binary';
import type { OutgoingAttachment } from '../../mail/message/compose';
import { toFlag, toNames, type ItemFields } from '../../bridge/itemFields';

export const attachmentOptions: INodeProperties[] = [
	{
		displayName: 'Attach All Files',
		name: 'attachAll',
		type: 'boolean',
		default: false,
		description: 'Whether to send every file that the item carries, besides those named',
	},
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
];

/** @throws MailError `MESSAGE` naming the fields that hold files */
export function readAttachments(fields: ItemFields): OutgoingAttachment[] {
	const { context, itemIndex } = fields;
	const options = fields.group('options');
	const always = toNames(options.fileAttachments);
	const named = toNames(options.attachments);
	const all = toFlag(options.attachAll) ? binaryProperties(context, itemIndex) : [];
	const maybeInline = [...new Set([...named, ...all])].filter(
		(name) => !always.includes(name) || named.includes(name),
	);
	return [
		...maybeInline.map((name) => toAttachment(context, itemIndex, name, false)),
		...always.map((name) => toAttachment(context, itemIndex, name, true)),
	];
}

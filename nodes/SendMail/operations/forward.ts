/** Operation "Forward": passes a message on the server on to somebody else. */
import type { AddressInput } from '../../mail/message/address';
import { forwarded, forwardSubject } from '../../mail/message/answer';
import type { OutgoingAttachment } from '../../mail/message/compose';
import type { ReceivedMessage } from '../../mail/message/parsed';
import { MailError } from '../../mail/errors';
import { bccOption, ccOption, fromField, readSender, replyToOption, toField } from '../fields/addressing';
import { attachmentOptions, readAttachments } from '../fields/attachments';
import { contentFields, readContent, signatureOption, textAlternativeOption } from '../fields/content';
import { deliveryOptions, readSafety, safetyOptions } from '../fields/deliveryOptions';
import { headerOptions, readHeaderOptions } from '../fields/headerOptions';
import { toFlag, toText } from '../../bridge/itemFields';
import { filesOf, markOriginal, originalField, readOriginal } from '../fields/original';
import type { SendOperation } from './operation';

export const forward: SendOperation = {
	option: {
		name: 'Forward',
		value: 'forward',
		action: 'Forward an email',
		description: 'Pass an email on the server on to somebody else',
	},
	properties: [
		originalField,
		toField,
		fromField,
		{
			displayName: 'Forward As',
			name: 'forwardAs',
			type: 'options',
			options: [
				{
					name: 'Attachment',
					value: 'attachment',
					description: 'The whole message unchanged, as an .eml file',
				},
				{ name: 'Inline', value: 'inline', description: 'Its text below yours, and its files' },
			],
			default: 'inline',
			description: 'How the message is contained in the new one',
		},
		...contentFields,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				...attachmentOptions,
				bccOption,
				ccOption,
				replyToOption,
				signatureOption,
				{
					displayName: 'Subject',
					name: 'subject',
					type: 'string',
					default: '',
					description: 'Subject line if not “Fwd:” and the subject of the message',
				},
				textAlternativeOption,
				{
					displayName: 'With Its Attachments',
					name: 'withAttachments',
					type: 'boolean',
					default: true,
					description: 'Whether to send the files of the message along',
					displayOptions: { hide: { '/forwardAs': ['attachment'] } },
				},
			],
		},
		headerOptions,
		deliveryOptions,
		safetyOptions,
	],
	async read(fields, account, mailboxes) {
		const options = fields.group('options');
		const original = await readOriginal(fields, account, mailboxes);
		const inline = fields.text('forwardAs') !== 'attachment';
		const files = inline
			? filesOf(original, toFlag(options.withAttachments, true) ? 'all' : 'shown')
			: [wholeMessage(original)];
		return {
			kind: 'send',
			request: {
				from: readSender(fields, account),
				to: fields.raw('toEmail') as AddressInput,
				cc: options.ccEmail as AddressInput,
				bcc: options.bccEmail as AddressInput,
				replyTo: options.replyTo as AddressInput,
				subject: toText(options.subject) || forwardSubject(original.mail.subject),
				references: original.mail.messageId === null ? [] : [original.mail.messageId],
				...(await readContent(fields, inline ? forwarded(original.mail) : null)),
				attachments: [...readAttachments(fields), ...files],
				...readHeaderOptions(fields),
				...readSafety(fields),
			},
			afterwards: async (client) => await markOriginal(client, original, '$Forwarded'),
		};
	},
};

function wholeMessage({ source, truncated, mail }: ReceivedMessage): OutgoingAttachment {
	if (truncated)
		throw new MailError('MESSAGE', 'The message is too large to be forwarded as an attachment.', {
			nextStep: 'Forward it inline and without its attachments.',
		});
	return {
		fileName: `${mail.subject.trim().slice(0, 80) || 'message'}.eml`,
		mimeType: 'message/rfc822',
		reference: null,
		open: async () => source,
	};
}

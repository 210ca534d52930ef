/** Operation "Send": a new mail from the fields of an item. */
import type { AddressInput } from '../../mail/message/address';
import { bccOption, ccOption, fromField, readSender, replyToOption, toField } from '../fields/addressing';
import { attachmentOptions, readAttachments } from '../fields/attachments';
import {
	contentFields,
	readContent,
	signatureOption,
	subjectField,
	textAlternativeOption,
} from '../fields/content';
import { deliveryOptions, readSafety, safetyOptions } from '../fields/deliveryOptions';
import { headerOptions, readHeaderOptions } from '../fields/headerOptions';
import type { SendOperation } from './operation';

export const send: SendOperation = {
	option: { name: 'Send', value: 'send', action: 'Send an email', description: 'Send a new email' },
	properties: [
		fromField,
		toField,
		subjectField,
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
				textAlternativeOption,
			],
		},
		headerOptions,
		deliveryOptions,
		safetyOptions,
	],
	async read(fields, account) {
		const options = fields.group('options');
		return {
			kind: 'send',
			request: {
				from: readSender(fields, account),
				to: fields.raw('toEmail') as AddressInput,
				cc: options.ccEmail as AddressInput,
				bcc: options.bccEmail as AddressInput,
				replyTo: options.replyTo as AddressInput,
				subject: fields.text('subject'),
				...(await readContent(fields)),
				attachments: readAttachments(fields),
				...readHeaderOptions(fields),
				...readSafety(fields),
			},
		};
	},
};

/** Operation "Save Draft": a mail as Send would make it, filed among the drafts for a person to finish. */
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
import { headerOptions, readHeaderOptions } from '../fields/headerOptions';
import { toText } from '../../bridge/itemFields';
import type { SendOperation } from './operation';

export const saveDraft: SendOperation = {
	option: {
		name: 'Save Draft',
		value: 'saveDraft',
		action: 'Save a draft',
		description: 'Put a new email among the drafts of the account, without sending it',
	},
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
				{
					displayName: 'Drafts Mailbox',
					name: 'draftsMailbox',
					type: 'string',
					default: '',
					placeholder: 'Drafts',
					description:
						'Mailbox to put the draft into, if not the one that the server marks as the one for drafts',
				},
				replyToOption,
				signatureOption,
				textAlternativeOption,
			],
		},
		headerOptions,
	],
	async read(fields, account) {
		const options = fields.group('options');
		return {
			kind: 'draft',
			draftsMailbox: toText(options.draftsMailbox).trim(),
			request: {
				draft: true,
				from: readSender(fields, account),
				to: fields.raw('toEmail') as AddressInput,
				cc: options.ccEmail as AddressInput,
				bcc: options.bccEmail as AddressInput,
				replyTo: options.replyTo as AddressInput,
				subject: fields.text('subject'),
				...(await readContent(fields)),
				attachments: readAttachments(fields),
				...readHeaderOptions(fields),
			},
		};
	},
};

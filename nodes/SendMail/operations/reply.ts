/** Operation "Reply": answers a message on the server, in its conversation. */
import {
	answerTo,
	LOOP_HEADER,
	quote,
	reasonNotToAnswer,
	replySubject,
	threadOf,
} from '../../mail/message/answer';
import type { AddressInput } from '../../mail/message/address';
import { MailError } from '../../mail/errors';
import { besides } from '../../mail/message/headers';
import { refersTo } from '../../mail/message/inlineImages';
import {
	bccOption,
	ccOption,
	fromField,
	ownAddresses,
	readSender,
	replyToOption,
} from '../fields/addressing';
import { attachmentOptions, readAttachments } from '../fields/attachments';
import { contentFields, readContent, signatureOption, textAlternativeOption } from '../fields/content';
import { deliveryOptions, readSafety, safetyOptions } from '../fields/deliveryOptions';
import { headerOptions, readHeaderOptions } from '../fields/headerOptions';
import { toFlag, toText } from '../../bridge/itemFields';
import { filesOf, markOriginal, originalField, readOriginal } from '../fields/original';
import type { SendOperation } from './operation';

export const reply: SendOperation = {
	option: {
		name: 'Reply',
		value: 'reply',
		action: 'Reply to an email',
		description: 'Answer an email on the server, within its conversation',
	},
	properties: [
		originalField,
		{
			displayName: 'Send the Reply To',
			name: 'replyScope',
			type: 'options',
			options: [
				{ name: 'All', value: 'all', description: 'The sender and everybody else who got the mail' },
				{
					name: 'Sender',
					value: 'sender',
					description: 'Only the sender, or where the sender wants replies',
				},
			],
			default: 'sender',
			description: 'Who gets the answer',
		},
		fromField,
		...contentFields,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Answer Automatic Mail',
					name: 'answerAutomatic',
					type: 'boolean',
					default: false,
					description:
						'Whether to answer mail sent by a program too (bounces, automatic answers, lists, newsletters, mail of this account itself), which may go on without end',
				},
				...attachmentOptions,
				bccOption,
				ccOption,
				{
					displayName: 'Mark as Answered',
					name: 'markAnswered',
					type: 'boolean',
					default: true,
					description: 'Whether to mark the message on the server as answered',
				},
				{
					displayName: 'Quote the Message',
					name: 'quote',
					type: 'boolean',
					default: true,
					description: 'Whether to put the message below the answer',
				},
				replyToOption,
				{
					displayName: 'Say It Is Automatic',
					name: 'automatic',
					type: 'boolean',
					default: true,
					description:
						'Whether to mark the answer as an automatic one (RFC 3834), so that other programs do not answer it in turn',
				},
				signatureOption,
				{
					displayName: 'Subject',
					name: 'subject',
					type: 'string',
					default: '',
					description: 'Subject line if not “Re:” and the subject of the message',
				},
				textAlternativeOption,
			],
		},
		headerOptions,
		deliveryOptions,
		safetyOptions,
	],
	async read(fields, account, mailboxes) {
		const options = fields.group('options');
		const from = readSender(fields, account);
		const own = ownAddresses(account, from);
		const original = await readOriginal(fields, account, mailboxes);
		const { mail } = original;
		const objection = toFlag(options.answerAutomatic) ? null : reasonNotToAnswer(mail, own);
		if (objection !== null) {
			throw new MailError('MESSAGE', `The message was not answered: ${objection}.`, {
				nextStep: 'Leave out such mail before this node, or switch on the option "Answer Automatic Mail".',
			});
		}
		const recipients = answerTo(mail, fields.text('replyScope') === 'all', own);
		const quotation = toFlag(options.quote, true) ? quote(mail) : null;
		const headers = readHeaderOptions(fields);
		const automatic = [
			{ name: 'Auto-Submitted', value: 'auto-replied' },
			...own.slice(0, 1).map((address) => ({ name: LOOP_HEADER, value: address })),
		];
		const content = await readContent(fields, quotation);
		return {
			kind: 'send',
			request: {
				from,
				to: recipients.to,
				cc: [recipients.cc, options.ccEmail as AddressInput],
				bcc: options.bccEmail as AddressInput,
				replyTo: options.replyTo as AddressInput,
				subject: toText(options.subject) || replySubject(mail.subject),
				...threadOf(mail),
				...content,
				attachments: [...readAttachments(fields), ...(quotation ? shownAgain(original, content.html) : [])],
				...headers,
				headers: besides(headers.headers ?? [], toFlag(options.automatic, true) ? automatic : []),
				...readSafety(fields),
			},
			...(toFlag(options.markAnswered, true) && {
				afterwards: async (client) => await markOriginal(client, original, '\\Answered'),
			}),
		};
	},
};

/** Images of the quoted HTML; none in an answer without HTML. */
function shownAgain(original: Parameters<typeof filesOf>[0], html: string | undefined) {
	return filesOf(original, 'shown').filter(
		({ reference }) => html !== undefined && reference !== null && refersTo(html, reference),
	);
}

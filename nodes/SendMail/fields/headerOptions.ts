/** Group "Headers": fields of the mail that readers seldom see. */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { MailError } from '../../mail/errors';
import type { HeaderField, Priority } from '../../mail/message/headers';
import type { MailRequest } from '../../mail/message/compose';
import { toFlag, toText, type ItemFields } from '../../bridge/itemFields';

export const headerOptions: INodeProperties = {
	displayName: 'Headers',
	name: 'headerOptions',
	type: 'collection',
	placeholder: 'Add header',
	default: {},
	options: [
		{
			displayName: 'Custom Headers',
			name: 'customHeaders',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			placeholder: 'Add Header',
			default: {},
			options: [
				{
					displayName: 'Header',
					name: 'header',
					values: [
						{ displayName: 'Name', name: 'name', type: 'string', default: '', placeholder: 'X-Campaign' },
						{ displayName: 'Value', name: 'value', type: 'string', default: '' },
					],
				},
			],
			description: 'Header fields to add',
		},
		{
			displayName: 'Custom Headers (JSON)',
			name: 'customHeadersJson',
			type: 'json',
			default: '{}',
			placeholder: '{ "X-Campaign": "spring" }',
			description: 'Further header fields as an object of names and texts, for example from an expression',
		},
		{
			displayName: 'Envelope Sender',
			name: 'envelopeFrom',
			type: 'string',
			default: '',
			placeholder: 'bounces@example.com',
			description: 'Where reports about undelivered mail go, if not to From; &lt;&gt; for nowhere',
		},
		{
			displayName: 'Priority',
			name: 'priority',
			type: 'options',
			options: [
				{ name: 'High', value: 'high' },
				{ name: 'Low', value: 'low' },
				{ name: 'Normal', value: 'normal' },
			],
			default: 'normal',
			description: 'How urgent the mail is shown as',
		},
		{
			displayName: 'Unsubscribe by One Click',
			name: 'unsubscribeOneClick',
			type: 'boolean',
			default: false,
			description:
				'Whether the unsubscribe URL takes a POST request that unsubscribes at once (RFC 8058), as Gmail and Yahoo want it from senders of many mails',
		},
		{
			displayName: 'Unsubscribe Email',
			name: 'unsubscribeEmail',
			type: 'string',
			default: '',
			placeholder: 'leave@example.com',
			description: 'Address to which recipients write to get no more of these mails (List-Unsubscribe)',
		},
		{
			displayName: 'Unsubscribe URL',
			name: 'unsubscribeUrl',
			type: 'string',
			default: '',
			placeholder: 'https://example.com/unsubscribe?user=123',
			description: 'Page where recipients leave the list (List-Unsubscribe)',
		},
	],
};

/** @throws MailError `MESSAGE` */
export function readHeaderOptions(
	fields: ItemFields,
): Pick<MailRequest, 'headers' | 'priority' | 'unsubscribe' | 'envelopeFrom'> {
	const options = fields.group('headerOptions');
	const unsubscribe = {
		email: toText(options.unsubscribeEmail),
		url: toText(options.unsubscribeUrl),
		oneClick: toFlag(options.unsubscribeOneClick),
	};
	const priority = toText(options.priority);
	return {
		headers: [...headersOf(options.customHeaders), ...headersFromJson(options.customHeadersJson)],
		...((priority === 'high' || priority === 'low') && { priority: priority as Priority }),
		...((unsubscribe.email || unsubscribe.url || unsubscribe.oneClick) && { unsubscribe }),
		envelopeFrom: toText(options.envelopeFrom),
	};
}

/** Rows of the editor. */
function headersOf(value: unknown): HeaderField[] {
	const rows = (value as { header?: unknown } | undefined)?.header;
	if (!Array.isArray(rows)) return [];
	return (rows as IDataObject[]).map((row) => ({ name: toText(row.name), value: plainText(row.value) }));
}

/** An object, or text that is one. */
function headersFromJson(value: unknown): HeaderField[] {
	if (value === null || value === undefined || value === '') return [];
	const object = typeof value === 'string' ? parsed(value) : value;
	if (typeof object !== 'object' || object === null || Array.isArray(object))
		throw wrong('They are no JSON object.');
	return Object.entries(object).map(([name, text]) => ({ name, value: plainText(text) }));
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** An object would reach the composing library, which trusts some of its keys. */
function plainText(value: unknown): string {
	if (typeof value === 'object' && value !== null) throw wrong('One has a value that is no text.');
	return toText(value);
}

function wrong(why: string): MailError {
	return new MailError('MESSAGE', `The custom headers cannot be sent. ${why}`, {
		nextStep: 'Give each header a name and a text, for example { "X-Campaign": "spring" }.',
	});
}

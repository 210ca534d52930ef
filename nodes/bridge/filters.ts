/** The trigger's filters: each field beside what it asks for. */
import type { INodeProperties } from 'n8n-workflow';
import { MailFilter, type LocalCriteria } from '../mail/imap/filter';
import { parseSearch } from '../mail/imap/searchLanguage';
import type { SearchCriteria } from '../mail/imap/types';

const KILOBYTE = 1024;

export interface FilterFields {
	attachmentName?: string;
	cc?: string;
	flagged?: boolean;
	from?: string;
	gmailQuery?: string;
	hasAttachments?: boolean;
	headerName?: string;
	headerText?: string;
	imapSearch?: string;
	keyword?: string;
	largerThan?: number;
	senderPattern?: string;
	since?: string;
	skipAutomatic?: boolean;
	smallerThan?: number;
	subject?: string;
	subjectPattern?: string;
	text?: string;
	to?: string;
	unread?: boolean;
}

/** In the alphabetical order that n8n's editor wants. */
const fields: INodeProperties[] = [
	{
		displayName: 'Attachment Name',
		name: 'attachmentName',
		type: 'string',
		default: '',
		placeholder: '*.pdf, invoice*',
		description:
			'Only mails with an attachment whose name fits one of these patterns (* any text, ? one character)',
	},
	{
		displayName: 'CC Contains',
		name: 'cc',
		type: 'string',
		default: '',
		description: 'Only mails with this text in the CC field',
	},
	{
		displayName: 'Flagged',
		name: 'flagged',
		type: 'boolean',
		default: true,
		description: 'Whether the mail has to be flagged (starred), or must not be',
	},
	{
		displayName: 'From Contains',
		name: 'from',
		type: 'string',
		default: '',
		placeholder: 'name@example.com',
		description: 'Only mails with this text in the sender’s name or address',
	},
	{
		displayName: 'Gmail Search',
		name: 'gmailQuery',
		type: 'string',
		default: '',
		placeholder: 'category:primary has:attachment',
		description: 'Search in Gmail’s own words; works with Gmail only',
	},
	{
		displayName: 'Has Attachments',
		name: 'hasAttachments',
		type: 'boolean',
		default: true,
		description:
			'Whether the mail has to have attachments, or must not; images shown in the text do not count',
	},
	{
		displayName: 'Header Name',
		name: 'headerName',
		type: 'string',
		default: '',
		placeholder: 'X-Priority',
		description: 'Only mails with this header field; the text in it can be given too',
	},
	{
		displayName: 'Header Text',
		name: 'headerText',
		type: 'string',
		default: '',
		description: 'Text in the header field named above',
	},
	{
		displayName: 'IMAP Search',
		name: 'imapSearch',
		type: 'string',
		default: '',
		placeholder: 'OR FROM "bob" SUBJECT "invoice"',
		description: 'Search in IMAP’s own language (RFC 3501)',
	},
	{
		displayName: 'Keyword',
		name: 'keyword',
		type: 'string',
		default: '',
		description: 'Only mails with this keyword (tag)',
	},
	{
		displayName: 'Larger Than (KB)',
		name: 'largerThan',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'Only mails larger than this',
	},
	{
		displayName: 'Sender Pattern',
		name: 'senderPattern',
		type: 'string',
		default: '',
		placeholder: '*@example.com, boss@*',
		description: 'Only mails whose sender fits one of these patterns (* any text, ? one character)',
	},
	{
		displayName: 'Since',
		name: 'since',
		type: 'dateTime',
		default: '',
		description: 'Only mails that the server received on this day or later',
	},
	{
		displayName: 'Skip Automatic Mail',
		name: 'skipAutomatic',
		type: 'boolean',
		default: true,
		description: 'Whether to leave out what no person wrote: vacation notes, bounces, newsletters',
	},
	{
		displayName: 'Smaller Than (KB)',
		name: 'smallerThan',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'Only mails smaller than this',
	},
	{
		displayName: 'Subject Contains',
		name: 'subject',
		type: 'string',
		default: '',
		description: 'Only mails with this text in the subject',
	},
	{
		displayName: 'Subject Pattern',
		name: 'subjectPattern',
		type: 'string',
		default: '',
		placeholder: '[Ticket #*]*',
		description: 'Only mails whose whole subject fits one of these patterns (* any text, ? one character)',
	},
	{
		displayName: 'Text Contains',
		name: 'text',
		type: 'string',
		default: '',
		description: 'Only mails with this text anywhere in them',
	},
	{
		displayName: 'To Contains',
		name: 'to',
		type: 'string',
		default: '',
		placeholder: 'name@example.com',
		description: 'Only mails with this text in the To field',
	},
	{
		displayName: 'Unread',
		name: 'unread',
		type: 'boolean',
		default: true,
		description: 'Whether the mail has to be unread, or must be read',
	},
];

export const filtersProperty: INodeProperties = {
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add filter',
	default: {},
	options: fields,
	description:
		'Only mails for which all of these hold start the workflow. They are looked at once, when a mail arrives: one that is starred later does not start it.',
};

/** @throws MailError when the IMAP search cannot be understood */
export function readFilter(values: FilterFields): MailFilter {
	const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
	const criteria: SearchCriteria[] = [];
	for (const name of ['from', 'to', 'cc', 'subject', 'text', 'keyword'] as const) {
		if (text(values[name]) !== '') criteria.push({ [name]: text(values[name]) });
	}
	if (values.unread !== undefined) criteria.push({ seen: !values.unread });
	if (values.flagged !== undefined) criteria.push({ flagged: values.flagged });
	if (values.largerThan) criteria.push({ larger: values.largerThan * KILOBYTE });
	if (values.smallerThan) criteria.push({ smaller: values.smallerThan * KILOBYTE });
	if (text(values.since) !== '') criteria.push({ since: new Date(text(values.since)) });
	if (text(values.headerName) !== '')
		criteria.push({ header: { [text(values.headerName)]: text(values.headerText) } });
	if (text(values.gmailQuery) !== '') criteria.push({ gmraw: text(values.gmailQuery) });
	criteria.push(...parseSearch(text(values.imapSearch)));
	return new MailFilter(criteria, readLocal(values));
}

function readLocal(values: FilterFields): LocalCriteria {
	const local: LocalCriteria = {};
	const attachmentName = patterns(values.attachmentName);
	const sender = patterns(values.senderPattern);
	const subject = patterns(values.subjectPattern);
	if (values.hasAttachments !== undefined) local.hasAttachments = values.hasAttachments;
	if (attachmentName.length > 0) local.attachmentName = attachmentName;
	if (sender.length > 0) local.sender = sender;
	if (subject.length > 0) local.subject = subject;
	if (values.skipAutomatic === true) local.skipAutomatic = true;
	return local;
}

function patterns(list: unknown): string[] {
	const parts = typeof list === 'string' ? list.split(',') : [];
	return parts.map((pattern) => pattern.trim()).filter((pattern) => pattern !== '');
}

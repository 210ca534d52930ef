/** The trigger's filters: each field beside what it asks for. */
import type { INodeProperties } from 'n8n-workflow';
import { MailError } from '../mail/errors';
import { MailFilter, type LocalCriteria } from '../mail/imap/filter';
import { parseSearch } from '../mail/imap/searchLanguage';
import type { SearchCriteria } from '../mail/imap/types';
import { toFlag, toNumber, toText } from './itemFields';

const KILOBYTE = 1024;
const DAY_MS = 24 * 60 * 60_000;
const MAX_KILOBYTES = 1e9;

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
		description: 'Only mails that the server received at this time or later',
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

/**
 * Whatever an expression gave is looked for, or refused: a filter that silently counts for nothing would let all mails pass.
 *
 * @throws MailError naming the filter that cannot be used
 */
export function readFilter(values: FilterFields): MailFilter {
	const criteria: SearchCriteria[] = [];
	for (const name of ['from', 'to', 'cc', 'subject', 'text', 'keyword'] as const) {
		const wanted = text(values, name);
		if (wanted !== '') criteria.push({ [name]: wanted });
	}
	const unread = flag(values.unread);
	const flagged = flag(values.flagged);
	const [larger, smaller] = [bytes(values, 'largerThan'), bytes(values, 'smallerThan')];
	if (unread !== null) criteria.push({ seen: !unread });
	if (flagged !== null) criteria.push({ flagged });
	if (larger > 0) criteria.push({ larger });
	if (smaller > 0) criteria.push({ smaller });
	const since = time(values, 'since');
	// The server knows only days, in its own time zone; the moment itself is looked at here.
	if (since) criteria.push({ since: new Date(since.getTime() - DAY_MS) });
	const header = text(values, 'headerName');
	if (header !== '') criteria.push({ header: { [header]: text(values, 'headerText') } });
	const gmraw = text(values, 'gmailQuery');
	if (gmraw !== '') criteria.push({ gmraw });
	criteria.push(...parseSearch(text(values, 'imapSearch')));
	return new MailFilter(criteria, readLocal(values, since));
}

function readLocal(values: FilterFields, since: Date | null): LocalCriteria {
	const local: LocalCriteria = {};
	const attachmentName = patterns(values, 'attachmentName');
	const sender = patterns(values, 'senderPattern');
	const subject = patterns(values, 'subjectPattern');
	const hasAttachments = flag(values.hasAttachments);
	if (since) local.receivedSince = since;
	if (hasAttachments !== null) local.hasAttachments = hasAttachments;
	if (attachmentName.length > 0) local.attachmentName = attachmentName;
	if (sender.length > 0) local.sender = sender;
	if (subject.length > 0) local.subject = subject;
	if (flag(values.skipAutomatic) === true) local.skipAutomatic = true;
	return local;
}

function patterns(values: FilterFields, name: keyof FilterFields): string[] {
	return text(values, name)
		.split(',')
		.map((pattern) => pattern.trim())
		.filter((pattern) => pattern !== '');
}

function text(values: FilterFields, name: keyof FilterFields): string {
	const value: unknown = values[name];
	if (typeof value === 'object' && value !== null) throw wrong(name, value, 'has to be text');
	return toText(value).trim();
}

/** @returns null when it is not set, or an expression gave nothing */
function flag(value: unknown): boolean | null {
	return value === undefined || value === null || value === '' ? null : toFlag(value);
}

function bytes(values: FilterFields, name: 'largerThan' | 'smallerThan'): number {
	const value: unknown = values[name];
	if (value === undefined || value === null || value === '') return 0;
	return toNumber(value, titleOf(name), 0, MAX_KILOBYTES) * KILOBYTE;
}

function time(values: FilterFields, name: 'since'): Date | null {
	const value: unknown = values[name];
	if (text(values, name) === '') return null;
	const date = new Date(value as string | number);
	if (Number.isNaN(date.getTime())) throw wrong(name, value, 'is no date');
	return date;
}

function wrong(name: keyof FilterFields, value: unknown, what: string): MailError {
	return new MailError('MESSAGE', `The filter "${titleOf(name)}" ${what}.`, {
		retry: 'configuration',
		nextStep: `It is ${JSON.stringify(value)} now; correct it, or the expression that gives it.`,
	});
}

function titleOf(name: keyof FilterFields): string {
	return fields.find((field) => field.name === name)?.displayName ?? name;
}

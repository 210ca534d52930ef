/** The trigger's parameters, read and checked once: after `trigger()` has returned n8n can no longer evaluate them. */
import { NodeOperationError, type ITriggerFunctions } from 'n8n-workflow';
import type { AccountType } from '../bridge/account';
import type { OldMail } from '../mail/imap/cursor';
import type { MailFilter } from '../mail/imap/filter';
import { NO_MARKS, type Acknowledge, type DeliveryPolicy, type Marks } from '../mail/imap/outcome';
import { readFilter, type FilterFields } from '../bridge/filters';
import { readItemSettings, type ItemSettings } from '../bridge/formats/itemSettings';

export interface TriggerSettings {
	accountType: AccountType;
	mailboxes: string[];
	/** What of the mail that is there already counts. */
	old: OldMail;
	/** Changes exactly when the user changes where to start from. */
	startFrom: string;
	/** How mails become items. */
	item: ItemSettings;
	policy: DeliveryPolicy;
	filter: MailFilter;
	maxMessageBytes: number;
	forcePolling: boolean;
	/** Whether an outage, and its end, start the workflow too. */
	runOnOutage: boolean;
}

interface Options {
	afterCrash?: DeliveryPolicy['afterCrash'];
	fireAgainWhenMarkedUnread?: boolean;
	forcePolling?: boolean;
	runOnOutage?: boolean;
	maxMessageSize?: number;
	messagesPerExecution?: number;
	parallelExecutions?: number;
	trustedServers?: unknown;
}

const MEGABYTE = 1024 * 1024;

type Context = Pick<ITriggerFunctions, 'getNodeParameter' | 'getNode'>;

/** @throws NodeOperationError naming the parameter that cannot be used */
export function readSettings(context: Context): TriggerSettings {
	const options = context.getNodeParameter('options', {}) as Options;
	const { old, startFrom } = readStart(context);
	return {
		accountType: context.getNodeParameter('authentication', 'mailAccountApi') as AccountType,
		mailboxes: readMailboxes(context),
		old,
		startFrom,
		item: readItemSettings(context, options.trustedServers),
		policy: {
			...readMarks(context),
			afterCrash: options.afterCrash ?? 'run',
			fireAgainWhenMarkedUnread: options.fireAgainWhenMarkedUnread === true,
			parallel: atLeastOne(context, options.parallelExecutions, 5, 'Parallel Executions'),
			batchSize: atLeastOne(context, options.messagesPerExecution, 1, 'Mails per Execution'),
		},
		filter: readFilter(context.getNodeParameter('filters', {}) as FilterFields),
		maxMessageBytes: atLeastOne(context, options.maxMessageSize, 50, 'Maximum Message Size') * MEGABYTE,
		forcePolling: options.forcePolling === true,
		runOnOutage: options.runOnOutage === true,
	};
}

/** A list from the picker; from an expression also a string, with names separated by commas. */
function readMailboxes(context: Context): string[] {
	const value = context.getNodeParameter('mailboxes', ['INBOX']) as unknown;
	const names = (Array.isArray(value) ? value : String(value ?? '').split(',')).map((name) =>
		String(name).trim(),
	);
	// The one name that servers take in any case (RFC 3501 §5.1): two of it would run every mail twice.
	const known = names.map((name) => (name.toUpperCase() === 'INBOX' ? 'INBOX' : name));
	const mailboxes = [...new Set(known.filter((name) => name !== ''))];
	if (mailboxes.length > 0) return mailboxes;
	throw new NodeOperationError(context.getNode(), 'No mailbox to watch was given.', {
		description: 'Choose at least one in "Mailbox Names or IDs", usually INBOX.',
	});
}

function readStart(context: Context): { old: OldMail; startFrom: string } {
	const startFrom = context.getNodeParameter('startFrom', 'new') as string;
	switch (startFrom) {
		case 'unread':
		case 'all':
			return { old: { kind: startFrom }, startFrom };
		case 'date': {
			const written = context.getNodeParameter('startDate', '') as string;
			const wallTime = new Date(written).getTime();
			if (!Number.isNaN(wallTime)) return { old: { kind: 'since', wallTime }, startFrom: `date ${wallTime}` };
			throw new NodeOperationError(context.getNode(), `"${written}" in "Start Date" is not a date.`, {
				description: 'Choose a date, or let the expression give one such as 2026-01-31T09:00:00.',
			});
		}
		default:
			return { old: { kind: 'none' }, startFrom: 'new' };
	}
}

function readMarks(
	context: Context,
): Pick<DeliveryPolicy, 'acknowledge' | 'onSuccess' | 'onFailure' | 'retries'> {
	const acknowledge = context.getNodeParameter('acknowledge', 'succeeded') as Acknowledge;
	const onSuccess = {
		...NO_MARKS,
		...(context.getNodeParameter('onSuccess', { markRead: true }) as Partial<Marks>),
	};
	const { retries, ...marks } = context.getNodeParameter('onFailure', {}) as Partial<Marks> & {
		retries?: number;
	};
	const onFailure = { ...NO_MARKS, ...marks };
	for (const { addKeyword } of [onSuccess, onFailure]) checkKeyword(context, addKeyword);
	// At once means: before anybody knows how it ends. Nothing that cannot be undone is done then.
	const safe = acknowledge === 'started' ? { ...onSuccess, delete: false, moveTo: '' } : onSuccess;
	return {
		acknowledge,
		onSuccess: safe,
		onFailure,
		retries: atLeast(context, 0, retries, 0, 'Retries'),
	};
}

/** A keyword is an atom (RFC 3501 §9): one word, without the characters that mean something in a command. */
function checkKeyword(context: Context, keyword: string): void {
	if (/^[^\s(){%*"\\\]\u0000-\u001f\u007f-\uffff]*$/.test(keyword)) return;
	throw new NodeOperationError(
		context.getNode(),
		`"${keyword}" in "Add Keyword" cannot be a keyword on a mail server.`,
		{ description: 'Use one word of letters, digits, "-" and "_" such as Done.' },
	);
}

function atLeastOne(context: Context, value: unknown, fallback: number, name: string): number {
	return atLeast(context, 1, value, fallback, name);
}

function atLeast(context: Context, least: number, value: unknown, fallback: number, name: string): number {
	if (value === undefined || value === null || value === '') return fallback;
	const number = Math.floor(Number(value));
	if (number >= least) return number;
	throw new NodeOperationError(
		context.getNode(),
		`"${name}" has to be a number from ${least} up, not ${JSON.stringify(value)}.`,
	);
}

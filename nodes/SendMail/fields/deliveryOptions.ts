/** Groups "Delivery" and "Safety": how hard to try, how fast, what counts as failure, who may get mail at all. */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { MailError } from '../../mail/errors';
import type { AddressInput } from '../../mail/message/address';
import type { MailRequest } from '../../mail/message/compose';
import { DEFAULT_ATTEMPTS, DEFAULT_TOTAL_TIME_MS } from '../../mail/smtp/send';
import { toFlag, toNames, toNumber, toText, type ItemFields } from '../../bridge/itemFields';

const MAX_ATTEMPTS = 20;
const MINUTE_MS = 60_000;
/** An execution that waits for a day is an execution that somebody has forgotten. */
const MAX_TOTAL_TIME_MINUTES = 24 * 60;
const MAX_RATE = 10_000;

export const deliveryOptions: INodeProperties = {
	displayName: 'Delivery',
	name: 'deliveryOptions',
	type: 'collection',
	placeholder: 'Add delivery option',
	default: {},
	options: [
		{
			displayName: 'Attempts',
			name: 'attempts',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: DEFAULT_ATTEMPTS,
			description:
				'How often to try when the server refuses for the moment or cannot be reached. Mail that may have been accepted is never sent again.',
		},
		{
			displayName: 'Fail on Partial Refusal',
			name: 'failOnPartial',
			type: 'boolean',
			default: false,
			description:
				'Whether it is an error if only some of the recipients were refused; the others have got the mail',
		},
		{
			displayName: 'Idempotency Key',
			name: 'idempotencyKey',
			type: 'string',
			default: '',
			placeholder: '={{ $json.orderId }}',
			description:
				'Text that is the same whenever this is the same mail. It is then sent once, also if the whole execution is run again; after a restart of n8n the mail has the same Message-ID at least.',
		},
		{
			displayName: 'Rate Limit',
			name: 'rateLimit',
			type: 'fixedCollection',
			placeholder: 'Add Limit',
			default: {},
			options: [
				{
					displayName: 'Limit',
					name: 'limit',
					values: [
						{
							displayName: 'Mails',
							name: 'mails',
							type: 'number',
							default: 30,
							description: 'How many mails at most',
						},
						{
							displayName: 'Per',
							name: 'per',
							type: 'options',
							options: [
								{ name: 'Minute', value: 'minute' },
								{ name: 'Second', value: 'second' },
							],
							default: 'minute',
							description: 'In which time',
						},
					],
				},
			],
			description:
				'How many mails of this account are sent in a time, all nodes and executions of this n8n together',
		},
		{
			displayName: 'Save to Sent',
			name: 'saveToSent',
			type: 'boolean',
			default: false,
			description:
				'Whether to file a copy in the mailbox for sent mail, over IMAP of the same account. Left out where the provider does it itself.',
		},
		{
			displayName: 'Total Time (Minutes)',
			name: 'totalTime',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: DEFAULT_TOTAL_TIME_MS / MINUTE_MS,
			description:
				'No further attempt begins later than this after the first one. Greylisting takes 5 to 15 minutes.',
		},
	],
};

export const safetyOptions: INodeProperties = {
	displayName: 'Safety and Tests',
	name: 'safetyOptions',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Allowed Recipients',
			name: 'allowedRecipients',
			type: 'string',
			default: '',
			placeholder: '@example.com, name@example.org',
			description:
				'Addresses and domains that may get mail from this node, separated by commas. Use it where an AI model chooses the recipients.',
		},
		{
			displayName: 'Dry Run',
			name: 'dryRun',
			type: 'boolean',
			default: false,
			description:
				'Whether to send nothing and to give the finished mail as a file, with its envelope, instead',
		},
		{
			displayName: 'Redirect All Mail To',
			name: 'redirectTo',
			type: 'string',
			default: '',
			placeholder: 'name@example.com',
			description:
				'Address that gets every mail instead of its recipients, for tests. The mail itself stays the same.',
		},
		{
			displayName: 'Transcript',
			name: 'transcript',
			type: 'options',
			options: [
				{ name: 'Always', value: 'always', description: 'In every item' },
				{ name: 'Never', value: 'never', description: 'Not at all' },
				{ name: 'On Errors', value: 'errors', description: 'In items that failed or were refused in part' },
			],
			default: 'errors',
			description:
				'When to give what was said between n8n and the mail server, without passwords and content',
		},
	],
};

export interface DeliverySettings {
	attempts: number;
	totalTimeMs: number;
	intervalMs: number;
	failOnPartial: boolean;
	/** Empty for none. */
	idempotencyKey: string;
	saveToSent: boolean;
	dryRun: boolean;
	transcript: 'always' | 'errors' | 'never';
}

/** @throws MailError `MESSAGE` for a number out of range */
export function readDelivery(fields: ItemFields): DeliverySettings {
	const delivery = fields.group('deliveryOptions');
	const safety = fields.group('safetyOptions');
	const transcript = toText(safety.transcript);
	const { attempts = DEFAULT_ATTEMPTS, totalTime = DEFAULT_TOTAL_TIME_MS / MINUTE_MS } = delivery;
	return {
		attempts: Math.floor(toNumber(attempts, 'Attempts', 1, MAX_ATTEMPTS)),
		totalTimeMs: toNumber(totalTime, 'Total Time', 0, MAX_TOTAL_TIME_MINUTES) * MINUTE_MS,
		intervalMs: intervalOf(delivery.rateLimit),
		failOnPartial: toFlag(delivery.failOnPartial),
		idempotencyKey: toText(delivery.idempotencyKey).trim(),
		saveToSent: toFlag(delivery.saveToSent),
		dryRun: toFlag(safety.dryRun),
		transcript: transcript === 'always' || transcript === 'never' ? transcript : 'errors',
	};
}

function intervalOf(rateLimit: unknown): number {
	const limit = ((rateLimit ?? {}) as { limit?: IDataObject }).limit;
	if (!limit) return 0;
	const mails = toNumber(limit.mails ?? 30, 'Rate Limit', 0.01, MAX_RATE);
	return (toText(limit.per) === 'second' ? 1_000 : MINUTE_MS) / mails;
}

/**
 * The rules about recipients. An expression that gives nothing must not open the door to everybody.
 *
 * @throws MailError `MESSAGE` when a rule was added but is empty
 */
export function readSafety(fields: ItemFields): Pick<MailRequest, 'redirectTo' | 'allowedRecipients'> {
	const group = fields.group('safetyOptions');
	const allowedRecipients = toNames(group.allowedRecipients);
	if ('allowedRecipients' in group && allowedRecipients.length === 0) throw empty('Allowed Recipients');
	if ('redirectTo' in group && isNothing(group.redirectTo)) throw empty('Redirect All Mail To');
	return { redirectTo: group.redirectTo as AddressInput, allowedRecipients };
}

function isNothing(value: unknown): boolean {
	return toText(value).trim() === '' || (Array.isArray(value) && value.length === 0);
}

function empty(name: string): MailError {
	return new MailError('MESSAGE', `"${name}" is set, but its value names nobody, so nothing was sent.`, {
		nextStep: 'Check its value or expression, or remove the option.',
	});
}

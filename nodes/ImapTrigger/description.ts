/** The trigger's parameters as the editor shows them. */
import type { INodeProperties } from 'n8n-workflow';
import { authenticationProperty, IMAP_ACCOUNT_TYPES } from '../bridge/authentication';
import { itemProperties, trustedServersProperty } from '../bridge/formats/itemSettings';
import { filtersProperty } from '../bridge/filters';

/** What can be done to a mail on the server; success and failure have the same shape. */
const markOptions = (): INodeProperties[] => [
	{
		displayName: 'Add Keyword',
		name: 'addKeyword',
		type: 'string',
		default: '',
		placeholder: 'Done',
		description: 'Keyword (tag) to add, one word; ignored where the server allows none',
	},
	{
		displayName: 'Delete',
		name: 'delete',
		type: 'boolean',
		default: false,
		description: 'Whether to delete the mail for good',
	},
	{
		displayName: 'Flag',
		name: 'flag',
		type: 'boolean',
		default: false,
		description: 'Whether to flag (star) the mail',
	},
	{
		displayName: 'Mark as Read',
		name: 'markRead',
		type: 'boolean',
		default: false,
		description: 'Whether to mark the mail as read',
	},
	{
		displayName: 'Move to Mailbox',
		name: 'moveTo',
		type: 'string',
		default: '',
		placeholder: 'Archive',
		description: 'Mailbox (folder) to move the mail to',
	},
];

/** One parameter, named in the editor after the moment that "Mark the Mail" chooses. */
const onSuccess = (
	displayName: string,
	acknowledge: string,
	options: INodeProperties[],
): INodeProperties => ({
	displayName,
	name: 'onSuccess',
	type: 'collection',
	placeholder: 'Add action',
	default: { markRead: true },
	options,
	displayOptions: { show: { acknowledge: [acknowledge] } },
	description: 'What to do with the mail on the server',
});

export const properties: INodeProperties[] = [
	authenticationProperty(IMAP_ACCOUNT_TYPES),
	{
		displayName: 'Mailbox Names or IDs',
		name: 'mailboxes',
		type: 'multiOptions',
		typeOptions: { loadOptionsMethod: 'getMailboxes' },
		default: ['INBOX'],
		description:
			'Mailboxes (folders) to watch. Choose from the list, or specify names, roles (\\Archive) or patterns (Clients/*) using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
	},
	{
		displayName: 'Start From',
		name: 'startFrom',
		type: 'options',
		options: [
			{ name: 'New Mail Only', value: 'new', description: 'What arrives from now on' },
			{
				name: 'Unread Mail',
				value: 'unread',
				description: 'What is unread now, and what arrives from now on',
			},
			{
				name: 'All Mail',
				value: 'all',
				description: 'Everything in the mailbox, oldest first, and what arrives from now on',
			},
			{ name: 'A Date', value: 'date', description: 'What arrived since a date' },
		],
		default: 'new',
		description:
			'Which mails start the workflow. Used the first time, and again whenever you change it; otherwise the trigger goes on where it stopped.',
	},
	{
		displayName: 'Start Date',
		name: 'startDate',
		type: 'dateTime',
		default: '',
		description: 'Mails that the server received since then start the workflow',
		displayOptions: { show: { startFrom: ['date'] } },
	},
	...itemProperties,
	filtersProperty,
	{
		displayName: 'Mark the Mail',
		name: 'acknowledge',
		type: 'options',
		options: [
			{
				name: 'After the Workflow Succeeded',
				value: 'succeeded',
				description: 'A mail whose workflow failed stays unread and is marked, so that none is lost',
			},
			{
				name: 'After It Ended',
				value: 'ended',
				description: 'A failed workflow counts like a successful one',
			},
			{
				name: 'At Once',
				value: 'started',
				description: 'As soon as the workflow was started; if it fails, the mail is not offered again',
			},
		],
		default: 'succeeded',
		description: 'When a mail counts as dealt with',
	},
	onSuccess('On Success', 'succeeded', markOptions()),
	onSuccess('When It Has Ended', 'ended', markOptions()),
	// The workflow still needs the mail where it is.
	onSuccess(
		'When It Has Started',
		'started',
		markOptions().filter(({ name }) => !['delete', 'moveTo'].includes(name)),
	),
	{
		displayName: 'On Failure',
		name: 'onFailure',
		type: 'collection',
		placeholder: 'Add action',
		default: {},
		options: [
			...markOptions(),
			{
				displayName: 'Retries',
				name: 'retries',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 20 },
				default: 0,
				description:
					'How often to run the workflow again for a mail on which it failed, with growing waits (30 s, 2 min, 10 min and so on)',
			},
		],
		description:
			'What to do with a mail whose workflow failed. It stays unread and gets the keyword MailroomFailed, or a flag where the server allows no keywords.',
		displayOptions: { show: { acknowledge: ['succeeded'] } },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'After a Crash',
				name: 'afterCrash',
				type: 'options',
				options: [
					{ name: 'Run Again', value: 'run', description: 'A mail may run twice, but none is lost' },
					{
						name: 'Leave It',
						value: 'leave',
						description: 'The mail stays unread, is marked, and is told about',
					},
				],
				default: 'run',
				description:
					'What to do with a mail whose workflow was running when n8n was killed, so that nobody knows whether it ended',
				displayOptions: { hide: { '/acknowledge': ['started'] } },
			},
			{
				displayName: 'Always Poll',
				name: 'forcePolling',
				type: 'boolean',
				default: false,
				description:
					'Whether to ask the server every minute instead of waiting for its word (IDLE), for servers whose IDLE does not work',
			},
			{
				displayName: 'Fire Again When Marked Unread',
				name: 'fireAgainWhenMarkedUnread',
				type: 'boolean',
				default: false,
				description: 'Whether one of the last mails starts the workflow again when somebody marks it unread',
			},
			{
				displayName: 'Mails per Execution',
				name: 'messagesPerExecution',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 100 },
				default: 1,
				description: 'How many waiting mails to hand to one execution at most',
			},
			{
				displayName: 'Maximum Message Size (MB)',
				name: 'maxMessageSize',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 200 },
				default: 50,
				description: 'What is longer is cut there, and the item says so',
			},
			{
				displayName: 'Parallel Executions',
				name: 'parallelExecutions',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 100 },
				default: 5,
				description: 'How many executions of this trigger run at a time; 1 keeps strict order',
			},
			{
				displayName: 'Run on Outage',
				name: 'runOnOutage',
				type: 'boolean',
				default: false,
				description:
					'Whether an outage of the mail server, and its end, start the workflow too, with an item that has the field "event" (outage or recovered)',
			},
			trustedServersProperty,
		],
	},
];

/** Operation "Get Many": a list of a mailbox's messages. */
import { filtersProperty, readFilter } from '../../../bridge/filters';
import { toNumber, type ItemFields } from '../../../bridge/itemFields';
import { quarantined } from '../../../mail/imap/fetch';
import { findSummaries, findUids, type MessageQuery } from '../../../mail/imap/findMessages';
import { pathOf } from '../../../mail/imap/mailboxNames';
import { fetchWhole, notGiven } from '../../../mail/imap/reading';
import { mailboxOfOperation, readMailbox } from '../../fields/mailbox';
import { formatFields, readingOptions, readReadSettings, TOOL_LIMIT, toOutput } from '../../fields/reading';
import { summaryItem } from '../../fields/summary';
import type { Output, SingleOperation } from '../operation';

export const getMany: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Get Many',
		value: 'getMany',
		action: 'Get many messages',
		description: 'List the messages of a mailbox, without marking them as read. Safe to repeat.',
	},
	properties: [
		mailboxOfOperation,
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			description: 'Whether to return all results or only up to a given limit',
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			description: 'Max number of results to return',
			displayOptions: { show: { returnAll: [false] } },
		},
		{
			displayName: 'Order',
			name: 'order',
			type: 'options',
			options: [
				{ name: 'Newest First', value: 'newest', description: 'What came into the mailbox last' },
				{ name: 'Oldest First', value: 'oldest', description: 'What came into the mailbox first' },
			],
			default: 'newest',
			description: 'Which messages count first, also for the limit',
		},
		...formatFields.map((property) =>
			property.name === 'format'
				? {
						...property,
						displayName: 'Fields',
						default: 'summary',
						options: [
							...(property.options ?? []),
							{
								name: 'Summary',
								value: 'summary',
								description: 'Sender, subject, dates, flags and names of files: quick, since no text is read',
							},
						].sort((a, b) => a.name.localeCompare(b.name)),
					}
				: withoutSummary(property),
		),
		{
			...filtersProperty,
			description: 'Only messages for which all of these hold',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: readingOptions,
			displayOptions: { hide: { format: ['summary'] } },
		},
	],
	async run(fields, line, run) {
		const query = readQuery(fields, run.isTool);
		const format = fields.raw('format', 'summary');
		const client = await line.client();
		const path = await pathOf(client, readMailbox(fields, 'mailbox', 'Mailbox Name or ID'));
		const mailbox = await client.select(path, true);
		if (format === 'summary') {
			const found = await findSummaries(client, mailbox, query);
			return found.map((summary) => ({ json: summaryItem(summary, run.isTool) }));
		}
		const settings = readReadSettings(fields);
		const outputs = new Map<number, Output>();
		const uids = await findUids(client, mailbox, query);
		await fetchWhole(client, mailbox, uids, settings, async (uid, fetched) => {
			if (fetched.kind === 'gone') return;
			// What the server lists and does not give is told in its place.
			const message =
				fetched.kind === 'message'
					? fetched.message
					: quarantined(mailbox, uid, notGiven(mailbox.path).message);
			outputs.set(uid, await toOutput(message, settings, run));
		});
		// One that had to be asked for again came later.
		return uids.flatMap((uid) => outputs.get(uid) ?? []);
	},
};

function readQuery(fields: ItemFields, isTool: boolean): MessageQuery {
	const limit = fields.flag('returnAll', false)
		? Infinity
		: Math.floor(toNumber(fields.raw('limit', 50), 'Limit', 1, 1e9));
	return {
		filter: readFilter(fields.group('filters')),
		order: fields.raw('order', 'newest') === 'oldest' ? 'oldest' : 'newest',
		limit: isTool ? Math.min(limit, TOOL_LIMIT) : limit,
	};
}

function withoutSummary(property: (typeof formatFields)[number]): (typeof formatFields)[number] {
	const { hide = {} } = property.displayOptions ?? {};
	return {
		...property,
		displayOptions: {
			...property.displayOptions,
			hide: { ...hide, format: [...((hide.format as string[] | undefined) ?? []), 'summary'] },
		},
	};
}

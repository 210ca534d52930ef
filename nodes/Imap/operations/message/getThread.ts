/** Operation "Get Thread": the whole conversation that a message belongs to. */
import type { MessageWork } from '../../../mail/imap/onMessages';
import { workOnMessages } from '../../../mail/imap/onMessages';
import { read } from '../../../mail/imap/reading';
import type { MessageSummary } from '../../../mail/imap/summaries';
import { findThread } from '../../../mail/imap/thread';
import { messageFields, readMessageField } from '../../fields/message';
import { readingOptions, readReadSettings, TOOL_LIMIT, toOutput } from '../../fields/reading';
import { summaryItem } from '../../fields/summary';
import type { SingleOperation } from '../operation';

export const getThread: SingleOperation = {
	kind: 'single',
	option: {
		name: 'Get Thread',
		value: 'getThread',
		action: 'Get the thread of a message',
		description:
			'Get the whole conversation of a message from all mailboxes, oldest first, each mail once. Safe to repeat.',
	},
	properties: [
		...messageFields,
		{
			displayName: 'Fields',
			name: 'threadFields',
			type: 'options',
			options: [
				{ name: 'Message', value: 'message', description: 'Everything, with the text' },
				{
					name: 'Summary',
					value: 'summary',
					description: 'Sender, subject, dates, flags and names of files: quick, since no text is read',
				},
			],
			default: 'summary',
			description: 'What the item of a mail has',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: readingOptions,
			displayOptions: { show: { threadFields: ['message'] } },
		},
	],
	async run(fields, line, run) {
		const [thread] = await workOnMessages(line, [readMessageField(fields)], THREAD);
		if (!thread || 'error' in thread) throw thread?.error ?? new Error('no thread');
		const summaries = run.isTool ? thread.value.slice(-TOOL_LIMIT) : thread.value;
		if (fields.text('threadFields') !== 'message')
			return summaries.map((summary) => ({ json: summaryItem(summary, run.isTool) }));
		const settings = readReadSettings(fields);
		const references = summaries.map(({ mailbox, uidValidity, uid }) => ({
			...{ kind: 'location' as const, mailbox, uidValidity, uid },
		}));
		const work = read(settings.maxMessageBytes, async (message) => await toOutput(message, settings, run));
		const outcomes = await workOnMessages(line, references, work);
		// A mail that went away meanwhile is no longer part of the conversation.
		return outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
	},
};

const THREAD: MessageWork<MessageSummary[]> = {
	readOnly: true,
	async act(client, mailbox, messages, report) {
		for (const { uid } of messages) report(uid, { value: await findThread(client, mailbox, uid) });
	},
};

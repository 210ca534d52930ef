/** Operation "Download Attachments": the files of a message, all or some of them. */
import type { IDataObject } from 'n8n-workflow';
import { storeFiles, type ReceivedFile } from '../../../bridge/attachments';
import { downloadFields } from '../../../bridge/formats/itemSettings';
import { reasonToSkip } from '../../../bridge/formats/message';
import { toNames } from '../../../bridge/itemFields';
import { MailError } from '../../../mail/errors';
import { fetchPart } from '../../../mail/imap/parts';
import { rethrowLost } from '../../../mail/imap/lineLost';
import { read } from '../../../mail/imap/reading';
import { fetchSummaries } from '../../../mail/imap/summaries';
import type { ImapClient } from '../../../mail/imap/client';
import { asMailError, vanished, type MessageWork } from '../../../mail/imap/onMessages';
import { messageLocator } from '../../../mail/message/locator';
import { messageFields, readMessageField } from '../../fields/message';
import { maxMessageSizeOption, readReadSettings, toOutput, type ReadSettings } from '../../fields/reading';
import type { MessageOperation, Output, RunContext } from '../operation';

/** Fields of the whole item that tell which message the files are of. */
const KEPT = [
	'id',
	'uid',
	'uidValidity',
	'mailbox',
	'messageId',
	'subject',
	'from',
	'receivedAt',
	'warnings',
];

export const downloadAttachments: MessageOperation = {
	kind: 'message',
	option: {
		name: 'Download Attachments',
		value: 'downloadAttachments',
		action: 'Download attachments of a message',
		description:
			'Get the files of a message as binary data, without marking the message as read. Safe to repeat.',
	},
	properties: [
		...messageFields,
		{
			displayName: 'Part Numbers',
			name: 'parts',
			type: 'string',
			default: '',
			placeholder: '2, 3.1',
			description:
				'Only these files, named by the "part" that Get Many gives for each; nothing else of the message is fetched then. Empty for all files that fit the options.',
		},
		downloadFields,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [maxMessageSizeOption],
		},
	],
	read(fields) {
		const { item, ...rest } = readReadSettings(fields);
		const settings: ReadSettings = {
			...rest,
			item: { ...item, format: 'message', attachmentMode: 'download' },
		};
		const parts = toNames(fields.raw('parts'));
		return {
			reference: readMessageField(fields),
			settings: { settings, parts },
			work: (run) => (parts.length > 0 ? someParts(parts, settings, run) : allFiles(settings, run)),
		};
	},
};

function allFiles(settings: ReadSettings, run: RunContext): MessageWork<Output> {
	return read(settings.maxMessageBytes, async (message) => {
		const { json, binary } = await toOutput(message, settings, run);
		const all = json.attachments as IDataObject[];
		const kept = Object.fromEntries(KEPT.map((name) => [name, json[name]]));
		const attachments = all.filter(({ skipped }) => skipped === null);
		return { json: { ...kept, attachments }, binary };
	});
}

function someParts(parts: readonly string[], settings: ReadSettings, run: RunContext): MessageWork<Output> {
	return {
		readOnly: true,
		async act(client, mailbox, messages, report) {
			for (const { uid } of messages) {
				const [summary] = await fetchSummaries(client, mailbox, { uids: [uid] });
				if (!summary) {
					report(uid, { error: vanished(mailbox.path) });
					continue;
				}
				try {
					const { binary, attachments } = await fetchParts(client, summary, parts, settings, run);
					const { mail, receivedAt, uidValidity } = summary;
					const json = {
						...{ id: messageLocator(summary), uid, uidValidity, mailbox: mailbox.path },
						...{ messageId: mail.messageId, subject: mail.subject },
						receivedAt: receivedAt?.toISOString() ?? null,
						attachments,
					};
					report(uid, { value: { json, binary } });
				} catch (error) {
					const failure = asMailError(error);
					rethrowLost(failure);
					report(uid, { error: failure });
				}
			}
		},
	};
}

async function fetchParts(
	client: ImapClient,
	{ uid, files }: Awaited<ReturnType<typeof fetchSummaries>>[number],
	parts: readonly string[],
	{ item, maxMessageBytes }: ReadSettings,
	{ context }: RunContext,
): Promise<{ binary: Output['binary']; attachments: IDataObject[] }> {
	const wanted: (readonly [string, ReceivedFile])[] = [];
	const attachments: IDataObject[] = [];
	for (const number of parts) {
		const part = files.find((file) => file.number === number);
		if (!part)
			throw new MailError('MESSAGE', `The message has no file with the part number ${number}.`, {
				nextStep:
					files.length === 0
						? 'It has no files at all.'
						: `It has: ${files.map((file) => `${file.number} (${file.fileName})`).join(', ')}.`,
			});
		const bytes = await fetchPart(client, uid, part, maxMessageBytes);
		const { fileName, mimeType, inline, contentId } = part;
		if (reasonToSkip({ fileName, mimeType, inline, size: bytes.length }, item.limits) !== null) continue;
		const binaryProperty = `${item.prefix}${wanted.length}`;
		wanted.push([
			binaryProperty,
			{ fileName, mimeType, size: bytes.length, content: { kind: 'bytes', bytes } },
		]);
		attachments.push({
			part: number,
			binaryProperty,
			fileName,
			mimeType,
			size: bytes.length,
			contentId,
			inline,
		});
	}
	return { attachments, binary: await storeFiles(context, { source: Buffer.alloc(0) }, wanted) };
}

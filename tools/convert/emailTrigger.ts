/** n8n's "Email Trigger (IMAP)", versions 1 to 2.2, to "IMAP Trigger". */
import { withoutEmpty, type Converted, type WorkflowNode } from './convert';
import { searchText } from './searchText';

interface TriggerOptions {
	allowUnauthorizedCerts?: boolean;
	customEmailConfig?: string;
	forceReconnect?: number;
	trackLastMessageId?: boolean;
}

const DEFAULT_PREFIX = 'attachment_';
/** What n8n's node searches for unless it is told otherwise. */
const DEFAULT_SEARCH = '["UNSEEN"]';

export function convertTrigger(node: WorkflowNode): Converted {
	const { parameters, typeVersion } = node;
	const notes = [
		'A mail is marked only after its workflow has succeeded, and one whose workflow failed stays unread; n8n\'s own node marks it before. "Mark the Mail: At Once" is the old way.',
	];
	const options = (parameters['options'] ?? {}) as TriggerOptions;
	const format = parameters['format'] ?? 'simple';
	if (format === 'raw')
		notes.push(
			'The format RAW becomes "Source (EML)": the mail is in the binary field "message", not in the field "raw".',
		);
	if (options.allowUnauthorizedCerts === true)
		notes.push('"Ignore SSL Issues" is a setting of the credential now; switch it on there if you must.');
	const filters = filtersOf(options.customEmailConfig ?? DEFAULT_SEARCH, notes);
	return {
		node: {
			...node,
			type: 'n8n-nodes-mailroom.imapTrigger',
			typeVersion: 1,
			parameters: withoutEmpty({
				authentication: 'imap',
				mailboxes: mailboxesOf(parameters['mailbox'] ?? 'INBOX'),
				startFrom: startsWithOld(typeVersion, options) ? 'unread' : undefined,
				format: format === 'raw' ? 'eml' : format,
				...attachments(parameters, format),
				filters: Object.keys(filters).length > 0 ? filters : undefined,
				onSuccess: (parameters['postProcessAction'] ?? 'read') === 'read' ? undefined : {},
			}),
		},
		notes,
	};
}

/** INBOX is our default too. */
function mailboxesOf(mailbox: unknown): unknown {
	if (mailbox === 'INBOX') return undefined;
	return typeof mailbox === 'string' && mailbox.startsWith('=') ? mailbox : [mailbox];
}

/** Up to version 2, and without "Fetch Only New Emails", all unread mail starts the workflow, old mail too. */
function startsWithOld(typeVersion: number, options: TriggerOptions): boolean {
	return typeVersion <= 2 || options.trackLastMessageId === false;
}

function attachments(parameters: Record<string, unknown>, format: unknown): Record<string, unknown> {
	const downloads =
		format === 'resolved' || (format === 'simple' && parameters['downloadAttachments'] === true);
	const prefix = parameters['dataPropertyAttachmentsPrefixName'] ?? DEFAULT_PREFIX;
	return {
		// "Resolved" always has the files.
		attachmentMode: downloads && format === 'simple' ? 'download' : undefined,
		attachmentOptions: downloads && prefix !== DEFAULT_PREFIX ? { prefix } : undefined,
	};
}

function filtersOf(config: string, notes: string[]): Record<string, unknown> {
	if (config.trim().startsWith('=')) {
		notes.push('"Custom Email Rules" is an expression; set "Filters" by hand.');
		return {};
	}
	try {
		const criteria = JSON.parse(config) as unknown[];
		if (JSON.stringify(criteria) === DEFAULT_SEARCH) return { unread: true };
		const search = searchText(criteria);
		return search === 'ALL' ? {} : { imapSearch: search };
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		notes.push(`"Custom Email Rules" could not be converted (${why}); set "Filters" by hand.`);
		return {};
	}
}

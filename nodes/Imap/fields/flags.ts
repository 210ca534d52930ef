/** Flags and keywords, as people write them, and changing them. */
import type { INodeProperties } from 'n8n-workflow';
import { toNames, type ItemFields } from '../../bridge/itemFields';
import { MailError } from '../../mail/errors';
import { mark } from '../../mail/imap/flagging';
import type { MessageJob } from '../operations/operation';
import { readMessageField, told } from './message';

/** Names people know; the server wants the backslash. */
const SYSTEM_FLAGS = new Map(
	['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'].map((flag) => [
		flag.slice(1).toLowerCase(),
		flag,
	]),
);

export const flagsField: INodeProperties = {
	displayName: 'Flags and Keywords',
	name: 'flags',
	type: 'string',
	default: '',
	placeholder: '\\Flagged, Invoice',
	description:
		'Flags (\\Seen, \\Flagged, \\Answered, \\Draft, \\Deleted) and keywords (tags, one word each), separated by commas',
};

/** @throws MailError when no message is named */
export function change(fields: ItemFields, settings: { add: string[]; remove: string[] }): MessageJob {
	return {
		reference: readMessageField(fields),
		settings,
		work: () => told(mark(() => settings)),
	};
}

/** @throws MailError naming what cannot be a flag, or that there is none */
export function readFlags(fields: ItemFields): string[] {
	const flags = optionalFlags(fields.raw('flags'));
	if (flags) return flags;
	throw new MailError('MESSAGE', '"Flags and Keywords" is empty, so there is nothing to change.', {
		nextStep: 'Give at least one, for example \\Flagged or Invoice.',
	});
}

/** @returns null when none are given. @throws MailError naming what cannot be a flag */
export function optionalFlags(value: unknown): string[] | null {
	const flags = toNames(value).map((flag) => {
		const known = SYSTEM_FLAGS.get(flag.replace(/^\\/, '').toLowerCase());
		if (known !== undefined) return known;
		// A keyword is an atom (RFC 3501 §9): one word, without the characters that mean something in a command.
		if (/^[^\s(){%*"\\\]\u0000-\u001f\u007f-\uffff]+$/.test(flag)) return flag;
		throw new MailError('MESSAGE', `${JSON.stringify(flag)} cannot be a flag or keyword on a mail server.`, {
			nextStep:
				'Use \\Seen, \\Flagged, \\Answered, \\Draft or \\Deleted, or a keyword: one word of letters, digits, "-", "_" and "$".',
		});
	});
	return flags.length > 0 ? [...new Set(flags)] : null;
}

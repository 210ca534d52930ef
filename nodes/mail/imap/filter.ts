/** Which messages a trigger wants: asked of the server where it can answer, looked at here where it cannot (D13). */
import { MailError } from '../errors';
import { attachedFiles } from '../message/files';
import type { ParsedMail, ReceivedMessage } from '../message/parsed';
import { matchesWildcard } from '../wildcard';
import type { ImapClient } from './client';
import { searchMessages } from './messages';
import type { SearchCriteria } from './types';
import { toSequenceSet } from './uidSet';

/** What the server cannot search for. Patterns have `*` and `?`; one that fits is enough. */
export interface LocalCriteria {
	/** When the server got it (INTERNALDATE), which it tells to the second. */
	receivedSince?: Date;
	hasAttachments?: boolean;
	attachmentName?: readonly string[];
	/** Fits the address, or name and address. */
	sender?: readonly string[];
	subject?: readonly string[];
	/** Leaves out mail that no person wrote: vacation notes, bounces, newsletters. */
	skipAutomatic?: boolean;
}

/** UIDs asked about in one SEARCH; keeps the command line short. */
const UIDS_PER_SEARCH = 500;

export class MailFilter {
	/** Criteria this server refuses (mostly non-ASCII text without UTF-8 search), looked at here instead. */
	private readonly refused = new Set<SearchCriteria>();

	/** @param criteria all have to hold */
	constructor(
		private readonly criteria: readonly SearchCriteria[],
		private readonly local: LocalCriteria,
	) {}

	/** Whether everything is wanted. */
	get isEmpty(): boolean {
		return this.criteria.length === 0 && Object.keys(this.local).length === 0;
	}

	/**
	 * Those of the messages that the server says are wanted.
	 *
	 * @throws MailError `COMMAND` when the server refuses a criterion that cannot be looked at here
	 */
	async choose(client: ImapClient, uids: readonly number[]): Promise<Set<number>> {
		let chosen = [...uids];
		for (const criterion of this.criteria) {
			if (chosen.length === 0 || this.refused.has(criterion)) continue;
			const found = await this.ask(client, criterion, chosen);
			if (found) chosen = chosen.filter((uid) => found.has(uid));
			else this.refused.add(criterion);
		}
		return new Set(chosen);
	}

	/** All messages of the selected mailbox that the server says are wanted, ascending. @throws as {@link choose} */
	async find(client: ImapClient): Promise<number[]> {
		let chosen: number[] | null = null;
		for (const criterion of this.criteria) {
			if (chosen?.length === 0 || this.refused.has(criterion)) continue;
			const found = await this.askAll(client, criterion);
			if (!found) this.refused.add(criterion);
			else chosen = chosen === null ? found : intersection(chosen, found);
		}
		return chosen ?? (await searchMessages(client, { all: true }));
	}

	/** Whether {@link accepts} may leave out what the server has let through. */
	get judgesHere(): boolean {
		return Object.keys(this.local).length > 0 || this.refused.size > 0;
	}

	/** Whether {@link accepts} looks at more than header fields and names of files. */
	get needsText(): boolean {
		return [...this.refused].some(({ body, text }) => body !== undefined || text !== undefined);
	}

	/** Whether a message is wanted that the server has let through. */
	accepts(message: ReceivedMessage): boolean {
		const { mail, receivedAt } = message;
		const { receivedSince } = this.local;
		if (receivedSince && receivedAt && secondsOf(receivedAt) < secondsOf(receivedSince)) return false;
		// What cannot be read cannot be judged, and must not be lost by that.
		if (mail.parseError !== null) return true;
		const { hasAttachments, attachmentName, sender, subject, skipAutomatic } = this.local;
		const files = attachedFiles(mail);
		if (hasAttachments !== undefined && files.length > 0 !== hasAttachments) return false;
		if (attachmentName && !mail.attachments.some(({ fileName }) => fits(attachmentName, [fileName])))
			return false;
		if (sender && !mail.from.some(({ name, address }) => fits(sender, [address, `${name} <${address}>`])))
			return false;
		if (subject && !fits(subject, [mail.subject])) return false;
		if (skipAutomatic && mail.automatic !== null) return false;
		return [...this.refused].every((criterion) => containsText(criterion, mail) ?? true);
	}

	private async askAll(client: ImapClient, criterion: SearchCriteria): Promise<number[] | null> {
		try {
			return await searchMessages(client, criterion);
		} catch (error) {
			if (isRefusedText(error, criterion)) return null;
			throw error;
		}
	}

	/** @returns null when the server refuses text that can be looked for here */
	private async ask(
		client: ImapClient,
		criterion: SearchCriteria,
		uids: readonly number[],
	): Promise<Set<number> | null> {
		const found = new Set<number>();
		for (let i = 0; i < uids.length; i += UIDS_PER_SEARCH) {
			const range = toSequenceSet(uids.slice(i, i + UIDS_PER_SEARCH));
			try {
				// `not: {not}` keeps a criterion's own UID apart from the range asked about.
				const query =
					criterion.uid === undefined
						? { ...criterion, uid: range }
						: { uid: range, not: { not: criterion } };
				for (const uid of await searchMessages(client, query)) found.add(uid);
			} catch (error) {
				if (isRefusedText(error, criterion)) return null;
				throw error;
			}
		}
		return found;
	}
}

function secondsOf(date: Date): number {
	return Math.floor(date.getTime() / 1_000);
}

function intersection(one: readonly number[], other: readonly number[]): number[] {
	const others = new Set(other);
	return one.filter((uid) => others.has(uid));
}

/** Everything is wanted. */
export const NO_FILTER = new MailFilter([], {});

/** Text that the server will not search for (mostly because it is not ASCII), but that can be looked for here. */
function isRefusedText(error: unknown, criterion: SearchCriteria): boolean {
	if (!(error instanceof MailError) || error.code !== 'COMMAND') return false;
	// Who wants to be left alone for a while has not refused the text.
	const isBusy = error.retry === 'throttled' || error.retry === 'limit';
	return !isBusy && containsText(criterion, null) !== undefined;
}

function fits(patterns: readonly string[], texts: readonly string[]): boolean {
	return patterns.some((pattern) => texts.some((text) => matchesWildcard(pattern, text)));
}

/**
 * Looks for a criterion's text as a server would: anywhere in the field, upper and lower case being the same.
 *
 * @param mail null to learn only whether this criterion can be looked at here
 * @returns undefined when it cannot
 */
function containsText(criterion: SearchCriteria, mail: ParsedMail | null): boolean | undefined {
	const keys = Object.keys(criterion);
	const [key] = keys;
	if (keys.length !== 1 || key === undefined) return undefined;
	const fields: Record<string, (mail: ParsedMail) => string> = {
		from: ({ from }) => addressText(from),
		to: ({ to }) => addressText(to),
		cc: ({ cc }) => addressText(cc),
		subject: ({ subject }) => subject,
		body: ({ text, html }) => `${text}\n${html ?? ''}`,
		text: (whole) =>
			`${whole.subject}\n${addressText([...whole.from, ...whole.to, ...whole.cc])}\n${whole.text}\n${whole.html ?? ''}`,
	};
	const field = fields[key];
	const wanted = criterion[key as keyof SearchCriteria];
	if (!field || typeof wanted !== 'string') return undefined;
	return mail === null || field(mail).toLowerCase().includes(wanted.toLowerCase());
}

function addressText(addresses: ParsedMail['from']): string {
	return addresses.map(({ name, address }) => `${name} <${address}>`).join('\n');
}

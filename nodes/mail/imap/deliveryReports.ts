/** What one trigger tells about its mails, in words; each matter once, not with every mail. */
import type { MailError } from '../errors';
import type { Unit } from './cursor';
import { ENDLESS_RUN } from './outcome';
import { toSequenceSet } from './uidSet';

export class DeliveryReports {
	private readonly told = new Set<string>();

	constructor(
		private readonly mailbox: string,
		private readonly report: (text: string) => void,
	) {}

	/** The server does not understand the filter. */
	badFilter(error: MailError): void {
		this.once(error.line, `The filter cannot be used, so no mail starts the workflow for now. ${error.line}`);
	}

	/** A run takes longer than it may. */
	endless(): void {
		this.once('endless', ENDLESS_RUN);
	}

	/** The server will not mark a mail as it was asked to. */
	notMarked(uid: number, error: MailError): void {
		const what = `Mail ${uid} in "${this.mailbox}" ran, but could not be marked. ${error.line}`;
		this.once(
			`marks ${error.line}`,
			`${what} Others that are refused for this reason are not told one by one.`,
		);
	}

	/** n8n was killed during a run, and a second one is not wanted. */
	leftAfterCrash({ uids }: Unit): void {
		this.report(
			`Mail ${toSequenceSet(uids)} in "${this.mailbox}" was being worked on when n8n was killed. How far the workflow came is not known, so it was left unread and marked, as "After a Crash" says.`,
		);
	}

	/** n8n could not start a run, again and again. */
	notStarted(reason: string): void {
		this.report(`n8n cannot start the workflow (${reason}). The mail is kept and offered again.`);
	}

	private once(matter: string, text: string): void {
		if (this.told.has(matter)) return;
		this.told.add(matter);
		this.report(text);
	}
}

/** One outage of a trigger is told once, however many of its mailboxes it concerns (D21). */
import type { MailError } from '../mail/errors';
import type { Reports } from './reports';

/** What concerns all mailboxes of the account, such as a server that does not answer. */
const WHOLE_ACCOUNT = '';

export class Outages {
	/** What was told, by mailbox: that this mailbox cannot be opened, or that none can. */
	private readonly matters = new Map<string, string>();

	constructor(private readonly reports: Pick<Reports, 'down' | 'back'>) {}

	down(mailbox: string, error: MailError): void {
		const matter = error.code === 'MAILBOX' ? mailbox : WHOLE_ACCOUNT;
		const isKnown = this.isOpen(matter);
		this.matters.set(mailbox, matter);
		if (!isKnown) this.reports.down(error);
	}

	/** @param downMs how long the mailbox could not be read; its line is the last to be back */
	back(mailbox: string, downMs: number): void {
		const matter = this.matters.get(mailbox);
		this.matters.delete(mailbox);
		if (matter !== undefined && !this.isOpen(matter)) this.reports.back(downMs);
	}

	private isOpen(matter: string): boolean {
		return [...this.matters.values()].includes(matter);
	}
}

import type { Collected } from '../../engine/testNodes';
import type { Figures } from '../campaign';

/** What was sent and what came out at the other end, by subject. */
export class Ledger {
	private readonly subjects: string[] = [];
	private readonly known = new Set<string>();
	/** Sent, but taken away again before the trigger could have it. */
	private readonly withdrawn = new Set<string>();
	/** Sent and not run yet; kept up to date by {@link missing}, since it is asked for all the time. */
	private readonly outstanding = new Set<string>();
	/** Given to the server again because it did not answer the first time; it may hold two of them. */
	private readonly givenAgain = new Set<string>();
	private looked = 0;

	constructor(private readonly collected: readonly Collected[]) {}

	next(prefix = 'mail'): string {
		const subject = `${prefix} ${this.subjects.length + 1}`;
		this.subjects.push(subject);
		this.known.add(subject);
		this.outstanding.add(subject);
		return subject;
	}

	withdraw(subject: string): void {
		this.withdrawn.add(subject);
		this.outstanding.delete(subject);
	}

	giveAgain(subject: string): void {
		this.givenAgain.add(subject);
	}

	get sent(): number {
		return this.subjects.length - this.withdrawn.size;
	}

	/** Subjects in the order in which their runs came to the collecting node, doubles included. */
	get runs(): string[] {
		return this.collected.flatMap(({ items }) => items.map(({ json }) => String(json['subject'])));
	}

	/** Different mails that ran. */
	get delivered(): number {
		return new Set(this.runs.filter((subject) => this.known.has(subject))).size;
	}

	missing(): string[] {
		for (; this.looked < this.collected.length; this.looked++) {
			for (const { json } of this.collected[this.looked]?.items ?? [])
				this.outstanding.delete(String(json['subject']));
		}
		return [...this.outstanding];
	}

	/** Subjects of mails that ran a second time. Two copies of a mail on the server are two mails. */
	doubled(): string[] {
		const seen = new Set<string>();
		const items = this.collected.flatMap((run) => run.items);
		const known = items.filter(({ json }) => this.known.has(String(json['subject'])));
		const again = known.filter(({ json: { id, subject } }) => {
			const copy = this.givenAgain.has(String(subject))
				? `${String(subject)} ${String(id)}`
				: String(subject);
			return seen.size === seen.add(copy).size;
		});
		return again.map(({ json }) => String(json['subject']));
	}

	/** First runs that came after the run of a mail that was sent later. */
	outOfOrder(): number {
		const order = [...new Set(this.runs)]
			.map((subject) => this.subjects.indexOf(subject))
			.filter((i) => i >= 0);
		let highest = -1;
		let count = 0;
		for (const index of order) {
			if (index < highest) count++;
			highest = Math.max(highest, index);
		}
		return count;
	}

	figures(): Pick<Figures, 'sent' | 'delivered' | 'lost' | 'doubled' | 'outOfOrder'> {
		const lost = this.missing().length;
		return {
			sent: this.sent,
			delivered: this.sent - lost,
			lost,
			doubled: this.doubled().length,
			outOfOrder: this.outOfOrder(),
		};
	}
}

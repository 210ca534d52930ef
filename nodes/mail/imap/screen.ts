/** Which messages need no run: the filter leaves them out after a look inside, they ran before, or they are too old. */
import type { ReceivedMessage } from '../message/parsed';
import type { Cursor, Unit } from './cursor';
import type { Doubts } from './doubts';
import type { MailFilter } from './filter';
import { fingerprint } from './identity';

/** Messages that need no run, and those of them that our keyword proves to have run. */
export interface Needless {
	uids: number[];
	proven: number[];
}

export class Screen {
	constructor(
		private readonly cursor: Cursor,
		private readonly filter: MailFilter,
		private readonly doubts: Doubts,
		private readonly proof: string,
	) {}

	/** What is to be taken out of a unit before it runs. Only mails that are new together may be put together anew. */
	leaveOut(unit: Unit, messages: readonly ReceivedMessage[], isNew: boolean): Needless {
		const unwanted = messages.filter((message) => this.isUnwanted(unit, message));
		const doubtful = this.doubts.mayHaveRun(unit);
		const others = isNew && messages.length > 1 ? messages.filter((one) => !unwanted.includes(one)) : [];
		const needless = others.filter((one) => this.isNeedless([one], doubtful));
		if (doubtful) this.doubts.spend(needless.length);
		const proven = doubtful ? uidsOf(needless.filter((one) => this.isProven(one))) : [];
		return { uids: uidsOf([...unwanted, ...needless]), proven };
	}

	/** The whole unit, if it needs no run; else null. */
	allOf(unit: Unit, messages: readonly ReceivedMessage[]): Needless | null {
		const doubtful = this.doubts.has(unit);
		if (!this.isNeedless(messages, doubtful)) return null;
		const isProven = doubtful && messages.every((one) => this.isProven(one));
		return { uids: unit.uids, proven: isProven ? unit.uids : [] };
	}

	/** Whether the filter leaves the message out. What was offered before has passed it. */
	private isUnwanted(unit: Unit, message: ReceivedMessage): boolean {
		return unit.attempt === 1 && !this.doubts.has(unit) && !this.filter.accepts(message);
	}

	/** @param doubtful whether they may have run before this process knew of them */
	private isNeedless(messages: readonly ReceivedMessage[], doubtful: boolean): boolean {
		if (doubtful && messages.every((one) => this.isProven(one))) return true;
		if (messages.every((one) => this.cursor.ranBeforeRenumbering(one.uid, fingerprint(one)))) return true;
		return messages.every(({ uid, receivedAt }) => this.cursor.isTooOld(uid, receivedAt));
	}

	private isProven({ flags }: ReceivedMessage): boolean {
		return flags.includes(this.proof);
	}
}

function uidsOf(messages: readonly ReceivedMessage[]): number[] {
	return messages.map(({ uid }) => uid);
}

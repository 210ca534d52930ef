/** The runs of one trigger that are under way for one mailbox. */
import type { ReceivedMessage } from '../message/parsed';
import type { Unit } from './cursor';
import { runKey } from './identity';
import type { DeliveryOptions, Outcome } from './outcome';

export interface RunEvents {
	/** How a run ended; not called for one whose UIDs have become void. */
	ended(unit: Unit, outcome: Outcome): void;
	/** A run takes longer than it may. */
	endless(): void;
	/** A run is no longer under way. */
	over(): void;
}

export class Runs {
	private readonly underWay = new Map<Unit, Promise<void>>();
	/** Counts how often the UIDs known so far became void. */
	private generation = 0;
	private closed = false;

	constructor(
		private readonly options: DeliveryOptions,
		private readonly on: RunEvents,
	) {}

	get size(): number {
		return this.underWay.size;
	}

	start(unit: Unit, messages: ReceivedMessage[]): void {
		const { clock, policy, runLimitMs, save } = this.options;
		const { generation } = this;
		const isVoid = () => this.generation !== generation;
		const isStopped = () => this.closed || isVoid();
		const key = runKey(this.options, unit);
		const noLongerLate = clock.after(runLimitMs, () => {
			if (!this.closed) this.on.endless();
		});
		const run = { messages, attempt: unit.attempt, key, save, isStopped };
		const ended = this.options.start(run).then((outcome) => {
			noLongerLate();
			this.underWay.delete(unit);
			const handedOver = policy.acknowledge === 'started';
			const tell = (end: Outcome) => this.on.ended(unit, handedOver ? { kind: 'unconfirmed' } : end);
			if (outcome && !isVoid() && this.closed) this.options.onLateEnd(() => tell(outcome));
			else if (outcome && !isVoid()) tell(outcome);
			this.on.over();
		});
		this.underWay.set(unit, ended);
	}

	/** The UIDs name other messages now: runs under way end on their own, without consequence. */
	forget(): void {
		this.generation++;
	}

	/** Nothing starts any more; ends that come now are handed on as late ones. */
	close(): void {
		this.closed = true;
	}

	/** Settles when none is under way. */
	async whenEnded(): Promise<void> {
		await Promise.all(this.underWay.values());
	}
}

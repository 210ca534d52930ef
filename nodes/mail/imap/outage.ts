/** Tells the triggers of a mailbox about an outage, once each, and about its end to those who were told (D21). */
import type { Clock } from '../clock';
import type { MailError } from '../errors';
import { Timers } from '../timers';

/** Time without a session after which an outage is told; what only a person can mend is told at once. */
export const OUTAGE_TOLD_AFTER_MS = 5 * 60_000;
/** A hundred triggers do not start a hundred error workflows in the same second. */
export const SPREAD_MS = 30_000;

export interface Listener {
	lineDown(error: MailError): void;
	lineBack(downMs: number): void;
}

export class OutageReports {
	/** Who was told, and when the outage began (monotonic ms). */
	private readonly told = new Map<Listener, number>();
	private readonly scheduled = new Set<Listener>();
	private readonly timers: Timers;

	constructor(private readonly clock: Clock) {
		this.timers = new Timers(clock);
	}

	/** @param downMs how long there has been no session */
	down(listeners: readonly Listener[], error: MailError, downMs: number): void {
		const personMustAct = error.retry === 'credentials' || error.retry === 'configuration';
		if (!personMustAct && downMs < OUTAGE_TOLD_AFTER_MS) return;
		const fresh = listeners.filter((listener) => !this.told.has(listener) && !this.scheduled.has(listener));
		const began = this.clock.now() - downMs;
		fresh.forEach((listener, index) => {
			const tell = () => {
				// It may have left meanwhile.
				if (!this.scheduled.delete(listener)) return;
				this.told.set(listener, began);
				listener.lineDown(error);
			};
			this.scheduled.add(listener);
			if (index === 0) tell();
			else this.timers.after(Math.random() * SPREAD_MS, tell);
		});
	}

	/** There is a session again. */
	up(): void {
		this.timers.cancelAll();
		this.scheduled.clear();
		const told = [...this.told];
		this.told.clear();
		for (const [listener, began] of told) listener.lineBack(this.clock.now() - began);
	}

	/** Another line takes over a trigger: who was told of the outage is to hear of its end there. */
	handOver(listener: Listener, to: OutageReports): void {
		const began = this.told.get(listener);
		if (began !== undefined) to.told.set(listener, began);
		this.forget(listener);
	}

	/** A trigger leaves. */
	forget(listener: Listener): void {
		this.told.delete(listener);
		this.scheduled.delete(listener);
	}

	/** Nobody is left to tell. */
	stop(): void {
		this.timers.cancelAll();
	}
}

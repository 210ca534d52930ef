import type { Clock } from './clock';

/** Timers that end together with what started them. */
export class Timers {
	private readonly running = new Set<() => void>();

	constructor(private readonly clock: Clock) {}

	/** Runs `action` after `ms`, unless {@link cancelAll} comes first. */
	after(ms: number, action: () => void): void {
		const cancel = this.clock.after(ms, () => {
			this.running.delete(cancel);
			action();
		});
		this.running.add(cancel);
	}

	cancelAll(): void {
		for (const cancel of this.running) cancel();
		this.running.clear();
	}
}

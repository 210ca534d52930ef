import type { Clock } from '../nodes/mail/clock';

interface Timer {
	at: number;
	callback: () => void;
}

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
	private time = 0;
	private timers: Timer[] = [];

	constructor(readonly wallStart = Date.UTC(2026, 0, 15, 12)) {}

	now(): number {
		return this.time;
	}

	wallTime(): number {
		return this.wallStart + this.time;
	}

	after(ms: number, callback: () => void): () => void {
		const timer = { at: this.time + Math.max(0, ms), callback };
		this.timers.push(timer);
		return () => {
			this.timers = this.timers.filter((other) => other !== timer);
		};
	}

	/** Timers that have not fired; none may be left when what was tested has ended. */
	get pending(): number {
		return this.timers.length;
	}

	/** Lets time pass; timers fire in order, and what they start gets its turn in between. */
	async advance(ms: number): Promise<void> {
		const end = this.time + ms;
		for (;;) {
			await settled();
			const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
			if (!next) break;
			this.timers = this.timers.filter((timer) => timer !== next);
			this.time = Math.max(this.time, next.at);
			next.callback();
		}
		this.time = end;
		await settled();
	}
}

/** Lets all promises that can go on do so. */
export async function settled(): Promise<void> {
	for (let i = 0; i < 20; i++) await Promise.resolve();
	await new Promise((resolve) => setImmediate(resolve));
}

import { monitorEventLoopDelay } from 'node:perf_hooks';

const SAMPLE_MS = 50;
const MEGABYTE = 1024 * 1024;

/** Peak memory and longest blocked event loop of this process: servers, harness and trigger together. */
export class Gauge {
	private peak = process.memoryUsage().rss;
	private readonly delay = monitorEventLoopDelay({ resolution: 10 });
	private readonly timer = setInterval(() => this.sample(), SAMPLE_MS);

	static start(): Gauge {
		return new Gauge();
	}

	private constructor() {
		this.delay.enable();
		this.timer.unref();
	}

	stop(): { peakRssMb: number; longestBlockMs: number } {
		this.sample();
		clearInterval(this.timer);
		this.delay.disable();
		return {
			peakRssMb: Math.round(this.peak / MEGABYTE),
			longestBlockMs: Math.round(this.delay.max / 1e6),
		};
	}

	private sample(): void {
		this.peak = Math.max(this.peak, process.memoryUsage().rss);
	}
}

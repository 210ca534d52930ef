/**
 * Runs parsing in a thread of its own, so that hostile or huge mail costs n8n neither its main loop nor its memory. The
 * thread starts at the first mail, is shared by all triggers, and ends when nothing has arrived for a while.
 */
import path from 'path';
import { Worker } from 'worker_threads';
import { systemClock } from '../clock';
import { OPERATIONS, type Operations, type ParseAnswer, type ParseJob } from './operations';

/** A mail that takes longer is given up. The slowest honest one measured (50 MB) takes under 2 s. */
export const DEADLINE_MS = 20_000;
/**
 * Steps in which that time is counted. When n8n itself stands still (a long computation, a paused container) only one of
 * them passes, and an answer that waits is read before the next.
 */
const DEADLINE_STEPS = 20;
/** Heap of the thread. Source and attachments are outside of it. */
export const MAX_HEAP_MB = 256;
/** Part of it for what is new: small, so that the garbage of one mail does not grow into the memory of n8n. */
const MAX_YOUNG_MB = 16;
/** The thread ends after this time without mail. */
export const IDLE_MS = 30_000;

interface Waiting {
	job: ParseJob;
	resolve: (value: unknown) => void;
	reject: (reason: Error) => void;
}

/** Limits are parameters for tests only. */
export class ParsePool {
	private worker: Worker | null = null;
	private readonly queue: Waiting[] = [];
	private current: Waiting | null = null;
	private cancelDeadline: () => void = () => undefined;
	private cancelIdle: () => void = () => undefined;

	constructor(
		private readonly file: string,
		private readonly limits = { deadlineMs: DEADLINE_MS, maxHeapMb: MAX_HEAP_MB, idleMs: IDLE_MS },
	) {}

	/**
	 * Settles when the thread has answered, failed or been stopped.
	 *
	 * @throws Error whose message is a sentence for the user
	 */
	async run<Name extends keyof Operations>(operation: Name, source: Buffer): Promise<Operations[Name]> {
		const value = await new Promise((resolve, reject) => {
			this.queue.push({ job: { operation, source }, resolve, reject });
			this.next();
		});
		return value as Operations[Name];
	}

	/** Whether the thread exists; for tests. */
	get isRunning(): boolean {
		return this.worker !== null;
	}

	private next(): void {
		if (this.current) return;
		this.cancelIdle();
		const waiting = this.queue.shift();
		if (!waiting) {
			this.cancelIdle = systemClock.after(this.limits.idleMs, () => this.stop());
			return;
		}
		this.current = waiting;
		this.countDown(DEADLINE_STEPS);
		try {
			this.post(waiting.job);
		} catch (error) {
			this.stop();
			this.settle({ error: error instanceof Error ? error.message : String(error) });
		}
	}

	private countDown(steps: number): void {
		const { deadlineMs } = this.limits;
		this.cancelDeadline = systemClock.after(deadlineMs / DEADLINE_STEPS, () => {
			if (steps > 1) {
				this.countDown(steps - 1);
				return;
			}
			this.stop();
			this.settle({ error: `Reading the mail took longer than ${deadlineMs / 1000} s and was stopped.` });
		});
	}

	private post({ operation, source }: ParseJob): void {
		const worker = (this.worker ??= this.start());
		// Shared memory crosses for nothing. Anything else is copied once, and only itself: a Buffer may be a small part
		// of a large block of memory, and all of that would go along.
		if (source.buffer instanceof SharedArrayBuffer)
			worker.postMessage({
				operation,
				source: new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
			});
		else {
			const copy = new Uint8Array(source);
			worker.postMessage({ operation, source: copy }, [copy.buffer]);
		}
	}

	private start(): Worker {
		const worker = new Worker(this.file, {
			resourceLimits: {
				maxOldGenerationSizeMb: this.limits.maxHeapMb,
				maxYoungGenerationSizeMb: MAX_YOUNG_MB,
			},
			// What n8n was started with (inspector, loaders) is not for this thread.
			execArgv: [],
			env: {},
		});
		worker.on('message', (answer: ParseAnswer) => {
			if (this.worker === worker) this.settle(answer);
		});
		worker.on('error', (error) => this.lost(worker, error.message));
		worker.on('exit', () => this.lost(worker, 'The thread ended.'));
		// Last, since a listener makes the thread keep the process alive again.
		worker.unref();
		return worker;
	}

	/** The thread died under a mail: that mail is given up, the next gets a new thread. */
	private lost(worker: Worker, reason: string): void {
		if (this.worker !== worker) return;
		this.worker = null;
		if (!this.current) return;
		const memory = /memory/i.test(reason);
		this.settle({
			error: memory
				? 'Reading the mail needed too much memory and was stopped.'
				: `Reading the mail failed: ${reason}`,
		});
	}

	private settle(answer: ParseAnswer): void {
		const { current } = this;
		if (!current) return;
		this.current = null;
		this.cancelDeadline();
		if ('error' in answer) current.reject(new Error(answer.error));
		else current.resolve(answer.value);
		this.next();
	}

	private stop(): void {
		const { worker } = this;
		this.worker = null;
		void worker?.terminate();
	}
}

let shared: ParsePool | null = null;

/** The thread of this process; in the TypeScript sources, where no thread can start, everything runs in place. */
export async function runParser<Name extends keyof Operations>(
	operation: Name,
	source: Buffer,
): Promise<Operations[Name]> {
	if (__filename.endsWith('.ts')) return await OPERATIONS[operation](source);
	shared ??= new ParsePool(path.join(__dirname, 'parseWorker.js'));
	return await shared.run(operation, source);
}

import { once } from 'node:events';
import net from 'node:net';
import readline from 'node:readline';

/** How long a trigger may take to connect or to answer. */
const ANSWER_MS = 20_000;

/** The first line of a contract trigger. */
export interface Hello {
	/** The workflow's id. */
	hello: string;
	/** The node's id. */
	node: string;
	activation: string;
	/** Whether this call of `trigger()` throws, because its parameter `throw` says so. */
	throws: boolean;
	/** Parameter `value` as read before `trigger()` returned. */
	atStart: unknown;
}

/** What became of an emit's donePromise: a run's status, `undefined`, `rejected`, or nothing in time. */
export interface Outcome {
	outcome: string;
	error?: string;
}

interface Answer extends Partial<Outcome> {
	tag: number;
	value?: unknown;
	error?: string;
}

/** One call of `trigger()` of a contract trigger, from its connection to its end. */
export class RemoteTrigger {
	readonly closed: Promise<unknown>;
	private readonly answers = new Map<number, (answer: Answer) => void>();
	private readonly outcomes = new Map<number, (outcome: Outcome) => void>();
	private lastTag = 0;

	constructor(
		readonly hello: Hello,
		private readonly socket: net.Socket,
	) {
		this.closed = once(socket, 'close');
	}

	/**
	 * Sends one command of `fixture/nodes/ContractTrigger.node.js`.
	 * @throws what the trigger threw, as `Name: message`
	 */
	async do(command: string, extra: object = {}): Promise<unknown> {
		const tag = (this.lastTag += 1);
		const answer = new Promise<Answer>((resolve) => this.answers.set(tag, resolve));
		this.socket.write(JSON.stringify({ do: command, tag, ...extra }) + '\n');
		const gone = this.closed.then((): Answer => ({ tag, error: 'the trigger is gone' }));
		const { value, error } = await within(
			Promise.race([answer, gone]),
			`the trigger's answer to "${command}"`,
		);
		if (error !== undefined) throw new Error(error);
		return value;
	}

	/**
	 * Emits one item.
	 * @returns once emit was called; `done()` then tells the donePromise's fate
	 */
	async emit(
		options: { key?: string; json?: object; static?: unknown } = {},
	): Promise<{ done(ms?: number): Promise<Outcome> }> {
		const tag = this.lastTag + 1;
		const outcome = new Promise<Outcome>((resolve) => this.outcomes.set(tag, resolve));
		await this.do('emit', { done: true, ...options });
		return {
			done: async (ms = ANSWER_MS) =>
				await within(outcome, 'donePromise', ms).catch(() => ({ outcome: 'never' })),
		};
	}

	/** @internal */
	receive(answer: Answer): void {
		const { tag, outcome } = answer;
		if (outcome === undefined) return this.answers.get(tag)?.(answer);
		this.outcomes.get(tag)?.(answer.error === undefined ? { outcome } : { outcome, error: answer.error });
	}
}

/** The server that contract triggers connect to; their parameter `control` is its port. */
export class ControlServer {
	/** Every call of `trigger()` so far, in order. */
	readonly calls: RemoteTrigger[] = [];
	private readonly server = net.createServer((socket) => this.serve(socket));
	private readonly sockets = new Set<net.Socket>();
	private readonly taken = new Set<RemoteTrigger>();
	private arrived: () => void = () => undefined;

	async start(): Promise<void> {
		this.server.listen(0, '127.0.0.1');
		await once(this.server, 'listening');
	}

	get port(): number {
		return (this.server.address() as net.AddressInfo).port;
	}

	/** The next call of `trigger()` of a workflow that no earlier `next` has returned. */
	async next(workflowId: string, ms = ANSWER_MS): Promise<RemoteTrigger> {
		const search = async (): Promise<RemoteTrigger> => {
			for (;;) {
				const found = this.calls.find((call) => call.hello.hello === workflowId && !this.taken.has(call));
				if (found !== undefined) {
					this.taken.add(found);
					return found;
				}
				await new Promise<void>((resolve) => {
					const before = this.arrived;
					this.arrived = () => (before(), resolve());
				});
			}
		};
		return await within(search(), `trigger() of workflow ${workflowId}`, ms);
	}

	async stop(): Promise<void> {
		for (const socket of this.sockets) socket.destroy();
		this.server.close();
		await once(this.server, 'close');
	}

	private serve(socket: net.Socket): void {
		this.sockets.add(socket);
		socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
		let remote: RemoteTrigger | undefined;
		readline.createInterface({ input: socket }).on('line', (line) => {
			const message = JSON.parse(line) as Hello | Answer;
			if ('hello' in message) {
				remote = new RemoteTrigger(message, socket);
				this.calls.push(remote);
				const { arrived } = this;
				this.arrived = () => undefined;
				arrived();
			} else remote?.receive(message);
		});
	}
}

/** @throws when `promise` takes longer than `ms` */
export async function within<T>(promise: Promise<T>, what: string, ms = ANSWER_MS): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}`)), ms);
	});
	return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

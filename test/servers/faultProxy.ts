import net from 'node:net';
import { HOST, listen, resetNow, within } from './local';

const CONNECTION_LIMIT_MS = 10_000;
/** Between the last byte before a cut and the end of the connection, so that the byte is read first. */
const CUT_PAUSE_MS = 5;

/** `up` is from the client to the server, `down` from the server to the client. */
export type Direction = 'up' | 'down';
/** RST or FIN. */
export type EndKind = 'reset' | 'close';

/** Ends connections after so many bytes of one direction were passed on. */
export interface Cut {
	direction: Direction;
	/** Bytes counted from the start of each connection; the last one is still passed on. */
	afterBytes: number;
	how: EndKind;
}

/** What is known about a connection through the proxy; kept after its end. */
export interface ProxyConnection {
	readonly id: number;
	/** Milliseconds of `performance.now()`. */
	readonly openedAt: number;
	closedAt: number | undefined;
	/** Bytes passed on. */
	readonly bytes: Record<Direction, number>;
	/** Who ended it: a side, or a fault of this proxy. */
	endedBy: 'client' | 'server' | 'fault' | undefined;
	muted: boolean;
}

/** What one side said, to be done to the other in order and after the delay. */
class Flow {
	private queue: Array<{ due: number; act: () => void }> = [];
	private timer: NodeJS.Timeout | undefined;

	constructor(private readonly delayMs: () => number) {}

	push(act: () => void): void {
		this.queue.push({ due: performance.now() + this.delayMs(), act });
		this.work();
	}

	stop(): void {
		clearTimeout(this.timer);
		this.queue = [];
	}

	private work(): void {
		clearTimeout(this.timer);
		for (let head = this.queue[0]; head; head = this.queue[0]) {
			const wait = head.due - performance.now();
			if (wait > 0) {
				this.timer = setTimeout(() => this.work(), Math.ceil(wait));
				return;
			}
			this.queue.shift();
			head.act();
		}
	}
}

/** Writes with regard to back-pressure: while `to` is full, nothing is read from `from`. */
function pass(from: net.Socket, to: net.Socket, chunk: Buffer, written?: () => void): void {
	if (to.write(chunk, written)) return;
	from.pause();
	to.once('drain', () => from.resume());
}

/** A connection and its two sockets. */
class Pair implements ProxyConnection {
	readonly openedAt = performance.now();
	closedAt: number | undefined;
	readonly bytes = { up: 0, down: 0 };
	endedBy: 'client' | 'server' | 'fault' | undefined;
	muted = false;
	private readonly flows: Record<Direction, Flow>;
	private cutReached = false;
	private cutTimer: NodeJS.Timeout | undefined;

	constructor(
		readonly id: number,
		private readonly client: net.Socket,
		private readonly server: net.Socket,
		delayMs: () => number,
		private readonly cut: Cut | undefined,
	) {
		const half = (): number => delayMs() / 2;
		this.flows = { up: new Flow(half), down: new Flow(half) };
		this.connect('up', client, server);
		this.connect('down', server, client);
		if (cut?.afterBytes === 0) this.end(cut.how);
	}

	private connect(direction: Direction, from: net.Socket, to: net.Socket): void {
		const side = direction === 'up' ? 'client' : 'server';
		from.setNoDelay(true);
		from.on('data', (chunk: Buffer) => this.data(direction, chunk, from, to));
		from.on('end', () => {
			if (this.muted || this.closedAt !== undefined) return;
			this.endedBy ??= side;
			this.flows[direction].push(() => void to.end());
		});
		from.on('error', () => {
			this.endedBy ??= side;
			if (!this.muted) resetNow(to);
		});
		from.on('close', () => {
			if (to.destroyed) this.closedAt ??= performance.now();
		});
	}

	private data(direction: Direction, chunk: Buffer, from: net.Socket, to: net.Socket): void {
		if (this.muted || this.cutReached || this.closedAt !== undefined) return;
		const left = this.cut?.direction === direction ? this.cut.afterBytes - this.bytes[direction] : Infinity;
		const passed = chunk.subarray(0, left);
		this.bytes[direction] += passed.length;
		this.cutReached = chunk.length >= left;
		const written = this.cutReached ? (): void => this.endSoon(this.cut?.how ?? 'reset') : undefined;
		this.flows[direction].push(() => pass(from, to, passed, written));
	}

	/** Node takes a RST for an ordinary end when it notices it together with the last bytes. */
	private endSoon(how: EndKind): void {
		this.cutTimer = setTimeout(() => setImmediate(() => this.end(how)), CUT_PAUSE_MS);
	}

	/** Takes what both sides send (their packets are acknowledged) and passes on nothing, not even the end. */
	mute(): void {
		if (this.closedAt !== undefined) return;
		this.muted = true;
		this.flows.up.stop();
		this.flows.down.stop();
	}

	end(how: EndKind): void {
		if (this.closedAt !== undefined) return;
		this.endedBy = 'fault';
		this.closedAt = performance.now();
		clearTimeout(this.cutTimer);
		this.flows.up.stop();
		this.flows.down.stop();
		for (const socket of [this.client, this.server]) {
			if (how === 'reset') resetNow(socket);
			else socket.end(() => socket.destroySoon());
		}
	}

	destroy(): void {
		this.end('close');
		this.client.destroy();
		this.server.destroy();
	}
}

/** A TCP proxy that behaves like a bad network. */
export interface FaultProxy {
	readonly port: number;
	/** Added to every round trip, half in each direction; may change while connections are open. */
	delayMs: number;
	/** Applies to connections that are opened after it was set. */
	cut: Cut | undefined;
	/** Whether connections that are opened from now on are muted from their start. */
	muteNew: boolean;
	/** All connections so far, oldest first. */
	readonly connections: readonly ProxyConnection[];
	readonly openCount: number;
	/** Sum over all connections. */
	readonly bytes: Record<Direction, number>;
	/** Half-open from now on: present connections stay, each side is acknowledged, nothing is passed on. */
	mute(): void;
	/** Ends all present connections. */
	drop(how: EndKind): void;
	/** `close`: nothing listens any more (ECONNREFUSED). `reset`: connections are accepted and reset at once. */
	refuse(how: EndKind): Promise<void>;
	/** Takes connections again after `refuse`. */
	accept(): Promise<void>;
	/** Waits for the next connection through the proxy. */
	nextConnection(limitMs?: number): Promise<ProxyConnection>;
	stop(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1 in front of `target`, a port of the same address. */
export async function startFaultProxy(target: number | (() => number)): Promise<FaultProxy> {
	const pairs: Pair[] = [];
	const waiting = new Set<(connection: ProxyConnection) => void>();
	const targetPort = typeof target === 'number' ? (): number => target : target;
	let resetting = false;

	const server = net.createServer({ allowHalfOpen: true }, (client) => {
		if (resetting) {
			client.on('error', () => undefined);
			resetNow(client);
			return;
		}
		const upstream = net.connect({ port: targetPort(), host: HOST, allowHalfOpen: true });
		const pair = new Pair(pairs.length, client, upstream, () => proxy.delayMs, proxy.cut);
		if (proxy.muteNew) pair.mute();
		pairs.push(pair);
		waiting.forEach((tell) => tell(pair));
		waiting.clear();
	});
	const port = await listen(server);
	const closeListener = async (): Promise<void> => {
		if (server.listening) await new Promise<void>((resolve) => stopListening(resolve));
	};
	// close() calls back only when the last connection has ended, which must not be waited for.
	const stopListening = (done: () => void): void => {
		server.close();
		setImmediate(done);
	};

	const proxy: FaultProxy = {
		port,
		delayMs: 0,
		cut: undefined,
		muteNew: false,
		connections: pairs,
		get openCount() {
			return pairs.filter((pair) => pair.closedAt === undefined).length;
		},
		get bytes() {
			const sum = (direction: Direction): number =>
				pairs.reduce((total, pair) => total + pair.bytes[direction], 0);
			return { up: sum('up'), down: sum('down') };
		},
		mute: () => pairs.forEach((pair) => pair.mute()),
		drop: (how) => pairs.forEach((pair) => pair.end(how)),
		refuse: async (how) => {
			resetting = how === 'reset';
			if (how === 'close') await closeListener();
		},
		accept: async () => {
			resetting = false;
			if (!server.listening) await listen(server, port);
		},
		nextConnection: async (limitMs = CONNECTION_LIMIT_MS) => {
			let tell: (connection: ProxyConnection) => void = () => undefined;
			const next = new Promise<ProxyConnection>((resolve) => (tell = resolve));
			waiting.add(tell);
			return await within(limitMs, 'connection through the proxy', next).finally(() => waiting.delete(tell));
		},
		stop: async () => {
			await closeListener();
			pairs.forEach((pair) => pair.destroy());
		},
	};
	return proxy;
}

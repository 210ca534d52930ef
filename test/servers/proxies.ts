/** Proxies for tests: HTTP CONNECT and SOCKS5, with a login if wanted, that can refuse in every way. */
import net from 'node:net';
import { listen } from './local';

export interface ProxyOptions {
	kind: 'http' | 'socks5';
	/** Wanted of every client. */
	login?: { user: string; password: string };
	/** What to answer instead of connecting: the HTTP status line, or the SOCKS5 code. */
	refuse?: string | number;
	/** Takes connections and says nothing. */
	silent?: boolean;
	/** What names (or `name:port`) mean here, since test servers have none: an address, or `address:port`. */
	hosts?: Record<string, string>;
}

export interface TestProxy {
	readonly port: number;
	/** Destinations asked for, as `host:port`. */
	readonly asked: string[];
	/** Everything clients said to the proxy itself. */
	readonly said: string;
	stop(): Promise<void>;
}

/** Reads a stream of bytes in portions of known size. */
class Portions {
	private held = Buffer.alloc(0);
	private wake: () => void = () => undefined;

	constructor(
		private readonly socket: net.Socket,
		private readonly heard: Buffer[],
	) {
		socket.on('data', this.onData);
	}

	private readonly onData = (bytes: Buffer): void => {
		this.heard.push(bytes);
		this.held = Buffer.concat([this.held, bytes]);
		this.wake();
	};

	async bytes(count: number): Promise<Buffer> {
		while (this.held.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
		const taken = this.held.subarray(0, count);
		this.held = this.held.subarray(count);
		return taken;
	}

	async until(mark: string): Promise<string> {
		while (!this.held.includes(mark)) await new Promise<void>((resolve) => (this.wake = resolve));
		return (await this.bytes(this.held.indexOf(mark) + mark.length)).toString('latin1');
	}

	release(): Buffer {
		this.socket.removeListener('data', this.onData);
		return this.held;
	}
}

export async function startProxy(options: ProxyOptions): Promise<TestProxy> {
	const sockets = new Set<net.Socket>();
	const asked: string[] = [];
	const heard: Buffer[] = [];
	const track = (socket: net.Socket): net.Socket => {
		sockets.add(socket);
		socket.on('error', () => socket.destroy());
		socket.on('close', () => sockets.delete(socket));
		return socket;
	};

	/** Joins the client with its destination; `answer` says how that went. */
	const join = async (
		client: net.Socket,
		portions: Portions,
		[host, port]: [string, number],
		answer: (works: boolean) => Buffer | string,
	): Promise<void> => {
		asked.push(`${host}:${port}`);
		const known = options.hosts?.[`${host}:${port}`] ?? options.hosts?.[host];
		const [address = '', realPort = port] = known?.split(':') ?? [host];
		const server = track(net.connect(Number(realPort), address));
		const works = await new Promise<boolean>((resolve) => {
			server.once('connect', () => resolve(true));
			server.once('error', () => resolve(false));
		});
		if (!works) {
			client.end(answer(false));
			return;
		}
		const rest = portions.release();
		client.pipe(server);
		server.pipe(client);
		if (rest.length > 0) server.write(rest);
		client.write(answer(true));
		client.on('close', () => server.destroy());
		server.on('close', () => client.end());
	};

	const http = async (client: net.Socket, portions: Portions): Promise<void> => {
		const head = await portions.until('\r\n\r\n');
		const { login, refuse } = options;
		const wanted = login && Buffer.from(`${login.user}:${login.password}`).toString('base64');
		if (wanted !== undefined && !head.includes(`Proxy-Authorization: Basic ${wanted}\r\n`)) {
			client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
			return;
		}
		if (refuse !== undefined) {
			client.end(`HTTP/1.1 ${refuse}\r\n\r\n`);
			return;
		}
		const [, host = '', port] = /^CONNECT (\S+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
		await join(client, portions, [host.replace(/[[\]]/g, ''), Number(port)], (works) =>
			works ? 'HTTP/1.1 200 Connection established\r\n\r\n' : 'HTTP/1.1 502 Bad Gateway\r\n\r\n',
		);
	};

	const socks = async (client: net.Socket, portions: Portions): Promise<void> => {
		const { login, refuse } = options;
		const [, count = 0] = await portions.bytes(2);
		const methods = [...(await portions.bytes(count))];
		const method = login ? 2 : 0;
		if (!methods.includes(method)) {
			client.end(Buffer.from([5, 255]));
			return;
		}
		client.write(Buffer.from([5, method]));
		if (login) {
			const text = async (): Promise<string> =>
				(await portions.bytes((await portions.bytes(1))[0] ?? 0)).toString();
			await portions.bytes(1);
			const [user, password] = [await text(), await text()];
			const isRight = user === login.user && password === login.password;
			client.write(Buffer.from([1, isRight ? 0 : 1]));
			if (!isRight) {
				client.end();
				return;
			}
		}
		const [, , , type = 0] = await portions.bytes(4);
		const length = type === 1 ? 4 : type === 4 ? 16 : ((await portions.bytes(1))[0] ?? 0);
		const bytes = await portions.bytes(length);
		const host =
			type === 3 ? bytes.toString() : type === 1 ? [...bytes].join('.') : `v6:${bytes.toString('hex')}`;
		const port = (await portions.bytes(2)).readUInt16BE();
		const reply = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
		if (refuse !== undefined) {
			asked.push(`${host}:${port}`);
			client.end(reply(Number(refuse)));
			return;
		}
		await join(client, portions, [host, port], (works) => reply(works ? 0 : 5));
	};

	const server = net.createServer((client) => {
		track(client);
		const portions = new Portions(client, heard);
		if (options.silent) return;
		(options.kind === 'http' ? http : socks)(client, portions).catch(() => client.destroy());
	});
	const port = await listen(server);
	return {
		port,
		asked,
		get said() {
			return Buffer.concat(heard).toString('latin1');
		},
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}

import { once } from 'node:events';
import net from 'node:net';
import { ImapFlow } from 'imapflow';
import {
	type EmbeddedServers,
	eventually,
	type FaultProxy,
	HOST,
	listen,
	startEmbeddedServers,
	startFaultProxy,
	within,
} from './index';

const ALICE = { user: 'alice@example.test', password: 'secret' };
const LIMIT_MS = 5_000;

/** Sends back what it gets, after a greeting of ten bytes. */
function echoServer(): net.Server {
	return net.createServer((socket) => {
		socket.on('error', () => undefined);
		socket.write('0123456789');
		socket.pipe(socket);
	});
}

/** What a client got until the end of its connection, and how that end looked. */
async function untilEnd(socket: net.Socket): Promise<{ received: string; error: string | undefined }> {
	let received = '';
	let error: string | undefined;
	socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
	socket.on('error', (cause: NodeJS.ErrnoException) => (error = cause.code));
	await within(LIMIT_MS, 'end of the connection', new Promise((resolve) => socket.once('close', resolve)));
	return { received, error };
}

describe('fault proxy', () => {
	let echo: net.Server;
	let proxy: FaultProxy;
	const sockets: net.Socket[] = [];

	function dial(): net.Socket {
		const socket = net.connect(proxy.port, HOST);
		socket.on('error', () => undefined);
		sockets.push(socket);
		return socket;
	}

	async function greeted(): Promise<net.Socket> {
		const socket = dial();
		await within(LIMIT_MS, 'greeting', once(socket, 'data'));
		return socket;
	}

	beforeEach(async () => {
		echo = echoServer();
		proxy = await startFaultProxy(await listen(echo));
	});

	afterEach(async () => {
		for (const socket of sockets.splice(0)) socket.destroy();
		await proxy.stop();
		await new Promise((resolve) => echo.close(resolve));
	});

	it('passes on both directions, their ends, and counts', async () => {
		const next = proxy.nextConnection();
		const socket = dial();
		socket.end('hello');
		expect(await untilEnd(socket)).toEqual({ received: '0123456789hello', error: undefined });
		const connection = await next;
		expect(connection).toMatchObject({ id: 0, bytes: { up: 5, down: 15 }, endedBy: 'client' });
		await eventually(LIMIT_MS, 'end of the connection', () => connection.closedAt !== undefined);
		expect(proxy.bytes).toEqual({ up: 5, down: 15 });
		expect(proxy.openCount).toBe(0);
	});

	it('passes on much data in order', async () => {
		proxy.delayMs = 10;
		const sent = Array.from({ length: 100_000 }, (_, index) => `${index}\n`).join('');
		const socket = dial();
		socket.end(sent);
		expect((await untilEnd(socket)).received).toBe(`0123456789${sent}`);
	});

	it('delays a round trip by the given time', async () => {
		const socket = await greeted();
		proxy.delayMs = 100;
		const started = performance.now();
		socket.write('x');
		await once(socket, 'data');
		const tookMs = performance.now() - started;
		expect(tookMs).toBeGreaterThanOrEqual(99);
		expect(tookMs).toBeLessThan(LIMIT_MS);
	});

	it.each([
		['reset', 'ECONNRESET'],
		['close', undefined],
	] as const)('cuts after a number of bytes from the server: %s', async (how, error) => {
		for (const afterBytes of [0, 1, 9, 10, 12]) {
			proxy.cut = { direction: 'down', afterBytes, how };
			const socket = dial();
			socket.write('hello');
			const end = await untilEnd(socket);
			expect(end.received).toBe('0123456789hello'.slice(0, afterBytes));
			if (afterBytes > 0) expect(end.error).toBe(error);
		}
		expect(proxy.connections.map(({ endedBy }) => endedBy)).toEqual(Array(5).fill('fault'));
	});

	it('cuts after a number of bytes from the client', async () => {
		const seen: Buffer[] = [];
		echo.on('connection', (socket: net.Socket) => socket.on('data', (chunk: Buffer) => seen.push(chunk)));
		proxy.cut = { direction: 'up', afterBytes: 3, how: 'reset' };
		const socket = dial();
		socket.write('hello');
		await untilEnd(socket);
		await eventually(LIMIT_MS, 'three bytes', () => Buffer.concat(seen).length >= 3);
		expect(Buffer.concat(seen).toString()).toBe('hel');
	});

	it('mutes present connections: no data, no end, but new ones work', async () => {
		const socket = await greeted();
		proxy.mute();
		let heard = 0;
		socket.on('data', () => heard++);
		socket.on('close', () => heard++);
		await new Promise((resolve) => socket.write('into the void', resolve));
		const other = await greeted();
		other.write('x');
		await within(LIMIT_MS, 'echo on the other connection', once(other, 'data'));
		expect(heard).toBe(0);
		expect(socket.readyState).toBe('open');
		const ended = untilEnd(socket);
		proxy.drop('reset');
		expect((await ended).error).toBe('ECONNRESET');
	});

	it('refuses by not listening, or by a reset, until it accepts again', async () => {
		const before = await greeted();
		await proxy.refuse('close');
		expect((await untilEnd(dial())).error).toBe('ECONNREFUSED');
		before.write('still here');
		await within(LIMIT_MS, 'echo', once(before, 'data'));
		await proxy.accept();
		await greeted();
		await proxy.refuse('reset');
		expect(await untilEnd(dial())).toEqual({ received: '', error: 'ECONNRESET' });
		await proxy.accept();
		await greeted();
	});

	it('resets the client when the server is not there', async () => {
		await new Promise((resolve) => {
			proxy.drop('reset');
			echo.close(resolve);
		});
		expect((await untilEnd(dial())).error).toBe('ECONNRESET');
		echo = echoServer();
	});
});

describe('fault proxy before an IMAP server', () => {
	let servers: EmbeddedServers;
	let proxy: FaultProxy;

	beforeEach(async () => {
		servers = await startEmbeddedServers({ users: [ALICE] });
		proxy = await startFaultProxy(servers.ports.imaps);
	});

	afterEach(async () => {
		await proxy.stop();
		await servers.stop();
	});

	function client(socketTimeout = 60_000): ImapFlow {
		const imap = new ImapFlow({
			host: HOST,
			port: proxy.port,
			secure: true,
			tls: { ca: servers.ca },
			auth: { user: ALICE.user, pass: ALICE.password },
			logger: false,
			socketTimeout,
		});
		imap.on('error', () => undefined);
		return imap;
	}

	it('lets a client work, slowly, and shows it a cut or a muted connection', async () => {
		proxy.delayMs = 20;
		const imap = client();
		await imap.connect();
		await imap.mailboxOpen('INBOX');
		const closed = new Promise((resolve) => imap.once('close', resolve));
		proxy.drop('reset');
		await within(LIMIT_MS, 'close', closed);

		const other = client(300);
		await other.connect();
		const otherClosed = new Promise((resolve) => other.once('close', resolve));
		proxy.mute();
		expect(await other.status('INBOX', { messages: true })).toBe(false);
		await within(LIMIT_MS, 'close after the time limit', otherClosed);
		expect(proxy.connections.map(({ endedBy, muted }) => [endedBy, muted])).toEqual([
			['fault', false],
			[undefined, true],
		]);
	});
});

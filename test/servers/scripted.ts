import net from 'node:net';
import tls from 'node:tls';
import { type KeyPair, testCertificates } from './certificates';
import { type Unit, UnitReader } from './imap/wire';
import { listen, resetNow, within } from './local';

const LINE_LIMIT_MS = 10_000;

/**
 * What happens after the bytes of a reply were sent:
 * - `starttls`: the server's side of the TLS handshake
 * - `data`: what follows up to a line with a single dot is one message; then the script is asked for `.`
 * - `silent`: the connection stays open, nothing is answered any more
 * - `reset` / `close`: RST / FIN
 */
export type Afterwards = 'starttls' | 'data' | 'silent' | 'reset' | 'close';

/** Bytes to send; `%TAG%` in text stands for the first word of the client's line. */
export type Reply =
	| string
	| Buffer
	| {
			send?: string | Buffer;
			then?: Afterwards;
			/** One byte every so many milliseconds. */ dripMs?: number;
	  };

/** Answers one line of the client (without CRLF, IMAP literals put in); undefined sends nothing. */
export type Script = (
	line: string,
	connection: ScriptedConnection,
) => Reply | undefined | Promise<Reply | undefined>;

export interface ScriptedConnection {
	/** Everything the client sent, before and within TLS. */
	readonly received: Buffer;
	/** The part of it that anybody on the way could read. */
	readonly receivedInClear: Buffer;
	readonly lines: string[];
	/** Messages that came after DATA, as they were on the wire without the final dot. */
	readonly messages: Buffer[];
	readonly secure: boolean;
	readonly closed: boolean;
	/** Sends bytes at a time of the test's choice. */
	send(bytes: string | Buffer): void;
	end(how: 'reset' | 'close'): void;
}

export interface ScriptedOptions {
	/** Sent first; undefined sends nothing. */
	greeting?: Reply;
	/** A function, or rows tried from the top; a line that fits no row gets no answer and is in `unexpected`. */
	script: Script | Array<[pattern: RegExp, reply: Reply | Script]>;
	/** TLS from the first byte (default: plain). */
	tls?: boolean;
	certificate?: KeyPair;
	/** Options of the TLS side, e.g. `{ maxVersion: 'TLSv1.1' }`. */
	tlsOptions?: tls.SecureContextOptions;
}

export interface ScriptedServer {
	readonly port: number;
	readonly ca: string;
	/** All connections so far, oldest first. */
	readonly connections: readonly ScriptedConnection[];
	/** Lines of all connections that no row of the script fitted. */
	readonly unexpected: string[];
	/** Everything received on all connections, as text. */
	readonly transcript: string;
	/** Waits for a line that fits; lines from before the call count. */
	line(pattern: RegExp, limitMs?: number): Promise<string>;
	stop(): Promise<void>;
}

class Connection implements ScriptedConnection {
	readonly lines: string[] = [];
	readonly messages: Buffer[] = [];
	secure = false;
	closed = false;
	private readonly chunks: Array<{ bytes: Buffer; clear: boolean }> = [];
	private socket: net.Socket;
	private data: Buffer | undefined;
	private silent = false;
	private work: Promise<void> = Promise.resolve();
	private drip: NodeJS.Timeout | undefined;
	private reader = this.newReader();

	constructor(
		private readonly tcp: net.Socket,
		private readonly secureContext: tls.SecureContext,
		private readonly ask: (
			line: string,
			connection: Connection,
		) => Reply | undefined | Promise<Reply | undefined>,
	) {
		this.socket = tcp;
		this.attach(tcp);
	}

	get received(): Buffer {
		return Buffer.concat(this.chunks.map(({ bytes }) => bytes));
	}

	get receivedInClear(): Buffer {
		return Buffer.concat(this.chunks.filter(({ clear }) => clear).map(({ bytes }) => bytes));
	}

	private newReader(): UnitReader {
		return new UnitReader(
			(unit) => this.enqueue(unit),
			() => this.send('+ OK\r\n'),
		);
	}

	private attach(socket: net.Socket): void {
		socket.on('data', (bytes: Buffer) => {
			this.chunks.push({ bytes, clear: !this.secure });
			if (this.silent) return;
			if (this.data) this.takeData(bytes);
			else this.reader.push(bytes);
		});
		socket.on('error', () => socket.destroy());
		socket.on('close', () => {
			this.closed = true;
			clearInterval(this.drip);
		});
	}

	/** One line after the other, however long its answer takes. */
	private enqueue(unit: Unit): void {
		const line = unit.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))).join('');
		this.lines.push(line);
		this.work = this.work.then(async () => {
			const reply = await this.ask(line, this);
			if (reply !== undefined) this.answer(reply, line.split(' ', 1)[0] ?? '');
		});
	}

	private takeData(bytes: Buffer): void {
		const all = Buffer.concat([this.data ?? Buffer.alloc(0), bytes]);
		const end = all.indexOf('\r\n.\r\n');
		this.data = end < 0 ? all : undefined;
		if (end < 0) return;
		this.messages.push(all.subarray(0, end + 2));
		this.enqueue(['.']);
		const rest = all.subarray(end + 5);
		if (rest.length > 0) this.reader.push(rest);
	}

	answer(reply: Reply, tag: string): void {
		const {
			send = '',
			then,
			dripMs,
		} = typeof reply === 'string' || Buffer.isBuffer(reply) ? { send: reply } : reply;
		const bytes = typeof send === 'string' ? Buffer.from(send.replaceAll('%TAG%', tag)) : send;
		if (dripMs !== undefined) this.dripBytes(bytes, dripMs);
		else if (bytes.length > 0) this.send(bytes);
		if (then === 'silent') this.silent = true;
		else if (then === 'data') this.data = Buffer.alloc(0);
		else if (then === 'starttls') this.startTls();
		else if (then !== undefined) this.end(then);
	}

	private dripBytes(bytes: Buffer, everyMs: number): void {
		let sent = 0;
		this.drip = setInterval(() => {
			if (sent >= bytes.length) clearInterval(this.drip);
			else this.send(bytes.subarray(sent, ++sent));
		}, everyMs);
	}

	startTls(): void {
		this.tcp.removeAllListeners('data');
		this.reader = this.newReader();
		const options = { isServer: true, secureContext: this.secureContext };
		this.socket = new tls.TLSSocket(this.tcp, options);
		this.secure = true;
		this.attach(this.socket);
	}

	send(bytes: string | Buffer): void {
		if (!this.closed && this.socket.writable) this.socket.write(bytes);
	}

	end(how: 'reset' | 'close'): void {
		if (how === 'reset') resetNow(this.tcp);
		else this.socket.end();
	}

	destroy(): void {
		clearInterval(this.drip);
		this.tcp.destroy();
	}
}

/**
 * Starts a server that says exactly what a test wants, IMAP, SMTP or nonsense, and records what it hears.
 * Listens on a free port of 127.0.0.1.
 */
export async function startScriptedServer(options: ScriptedOptions): Promise<ScriptedServer> {
	const certificates = await testCertificates();
	const secureContext = tls.createSecureContext({
		...(options.certificate ?? certificates.server),
		...options.tlsOptions,
	});
	const connections: Connection[] = [];
	const unexpected: string[] = [];
	const waiting = new Set<() => void>();

	const ask: Script = async (line, connection) => {
		waiting.forEach((look) => look());
		if (typeof options.script === 'function') return await options.script(line, connection);
		const row = options.script.find(([pattern]) => pattern.test(line));
		if (!row) unexpected.push(line);
		const reply = row?.[1];
		return typeof reply === 'function' ? await reply(line, connection) : reply;
	};
	const server = net.createServer((socket) => {
		const connection = new Connection(socket, secureContext, ask);
		connections.push(connection);
		if (options.tls) connection.startTls();
		if (options.greeting !== undefined) connection.answer(options.greeting, '');
	});
	const findLine = (pattern: RegExp): string | undefined =>
		connections.flatMap(({ lines }) => lines).find((line) => pattern.test(line));

	return {
		port: await listen(server),
		ca: certificates.ca,
		connections,
		unexpected,
		get transcript() {
			return connections.map(({ received }) => received.toString('latin1')).join('\n');
		},
		line: async (pattern, limitMs = LINE_LIMIT_MS) => {
			let look: () => void = () => undefined;
			const found = new Promise<string>((resolve) => {
				look = () => {
					const line = findLine(pattern);
					if (line !== undefined) resolve(line);
				};
			});
			waiting.add(look);
			look();
			return await within(limitMs, `line ${String(pattern)}`, found).finally(() => waiting.delete(look));
		},
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			connections.forEach((connection) => connection.destroy());
			await closed;
		},
	};
}

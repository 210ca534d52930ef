/**
 * An SMTP server that does at each step what a test says, with DATA and BDAT, plain or with TLS, on a free port of
 * 127.0.0.1. It keeps every message it has taken, as it was on the line (dots unstuffed).
 */
import net from 'node:net';
import tls from 'node:tls';
import { HOST, listen, testCertificates } from '../../servers';

export type Stage =
	| 'connect'
	| 'EHLO'
	| 'HELO'
	| 'STARTTLS'
	| 'AUTH'
	| 'MAIL'
	| 'RCPT'
	| 'DATA'
	| 'BDAT'
	/** The whole message is there. */
	| 'end'
	| 'RSET'
	| 'QUIT';

/** A reply, or what happens instead of or after it. */
export type FakeReply = string | { send?: string; then: 'reset' | 'close' | 'silent' };

export interface TakenMessage {
	from: string;
	to: string[];
	raw: Buffer;
}

export interface FakeSession {
	/** Commands in their order; bodies are not among them. */
	readonly commands: string[];
	readonly socket: net.Socket;
	closed: boolean;
}

export interface FakeSmtpOptions {
	/** Keywords after EHLO. */
	extensions?: string[];
	security?: 'none' | 'tls' | 'starttls';
	/** Asked before each answer; undefined means the usual one. */
	answer?: (
		stage: Stage,
		line: string,
		session: FakeSession,
	) => FakeReply | undefined | Promise<FakeReply | undefined>;
}

export interface FakeSmtp {
	readonly port: number;
	readonly messages: TakenMessage[];
	readonly sessions: FakeSession[];
	/** Everything received, also within TLS. */
	readonly received: string;
	/** What anybody on the way could read. */
	readonly receivedInClear: string;
	readonly open: number;
	stop(): Promise<void>;
}

const USUAL: Record<Exclude<Stage, 'EHLO'>, string> = {
	connect: '220 fake.test ESMTP',
	HELO: '250 fake.test',
	STARTTLS: '220 2.0.0 Ready',
	AUTH: '235 2.7.0 Authentication successful',
	MAIL: '250 2.1.0 Ok',
	RCPT: '250 2.1.5 Ok',
	DATA: '354 End data with <CR><LF>.<CR><LF>',
	BDAT: '250 2.0.0 Ok: bytes taken',
	end: '250 2.0.0 Ok: queued as FAKE1',
	RSET: '250 2.0.0 Ok',
	QUIT: '221 2.0.0 Bye',
};

export const DEFAULT_EXTENSIONS = ['PIPELINING', 'SIZE 50000000', '8BITMIME', 'SMTPUTF8', 'AUTH PLAIN LOGIN'];

class Session implements FakeSession {
	readonly commands: string[] = [];
	closed = false;
	secure = false;
	private buffer = Buffer.alloc(0);
	private body: Buffer[] | null = null;
	private mode: 'lines' | 'data' | { bytes: number; last: boolean } = 'lines';
	private from = '';
	private to: string[] = [];
	private work: Promise<void> = Promise.resolve();
	private silent = false;

	constructor(
		public socket: net.Socket,
		private readonly options: FakeSmtpOptions,
		private readonly secureContext: tls.SecureContext,
		private readonly server: { messages: TakenMessage[]; all: Buffer[]; clear: Buffer[] },
	) {
		this.attach(socket);
	}

	attach(socket: net.Socket): void {
		socket.on('data', (bytes: Buffer) => {
			this.server.all.push(bytes);
			if (!this.secure) this.server.clear.push(bytes);
			if (this.silent) return;
			this.buffer = Buffer.concat([this.buffer, bytes]);
			this.work = this.work.then(() => this.consume()).catch(() => undefined);
		});
		socket.on('error', () => socket.destroy());
		socket.on('close', () => (this.closed = true));
	}

	startTls(): void {
		this.socket.removeAllListeners('data');
		this.buffer = Buffer.alloc(0);
		this.secure = true;
		this.socket = new tls.TLSSocket(this.socket, { isServer: true, secureContext: this.secureContext });
		this.attach(this.socket);
	}

	private async consume(): Promise<void> {
		for (;;) {
			if (this.mode === 'data') {
				const end = this.buffer.indexOf('\r\n.\r\n');
				if (end < 0) return;
				const raw = this.buffer.subarray(0, end + 2).toString('latin1');
				this.buffer = this.buffer.subarray(end + 5);
				this.mode = 'lines';
				this.body = [Buffer.from(raw.replace(/^\.\./gm, '.'), 'latin1')];
				await this.end();
			} else if (this.mode !== 'lines') {
				const { bytes, last } = this.mode;
				if (this.buffer.length < bytes) return;
				(this.body ??= []).push(this.buffer.subarray(0, bytes));
				this.buffer = this.buffer.subarray(bytes);
				this.mode = 'lines';
				if (last) await this.end();
				else await this.say('BDAT', `BDAT ${bytes}`);
			} else {
				const end = this.buffer.indexOf('\r\n');
				if (end < 0) return;
				const line = this.buffer.subarray(0, end).toString();
				this.buffer = this.buffer.subarray(end + 2);
				await this.command(line);
			}
		}
	}

	private async command(line: string): Promise<void> {
		this.commands.push(line);
		const verb = line.split(' ')[0]?.toUpperCase() ?? '';
		const chunk = /^BDAT (\d+)( LAST)?$/i.exec(line);
		if (chunk) {
			this.mode = { bytes: Number(chunk[1]), last: chunk[2] !== undefined };
			return;
		}
		if (verb === 'MAIL') this.from = /<(.*?)>/.exec(line)?.[1] ?? '';
		const code = await this.say(verb as Stage, line);
		if (verb === 'MAIL' || verb === 'RSET') this.to = [];
		if (verb === 'RCPT' && code === '250') this.to.push(/<(.*?)>/.exec(line)?.[1] ?? '');
		if (verb === 'DATA' && code === '354') this.mode = 'data';
		if (verb === 'STARTTLS' && code === '220') this.startTls();
		if (verb === 'QUIT') this.socket.end();
	}

	private async end(): Promise<void> {
		const raw = Buffer.concat(this.body ?? []);
		this.body = null;
		const before = this.server.messages.length;
		this.server.messages.push({ from: this.from, to: [...this.to], raw });
		const code = await this.say('end', '.');
		if (code !== '250' && code !== '') this.server.messages.splice(before, 1);
	}

	/** @returns the code that was sent; empty when nothing was */
	async say(stage: Stage, line: string): Promise<string> {
		const reply = (await this.options.answer?.(stage, line, this)) ?? this.usual(stage);
		const text = typeof reply === 'string' ? reply : (reply.send ?? '');
		if (text !== '' && !this.closed) this.socket.write(`${text}\r\n`);
		if (typeof reply !== 'string') {
			if (reply.then === 'silent') this.silent = true;
			else if (reply.then === 'close') this.socket.end();
			else this.socket.resetAndDestroy();
		}
		return text.slice(0, 3);
	}

	private usual(stage: Stage): string {
		if (stage !== 'EHLO') return USUAL[stage] ?? '500 5.5.2 What?';
		const words = [...(this.options.extensions ?? DEFAULT_EXTENSIONS)];
		if (this.options.security === 'starttls' && !this.secure) words.unshift('STARTTLS');
		const lines = ['fake.test', ...words];
		return lines.map((word, index) => `250${index === lines.length - 1 ? ' ' : '-'}${word}`).join('\r\n');
	}
}

export async function startFakeSmtp(options: FakeSmtpOptions = {}): Promise<FakeSmtp> {
	const { server: certificate } = await testCertificates();
	const secureContext = tls.createSecureContext(certificate);
	const sessions: Session[] = [];
	const log = { messages: [] as TakenMessage[], all: [] as Buffer[], clear: [] as Buffer[] };
	const server = net.createServer({ noDelay: true }, (socket) => {
		const session = new Session(socket, options, secureContext, log);
		sessions.push(session);
		if (options.security === 'tls') session.startTls();
		void session.say('connect', '');
	});
	const port = await listen(server);
	return {
		port,
		messages: log.messages,
		sessions,
		get received() {
			return Buffer.concat(log.all).toString('latin1');
		},
		get receivedInClear() {
			return Buffer.concat(log.clear).toString('latin1');
		},
		get open() {
			return sessions.filter(({ closed }) => !closed).length;
		},
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			for (const { socket } of sessions) socket.destroy();
			await closed;
		},
	};
}

export { HOST };

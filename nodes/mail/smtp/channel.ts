/**
 * Commands and answers over a connection that is logged in. Answers come in the order of the commands (RFC 5321 §3.1,
 * RFC 2920), so each command gets a promise of its own and several may be on the way at once.
 */
import type { Socket } from 'net';

/** One answer of the server: its code and all of its lines. */
export interface SmtpAnswer {
	code: number;
	text: string;
}

/** Longest answer that is read; real ones have a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** How long the server may take to read what was written (RFC 5321 §4.5.3.2.5: three minutes for a block of data). */
export const WRITE_TIMEOUT_MS = 180_000;

/** How long the server may take to close its side. */
const QUIT_TIMEOUT_MS = 2_000;

interface Waiting {
	timeoutMs: number;
	resolve(answer: SmtpAnswer): void;
	reject(error: Error): void;
}

export class SmtpChannel {
	/** Why the connection is over; null while it lives. */
	failure: Error | null = null;
	/** What the server said when nobody had asked; the connection is good for nothing more. */
	unasked: SmtpAnswer | null = null;
	private readonly waiting: Waiting[] = [];
	/** What is said together, until all of it is there. */
	private gathered: Buffer[] | null = null;
	private readonly decoder = new TextDecoder();
	private received = '';
	private lines: string[] = [];
	private timer: NodeJS.Timeout | undefined;

	/**
	 * @param note is told what is said, `C` for us and `S` for the server
	 * @param onEnd is called once, when the connection is over
	 */
	constructor(
		private readonly socket: Socket,
		private readonly note: (side: 'C' | 'S', text: string) => void,
		private readonly onEnd: () => void,
	) {
		// Whoever opened the connection must no longer read from it.
		socket.removeAllListeners('data');
		socket.removeAllListeners('timeout');
		socket.setTimeout(0);
		socket.on('data', (bytes: Buffer) => this.read(bytes));
		socket.on('error', (error: Error) => this.fail(error));
		socket.on('end', () => this.fail(closed()));
		socket.on('close', () => this.fail(closed()));
		if (socket.destroyed) this.fail(closed());
		else socket.resume();
	}

	/**
	 * Writes a command; several may follow each other without waiting.
	 *
	 * @returns the answer; rejected when the connection ends first, which nobody has to handle
	 */
	ask(command: string, timeoutMs: number): Promise<SmtpAnswer> {
		const answer = this.expect(timeoutMs);
		this.writeCommand(command);
		return answer;
	}

	/** Writes a line for whose answer somebody waits already. */
	writeCommand(command: string): void {
		if (this.failure) return;
		this.note('C', command);
		const bytes = Buffer.from(`${command}\r\n`);
		if (this.gathered) this.gathered.push(bytes);
		else this.socket.write(bytes);
	}

	/** The next answer that nobody waits for yet; as {@link ask}. */
	expect(timeoutMs: number): Promise<SmtpAnswer> {
		const answer = new Promise<SmtpAnswer>((resolve, reject) => {
			if (this.unasked) return resolve(this.unasked);
			if (this.failure) return reject(this.failure);
			this.waiting.push({ timeoutMs, resolve, reject });
			if (this.waiting.length === 1) this.startTimer();
		});
		// Whoever asked first reports the end of the connection; the others need not be heard.
		answer.catch(() => undefined);
		return answer;
	}

	/** Writes bytes as they are, and waits until the operating system has taken them; not within {@link together}. */
	async write(bytes: Buffer): Promise<void> {
		if (this.failure) throw this.failure;
		if (this.gathered) {
			this.gathered.push(bytes);
			return;
		}
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => this.fail(timedOut()), WRITE_TIMEOUT_MS);
			this.socket.write(bytes, (error) => {
				clearTimeout(timer);
				const failure = error ?? this.failure;
				if (failure) reject(failure);
				else resolve();
			});
		});
	}

	/** Sends what `write` does as one piece: one packet, and one record of TLS, where it is small. */
	together<T>(write: () => T): T {
		if (this.gathered) return write();
		const gathered: Buffer[] = [];
		this.gathered = gathered;
		try {
			return write();
		} finally {
			this.gathered = null;
			if (gathered.length > 0 && !this.failure) this.socket.write(Buffer.concat(gathered));
		}
	}

	/** Says goodbye and closes without waiting for the answer; whoever still waits for one gets an error. */
	quit(): void {
		if (this.failure) return;
		const failure = closed();
		this.failure = failure;
		clearTimeout(this.timer);
		for (const { reject } of this.waiting.splice(0)) reject(failure);
		this.socket.end('QUIT\r\n');
		// A server that never closes its side must not keep the socket.
		const timer = setTimeout(() => this.socket.destroy(), QUIT_TIMEOUT_MS);
		this.socket.once('close', () => clearTimeout(timer));
		timer.unref();
		this.socket.unref();
	}

	/** Ends the connection; whoever waits for an answer gets the error. */
	fail(error: Error): void {
		if (this.failure) return;
		this.failure = error;
		clearTimeout(this.timer);
		this.socket.destroy();
		for (const { reject } of this.waiting.splice(0)) reject(error);
		this.onEnd();
	}

	private read(bytes: Buffer): void {
		this.received += this.decoder.decode(bytes, { stream: true });
		if (this.received.length > MAX_ANSWER_BYTES) return this.fail(garbled('an answer without an end'));
		const lines = this.received.split(/\r?\n/);
		this.received = lines.pop() ?? '';
		for (const line of lines) {
			if (line.trim() === '') continue;
			this.lines.push(line);
			if (/^\d{3}-/.test(line)) {
				if (this.lines.length > 100) return this.fail(garbled('an answer without an end'));
				continue;
			}
			const text = this.lines.join('\n');
			this.lines = [];
			if (!/^[2-5]\d\d(?: |$)/.test(line)) return this.fail(garbled(`"${line.slice(0, 80)}"`));
			this.answer({ code: Number(line.slice(0, 3)), text });
			if (this.failure) return;
		}
	}

	private answer(answer: SmtpAnswer): void {
		this.note('S', answer.text);
		const first = this.waiting.shift();
		// Unasked for, a server says that it is closing (421, RFC 5321 §3.8) or that it takes no more of a message. Anything
		// else is an answer too many, after which none belongs to its command.
		if (!first) {
			if (this.unasked) return this.fail(closed());
			if (answer.code < 400) return this.fail(garbled('more than it was asked'));
			this.unasked = answer;
			return this.onEnd();
		}
		this.startTimer();
		first.resolve(answer);
	}

	/** The time limit of the answer waited for begins anew. */
	restartTimer(): void {
		this.startTimer();
	}

	private startTimer(): void {
		clearTimeout(this.timer);
		const first = this.waiting[0];
		if (first) this.timer = setTimeout(() => this.fail(timedOut()), first.timeoutMs);
	}
}

function closed(): Error {
	return Object.assign(new Error('Connection closed'), { code: 'ECONNECTION' });
}

function timedOut(): Error {
	return Object.assign(new Error('Timeout'), { code: 'ETIMEDOUT' });
}

function garbled(what: string): Error {
	return Object.assign(new Error(`The server said ${what}, which is no SMTP`), { code: 'EPROTOCOL' });
}

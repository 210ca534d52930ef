/** One client's connection to the embedded IMAP server: bytes in, bytes out, and what the client knows. */
import type net from 'node:net';
import tls from 'node:tls';
import { resetNow } from '../local';
import { commands } from './commands';
import type { ImapFaults } from './faults';
import type { Account, Mailbox, MailStore, StoredMessage } from './store';
import { Answer, type Command, join, list, parseCommand, type Unit, UnitReader } from './wire';

/** What sessions share with their server. */
export interface ServerContext {
	readonly store: MailStore;
	readonly faults: ImapFaults;
	readonly secureContext: tls.SecureContext;
	/** Capabilities announced besides those that depend on the state of the session. */
	readonly capabilities: string[];
	/** Refuses logins before TLS (LOGINDISABLED). */
	readonly requireTls: boolean;
	/** Notes a command that was received, without its tag. */
	seen(text: string): void;
}

/** A selected mailbox as this client knows it: positions are its sequence numbers. */
export interface View {
	mailbox: Mailbox;
	uidValidity: number;
	readOnly: boolean;
	rows: Array<{ message: StoredMessage; toldVersion: number }>;
	toldMailboxVersion: number;
}

export class Session {
	account: Account | undefined;
	secure = false;
	view: View | undefined;
	private socket: net.Socket;
	private units: Unit[] = [];
	private wake: (() => void) | undefined;
	private reader = this.newReader();
	private silent = false;
	private sentBytes = 0;
	private ended = false;
	private readonly announce = (): void => this.sync(true);
	private readonly resetAfterBytes: number;

	constructor(
		readonly server: ServerContext,
		/** The connection itself, below TLS. */
		private readonly tcp: net.Socket,
	) {
		this.socket = tcp;
		this.resetAfterBytes = server.faults.resetAfterBytes ?? Infinity;
		this.attach(tcp);
	}

	private newReader(): UnitReader {
		return new UnitReader(
			(unit) => {
				this.units.push(unit);
				this.wake?.();
			},
			() => this.send('+ OK\r\n'),
		);
	}

	private attach(socket: net.Socket): void {
		socket.setNoDelay(true);
		socket.on('data', (chunk: Buffer) => {
			if (!this.silent) this.reader.push(chunk);
		});
		socket.on('error', () => socket.destroy());
		socket.on('close', () => {
			this.ended = true;
			this.unselect();
			this.wake?.();
		});
	}

	/** Sends one response (RFC 3501 §7) as the faults allow. */
	send(response: Buffer | string): void {
		if (this.silent || this.ended) return;
		const { onResponse } = this.server.faults;
		const changed = onResponse ? onResponse(join(response)) : response;
		if (changed === null) return;
		const bytes = join(changed);
		const left = this.resetAfterBytes - this.sentBytes;
		this.sentBytes += bytes.length;
		if (bytes.length < left) {
			this.socket.write(bytes);
		} else {
			this.socket.write(bytes.subarray(0, left), () => this.end('reset'));
			this.silent = true;
		}
	}

	end(how: 'reset' | 'close'): void {
		if (how === 'close') this.socket.end();
		else resetNow(this.tcp);
	}

	/** Stops to answer and to listen; the connection stays open. */
	goSilent(): void {
		this.silent = true;
	}

	/** The next line of the client with its literals, or undefined after the end of the connection. */
	async nextUnit(): Promise<Unit | undefined> {
		while (this.units.length === 0 && !this.ended)
			await new Promise<void>((resolve) => (this.wake = resolve));
		return this.units.shift();
	}

	capabilities(): string[] {
		const login = this.secure || !this.server.requireTls ? ['AUTH=PLAIN', 'AUTH=LOGIN'] : ['LOGINDISABLED'];
		return ['IMAP4rev1', ...this.server.capabilities, ...(this.secure ? [] : ['STARTTLS']), ...login];
	}

	/** Goes on within TLS; what came before it is forgotten (RFC 3501 §6.2.1). */
	async startTls(): Promise<void> {
		this.tcp.removeAllListeners('data');
		this.units = [];
		this.reader = this.newReader();
		const secured = new tls.TLSSocket(this.tcp, { isServer: true, secureContext: this.server.secureContext });
		this.socket = secured;
		this.secure = true;
		this.attach(secured);
		await new Promise<void>((resolve) => {
			secured.once('secure', resolve);
			secured.once('close', () => resolve());
		});
	}

	select(mailbox: Mailbox, readOnly: boolean): View {
		this.unselect();
		const rows = mailbox.messages.map((message) => ({ message, toldVersion: message.version }));
		const { uidValidity, version } = mailbox;
		this.view = { mailbox, uidValidity, readOnly, rows, toldMailboxVersion: version };
		return this.view;
	}

	unselect(): void {
		this.view?.mailbox.off('change', this.announce);
		this.view = undefined;
	}

	exists(count: number): void {
		this.send(`* ${count + (this.server.faults.existsOffset ?? 0)} EXISTS\r\n`);
	}

	/** Tells the client what has changed; removals only where numbers may shift (RFC 3501 §7.4.1). */
	sync(withRemovals: boolean): void {
		const view = this.view;
		if (!view || view.toldMailboxVersion === view.mailbox.version) return;
		if (view.mailbox.deleted || view.mailbox.uidValidity !== view.uidValidity) {
			this.send('* BYE the mailbox was deleted or rebuilt\r\n');
			return this.end('close');
		}
		if (withRemovals) {
			for (let index = view.rows.length - 1; index >= 0; index--) {
				if (!view.rows[index]?.message.removed) continue;
				view.rows.splice(index, 1);
				this.send(`* ${index + 1} EXPUNGE\r\n`);
			}
			view.toldMailboxVersion = view.mailbox.version;
		}
		const known = new Set(view.rows.map((row) => row.message));
		const fresh = view.mailbox.messages.filter((message) => !known.has(message));
		view.rows.push(...fresh.map((message) => ({ message, toldVersion: message.version })));
		if (fresh.length > 0) this.exists(view.rows.length);
		view.rows.forEach((row, index) => {
			if (row.toldVersion === row.message.version) return;
			row.toldVersion = row.message.version;
			this.send(
				join(`* ${index + 1} FETCH (UID ${row.message.uid} FLAGS `, list([...row.message.flags]), ')\r\n'),
			);
		});
	}

	/** Announces changes at once until the client says DONE (RFC 2177). */
	async idle(): Promise<void> {
		const { faults } = this.server;
		if (faults.refuseIdle) throw new Answer('BAD', 'IDLE is not possible');
		const mailbox = faults.silentIdle ? undefined : this.view?.mailbox;
		this.send('+ idling\r\n');
		if (mailbox) this.sync(true);
		mailbox?.on('change', this.announce);
		const unit = await this.nextUnit();
		mailbox?.off('change', this.announce);
		this.server.seen('DONE');
		if (unit && String(unit[0]).toUpperCase() !== 'DONE') throw new Answer('BAD', 'expected DONE');
	}

	/** Serves the client until it leaves. */
	async run(): Promise<void> {
		const greeting = `* OK [CAPABILITY ${this.capabilities().join(' ')}] embedded IMAP server ready\r\n`;
		this.send(this.server.faults.greeting ?? greeting);
		for (let unit = await this.nextUnit(); unit; unit = await this.nextUnit()) {
			let command: Command;
			try {
				command = parseCommand(unit);
			} catch (error) {
				this.send(`* BAD ${(error as Error).message}\r\n`);
				continue;
			}
			this.server.seen(command.text);
			if (!(await this.fault(command))) await this.carryOut(command);
		}
	}

	/** @returns whether a fault took the place of the command */
	private async fault(command: Command): Promise<boolean> {
		const fault = await this.server.faults.onCommand?.(command);
		if (fault === undefined) return false;
		if (fault === 'silent') this.goSilent();
		else if (fault === 'reset' || fault === 'close') this.end(fault);
		else this.send(join(join(fault.reply).toString('latin1').replaceAll('%TAG%', command.tag)));
		return true;
	}

	private async carryOut(command: Command): Promise<void> {
		let answer = new Answer('OK', `${command.name} completed`);
		try {
			const handler = commands[command.name];
			if (!handler) throw new Answer('BAD', `unknown command ${command.name}`);
			const text = await handler(this, command);
			if (text !== undefined) answer = new Answer('OK', text);
		} catch (error) {
			// What a handler did not foresee is an argument that it could not read.
			answer = error instanceof Answer ? error : new Answer('BAD', (error as Error).message);
		}
		const numbersMustStay = ['FETCH', 'STORE', 'SEARCH'].includes(command.name);
		if (answer.status !== 'BAD') this.sync(!numbersMustStay);
		this.send(`${command.tag} ${answer.status} ${answer.message}\r\n`);
		if (command.name === 'STARTTLS' && answer.status === 'OK') await this.startTls();
		if (command.name === 'LOGOUT') this.end('close');
	}
}

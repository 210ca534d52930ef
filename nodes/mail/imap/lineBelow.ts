/** The TCP connection below imapflow: opened by us, so that proxies, all addresses and n8n's rules count for IMAP as for SMTP. */
import { isIP, type Socket } from 'net';
import { connect as connectTls, type ConnectionOptions } from 'tls';
import type { Account, Endpoint } from '../account/account';
import { dial, type LineStage } from '../net/dial';
import { tlsOptions } from '../net/tls';
import { CONNECT_TIMEOUT_MS } from './connectOptions';

export class LineBelow {
	readonly #account: Account;
	readonly #tls: ConnectionOptions;
	#socket: Socket | null = null;
	private isSecured = false;
	private readonly givenUp = new AbortController();

	/** @throws MailError `ACCOUNT` when the account's certificates cannot be read */
	constructor(
		account: Account,
		private readonly endpoint: Endpoint,
		private readonly onStage: (stage: LineStage) => void = () => undefined,
	) {
		this.#account = account;
		this.#tls = tlsOptions(account, endpoint);
	}

	/** Connects, without TLS. @throws Error with Node's code */
	async open(): Promise<void> {
		const { onStage, givenUp } = this;
		const options = { timeoutMs: CONNECT_TIMEOUT_MS, signal: givenUp.signal, onStage };
		this.#socket = (await dial(this.#account, this.endpoint, options)).socket;
	}

	/** Ends it, also while it is being opened. Once TLS runs over it, it ends with that: Node 20 may crash otherwise. */
	drop(): void {
		this.givenUp.abort();
		if (!this.isSecured) this.#socket?.destroy();
	}

	/** What imapflow asks for a connection: TLS over ours at once, or when STARTTLS has been agreed on. */
	get transport() {
		return {
			connect: ({ secure }: { secure: boolean }, onConnect: () => void): Socket => {
				if (secure) return this.secure(onConnect);
				setImmediate(onConnect);
				return this.socket;
			},
			upgrade: (_socket: unknown, _options: unknown, onSecure: () => void): Socket => this.secure(onSecure),
		};
	}

	private get socket(): Socket {
		if (!this.#socket) throw new Error('Connection not available');
		return this.#socket;
	}

	private secure(onSecure: () => void): Socket {
		this.isSecured = true;
		// SNI names hosts, not addresses (RFC 6066 §3).
		const { host } = this.endpoint;
		const name = isIP(host) === 0 ? { servername: host } : {};
		const socket = connectTls({ ...name, ...this.#tls, socket: this.socket }, onSecure);
		socket.once('secureConnect', () => this.onStage('tls'));
		return socket;
	}
}

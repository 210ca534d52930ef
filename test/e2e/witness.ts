/** A second IMAP session on a mailbox that only notes when the server announces new mail (RFC 2177). */
import net from 'node:net';

const SETUP_TIMEOUT_MS = 10_000;

export class Witness {
	/** When each `* n EXISTS` of the IDLE came, in milliseconds since the epoch. */
	readonly announcements: number[] = [];

	private constructor(private readonly socket: net.Socket) {}

	/** Logs in without TLS, which Dovecot allows from its own machine, and waits until it idles on INBOX. */
	static async start(port: number, user: string, password: string): Promise<Witness> {
		const socket = net.connect(port, '127.0.0.1');
		const witness = new Witness(socket);
		let idling = false;
		let received = '';
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`IMAP witness: ${received}`)), SETUP_TIMEOUT_MS);
			socket.on('error', reject);
			socket.on('data', (chunk) => {
				const text = chunk.toString('latin1');
				if (idling) {
					for (const _ of text.matchAll(/^\* \d+ EXISTS/gm)) witness.announcements.push(Date.now());
					return;
				}
				received += text;
				idling = /^\+ /m.test(received);
				if (!idling) return;
				clearTimeout(timer);
				resolve();
			});
			socket.write(`a LOGIN "${user}" "${password}"\r\nb SELECT INBOX\r\nc IDLE\r\n`);
		});
		return witness;
	}

	stop(): void {
		this.socket.destroy();
	}
}

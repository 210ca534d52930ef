import net from 'node:net';
import { HOST, within } from './local';

const DELIVERY_LIMIT_MS = 20_000;

/** The reply of an LMTP server to one command: code and full text. */
function replyReader(socket: net.Socket): () => Promise<string> {
	let buffered = '';
	let ended: Error | undefined;
	let wake = (): void => undefined;
	socket.on('data', (chunk: Buffer) => {
		buffered += chunk.toString('latin1');
		wake();
	});
	const end = (error?: Error): void => {
		ended ??= error ?? new Error('the LMTP server closed the connection');
		wake();
	};
	socket.on('error', end);
	socket.on('close', () => end());
	return async () => {
		for (;;) {
			const reply = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(buffered)?.[0];
			if (reply !== undefined) {
				buffered = buffered.slice(reply.length);
				return reply.trimEnd();
			}
			if (ended) throw ended;
			await new Promise<void>((resolve) => (wake = resolve));
		}
	};
}

/** Bytes of a message as they go over the wire: every line ends in CRLF, a leading dot is doubled. */
function onTheWire(raw: Buffer | string): Buffer {
	const text = (typeof raw === 'string' ? Buffer.from(raw, 'utf8') : raw).toString('latin1');
	const lines = text.replace(/\r?\n/g, '\r\n').replace(/(^|\r\n)\./g, '$1..');
	return Buffer.from(lines.endsWith('\r\n') ? `${lines}.\r\n` : `${lines}\r\n.\r\n`, 'latin1');
}

/**
 * Delivers messages by LMTP (RFC 2033), all over one connection.
 *
 * @returns when the server has accepted the last one
 * @throws Error with the server's reply when it refuses the recipient or a message
 */
export async function deliverByLmtp(
	port: number,
	recipient: string,
	raws: Array<Buffer | string>,
): Promise<void> {
	const socket = net.connect(port, HOST);
	const reply = replyReader(socket);
	const expect = async (wanted: string, what: string): Promise<void> => {
		const line = await within(DELIVERY_LIMIT_MS, `LMTP ${what}`, reply());
		if (!line.startsWith(wanted)) throw new Error(`LMTP ${what}: ${line}`);
	};
	try {
		await expect('220', 'greeting');
		socket.write('LHLO localhost\r\n');
		await expect('250', 'LHLO');
		for (const raw of raws) {
			socket.write(`MAIL FROM:<sender@example.test>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`);
			await expect('250', 'MAIL FROM');
			await expect('250', `RCPT TO ${recipient}`);
			await expect('354', 'DATA');
			socket.write(onTheWire(raw));
			await expect('250', 'message');
		}
		socket.end('QUIT\r\n');
	} finally {
		socket.destroy();
	}
}

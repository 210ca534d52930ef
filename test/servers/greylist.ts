/**
 * A greylisting policy for Postfix (its SMTPD_POLICY_README): who comes for the first time is asked to come back, and
 * whoever does so after the delay is let in.
 */
import net from 'node:net';
import { listen } from './local';

export interface Greylist {
	readonly port: number;
	/** How often somebody was asked to come back. */
	readonly deferred: number;
	stop(): Promise<void>;
}

/** @param now milliseconds of any clock, such as a virtual one */
export async function startGreylist(delayMs: number, now: () => number): Promise<Greylist> {
	const firstSeen = new Map<string, number>();
	const sockets = new Set<net.Socket>();
	let deferred = 0;
	const decide = (request: string): string => {
		const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(request)?.[1] ?? '';
		const triplet = ['client_address', 'sender', 'recipient'].map(field).join(' ');
		const since = firstSeen.get(triplet);
		if (since !== undefined && now() - since >= delayMs) return 'DUNNO';
		if (since === undefined) firstSeen.set(triplet, now());
		deferred++;
		return '450 4.2.0 Greylisted, see http://postgrey.example.test/help';
	};
	const server = net.createServer((socket) => {
		sockets.add(socket);
		let text = '';
		socket.on('error', () => socket.destroy());
		socket.on('close', () => sockets.delete(socket));
		socket.on('data', (bytes: Buffer) => {
			text += bytes.toString();
			for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
				socket.write(`action=${decide(text.slice(0, end))}\n\n`);
				text = text.slice(end + 2);
			}
		});
	});
	const port = await listen(server);
	return {
		port,
		get deferred() {
			return deferred;
		},
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}

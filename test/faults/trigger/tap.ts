import net from 'node:net';
import { HOST, listen } from '../../servers';

/** The bytes of one connection, each way. */
export interface Recording {
	up: Buffer;
	down: Buffer;
}

export interface Tap {
	port: number;
	/** All connections so far, oldest first. */
	recordings: Recording[];
	stop(): Promise<void>;
}

/** Listens in on connections to `target`, a port of this machine, and passes everything on. */
export async function startTap(target: number): Promise<Tap> {
	const recordings: Recording[] = [];
	const sockets = new Set<net.Socket>();
	const server = net.createServer((client) => {
		const upstream = net.connect(target, HOST);
		const recording = { up: Buffer.alloc(0), down: Buffer.alloc(0) };
		recordings.push(recording);
		for (const [from, to, way] of [
			[client, upstream, 'up'],
			[upstream, client, 'down'],
		] as const) {
			sockets.add(from);
			from.on('data', (bytes: Buffer) => {
				recording[way] = Buffer.concat([recording[way], bytes]);
				to.write(bytes);
			});
			from.on('error', () => to.destroy());
			from.on('close', () => (to.destroy(), sockets.delete(from)));
		}
	});
	return {
		port: await listen(server),
		recordings,
		stop: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** Where lines end: the count of bytes up to and with each CRLF. */
export function lineEnds(bytes: Buffer): number[] {
	const ends: number[] = [];
	for (let at = bytes.indexOf('\r\n'); at >= 0; at = bytes.indexOf('\r\n', at + 2)) ends.push(at + 2);
	return ends;
}

import net from 'node:net';
import tls from 'node:tls';
import type { KeyPair } from '../certificates';
import { listen, within } from '../local';
import type { ImapFaults } from './faults';
import { Session, type ServerContext } from './session';
import type { MailStore } from './store';

const COMMAND_LIMIT_MS = 10_000;

/** Extensions that this server has (RFC 2177, 2971, 2342, 3691, 4315, 4959, 6154, 6851, 7888). */
const CAPABILITIES = [
	...['LITERAL+', 'SASL-IR', 'IDLE', 'ID', 'NAMESPACE', 'UNSELECT'],
	...['UIDPLUS', 'MOVE', 'SPECIAL-USE', 'CHILDREN', 'ENABLE'],
];

export interface ImapServerOptions {
	store: MailStore;
	certificate: KeyPair;
	/** Replaces the list of announced extensions, e.g. `[]` for a server without IDLE and MOVE. */
	capabilities?: string[];
	/** Refuses logins before TLS on the plain port (default true). */
	requireTls?: boolean;
}

/** An IMAP server in this process (RFC 3501 and the extensions above), mail in memory. */
export interface ImapServer {
	/** `imap` is plain with STARTTLS, `imaps` TLS from the first byte. */
	readonly ports: { imap: number; imaps: number };
	/** How the server misbehaves; set and unset its fields at any time. */
	readonly faults: ImapFaults;
	/** All commands received so far, without tags, from all connections. Logins are in it: never print it. */
	readonly commands: string[];
	/** Open connections. */
	readonly connectionCount: number;
	/** Connections accepted so far. */
	readonly acceptedCount: number;
	/** Waits until a command that fits arrives; commands from before the call do not count. */
	nextCommand(pattern: RegExp, limitMs?: number): Promise<string>;
	/** Ends all connections with RST or FIN. */
	drop(how: 'reset' | 'close'): void;
	/** All present connections stay open, but get no answer any more. */
	goSilent(): void;
	/** Sends a line of the server's own to all clients, e.g. `* BYE shutting down`. */
	say(line: string): void;
	/** Stops listening until `open`, as a server that is down; connections end. */
	refuse(): Promise<void>;
	open(): Promise<void>;
	stop(): Promise<void>;
}

/** Starts an IMAP server on two free ports of 127.0.0.1. */
export async function startImapServer(options: ImapServerOptions): Promise<ImapServer> {
	const sessions = new Map<Session, net.Socket>();
	const commands: string[] = [];
	const waiting = new Set<(text: string) => void>();
	const faults: ImapFaults = {};
	let acceptedCount = 0;
	const context: ServerContext = {
		store: options.store,
		faults,
		secureContext: tls.createSecureContext(options.certificate),
		capabilities: options.capabilities ?? CAPABILITIES,
		requireTls: options.requireTls ?? true,
		seen: (text) => {
			commands.push(text);
			waiting.forEach((look) => look(text));
		},
	};

	const serve = async (socket: net.Socket, secure: boolean): Promise<void> => {
		acceptedCount++;
		const session = new Session(context, socket);
		sessions.set(session, socket);
		socket.once('close', () => sessions.delete(session));
		if (secure) await session.startTls();
		await session.run();
	};
	const servers = [false, true].map((secure) =>
		net.createServer((socket) => {
			serve(socket, secure).catch(() => socket.destroy());
		}),
	) as [net.Server, net.Server];
	const ports = { imap: await listen(servers[0]), imaps: await listen(servers[1]) };

	const drop = (how: 'reset' | 'close'): void => sessions.forEach((_socket, session) => session.end(how));
	const refuse = async (): Promise<void> => {
		const closed = servers
			.filter((server) => server.listening)
			.map((server) => new Promise((resolve) => server.close(resolve)));
		sessions.forEach((socket) => socket.destroy());
		await Promise.all(closed);
	};

	return {
		ports,
		faults,
		commands,
		get connectionCount() {
			return sessions.size;
		},
		get acceptedCount() {
			return acceptedCount;
		},
		nextCommand: async (pattern, limitMs = COMMAND_LIMIT_MS) => {
			let look: (text: string) => void = () => undefined;
			const found = new Promise<string>((resolve) => {
				look = (text) => {
					if (pattern.test(text)) resolve(text);
				};
			});
			waiting.add(look);
			try {
				return await within(limitMs, `command ${String(pattern)}`, found);
			} finally {
				waiting.delete(look);
			}
		},
		drop,
		goSilent: () => sessions.forEach((_socket, session) => session.goSilent()),
		say: (line) => sessions.forEach((_socket, session) => session.send(`${line}\r\n`)),
		refuse,
		open: async () => {
			await listen(servers[0], ports.imap);
			await listen(servers[1], ports.imaps);
		},
		stop: refuse,
	};
}

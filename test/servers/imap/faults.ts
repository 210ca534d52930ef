import type { Command } from './wire';

/**
 * What a server does instead of carrying out a command:
 * - `{ reply }`: these bytes, with `%TAG%` standing for the command's tag; the command is not carried out
 * - `silent`: nothing at all, ever, on this connection
 * - `reset` / `close`: the connection ends with RST / FIN
 */
export type CommandFault = { reply: string | Buffer } | 'silent' | 'reset' | 'close';

/** Misbehaviour of the embedded IMAP server. All can be changed while it runs; undefined means none. */
export interface ImapFaults {
	/** Asked before each command; waits when it returns a promise. */
	onCommand?:
		((command: Command) => CommandFault | undefined | Promise<CommandFault | undefined>) | undefined;
	/**
	 * Sees each complete response before it is sent, literals included, e.g. `* 3 EXISTS\r\n`: what it returns is
	 * sent instead; null holds it back.
	 */
	onResponse?: ((response: Buffer) => Buffer | string | null) | undefined;
	/** Sent instead of the greeting, e.g. `* BYE too busy\r\n`; the connection stays open. */
	greeting?: string | undefined;
	/** IDLE is answered with BAD although the capability is announced. */
	refuseIdle?: boolean | undefined;
	/** IDLE is accepted, but nothing is announced while it lasts. */
	silentIdle?: boolean | undefined;
	/** Added to the number in every EXISTS. */
	existsOffset?: number | undefined;
	/** New connections are reset after the server has sent this many bytes on them (within TLS). */
	resetAfterBytes?: number | undefined;
}

/** Programs that are one server each: own folder, free port of 127.0.0.1, ended with all they started. */
import { GuardedProcess } from './guardedProcess';
import { freePorts, temporaryFolder } from './local';
import { howToGet, missingParts, type PartName } from './parts';

const START_TRIES = 3;

/** A server that listens on `port` of 127.0.0.1. */
export interface LocalServer {
	readonly port: number;
	readonly folder: string;
	/** Asks it to end, for servers that have something to put away. */
	end(): Promise<void>;
	/** SIGKILL to all its processes; what it had in memory is gone. */
	kill(): Promise<void>;
	/** Ends everything and removes the folder. */
	stop(): Promise<void>;
}

export interface Preparation {
	/** Fills the folder. */
	prepare?(folder: string): Promise<void>;
	/** Writes what names the port. */
	configure?(folder: string, port: number): Promise<void>;
}

/**
 * Starts a program with a temporary folder and a free port of its own, and another port when somebody took it in between.
 *
 * @param command program and arguments
 * @throws Error with the program's own words when it does not start; nothing is left then
 */
export async function startLocalServer(
	name: string,
	command: (folder: string, port: number) => string[],
	{ prepare, configure }: Preparation = {},
): Promise<LocalServer> {
	const { folder, remove } = await temporaryFolder(name);
	let port = 0;
	const server = new GuardedProcess(
		name,
		() => command(folder, port),
		() => port,
	);
	try {
		await prepare?.(folder);
		for (let tries = 1; ; tries++) {
			[port = 0] = await freePorts(1);
			await configure?.(folder, port);
			try {
				await server.start();
				break;
			} catch (error) {
				await server.kill();
				// Somebody else may have taken the port in between.
				if (tries === START_TRIES || !/in use/i.test(String(error))) throw error;
			}
		}
	} catch (error) {
		await server.kill();
		await remove();
		throw error;
	}
	return {
		port,
		folder,
		end: async () => await server.end(),
		kill: async () => await server.kill(),
		stop: async () => {
			await server.kill();
			await remove();
		},
	};
}

/** @throws Error saying how to get the part when it is missing */
export function demandPart(part: PartName): void {
	const missing = missingParts([part]);
	if (missing.length > 0) throw new Error(`${part} cannot be started. Missing:\n${howToGet(missing)}`);
}

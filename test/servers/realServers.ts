/** The real IMAP servers as one table, so that a test can be run at each of them. */
import { startCourier } from './courier';
import { startCyrus } from './cyrus';
import { startDovecot } from './dovecot';
import type { TestUser } from './local';
import type { PlainImapServer } from './mailServer';
import { describeWith, type PartName } from './parts';

/** Who has a mailbox at each server; Cyrus knows users without a domain. */
export const READER: TestUser = { user: 'reader', password: 'geheim-7-Wort' };
/** Courier's IDLE only looks into the folder now and then: each minute, when it is not told otherwise. */
const COURIER_IDLE_SECONDS = 2;

export interface RealServer {
	name: 'Dovecot' | 'Cyrus' | 'Courier';
	part: PartName;
	/** Whether its plain port offers STARTTLS too. */
	starttls: boolean;
	/** IMAP extensions that make a difference to us and that it lacks. */
	lacks: ReadonlyArray<'MOVE' | 'SPECIAL-USE' | 'CONDSTORE' | 'ESEARCH' | 'LITERAL+'>;
	/**
	 * Starts it with a mailbox for each user (default: READER), who may log in on its plain port without TLS.
	 *
	 * @param idleSeconds how often Courier's IDLE looks into the mailbox; the others are told of new mail
	 */
	start(users?: TestUser[], idleSeconds?: number): Promise<PlainImapServer>;
}

async function startPlainDovecot(users = [READER]): Promise<PlainImapServer> {
	const dovecot = await startDovecot({ users });
	const { host, deliver, halt, start, kill, stop } = dovecot;
	return {
		...{ host, users, deliver, halt, start, kill, stop },
		get port() {
			return dovecot.ports.imap;
		},
	};
}

export const REAL_SERVERS: readonly RealServer[] = [
	{ name: 'Dovecot', part: 'dovecot', starttls: true, lacks: [], start: startPlainDovecot },
	{
		name: 'Cyrus',
		part: 'cyrus',
		starttls: false,
		lacks: [],
		start: async (users = [READER]) => await startCyrus({ users }),
	},
	{
		name: 'Courier',
		part: 'courier',
		starttls: true,
		lacks: ['MOVE', 'SPECIAL-USE', 'CONDSTORE', 'ESEARCH', 'LITERAL+'],
		start: async (users = [READER], idleSeconds = COURIER_IDLE_SECONDS) =>
			await startCourier({ users, settings: { IMAP_IDLE_TIMEOUT: idleSeconds } }),
	},
];

/**
 * Like jest's `describe`, once for each real server; one that is not on this machine is handled as `describeWith` does.
 *
 * @param without names of servers that the tests have nothing to do with
 */
export function describeAtRealServers(
	title: string,
	body: (server: RealServer) => void,
	without: ReadonlyArray<RealServer['name']> = [],
): void {
	for (const server of REAL_SERVERS) {
		if (without.includes(server.name)) continue;
		describeWith([server.part], `${title}: ${server.name}`, () => body(server));
	}
}

import net from 'node:net';
import { chmod, rm } from 'node:fs/promises';
import type { TestUser } from './local';

export interface Authdaemon {
	stop(): Promise<void>;
}

/** What Courier's programs are told about somebody who may come in. */
export interface CourierAccount {
	uid: number;
	gid: number;
	home: string;
}

/**
 * Answers Courier's programs in place of authdaemond, whose folders are compiled in. The question
 * is, after lines about the client, `AUTH <length>` and that many bytes: service, kind (`login`), user name and
 * password, a line each.
 *
 * @param socket path of the Unix socket
 * @param accountOf the account of a user who gave the right password
 */
export async function startAuthdaemon(
	socket: string,
	users: TestUser[],
	accountOf: (user: string) => CourierAccount,
): Promise<Authdaemon> {
	const open = new Set<net.Socket>();
	const server = net.createServer((connection) => {
		let asked = '';
		open.add(connection);
		connection.on('close', () => open.delete(connection));
		connection.on('error', () => undefined);
		connection.on('data', (chunk) => {
			asked += chunk.toString('utf8');
			const [, length, question = ''] = /^AUTH (\d+)\n([^]*)$/m.exec(asked) ?? [];
			if (length === undefined || Buffer.byteLength(question) < Number(length)) return;
			const [, kind, user = '', password] = question.split('\n');
			const known = users.find((each) => each.user === user && each.password === password);
			if (kind !== 'login' || !known) return void connection.end('FAIL\n');
			const { uid, gid, home } = accountOf(user);
			connection.end(`UID=${uid}\nGID=${gid}\nHOME=${home}\nADDRESS=${user}\n.\n`);
		});
	});
	await rm(socket, { force: true });
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(socket, resolve);
	});
	await chmod(socket, 0o777);
	return {
		stop: async () => {
			open.forEach((connection) => connection.destroy());
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

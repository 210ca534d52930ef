/**
 * Proxies as companies run them: Squid for HTTP CONNECT, microsocks and Dante for SOCKS5, since Dante's own logins are those of
 * the machine. Own configuration, free port of 127.0.0.1, as the user who runs the tests.
 */
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { HOST, readLog } from './local';
import { demandPart, startLocalServer } from './localServer';
import { findProgram, SQUID_LOGIN_PROGRAM } from './parts';

export interface RealProxy {
	readonly port: number;
	/** Destinations and refusals, as the proxy logs them. */
	log(): string;
	stop(): Promise<void>;
}

export interface ProxyLogin {
	user: string;
	password: string;
}

/**
 * Starts a Squid that wants a login.
 *
 * @param allowedPorts destinations elsewhere are refused (403)
 * @param hosts names that only this proxy knows, and their addresses
 */
export async function startSquid(options: {
	login: ProxyLogin;
	allowedPorts: number[];
	hosts: Record<string, string>;
}): Promise<RealProxy> {
	demandPart('squid');
	const { user, password } = options.login;
	const server = await startLocalServer(
		'squid',
		// Its name keeps apart what several of them have in shared memory.
		(folder, port) => [
			...[findProgram('squid') ?? 'squid', '-N', '-d', '1', '-n', `mailroom${port}`],
			...['-f', path.join(folder, 'squid.conf')],
		],
		{
			async prepare(folder) {
				// Started as root, Squid goes on as a user of its own.
				await chmod(folder, 0o777);
				const hash = promisify(execFile)('openssl', ['passwd', '-6', '-stdin']);
				hash.child.stdin?.end(`${password}\n`);
				await writeFile(path.join(folder, 'users'), `${user}:${(await hash).stdout.trim()}\n`);
				const hosts = Object.entries(options.hosts).map(([name, address]) => `${address} ${name}\n`);
				await writeFile(path.join(folder, 'hosts'), hosts.join(''));
			},
			async configure(folder, port) {
				await writeFile(path.join(folder, 'squid.conf'), squidConfig(folder, port, options.allowedPorts));
			},
		},
	);
	return {
		port: server.port,
		log: () => readLog(path.join(server.folder, 'access.log')),
		stop: async () => {
			// Killed, it would leave its shared memory behind.
			await server.end();
			await server.stop();
		},
	};
}

function squidConfig(folder: string, port: number, allowedPorts: number[]): string {
	return `http_port ${HOST}:${port}
visible_hostname proxy.test
pid_filename none
coredump_dir ${folder}
access_log stdio:${folder}/access.log
cache_log ${folder}/cache.log
netdb_filename none
cache deny all
pinger_enable off
shutdown_lifetime 0 seconds
max_filedescriptors 256
# No name is asked of anybody.
hosts_file ${folder}/hosts
dns_nameservers ${HOST}
dns_retransmit_interval 500 milliseconds
dns_timeout 1 seconds
connect_timeout 5 seconds
auth_param basic program ${SQUID_LOGIN_PROGRAM} ${folder}/users
auth_param basic children 1
auth_param basic realm the proxy of the tests
acl known proxy_auth REQUIRED
acl mail port ${allowedPorts.join(' ')}
http_access deny !known
http_access deny !mail
http_access allow CONNECT
http_access deny all
`;
}

/** Starts a microsocks, which wants a login and permits everything else. */
export async function startMicrosocks({ user, password }: ProxyLogin): Promise<RealProxy> {
	demandPart('microsocks');
	const server = await startLocalServer('microsocks', (_folder, port) => [
		// Outgoing from an address of IPv4, so that a name with both kinds leads to where the test servers are.
		...[findProgram('microsocks') ?? 'microsocks', '-i', HOST, '-p', String(port), '-b', HOST],
		...['-u', user, '-P', password],
	]);
	return { ...server, log: () => '' };
}

/** Starts a Dante that wants no login and refuses one port. */
export async function startDante({ refusedPort }: { refusedPort: number }): Promise<RealProxy> {
	demandPart('dante');
	const server = await startLocalServer(
		'dante',
		(folder) => [
			findProgram('danted') ?? 'danted',
			'-f',
			path.join(folder, 'danted.conf'),
			'-p',
			path.join(folder, 'pid'),
		],
		{
			async prepare(folder) {
				await chmod(folder, 0o777);
			},
			async configure(folder, port) {
				await writeFile(path.join(folder, 'danted.conf'), danteConfig(folder, port, refusedPort));
			},
		},
	);
	return { ...server, log: () => readLog(path.join(server.folder, 'danted.log')) };
}

function danteConfig(folder: string, port: number, refusedPort: number): string {
	const { uid, username } = os.userInfo();
	return `logoutput: ${folder}/danted.log
internal: ${HOST} port = ${port}
external: ${HOST}
clientmethod: none
socksmethod: none
user.privileged: ${username}
user.unprivileged: ${uid === 0 ? 'nobody' : username}
client pass {
	from: ${HOST}/32 to: ${HOST}/32
}
socks block {
	from: ${HOST}/32 to: 0.0.0.0/0 port = ${refusedPort}
	log: connect error
}
socks pass {
	from: ${HOST}/32 to: 0.0.0.0/0
	command: connect
	log: connect error
}
`;
}

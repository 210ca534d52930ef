/** Asks a proxy to connect to a server: HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928) with a login (RFC 1929). */
import { isIP, type Socket } from 'net';
import type { Endpoint } from '../account/account';
import type { Secret } from '../account/secret';

export interface Proxy {
	kind: 'http' | 'socks5';
	host: string;
	port: number;
	/** Empty for no login. */
	user: string;
	password: Secret;
}

/** The proxy does not answer, wants another login, does not serve this destination, or could not reach it. */
export const PROXY_DOWN = 'EPROXYDOWN';
export const PROXY_LOGIN = 'EPROXYLOGIN';
export const PROXY_REFUSED = 'EPROXY';
export const PROXY_UNREACHED = 'EPROXYTARGET';

/** How every answer to CONNECT begins. */
const HTTP = 'HTTP/';
/** An answer to CONNECT is some hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** RFC 1929 and RFC 1928 give one byte to each length. */
const MAX_SOCKS_TEXT = 255;

const SOCKS_ANSWERS: Readonly<Record<number, [code: string, words: string]>> = {
	1: [PROXY_UNREACHED, 'general failure'],
	2: [PROXY_REFUSED, 'not allowed by its rules'],
	3: [PROXY_UNREACHED, 'network unreachable'],
	4: [PROXY_UNREACHED, 'host unreachable'],
	5: [PROXY_UNREACHED, 'connection refused'],
	6: [PROXY_UNREACHED, 'time ran out'],
	7: [PROXY_REFUSED, 'command not supported'],
	8: [PROXY_REFUSED, 'address type not supported'],
};

/**
 * Turns a connection to a proxy into one to the server; names are looked up by the proxy. Waits as long as the socket
 * lives: the caller destroys it when time is up.
 *
 * @throws Error with one of the codes above
 */
export async function throughProxy(socket: Socket, proxy: Proxy, { host, port }: Endpoint): Promise<void> {
	const reader = new Reader(socket);
	try {
		if (proxy.kind === 'http') await connectHttp(socket, reader, proxy, host, port);
		else await connectSocks(socket, reader, proxy, host, port);
	} finally {
		reader.release();
	}
}

async function connectHttp(
	socket: Socket,
	reader: Reader,
	{ user, password }: Proxy,
	host: string,
	port: number,
): Promise<void> {
	const target = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
	const login = Buffer.from(`${user}:${password.reveal()}`).toString('base64');
	const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
	if (user !== '') lines.push(`Proxy-Authorization: Basic ${login}`);
	socket.write(`${lines.join('\r\n')}\r\n\r\n`);
	const start = await reader.bytes(HTTP.length);
	if (start.toString() !== HTTP) throw fault(PROXY_REFUSED, 'no HTTP answer');
	const head = HTTP + (await reader.until('\r\n\r\n')).toString('latin1');
	const [, status = '', words = ''] = /^HTTP\/\d\.\d (\d{3}) ?([^\r\n]*)/.exec(head) ?? [];
	if (status.startsWith('2')) return;
	if (status === '407') throw fault(PROXY_LOGIN, `${status} ${words}`);
	// Squid says 500 for a name that it cannot look up.
	if (/^50[0234]$/.test(status)) throw fault(PROXY_UNREACHED, `${status} ${words}`);
	throw fault(PROXY_REFUSED, `${status} ${words}`);
}

async function connectSocks(
	socket: Socket,
	reader: Reader,
	{ user, password }: Proxy,
	host: string,
	port: number,
): Promise<void> {
	socket.write(user === '' ? Buffer.from([5, 1, 0]) : Buffer.from([5, 2, 0, 2]));
	const [version, method] = await reader.bytes(2);
	if (version !== 5) throw fault(PROXY_REFUSED, 'no SOCKS5 answer');
	if (method === 2) {
		socket.write(Buffer.concat([Buffer.from([1]), text(user), text(password.reveal())]));
		const [, status] = await reader.bytes(2);
		if (status !== 0) throw fault(PROXY_LOGIN, 'user name or password refused');
	} else if (method !== 0) throw fault(PROXY_LOGIN, 'no method of login in common');
	const portBytes = Buffer.from([port >> 8, port & 255]);
	socket.write(Buffer.concat([Buffer.from([5, 1, 0]), address(host), portBytes]));
	const [, answer = 1, , type] = await reader.bytes(4);
	if (answer !== 0) {
		const [code, words] = SOCKS_ANSWERS[answer] ?? [PROXY_REFUSED, `answer ${answer}`];
		throw fault(code, words);
	}
	// The address from which the proxy connects, which nobody needs.
	const length = type === 1 ? 4 : type === 4 ? 16 : ((await reader.bytes(1))[0] ?? 0);
	await reader.bytes(length + 2);
}

/** RFC 1928 §5: IPv4, name or IPv6. */
function address(host: string): Buffer {
	if (isIP(host) === 4) return Buffer.from([1, ...host.split('.').map(Number)]);
	if (isIP(host) === 0) return Buffer.concat([Buffer.from([3]), text(host)]);
	// The last 32 bits may stand there as in IPv4 (RFC 4291 §2.2); a URL has all of them in hexadecimal.
	const { hostname } = new URL(`http://[${host.split('%')[0]}]`);
	const [head = '', tail] = hostname.slice(1, -1).split('::');
	const groups = (part: string) => part.split(':').filter(Boolean);
	const [before, after] = [groups(head), groups(tail ?? '')];
	const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
	const all = [...before, ...zeros, ...after].map((group) => parseInt(group, 16));
	return Buffer.from([4, ...all.flatMap((group) => [group >> 8, group & 255])]);
}

function text(value: string): Buffer {
	const bytes = Buffer.from(value);
	if (bytes.length > MAX_SOCKS_TEXT) throw fault(PROXY_REFUSED, 'a name or password is too long for SOCKS5');
	return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function fault(code: string, words: string): Error {
	return Object.assign(new Error(`The proxy answered: ${words}`), { code });
}

/** Reads what the proxy says and not a byte more: what follows is the server's. */
class Reader {
	private wake: () => void = () => undefined;
	private readonly onReadable = () => this.wake();
	private held = Buffer.alloc(0);

	constructor(private readonly socket: Socket) {
		for (const event of ['readable', 'end', 'close', 'error']) socket.on(event, this.onReadable);
	}

	/** @throws Error `EPROXYDOWN` when the connection ends first */
	async bytes(count: number): Promise<Buffer> {
		while (this.held.length < count) await this.more();
		return this.take(count);
	}

	async until(mark: string): Promise<Buffer> {
		for (;;) {
			const at = this.held.indexOf(mark);
			if (at >= 0) return this.take(at + mark.length);
			if (this.held.length > MAX_ANSWER_BYTES) throw fault(PROXY_REFUSED, 'too much');
			await this.more();
		}
	}

	/** Gives the socket back, with what was read too far. */
	release(): void {
		for (const event of ['readable', 'end', 'close', 'error'])
			this.socket.removeListener(event, this.onReadable);
		if (this.held.length > 0 && !this.socket.destroyed) this.socket.unshift(this.held);
	}

	private take(count: number): Buffer {
		const taken = this.held.subarray(0, count);
		this.held = this.held.subarray(count);
		return taken;
	}

	private async more(): Promise<void> {
		const chunk = this.socket.read() as Buffer | null;
		if (chunk) {
			this.held = Buffer.concat([this.held, chunk]);
			return;
		}
		if (this.socket.destroyed || this.socket.readableEnded)
			throw fault(PROXY_DOWN, 'nothing, and closed the connection');
		await new Promise<void>((resolve) => (this.wake = resolve));
	}
}

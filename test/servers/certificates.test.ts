import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { HOST, type KeyPair, listen, testCertificates } from './index';

/** Connects to a server with this certificate as a client that trusts the test authority. @returns the error's code */
async function handshake(pair: KeyPair, servername?: string): Promise<string | undefined> {
	const { ca } = await testCertificates();
	const server = tls.createServer({ key: pair.key, cert: pair.cert });
	server.on('tlsClientError', () => undefined);
	const port = await listen(server);
	const socket = tls.connect({ port, host: HOST, ca, ...(servername === undefined ? {} : { servername }) });
	const code = await new Promise<string | undefined>((resolve) => {
		socket.once('secureConnect', () => resolve(undefined));
		socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
	});
	socket.destroy();
	await new Promise((resolve) => server.close(resolve));
	return code;
}

describe('test certificates', () => {
	it.each([
		['server', 'localhost', undefined],
		['server', undefined, undefined],
		['expired', 'localhost', 'CERT_HAS_EXPIRED'],
		['wrongHost', 'localhost', 'ERR_TLS_CERT_ALTNAME_INVALID'],
		['nameOnly', 'localhost', undefined],
		['nameOnly', undefined, 'ERR_TLS_CERT_ALTNAME_INVALID'],
		['selfSigned', 'localhost', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
	] as const)('%s, asked for %s: %s', async (name, servername, code) => {
		expect(await handshake((await testCertificates())[name], servername)).toBe(code);
	});

	it('are made once and belong together', async () => {
		const certificates = await testCertificates();
		expect(await testCertificates()).toBe(certificates);
		const ca = new X509Certificate(certificates.ca);
		expect(ca.ca).toBe(true);
		expect(new X509Certificate(certificates.client.cert).verify(ca.publicKey)).toBe(true);
	});
});

import { generate } from 'selfsigned';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A certificate and its private key, both as PEM text. */
export interface KeyPair {
	key: string;
	cert: string;
}

/** The throw-away certificates of this process. All but `selfSigned` are signed by `ca`. */
export interface TestCertificates {
	/** The authority's certificate (PEM): what a client must trust. */
	ca: string;
	/** Valid for the host name localhost and the address 127.0.0.1. */
	server: KeyPair;
	/** Names localhost, but ended yesterday. */
	expired: KeyPair;
	/** Valid, but names other.example only. */
	wrongHost: KeyPair;
	/** Names the host localhost but no address: a client that dials 127.0.0.1 must refuse it. */
	nameOnly: KeyPair;
	/** Right names, signed by itself instead of by `ca`. */
	selfSigned: KeyPair;
	/** For localhost and the servers of real providers, to stand in for them behind a proxy. */
	providers: KeyPair;
	/** A client's certificate, for servers that ask for one. */
	client: KeyPair;
}

/** Under these names real programs look for them; nothing here ever connects to the real ones. */
const PROVIDER_NAMES = [
	...['login.example.test', 'imap.example.test', 'smtp.example.test'],
	...['accounts.google.com', 'oauth2.googleapis.com', 'imap.gmail.com', 'smtp.gmail.com'],
	...['login.microsoftonline.com', 'outlook.office365.com', 'smtp.office365.com'],
];

const LOCAL_NAMES = [
	{ type: 2 as const, value: 'localhost' },
	{ type: 7 as const, ip: '127.0.0.1' },
];

type Options = NonNullable<Parameters<typeof generate>[1]>;

async function issue(commonName: string, options: Options): Promise<KeyPair> {
	const made = await generate([{ name: 'commonName', value: commonName }], {
		keyType: 'ec',
		algorithm: 'sha256',
		...options,
	});
	return { key: made.private, cert: made.cert };
}

async function make(): Promise<TestCertificates> {
	const ca = await issue('Mailroom test authority', {
		extensions: [
			{ name: 'basicConstraints', cA: true, critical: true },
			{ name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
		],
	});
	const leaf = (
		altNames: Array<(typeof LOCAL_NAMES)[number] | { type: 2; value: string }>,
		more: Options = {},
	): Options => ({
		ca,
		extensions: [
			{ name: 'basicConstraints', cA: false },
			{ name: 'keyUsage', digitalSignature: true, critical: true },
			{ name: 'extKeyUsage', serverAuth: true, clientAuth: true },
			{ name: 'subjectAltName', altNames },
		],
		...more,
	});
	const { ca: _signer, ...unsigned } = leaf(LOCAL_NAMES);
	const now = Date.now();
	return {
		ca: ca.cert,
		server: await issue('localhost', leaf(LOCAL_NAMES)),
		expired: await issue(
			'localhost',
			leaf(LOCAL_NAMES, {
				notBeforeDate: new Date(now - 30 * DAY_MS),
				notAfterDate: new Date(now - DAY_MS),
			}),
		),
		wrongHost: await issue('other.example', leaf([{ type: 2, value: 'other.example' }])),
		nameOnly: await issue('localhost', leaf([{ type: 2, value: 'localhost' }])),
		selfSigned: await issue('localhost', unsigned),
		providers: await issue(
			'localhost',
			leaf([...LOCAL_NAMES, ...PROVIDER_NAMES.map((value) => ({ type: 2 as const, value }))]),
		),
		client: await issue('Mailroom test client', leaf([{ type: 2, value: 'client.example' }])),
	};
}

let cached: Promise<TestCertificates> | undefined;

/**
 * Makes a certificate authority and the certificates listed above, once per process and in memory only.
 *
 * @returns the same certificates on every call (about 50 ms the first time)
 */
export async function testCertificates(): Promise<TestCertificates> {
	cached ??= make();
	return await cached;
}

import { randomBytes } from 'node:crypto';
import type net from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { KeyPair } from './certificates';
import type { MailStore } from './imap/store';
import { listen } from './local';

const DEFAULT_MAX_MESSAGE_BYTES = 50 * 1024 * 1024;

/** A message that the server has taken responsibility for. */
export interface AcceptedMail {
	/** Who had logged in. */
	user: string;
	from: string;
	recipients: string[];
	raw: Buffer;
	queueId: string;
}

/** Refusals: `undefined` means none. A text is the reply, code first: `450 4.2.0 try again later`. */
export interface SmtpFaults {
	onSender?: ((address: string) => string | undefined) | undefined;
	onRecipient?: ((address: string) => string | undefined) | undefined;
	/** Asked when the whole message is there; the message is not delivered when it is refused. */
	onMessage?: ((raw: Buffer) => string | undefined) | undefined;
}

function refusal(reply: string): Error {
	const [, code = '550', text = reply] = /^(\d{3}) (.*)$/s.exec(reply) ?? [];
	return Object.assign(new Error(text), { responseCode: Number(code) });
}

interface SmtpServers {
	ports: { smtp: number; smtps: number };
	faults: SmtpFaults;
	accepted: AcceptedMail[];
	stop(): Promise<void>;
}

/** SMTP for the users of `store`, login required: one port with STARTTLS, one with TLS from the first byte. */
export async function startSmtpServers(options: {
	store: MailStore;
	certificate: KeyPair;
	requireTls: boolean;
	maxMessageBytes?: number;
}): Promise<SmtpServers> {
	const { store } = options;
	const accepted: AcceptedMail[] = [];
	const faults: SmtpFaults = {};
	const sockets = new Set<net.Socket>();

	const accept = (mail: AcceptedMail): string => {
		accepted.push(mail);
		for (const recipient of mail.recipients) store.account(recipient)?.find('INBOX')?.add({ raw: mail.raw });
		return `2.0.0 Ok: queued as ${mail.queueId}`;
	};
	const behaviour: SMTPServerOptions = {
		...options.certificate,
		name: 'localhost',
		authMethods: ['PLAIN', 'LOGIN'],
		allowInsecureAuth: !options.requireTls,
		disableReverseLookup: true,
		size: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
		onAuth: (auth, _session, done) => {
			const account = store.login(auth.username ?? '', auth.password ?? '');
			if (account) done(null, { user: account.user });
			else done(refusal('535 5.7.8 Error: authentication failed'));
		},
		onMailFrom: ({ address }, _session, done) => {
			const reply = faults.onSender?.(address);
			done(reply === undefined ? null : refusal(reply));
		},
		onRcptTo: ({ address }, _session, done) => {
			const unknown = store.account(address) ? undefined : `550 5.1.1 <${address}>: User unknown`;
			const reply = faults.onRecipient?.(address) ?? unknown;
			done(reply === undefined ? null : refusal(reply));
		},
		onData: (stream, session, done) => {
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			stream.once('end', () => {
				const raw = Buffer.concat(chunks);
				const { mailFrom, rcptTo } = session.envelope;
				const reply = stream.sizeExceeded ? '552 5.3.4 Message too big' : faults.onMessage?.(raw);
				if (reply !== undefined) return done(refusal(reply));
				const mail = {
					user: session.user ?? '',
					from: mailFrom === false ? '' : mailFrom.address,
					recipients: rcptTo.map(({ address }) => address),
					raw,
					queueId: randomBytes(6).toString('hex').toUpperCase(),
				};
				return done(null, accept(mail));
			});
		},
	};
	const servers = [false, true].map((secure) => {
		const smtp = new SMTPServer({ ...behaviour, secure });
		// A client that breaks off is its own affair; the test sees it on the client's side.
		smtp.on('error', () => undefined);
		smtp.server.on('connection', (socket: net.Socket) => {
			sockets.add(socket);
			socket.once('close', () => sockets.delete(socket));
		});
		return smtp;
	}) as [SMTPServer, SMTPServer];
	return {
		ports: { smtp: await listen(servers[0].server), smtps: await listen(servers[1].server) },
		faults,
		accepted,
		stop: async () => {
			const closed = servers.map(
				(smtp) => new Promise<void>((resolve) => smtp.server.close(() => resolve())),
			);
			sockets.forEach((socket) => socket.destroy());
			await Promise.all(closed);
		},
	};
}

/** Connections that come to nothing: given up by us in the middle of TLS, or never made safe by the server. */
import { MailError } from '../../../nodes/mail/errors';
import { ImapClient } from '../../../nodes/mail/imap/client';
import { verifySmtp } from '../../../nodes/mail/smtp/transport';
import { eventually, HOST, startScriptedServer } from '../../servers';
import { testAccount } from '../account/accounts';

const CLEAR = {
	imap: { greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n', go: '%TAG% OK go\r\n' },
	smtp: { greeting: '220 hi\r\n', go: '220 go\r\n' },
};

describe.each(['imap', 'smtp'] as const)('%s', (side) => {
	test.each(['tls', 'starttls'] as const)(
		'given up while %s is agreed on: nothing stays open',
		async (security) => {
			const { greeting, go } = CLEAR[side];
			const server = await startScriptedServer({
				greeting: security === 'tls' ? { then: 'silent' } : greeting,
				script: [
					[/STARTTLS/, { send: go, then: 'silent' }],
					[/EHLO/, '250-hi\r\n250 STARTTLS\r\n'],
				],
			});
			try {
				const stop = new AbortController();
				const to = testAccount({ [side]: { host: HOST, port: server.port, security } });
				const attempt =
					side === 'imap'
						? ImapClient.connect(to, { signal: stop.signal })
						: verifySmtp(to, stop.signal).then(() => null);
				const failure = attempt.catch((error: unknown) => error);
				await eventually(5_000, 'the handshake has begun', () => {
					const bytes = server.connections[0]?.received ?? Buffer.alloc(0);
					// The first record of a handshake (RFC 8446 §5.1).
					return bytes.includes(Buffer.from([0x16, 0x03, 0x01]));
				});
				stop.abort();
				expect(await failure).toMatchObject({ code: 'CANCELLED' });
				await eventually(5_000, 'the connection is closed', () => server.connections[0]?.closed === true);
			} finally {
				await server.stop();
			}
		},
	);
});

test('a server that lets everybody in before STARTTLS is not believed, and that is no passing trouble', async () => {
	const server = await startScriptedServer({
		greeting: '* PREAUTH welcome\r\n',
		script: [[/./, '%TAG% OK\r\n']],
	});
	try {
		const imap = { host: HOST, port: server.port, security: 'starttls' as const };
		const error = await ImapClient.connect(testAccount({ imap })).catch((caught: unknown) => caught);
		expect(error).toBeInstanceOf(MailError);
		expect(error).toMatchObject({ retry: 'configuration', diagnosis: { id: 'starttls-missing' } });
		expect(server.transcript).not.toMatch(/LOGIN|AUTHENTICATE|SELECT/);
	} finally {
		await server.stop();
	}
});

import * as login from '../../../nodes/mail/smtp/login';
import { MailError } from '../../../nodes/mail/errors';
import { SmtpLine } from '../../../nodes/mail/smtp/transport';
import { eventually } from '../../servers';
import { smtpAccount } from './accounts';
import { startFakeSmtp, type FakeSmtp, type Stage } from './fakeSmtp';

let server: FakeSmtp;
let drip: NodeJS.Timeout;
afterEach(async () => {
	clearInterval(drip);
	jest.restoreAllMocks();
	await server.stop();
});

test.each<[Stage, string]>([
	['EHLO', 'CONNECT'],
	['AUTH', 'LOGIN'],
])('a server whose answer to %s never ends is given up, although it is never silent', async (at, code) => {
	jest.replaceProperty(login as { STEP_TIMEOUT_MS: number }, 'STEP_TIMEOUT_MS', 1_000);
	server = await startFakeSmtp({
		answer: (stage, _line, { socket }) => {
			if (stage !== at) return undefined;
			drip = setInterval(() => socket.write(stage === 'EHLO' ? '250-WORD\r\n' : '334-WORD\r\n'), 50);
			return { then: 'silent' };
		},
	});
	const error = await SmtpLine.open(smtpAccount(server.port)).catch((caught: unknown) => caught);
	expect(error).toBeInstanceOf(MailError);
	expect(error).toMatchObject({ code, retry: 'transient' });
	await eventually(5_000, 'the connection is closed', () => server.open === 0);
});

import { inspect } from 'util';
import { MailError } from '../../../nodes/mail/errors';
import { SmtpLine } from '../../../nodes/mail/smtp/transport';
import { Transcript } from '../../../nodes/mail/smtp/transcript';
import { secretsOf } from '../../../nodes/mail/account/account';
import { FakeTokens } from '../account/accounts';
import { smtpAccount } from './accounts';
import { HOST, startFakeSmtp, type FakeReply, type FakeSmtp, type Stage } from './fakeSmtp';

const USER = 'ada@example.test';
const REFUSAL = Buffer.from('{"status":"invalid_token","schemes":"bearer","scope":"mail"}').toString(
	'base64',
);

let server: FakeSmtp;
afterEach(async () => await server.stop());

async function serve(
	methods: string,
	answer: (stage: Stage, line: string) => FakeReply | undefined = () => undefined,
): Promise<void> {
	server = await startFakeSmtp({ extensions: ['PIPELINING', `AUTH ${methods}`], answer });
}

const account = (tokens: FakeTokens) => smtpAccount(server.port, { auth: { kind: 'token', tokens } });

const commands = (): string[] => server.sessions.flatMap((session) => session.commands);

/** What was said to log in, decoded. */
function words(): string[] {
	return commands()
		.filter((line) => line.startsWith('AUTH '))
		.map((line) => Buffer.from(line.split(' ')[2] ?? '', 'base64').toString());
}

async function logIn(tokens: FakeTokens): Promise<MailError | null> {
	try {
		(await SmtpLine.open(account(tokens))).quit();
		return null;
	} catch (error) {
		if (error instanceof MailError) return error;
		throw error;
	}
}

test('XOAUTH2 where that is all the server offers, whatever passwords it also takes', async () => {
	await serve('PLAIN LOGIN XOAUTH2');
	expect(await logIn(new FakeTokens(['token-1']))).toBeNull();
	expect(words()).toEqual([`user=${USER}\x01auth=Bearer token-1\x01\x01`]);
});

test('OAUTHBEARER where it is offered (RFC 7628)', async () => {
	await serve('XOAUTH2 PLAIN OAUTHBEARER');
	expect(await logIn(new FakeTokens(['token-1']))).toBeNull();
	expect(words()).toEqual([
		`n,a=${USER},\x01host=${HOST}\x01port=${server.port}\x01auth=Bearer token-1\x01\x01`,
	]);
});

test.each([
	['XOAUTH2', ''],
	['OAUTHBEARER', 'AQ=='],
])('%s refused: another token is asked for once, and that one is used', async (method, ending) => {
	let isRefusing = false;
	await serve(method, (stage, line) => {
		const isOld = Buffer.from(line.split(' ')[2] ?? '', 'base64').includes('Bearer old-token');
		if (stage === 'AUTH' && isOld) {
			isRefusing = true;
			return `334 ${REFUSAL}`;
		}
		if (!isRefusing || line !== ending) return undefined;
		isRefusing = false;
		return '535 5.7.8 Error: authentication failed';
	});
	const tokens = new FakeTokens(['old-token', 'new-token']);
	expect(await logIn(tokens)).toBeNull();
	expect(tokens.asked()).toEqual([null, 'old-token']);
	expect(words()).toHaveLength(2);
});

test('two tokens refused: that is all, with the diagnosis, and nothing of them is seen', async () => {
	const echo = (line: string) =>
		`535 5.7.8 no: ${line} ${Buffer.from(line.split(' ')[2] ?? '', 'base64').toString()}`;
	await serve('XOAUTH2', (stage, line) => (stage === 'AUTH' ? echo(line) : undefined));
	const tokens = new FakeTokens(['first-token', 'second-token', 'third-token']);
	const transcript = new Transcript(() => secretsOf(account(tokens)));
	const error = await SmtpLine.open(account(tokens), undefined, transcript).catch(
		(caught: unknown) => caught,
	);
	expect(words()).toHaveLength(2);
	expect(error).toMatchObject({
		code: 'LOGIN',
		retry: 'credentials',
		diagnosis: { id: 'oauth-refused-though-new' },
	});
	const seen = [inspect(error, { depth: 9 }), JSON.stringify(error), (error as MailError).line];
	seen.push(inspect(account(tokens), { depth: 9, showHidden: true }), JSON.stringify(account(tokens)));
	seen.push(...transcript.lines);
	for (const secret of tokens.issued.map((each) => each.reveal())) {
		expect(seen.join('\n')).not.toContain(secret);
		const sasl = Buffer.from(`user=${USER}\x01auth=Bearer ${secret}\x01\x01`).toString('base64');
		expect(seen.join('\n')).not.toContain(sasl.replace(/=+$/, ''));
	}
});

test('a server without either method is told nothing', async () => {
	await serve('PLAIN LOGIN');
	expect(await logIn(new FakeTokens(['token-1']))).toMatchObject({
		retry: 'configuration',
		diagnosis: { id: 'oauth-not-offered' },
	});
	expect(server.received).not.toContain('AUTH');
});

test('a limit is no reason for another token', async () => {
	await serve('XOAUTH2', (stage) => (stage === 'AUTH' ? '454 4.7.0 Too many login attempts' : undefined));
	const tokens = new FakeTokens(['token-1', 'token-2']);
	expect(await logIn(tokens)).toMatchObject({ retry: 'limit' });
	expect(tokens.asked()).toEqual([null]);
});

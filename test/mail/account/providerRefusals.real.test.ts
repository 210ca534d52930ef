/** The refusals of real providers, spoken by scripted servers to the real client: each is explained, with the right page. */
import { Readable } from 'stream';
import type { Account } from '../../../nodes/mail/account/account';
import { checkAccount, type CheckStage } from '../../../nodes/mail/account/check';
import { PROVIDERS } from '../../../nodes/mail/account/providers';
import { MailError } from '../../../nodes/mail/errors';
import { SmtpLine } from '../../../nodes/mail/smtp/transport';
import { HOST, startScriptedServer, type ScriptedServer } from '../../servers';
import { FakeTokens, testAccount } from './accounts';
import { PROVIDER_REFUSALS, type ProviderRefusal, type SaidAt } from './providerRefusals';
import { serverFor } from './providerServers';

jest.setTimeout(60_000);

const USER = 'ann@example.org';
const PASSWORD = 'pass-word-of-ann';
const TOKENS = ['first-token-of-ann', 'second-token-of-ann'];

/** What the issue asks for, by name. */
const WANTED = [
	...['gmail', 'microsoft365', 'outlook', 'yahoo', 'icloud', 'zoho', 'yandex', 'mailru'],
	...['qq', 'exmail', 'netease163', 'netease126', 'aliyun'],
];

/** The stage at which the check must stop. */
const STAGES: Partial<Record<SaidAt, CheckStage>> = {
	login: 'login',
	plain: 'login',
	token: 'login',
	namespace: 'login',
	mailbox: 'mailbox',
	sender: 'sender',
};

let server: ScriptedServer | undefined;
afterEach(async () => {
	await server?.stop();
	server = undefined;
});

/** Answers explained, for the figures at the end. */
const explained: Array<{ refusal: ProviderRefusal; id: string }> = [];
afterAll(() => {
	const ids = new Set(explained.map(({ id }) => id));
	const providers = new Set(explained.map(({ refusal }) => refusal.provider));
	const sourced = explained.filter(({ refusal }) => refusal.source !== '-').length;
	process.stderr.write(
		`Through the real client: ${explained.length} answers of ${providers.size} providers (${sourced} with the page they were read on), ${ids.size} diagnoses.\n`,
	);
});

function accountFor({ provider, side, at }: ProviderRefusal): Account {
	const preset = PROVIDERS[provider][side];
	const endpoint = {
		host: HOST,
		port: server?.port ?? 0,
		security: at === 'plain' ? 'none' : preset.security,
	} as const;
	return testAccount({
		provider,
		user: USER,
		password: PASSWORD,
		senderAddress: USER,
		[side]: endpoint,
		...(at === 'token' && { auth: { kind: 'token', tokens: new FakeTokens([...TOKENS]) } }),
	});
}

async function refusalOf(account: Account, refusal: ProviderRefusal): Promise<MailError> {
	if (refusal.at === 'data') return await refusalOfMail(account);
	const results = await checkAccount(account);
	const failed = results.filter(({ ok }) => !ok);
	expect(failed.map(({ side, stage }) => [side, stage])).toEqual([[refusal.side, STAGES[refusal.at]]]);
	const error = failed[0]?.error;
	if (!error) throw new Error('a failed stage has its error');
	return error;
}

async function refusalOfMail(account: Account): Promise<MailError> {
	const line = await SmtpLine.open(account);
	try {
		const message = Readable.from([Buffer.from('Subject: x\r\n\r\nx\r\n')]);
		await line.send({ from: USER, to: ['bob@example.net'] }, message);
	} catch (error) {
		if (error instanceof MailError) return error;
		throw error;
	} finally {
		line.quit();
	}
	throw new Error('the mail was accepted');
}

/** The words of an answer without its codes, as far as they are in a character set that we know. */
function wordsOf({ says }: ProviderRefusal): string[] {
	return says
		.map((line) => line.toString('latin1').replace(/^(NO|BAD|\d{3}[ -])( ?\[[A-Z]+\])? ?/, ''))
		.flatMap((line) => line.split(/[\x80-\xff]+/))
		.filter((words) => words.trim() !== '')
		.map((words) => words.trim());
}

const CASES = PROVIDER_REFUSALS.map((refusal): [string, ProviderRefusal] => [
	`${refusal.provider} ${refusal.side} ${refusal.at}: ${refusal.says.join(' ')}`,
	refusal,
]);

test.each(CASES)('%s', async (_title, refusal) => {
	const preset = PROVIDERS[refusal.provider][refusal.side];
	const tls = refusal.at !== 'plain' && preset.security === 'tls';
	server = await startScriptedServer({ ...serverFor(refusal), tls });
	const error = await refusalOf(accountFor(refusal), refusal);

	expect(error.diagnosis?.id).toBe(refusal.diagnosis);
	expect(error.url).toBe(refusal.page);
	// The provider is named by its name, and told what to do; the server's own words are not lost.
	expect(error.line).not.toMatch(/[{}]/);
	expect(error.nextStep).toMatch(/^[A-Z].*\.$/);
	const shown = error.line.replace(/\s+/g, ' ');
	for (const words of wordsOf(refusal)) expect(shown).toContain(words.replace(/\s+/g, ' '));
	for (const secret of [PASSWORD, ...TOKENS]) expect(shown).not.toContain(secret);
	expect(server?.unexpected).toEqual([]);
	explained.push({ refusal, id: refusal.diagnosis });
});

test.each(['netease163', 'netease126'] as const)(
	'%s opens the mailbox because we name ourselves',
	async (key) => {
		const refusal = PROVIDER_REFUSALS.find(({ provider, at }) => provider === key && at === 'mailbox');
		if (!refusal) throw new Error('the table lacks its Unsafe Login');
		server = await startScriptedServer({ ...serverFor(refusal, true), tls: true });
		const results = await checkAccount(accountFor(refusal));
		expect(results.at(-1)).toMatchObject({ stage: 'mailbox', ok: true });
	},
);

test('the table has every provider that was asked for, and says where each answer was read', () => {
	const providers = new Set<string>(PROVIDER_REFUSALS.map(({ provider }) => provider));
	expect(WANTED.filter((key) => !providers.has(key))).toEqual([]);
	for (const { source } of PROVIDER_REFUSALS) expect(source).toMatch(/^(-|https:\/\/\S+)$/);
});

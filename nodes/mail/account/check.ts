/**
 * Tries an account stage by stage, on both sides at once, and says where it stops and why. Serves the credential's test
 * and the IMAP node's operation.
 */
import { isIP } from 'net';
import { MailError } from '../errors';
import { ImapClient } from '../imap/client';
import type { LineStage } from '../net/dial';
import { SmtpLine } from '../smtp/transport';
import { ANSWER_LIMITS } from '../smtp/transaction';
import type { Account, Endpoint } from './account';
import { portAdvice } from './ports';

/** For each side; both are tried at the same time. */
export const CHECK_TIMEOUT_MS = 14_000;

/** `name` is looked up, unless the host is an address or a proxy does it; `sender`: whether mail may come from the account's address. */
export type CheckStage = LineStage | 'login' | 'mailbox' | 'sender';

export interface StageResult {
	side: 'imap' | 'smtp';
	stage: CheckStage;
	ok: boolean;
	/** Since the stage before, in milliseconds. */
	ms: number;
	/** What was found, such as the number of mails; null when there is nothing to say. */
	detail: string | null;
	/** Why it failed; null when it did not. */
	error: MailError | null;
}

const WORDS: Record<CheckStage, string> = {
	name: 'looking up its name',
	tcp: 'accepting the connection',
	tls: 'agreeing on encryption',
	greeting: 'its greeting',
	capabilities: 'saying what it can do',
	login: 'the login',
	mailbox: 'opening the INBOX',
	sender: 'asking about the sender',
};

/**
 * Checks every side that the account has. Sends no mail and changes nothing.
 *
 * @returns a row for each stage in the order in which they were passed, IMAP first; a side ends with the stage that failed
 */
export async function checkAccount(
	account: Account,
	timeoutMs = CHECK_TIMEOUT_MS,
	signal?: AbortSignal,
): Promise<StageResult[]> {
	const sides = (['imap', 'smtp'] as const).map(async (side) => {
		const endpoint = account[side];
		return endpoint ? await checkSide(account, side, endpoint, timeoutMs, signal) : [];
	});
	return (await Promise.all(sides)).flat();
}

async function checkSide(
	account: Account,
	side: 'imap' | 'smtp',
	endpoint: Endpoint,
	timeoutMs: number,
	signal?: AbortSignal,
): Promise<StageResult[]> {
	const stages = new Stages(side, stagesOf(account, side, endpoint));
	const timeout = AbortSignal.timeout(timeoutMs);
	const over = signal ? AbortSignal.any([signal, timeout]) : timeout;
	try {
		await (side === 'imap' ? passImap : passSmtp)(account, stages, over);
	} catch (caught) {
		const late = timeout.aborted && !(caught instanceof MailError && caught.code === 'LOGIN');
		stages.failed(late ? tooLate(side, endpoint, stages.next, timeoutMs) : toMailError(caught));
	}
	return stages.results;
}

async function passImap(account: Account, stages: Stages, signal: AbortSignal): Promise<void> {
	const client = await ImapClient.connect(account, { signal, onStage: (stage) => stages.passed(stage) });
	try {
		stages.passed('login');
		const { exists } = await client.select('INBOX', true);
		stages.passed('mailbox', exists === 1 ? '1 mail in INBOX' : `${exists} mails in INBOX`);
	} finally {
		await client.logout();
	}
}

async function passSmtp(account: Account, stages: Stages, signal: AbortSignal): Promise<void> {
	const onStage = (stage: LineStage) => stages.passed(stage);
	const line = await SmtpLine.open(account, signal, undefined, ANSWER_LIMITS, onStage);
	const drop = () => line.quit();
	signal.addEventListener('abort', drop, { once: true });
	try {
		stages.passed('login');
		const sender = senderOf(account);
		if (sender === null) return;
		await line.askSender(sender);
		stages.passed('sender', `${sender} may send`);
	} finally {
		signal.removeEventListener('abort', drop);
		line.quit();
	}
}

/** The account's address as a command can carry it (RFC 5321 §4.1.2); null for none, and for one that takes SMTPUTF8. */
function senderOf({ senderAddress }: Account): string | null {
	return senderAddress !== null && /^[!-;=?-~]+@[!-;=?-~]+$/.test(senderAddress) ? senderAddress : null;
}

function stagesOf(account: Account, side: 'imap' | 'smtp', endpoint: Endpoint): CheckStage[] {
	const encrypted: Record<Endpoint['security'], CheckStage[]> = {
		tls: ['tls', 'greeting'],
		starttls: ['greeting', 'tls'],
		none: ['greeting'],
	};
	const last: CheckStage[] = side === 'imap' ? ['mailbox'] : senderOf(account) === null ? [] : ['sender'];
	const looksUp = !account.proxy && isIP(endpoint.host) === 0;
	return [
		...(looksUp ? (['name'] as const) : []),
		'tcp',
		...encrypted[endpoint.security],
		'capabilities',
		'login',
		...last,
	];
}

/** The stages of one side, passed in their order. */
class Stages {
	readonly results: StageResult[] = [];
	private since = performance.now();

	constructor(
		private readonly side: 'imap' | 'smtp',
		private readonly expected: readonly CheckStage[],
	) {}

	/** The stage that is under way. */
	get next(): CheckStage {
		return this.expected[this.results.length] ?? 'login';
	}

	/** Also passes those before it that nobody told of; what was passed already counts once. */
	passed(stage: CheckStage, detail: string | null = null): void {
		const at = this.expected.indexOf(stage);
		while (this.results.length <= at) this.add(true, this.next === stage ? detail : null, null);
	}

	failed(error: MailError): void {
		// Without a token no server was asked.
		if (error.code === 'LOGIN' && this.results.length === 0) {
			this.add(false, null, error, 'login');
			return;
		}
		if (error.code === 'LOGIN') this.passed('capabilities');
		this.add(false, null, error);
	}

	private add(ok: boolean, detail: string | null, error: MailError | null, stage = this.next): void {
		const now = performance.now();
		const ms = Math.round(now - this.since);
		this.since = now;
		this.results.push({ side: this.side, stage, ok, ms, detail, error });
	}
}

function tooLate(side: 'imap' | 'smtp', endpoint: Endpoint, stage: CheckStage, ms: number): MailError {
	const seconds = Math.round(ms / 1000);
	return new MailError(
		'TIMEOUT',
		`The server did not finish the login within ${seconds} s; it stopped at ${WORDS[stage]}.`,
		{
			retry: 'transient',
			side,
			nextStep: `Check host, port and firewall. ${portAdvice({ side, ...endpoint })}`,
		},
	);
}

function toMailError(error: unknown): MailError {
	if (error instanceof MailError) return error;
	const text = error instanceof Error ? error.message : String(error);
	return new MailError('CONNECT', `The account could not be checked: ${text}`, { retry: 'transient' });
}

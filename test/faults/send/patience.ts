/** Servers that want patience: those that take a stranger's mail only later (greylisting), and those that answer slowly. */
import type { Clock } from '../../../nodes/mail/clock';
import type { ComposedMail } from '../../../nodes/mail/message/compose';
import { SmtpPool } from '../../../nodes/mail/smtp/pool';
import { sendMail, type SendOptions, type SendResult } from '../../../nodes/mail/smtp/send';
import { smtpAccount } from '../../mail/smtp/accounts';
import { DEFAULT_EXTENSIONS, startFakeSmtp, type Stage } from '../../mail/smtp/fakeSmtp';
import { HOST } from '../../servers';
import { startGreylist } from '../../servers/greylist';
import { NO_FIGURES, type Figures, type Row } from '../campaign';
import { IMPATIENT, Lab, smallMail } from './lab';

const MINUTE_MS = 60_000;
/** What docs/sending.md advises. */
const ADVISED = { attempts: 8, totalTimeMs: 30 * MINUTE_MS };

/** Waits pass at once and count. */
function virtualClock(): Clock {
	let now = 0;
	return {
		now: () => now,
		wallTime: () => now,
		after(ms, callback) {
			const timer = setImmediate(() => {
				now += ms;
				callback();
			});
			return () => clearImmediate(timer);
		},
	};
}

interface Greylisting {
	delayMs: number;
	options: Pick<SendOptions, 'attempts' | 'totalTimeMs'>;
	mails: number;
	accepted: boolean;
}

/** Mails one after the other, each from another sender, who is a stranger to the server. */
async function greylisted({ delayMs, options, mails, accepted }: Greylisting): Promise<Figures> {
	const clock = virtualClock();
	const greylist = await startGreylist(delayMs, () => clock.now());
	const restrictions = `check_policy_service inet:${HOST}:${greylist.port}, permit`;
	const lab = await Lab.start('smtp', { smtpd_recipient_restrictions: restrictions });
	try {
		const pool = new SmtpPool(lab.account);
		const results: SendResult[] = [];
		for (let count = 0; count < mails; count++) {
			const mail = smallMail(`grey${count}`);
			const stranger = { ...mail, envelope: { ...mail.envelope, from: `stranger${count}@example.test` } };
			results.push(await sendMail(lab.account, stranger, { ...options, clock, pool }));
		}
		pool.closeIdle();
		const copies = await lab.copies();
		const counts = results.map(({ messageId }) => copies.get(messageId) ?? 0);
		const wanted = accepted ? 'accepted' : 'refused';
		const missed = results
			.filter(({ outcome }, index) => outcome !== wanted || counts[index] !== (accepted ? 1 : 0))
			.map(({ outcome, response, attempts }) => `${outcome} after ${attempts} attempts: ${response}`);
		for (const { error } of accepted ? [] : results) {
			if (!/greylisting/.test(error?.message ?? '')) missed.push(`said "${error?.message}"`);
			if (!/"Attempts".*"Total Time"/.test(error?.nextStep ?? ''))
				missed.push(`advised "${error?.nextStep}"`);
		}
		const attempts = results.map((result) => result.attempts);
		return {
			...NO_FIGURES,
			sent: mails,
			delivered: counts.filter((count) => count > 0).length,
			lost: accepted ? counts.filter((count) => count === 0).length : null,
			doubled: counts.filter((count) => count > 1).length,
			happened: greylist.deferred,
			missed,
			notes: { attempts: `${Math.min(...attempts)} to ${Math.max(...attempts)}` },
		};
	} finally {
		await lab.stop();
		await greylist.stop();
	}
}

const SLOW_SECONDS = 2;

/** A real Postfix that sleeps before it answers: at the connection, EHLO, MAIL and RCPT. */
async function slowPostfix(mails: number): Promise<Figures> {
	const sleep = `sleep ${SLOW_SECONDS}`;
	const lab = await Lab.start('smtp', {
		smtpd_delay_reject: 'no',
		smtpd_client_restrictions: sleep,
		smtpd_helo_restrictions: sleep,
		smtpd_sender_restrictions: sleep,
		smtpd_recipient_restrictions: `${sleep}, permit`,
	});
	try {
		const startedAt = performance.now();
		const pool = new SmtpPool(lab.account);
		const all = Array.from({ length: mails }, (_none, count) => smallMail(`slow${count}`));
		const results = await Promise.all(
			all.map(async (mail) => await sendMail(lab.account, mail, { clock: IMPATIENT, pool })),
		);
		pool.closeIdle();
		const seconds = (performance.now() - startedAt) / 1000;
		const missed = seconds < 4 * SLOW_SECONDS ? [`over in ${seconds.toFixed(1)} s: it was not slow`] : [];
		return judge(all, results, await lab.copies(), results.length * 4, missed);
	} finally {
		await lab.stop();
	}
}

const STAGES: Stage[] = ['EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'BDAT', 'end', 'RSET'];
const ANSWER_AFTER_MS = 1_000;

/** A server that takes its time for each single answer. */
async function slowAnswers(extensions: string[]): Promise<Figures> {
	let slow = 0;
	const server = await startFakeSmtp({
		extensions,
		answer: async (stage) => {
			if (STAGES.includes(stage)) {
				slow++;
				await new Promise((resolve) => setTimeout(resolve, ANSWER_AFTER_MS));
			}
			return undefined;
		},
	});
	try {
		const account = smtpAccount(server.port);
		const pool = new SmtpPool(account);
		const all = Array.from({ length: 12 }, (_none, count) => smallMail(`slow${count}`));
		const results = await Promise.all(
			all.map(async (mail) => await sendMail(account, mail, { clock: IMPATIENT, pool })),
		);
		pool.closeIdle();
		return judge(all, results, copiesOf(server.messages), slow, []);
	} finally {
		await server.stop();
	}
}

/** Slower than the limits: before the end nothing was sent and it is tried again, at the end nobody knows. */
async function tooSlow(extensions: string[]): Promise<Figures> {
	const limits = { answerMs: 300, finalMs: 300 };
	const stages = ['MAIL', 'RCPT', extensions.includes('CHUNKING') ? 'BDAT' : 'DATA', 'end'] as const;
	const missed: string[] = [];
	let happened = 0;
	for (const at of stages) {
		const server = await startFakeSmtp({
			extensions,
			answer: async (stage) => {
				if (stage !== at) return undefined;
				happened++;
				await new Promise((resolve) => setTimeout(resolve, ANSWER_AFTER_MS));
				return undefined;
			},
		});
		try {
			const account = smtpAccount(server.port);
			const mail = smallMail(`late-${at}`);
			const pool = new SmtpPool(account, undefined, limits);
			const { outcome, attempts } = await sendMail(account, mail, { clock: IMPATIENT, pool });
			// What the server makes of the rest when it wakes up.
			await new Promise((resolve) => setTimeout(resolve, 2 * ANSWER_AFTER_MS));
			const copies = copiesOf(server.messages).get(mail.messageId) ?? 0;
			const found = `${outcome}, ${attempts} attempts, ${copies} copies`;
			const wanted = at === 'end' ? 'unknown, 1 attempts, 1 copies' : 'refused, 3 attempts, 0 copies';
			if (found !== wanted) missed.push(`too slow at ${at}: ${found}, not ${wanted}`);
		} finally {
			await server.stop();
		}
	}
	return { ...NO_FIGURES, sent: stages.length, doubled: 0, happened, missed };
}

function copiesOf(messages: readonly { raw: Buffer }[]): Map<string, number> {
	const counts = new Map<string, number>();
	for (const { raw } of messages) {
		const id = /^Message-ID: *(\S+)/im.exec(raw.toString('latin1'))?.[1] ?? '';
		counts.set(id, (counts.get(id) ?? 0) + 1);
	}
	return counts;
}

function judge(
	mails: readonly ComposedMail[],
	results: readonly SendResult[],
	copies: Map<string, number>,
	happened: number,
	missed: string[],
): Figures {
	const counts = mails.map(({ messageId }) => copies.get(messageId) ?? 0);
	for (const [index, { outcome, attempts }] of results.entries()) {
		if (outcome !== 'accepted' || attempts !== 1 || counts[index] !== 1)
			missed.push(`mail ${index}: ${outcome}, ${attempts} attempts, ${counts[index]} copies`);
	}
	return {
		...NO_FIGURES,
		sent: mails.length,
		delivered: counts.filter((count) => count > 0).length,
		lost: counts.filter((count) => count === 0).length,
		doubled: counts.filter((count) => count > 1).length,
		happened,
		missed,
	};
}

const grey = (id: string, what: string, bar: string, greylisting: Greylisting): Row => ({
	id,
	fault: `greylisting, ${what}, Postfix with a policy server, waits by an injected clock`,
	proof: 'times that the policy said "come back"',
	bar,
	needs: ['dovecot', 'postfix'],
	run: async () => await greylisted(greylisting),
});

const CHUNKING = [...DEFAULT_EXTENSIONS, 'CHUNKING'];
const ONCE = 'accepted at the first attempt, one copy';

const ACCEPTED = 'accepted within the attempts and time that the documentation advises, one copy';
const REFUSED = 'refused; the error names greylisting and the two options that help';

export const rows: Row[] = [
	grey('M5a', '5 minutes', ACCEPTED, { delayMs: 5 * MINUTE_MS, options: ADVISED, mails: 30, accepted: true }),
	grey('M5b', '15 minutes', ACCEPTED, {
		delayMs: 15 * MINUTE_MS,
		options: ADVISED,
		mails: 30,
		accepted: true,
	}),
	grey('M5c', '5 minutes, default options', REFUSED, {
		delayMs: 5 * MINUTE_MS,
		options: {},
		mails: 3,
		accepted: false,
	}),
	{
		id: 'M6a',
		fault: `${SLOW_SECONDS} s before the answers to the connection, EHLO, MAIL and RCPT, Postfix`,
		proof: 'answers that came late',
		bar: ONCE,
		needs: ['dovecot', 'postfix'],
		run: async () => await slowPostfix(10),
	},
	...[
		{ id: 'M6b', what: 'BDAT', extensions: CHUNKING },
		{ id: 'M6c', what: 'DATA', extensions: DEFAULT_EXTENSIONS },
	].map(({ id, what, extensions }) => ({
		id,
		fault: `${ANSWER_AFTER_MS} ms before each single answer, ${what}`,
		proof: 'answers that came late',
		bar: ONCE,
		run: async () => await slowAnswers(extensions),
	})),
	...[
		{ id: 'M6d', what: 'BDAT', extensions: CHUNKING },
		{ id: 'M6e', what: 'DATA', extensions: DEFAULT_EXTENSIONS },
	].map(({ id, what, extensions }) => ({
		id,
		fault: `an answer later than our limit at MAIL, RCPT, the body and the end, ${what}`,
		proof: 'answers that came late',
		bar: 'before the end: three attempts, refused, no copy; at the end: unknown, one attempt, one copy',
		run: async () => await tooSlow(extensions),
	})),
];

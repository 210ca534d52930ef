/** The line is lost after the whole message: nobody can know, so it is said, and nothing is sent again. */
import type { EndKind } from '../../servers';
import { SmtpPool } from '../../../nodes/mail/smtp/pool';
import { sendMail } from '../../../nodes/mail/smtp/send';
import { smtpAccount } from '../../mail/smtp/accounts';
import { DEFAULT_EXTENSIONS, startFakeSmtp } from '../../mail/smtp/fakeSmtp';
import { NO_FIGURES, type Figures, type Row } from '../campaign';
import { IMPATIENT, Lab, smallMail } from './lab';

const REPEATS = 20;
/** Instead of ten minutes for the answer to the end of the message. */
const LIMITS = { answerMs: 5_000, finalMs: 300 };

interface Seen {
	outcomes: string[];
	attempts: number;
	/** Copies of each mail at the server. */
	copies: number[];
	/** Connections besides the first one of each mail. */
	furtherConnections: number;
	happened: number;
}

function judge({ outcomes, attempts, copies, furtherConnections, happened }: Seen): Figures {
	const missed: string[] = [];
	const unknown = outcomes.filter((outcome) => outcome === 'unknown').length;
	if (unknown !== REPEATS) missed.push(`outcomes: ${outcomes.join(' ')}`);
	if (attempts !== REPEATS) missed.push(`${attempts} attempts at ${REPEATS} mails`);
	if (furtherConnections > 0) missed.push(`${furtherConnections} further connections`);
	if (copies.some((count) => count !== 1)) missed.push(`copies: ${copies.join(' ')}`);
	return {
		...NO_FIGURES,
		sent: REPEATS,
		delivered: copies.filter((count) => count > 0).length,
		lost: copies.filter((count) => count === 0).length,
		doubled: copies.filter((count) => count > 1).length,
		happened,
		missed,
		notes: { unknown, attempts },
	};
}

/** Through the proxy, which keeps back the answer to the message and ends the line. */
async function cutTheAnswer(how: EndKind, settings: Record<string, string>): Promise<Figures> {
	const lab = await Lab.start('smtp', settings);
	try {
		const whole = await lab.send(smallMail('whole'));
		const afterBytes = whole.bytes.down - Buffer.byteLength(`${whole.result.response}\r\n`);
		const outcomes: string[] = [];
		const ids: string[] = [];
		let attempts = 0;
		const before = lab.proxy.connections.length;
		for (let count = 0; count < REPEATS; count++) {
			const mail = smallMail(`lost${count}`);
			// The first byte of the answer: the server has spoken, and nobody hears the rest.
			const { result } = await lab.send(mail, { direction: 'down', afterBytes: afterBytes + 1, how });
			outcomes.push(result.outcome);
			ids.push(mail.messageId);
			attempts += result.attempts;
		}
		const all = await lab.copies();
		return judge({
			outcomes,
			attempts,
			copies: ids.map((id) => all.get(id) ?? 0),
			furtherConnections: lab.proxy.connections.length - before - REPEATS,
			happened: lab.proxy.connections.filter(({ endedBy }) => endedBy === 'fault').length,
		});
	} finally {
		await lab.stop();
	}
}

/** A server that takes the message and then says nothing more, on a line that stays open. */
async function sayNothing(extensions: string[]): Promise<Figures> {
	let silent = 0;
	const server = await startFakeSmtp({
		extensions,
		answer: (stage) => {
			if (stage !== 'end') return undefined;
			silent++;
			return { then: 'silent' };
		},
	});
	try {
		const account = smtpAccount(server.port);
		const outcomes: string[] = [];
		let attempts = 0;
		for (let count = 0; count < REPEATS; count++) {
			const pool = new SmtpPool(account, undefined, LIMITS);
			const result = await sendMail(account, smallMail(`lost${count}`), { clock: IMPATIENT, pool });
			outcomes.push(result.outcome);
			attempts += result.attempts;
		}
		const texts = server.messages.map(({ raw }) => raw.toString());
		const copies = outcomes.map(
			(_outcome, index) => texts.filter((text) => text.includes(smallMail(`lost${index}`).messageId)).length,
		);
		const furtherConnections = server.sessions.length - REPEATS;
		return judge({ outcomes, attempts, copies, furtherConnections, happened: silent });
	} finally {
		await server.stop();
	}
}

const BAR = 'outcome unknown, one attempt, one copy';
const NO_CHUNKING = { smtpd_discard_ehlo_keywords: 'chunking' };

const cut = (id: string, how: EndKind, what: string, settings: Record<string, string>): Row => ({
	id,
	fault: `${how} instead of the answer to the message, ${what}, Postfix`,
	proof: 'connections ended by the proxy',
	bar: BAR,
	needs: ['dovecot', 'postfix'],
	run: async () => await cutTheAnswer(how, settings),
});

const silence = (id: string, what: string, extensions: string[]): Row => ({
	id,
	fault: `silence instead of the answer to the message, ${what}`,
	proof: 'messages that the server has taken without a word',
	bar: BAR,
	run: async () => await sayNothing(extensions),
});

export const rows: Row[] = [
	cut('M1a', 'reset', 'BDAT', {}),
	cut('M1b', 'close', 'BDAT', {}),
	silence('M1c', 'BDAT', [...DEFAULT_EXTENSIONS, 'CHUNKING']),
	cut('M1d', 'reset', 'DATA', NO_CHUNKING),
	cut('M1e', 'close', 'DATA', NO_CHUNKING),
	silence('M1f', 'DATA', DEFAULT_EXTENSIONS),
];

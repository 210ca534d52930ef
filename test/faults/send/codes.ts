/** Every refusal at every step: whether it is tried again, and whether the user sees the server's words. */
import { SmtpPool } from '../../../nodes/mail/smtp/pool';
import { sendMail } from '../../../nodes/mail/smtp/send';
import { smtpAccount } from '../../mail/smtp/accounts';
import { DEFAULT_EXTENSIONS, startFakeSmtp, type Stage } from '../../mail/smtp/fakeSmtp';
import { NO_FIGURES, type Figures, type Row } from '../campaign';
import { IMPATIENT, smallMail } from './lab';

const TRANSIENT = [421, 450, 451, 452, 453, 454, 455];
const PERMANENT = Array.from({ length: 56 }, (_none, index) => 500 + index);
const STAGES: Stage[] = ['EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'end'];

async function refuseEverywhere(extensions: string[]): Promise<Figures> {
	const now: { code: number; at: Stage; text: string } = { code: 0, at: 'EHLO', text: '' };
	const server = await startFakeSmtp({
		extensions,
		answer: (stage) => {
			const at = now.at === 'DATA' && extensions.includes('CHUNKING') ? 'BDAT' : now.at;
			if (stage !== at && !(now.at === 'EHLO' && stage === 'HELO')) return undefined;
			return now.code === 421 ? { send: now.text, then: 'close' } : now.text;
		},
	});
	const missed: string[] = [];
	let cells = 0;
	try {
		for (const at of STAGES) {
			for (const code of [...TRANSIENT, ...PERMANENT]) {
				cells++;
				Object.assign(now, {
					code,
					at,
					text: `${code} ${String(code)[0]}.8.7 word-${at}-${code} for the user`,
				});
				// A refused login is remembered of an account.
				const account = smtpAccount(server.port, { senderName: `cell ${cells}` });
				const pool = new SmtpPool(account);
				const result = await sendMail(account, smallMail(`m${cells}`), { clock: IMPATIENT, pool });
				pool.closeIdle();
				const attempts = code < 500 ? 3 : 1;
				const told = [result.error?.description, ...result.recipients.map(({ text }) => text)];
				const wrong = [
					...(result.outcome === 'refused' ? [] : [result.outcome]),
					...(result.attempts === attempts ? [] : [`${result.attempts} attempts`]),
					...(told.every((text) => text?.includes(now.text)) ? [] : [`said ${told.join(' | ')}`]),
					...(result.error?.nextStep ? [] : ['no next step']),
				];
				if (wrong.length > 0) missed.push(`${code} at ${at}: ${wrong.join(', ')}`);
			}
		}
		if (server.messages.length > 0) missed.push(`${server.messages.length} messages were taken`);
		return { ...NO_FIGURES, happened: cells, missed, notes: { right: `${cells - missed.length}/${cells}` } };
	} finally {
		await server.stop();
	}
}

const row = (id: string, what: string, extensions: string[]): Row => ({
	id,
	fault: `421, 450–455 and 500–555 at EHLO, AUTH, MAIL, RCPT, DATA and the end, ${what}`,
	proof: 'cells of the table tried',
	bar: '4xx tried three times, 5xx once; the full text shown, with a next step; nothing delivered',
	run: async () => await refuseEverywhere(extensions),
});

export const rows: Row[] = [
	row('M3a', 'DATA', DEFAULT_EXTENSIONS),
	row('M3b', 'BDAT', [...DEFAULT_EXTENSIONS, 'CHUNKING']),
];

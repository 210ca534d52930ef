/** Mails that try to end early, at a Postfix that refuses bare line feeds: one mail each, with the very content. */
import { simpleParser } from 'mailparser';
import { Readable } from 'node:stream';
import { compose } from '../../../nodes/mail/message/compose';
import { SmtpPool } from '../../../nodes/mail/smtp/pool';
import { sendMail } from '../../../nodes/mail/smtp/send';
import { allParts, readMime } from '../../e2e/mime';
import { NO_FIGURES, type Figures, type Row } from '../campaign';
import { Lab, USER } from './lab';

const SEQUENCES = [
	'\n.\n',
	'\n.\r\n',
	'\r.\r',
	'\r.\r\n',
	'\r\n.\r',
	'\r\n.\n',
	'\r\n.\r\n',
	'\n.\r',
	'\r.\n',
	'\0\r\n.\r\n',
];
const EVIL =
	'MAIL FROM:<evil@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil';

async function smuggle(settings: Record<string, string>): Promise<Figures> {
	const lab = await Lab.start('smtp', settings);
	const missed: string[] = [];
	let tries = 0;
	try {
		const pool = new SmtpPool(lab.account);
		// Raw bytes in two pieces, cut at every place of the sequence.
		for (const [index, sequence] of SEQUENCES.entries()) {
			for (let cut = 0; cut <= sequence.length; cut++) {
				const head = `From: ${USER}\r\nSubject: raw ${index}-${cut}\r\n\r\nbefore${sequence.slice(0, cut)}`;
				const pieces = [head, `${sequence.slice(cut)}${EVIL}${sequence}${EVIL}`].map((text) =>
					Buffer.from(text, 'latin1'),
				);
				const mail = {
					messageId: `<raw${index}-${cut}@example.test>`,
					envelope: { from: USER, to: [USER] },
					open: async () => Readable.from(pieces),
				};
				const { outcome, response } = await sendMail(lab.account, mail, { pool });
				tries++;
				if (outcome !== 'accepted') missed.push(`raw ${index}-${cut}: ${outcome} ${response}`);
			}
		}
		// The same in the content of composed mails, read again by two parsers.
		const wanted = new Map<string, { text: string; html: string }>();
		for (const [index, sequence] of SEQUENCES.entries()) {
			const text = `before${sequence}${EVIL}${sequence}Grüße 你好 ${'x'.repeat(2_000)}\nend`;
			const html = `<p>${text}</p>`;
			const subject = `composed ${index}`;
			wanted.set(subject, { text, html });
			const mail = await compose({ from: USER, to: USER, subject, text, html });
			const { outcome, response } = await sendMail(lab.account, mail, { pool });
			tries++;
			if (outcome !== 'accepted') missed.push(`${subject}: ${outcome} ${response}`);
		}
		pool.closeIdle();
		await lab.postfix.queueEmpty();
		const stored = await lab.dovecot.fetchAll(USER);
		if (stored.length !== tries) missed.push(`${stored.length} mails arrived of ${tries}`);
		for (const { raw } of stored) {
			const parsed = await simpleParser(raw);
			if (parsed.subject === 'smuggled') missed.push('a smuggled mail arrived');
			const want = wanted.get(parsed.subject ?? '');
			if (!want) continue;
			const parts = allParts(readMime(raw));
			const read = {
				ours: parts.find(({ type }) => type === 'text/plain')?.content.toString(),
				oursHtml: parts.find(({ type }) => type === 'text/html')?.content.toString(),
			};
			const lines = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');
			if (read.ours !== lines(want.text)) missed.push(`${parsed.subject}: text differs`);
			if (read.oursHtml !== lines(want.html)) missed.push(`${parsed.subject}: HTML differs`);
			const theirs = parsed.text?.replace(/\n$/, '');
			if (theirs !== want.text.replace(/\r\n|\r|\n/g, '\n'))
				missed.push(`${parsed.subject}: text differs for mailparser`);
		}
		return { ...NO_FIGURES, sent: tries, delivered: stored.length, happened: tries, missed };
	} finally {
		await lab.stop();
	}
}

const row = (id: string, what: string, settings: Record<string, string>): Row => ({
	id,
	fault: `smuggling sequences at every chunk boundary and in composed mails, ${what}, Postfix with bare-newline checks`,
	proof: 'mails handed over',
	bar: 'one mail each, content equal for two independent parsers',
	needs: ['dovecot', 'postfix'],
	run: async () => await smuggle(settings),
});

export const rows: Row[] = [
	row('M8a', 'BDAT', { smtpd_forbid_bare_newline: 'yes' }),
	row('M8b', 'DATA', { smtpd_forbid_bare_newline: 'yes', smtpd_discard_ehlo_keywords: 'chunking' }),
];

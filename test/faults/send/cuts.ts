/** The line is cut after each single byte of the client, from the first to the last: what arrives, and what is said. */
import { NO_FIGURES, type Figures, type Row } from '../campaign';
import type { EndKind } from '../../servers';
import { Lab, smallMail, type Port } from './lab';

/** The word that makes the message count, with which the dialogue ends. */
const COMMIT = { bdat: 'BDAT 2 LAST\r\n\r\n'.length, data: '.\r\n'.length };
/** With TLS the words are encrypted: one record for the last of them. */
const TLS_RECORD_BYTES = 22;

interface Variant {
	port: Port;
	commitBytes: number;
	settings?: Record<string, string>;
	how: EndKind;
	/** Cuts tried, evenly spread; all of them when there are fewer. */
	most: number;
}

async function cutEverywhere({ port, commitBytes, settings, how, most }: Variant): Promise<Figures> {
	const lab = await Lab.start(port, settings);
	try {
		const whole = await lab.send(smallMail('whole'));
		const length = whole.bytes.up;
		const commitAt = length - commitBytes;
		const step = Math.max(1, Math.floor(length / most));
		const expected = new Map<string, { at: number; outcome: string; attempts: number }>();
		const missed: string[] = [];
		for (let at = 0; at <= length; at += step) {
			const mail = smallMail(`cut${at}`);
			const { result } = await lab.send(mail, { direction: 'up', afterBytes: at, how });
			expected.set(mail.messageId, { at, outcome: result.outcome, attempts: result.attempts });
		}
		const copies = await lab.copies();
		const before = { cuts: 0, once: 0 };
		const within = { cuts: 0, unknown: 0, copies: 0 };
		let lost = 0;
		let doubled = 0;
		for (const [id, { at, outcome }] of expected) {
			const count = copies.get(id) ?? 0;
			if (count > 1) {
				doubled++;
				missed.push(`cut after byte ${at} of ${length}: ${count} copies`);
			}
			if (at <= commitAt) {
				before.cuts++;
				if (count === 1 && outcome === 'accepted') before.once++;
				else {
					if (count === 0) lost++;
					missed.push(`cut after byte ${at} of ${length}, before the end: ${outcome}, ${count} copies`);
				}
			} else {
				within.cuts++;
				within.copies += count;
				if (outcome === 'unknown') within.unknown++;
				// The answer may have come before the cut; otherwise nobody can know, and it must be said.
				else if (outcome !== 'accepted' || count !== 1)
					missed.push(`cut after byte ${at} of ${length}, within the end: ${outcome}, ${count} copies`);
			}
		}
		return {
			...NO_FIGURES,
			sent: expected.size,
			delivered: [...expected.keys()].filter((id) => (copies.get(id) ?? 0) > 0).length,
			lost,
			doubled,
			happened: lab.proxy.connections.filter(({ endedBy }) => endedBy === 'fault').length,
			missed,
			notes: {
				bytes: length,
				'before the end': `${before.once}/${before.cuts} exactly once`,
				'within the end': `${within.unknown}/${within.cuts} unknown, ${within.copies} copies`,
			},
		};
	} finally {
		await lab.stop();
	}
}

const NO_CHUNKING = { smtpd_discard_ehlo_keywords: 'chunking' };

const row = (id: string, what: string, variant: Variant): Row => ({
	id,
	fault: `line ${variant.how} after each byte of the client, ${what}, Postfix`,
	proof: 'connections ended by the proxy',
	bar: 'before the end of the message: exactly one copy, accepted; within it: at most one, and "unknown" is said',
	needs: ['dovecot', 'postfix'],
	run: async () => await cutEverywhere(variant),
});

const ALL = 10_000;

export const rows: Row[] = [
	row('M2a', 'BDAT', { port: 'smtp', commitBytes: COMMIT.bdat, how: 'reset', most: ALL }),
	row('M2b', 'DATA', {
		port: 'smtp',
		commitBytes: COMMIT.data,
		settings: NO_CHUNKING,
		how: 'reset',
		most: ALL,
	}),
	row('M2c', 'BDAT', { port: 'smtp', commitBytes: COMMIT.bdat, how: 'close', most: 200 }),
	row('M2d', 'DATA', {
		port: 'smtp',
		commitBytes: COMMIT.data,
		settings: NO_CHUNKING,
		how: 'close',
		most: 200,
	}),
	row('M2e', 'BDAT over TLS', {
		port: 'smtps',
		commitBytes: COMMIT.bdat + 2 * TLS_RECORD_BYTES,
		how: 'reset',
		most: 150,
	}),
];

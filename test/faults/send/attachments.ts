/** Large files from n8n's binary storage, through the built package in n8n's engine, to Postfix and Dovecot. */
import { createHash, randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { simpleParser } from 'mailparser';
import type { IBinaryData } from 'n8n-workflow';
import { itemsOf } from '../../engine';
import { Senders } from '../../SendMail/senders';
import { NO_FIGURES, round, type Figures, type Row } from '../campaign';
import { builtPackage } from '../builtPackage';
import { HOST } from '../../servers';
import { Lab, USER } from './lab';

const FILE_BYTES = 25 * 1024 * 1024;
const ITEMS = 20;
const MAX_GROWTH_MB = 100;
const MEGABYTE = 1024 * 1024;
const DELIVERY_LIMIT_MS = 120_000;

async function sendLargeFiles(): Promise<Figures> {
	process.env['MAILROOM_PACKAGE_DIR'] = builtPackage();
	const lab = await Lab.start('smtp');
	const senders = await Senders.start();
	try {
		const account = { smtpHost: HOST, smtpPort: lab.postfix.ports.smtp, user: '', password: '' };
		const binary = await storedFile(senders, account);
		const content = randomBytes(FILE_BYTES);
		writeFileSync(await fileOf(senders.engine.binaryDir), content);
		const checksum = createHash('sha256').update(content).digest('hex');
		const workflow = await senders.workflow(account, {
			fromEmail: USER,
			toEmail: USER,
			options: { attachments: 'message' },
		});
		// Warm: code and buffers that every run needs are no growth.
		await workflow.run({ items: [{ json: {}, binary: { message: binary } }] });
		global.gc?.();
		const before = process.memoryUsage().rss;
		let peak = before;
		const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
		const startedAt = performance.now();
		const run = await workflow.run({
			items: Array.from({ length: ITEMS }, () => ({ json: {}, binary: { message: binary } })),
		});
		const seconds = (performance.now() - startedAt) / 1_000;
		clearInterval(timer);
		const growthMb = round((peak - before) / MEGABYTE);
		await lab.postfix.queueEmpty(DELIVERY_LIMIT_MS);
		const missed: string[] = [];
		const outcomes = itemsOf(run, 'Send Mail').map(({ json }) => json['outcome']);
		if (outcomes.filter((outcome) => outcome === 'accepted').length !== ITEMS)
			missed.push(`outcomes: ${outcomes.join(' ')}`);
		if (growthMb > MAX_GROWTH_MB) missed.push(`memory grew by ${growthMb} MB`);
		let intact = 0;
		for (let uid = 1; uid <= ITEMS + 1; uid++) {
			const raw = await lab.dovecot.doveadm([
				'fetch',
				'-u',
				USER,
				'text',
				'mailbox',
				'INBOX',
				'uid',
				String(uid),
			]);
			const { attachments } = await simpleParser(raw.subarray(raw.indexOf('\n') + 1));
			const arrived = createHash('sha256')
				.update(attachments[0]?.content ?? '')
				.digest('hex');
			if (arrived === checksum) intact++;
		}
		if (intact !== ITEMS + 1) missed.push(`${intact} of ${ITEMS + 1} files arrived intact`);
		return {
			...NO_FIGURES,
			sent: ITEMS,
			delivered: intact - 1,
			happened: ITEMS,
			missed,
			notes: { 'growth MB': growthMb, seconds: round(seconds, 1), 'MB/s': round((ITEMS * 25) / seconds) },
		};
	} finally {
		await senders.stop();
		await lab.stop();
	}
}

/** A file in n8n's storage: a dry run puts its mail there. */
async function storedFile(senders: Senders, account: Record<string, unknown>): Promise<IBinaryData> {
	const text = 'x\n'.repeat(200_000);
	const { items } = await senders.send(account as never, { text, safetyOptions: { dryRun: true } });
	const file = items[0]?.binary?.['message'];
	if (!file?.id) throw new Error('the file was not stored');
	return { ...file, mimeType: 'application/octet-stream', fileName: 'large.bin' };
}

/** The only large file below the folder. */
async function fileOf(folder: string): Promise<string> {
	const files = await readdir(folder, { recursive: true });
	const large = files
		.map((file) => path.join(folder, file))
		.filter((file) => statSync(file).isFile() && statSync(file).size > 100_000);
	if (large.length !== 1) throw new Error(`${large.length} large files in ${folder}`);
	return large[0] as string;
}

export const rows: Row[] = [
	{
		id: 'M11',
		fault: `${ITEMS} items with a file of 25 MB each, binary data in file mode`,
		proof: 'items sent',
		bar: `memory of the process grows by at most ${MAX_GROWTH_MB} MB, all files arrive intact`,
		needs: ['dovecot', 'postfix'],
		run: sendLargeFiles,
	},
];

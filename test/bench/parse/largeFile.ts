/** Memory of a real n8n for a mail with a file of 50 MB, beside what it needs to store the same file by itself. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { chain, download, imapTrigger, noOp } from '../../e2e/workflows';
import type { Figure } from '../figures';
import { N8nRig } from '../trigger/n8nRig';

const FILE_BYTES = 50_000_000;
const MAX_EXTRA_MB = 30;
const TIMEOUT_MS = 120_000;
const POLL_MS = 250;
/** Time for the garbage of what came before to go. */
const SETTLE_MS = 4_000;

export async function largeFile(): Promise<Figure[]> {
	const rig = await N8nRig.start();
	try {
		const file = randomBytes(FILE_BYTES);
		rig.recorder.files.set('/large.bin', {
			content: file,
			mimeType: 'application/octet-stream',
			fileName: 'large.bin',
		});
		const small = await rig.mailbox('small', 'ours');
		const large = await rig.mailbox('large', 'ours');
		const stores = await publish(rig, small.credential, [download('data', `${rig.recorder.url}/large.bin`)]);
		const receives = await publish(rig, large.credential, [noOp()]);
		// The first runs load what is needed once.
		await rig.deliver(small, ['warm up']);
		await rig.deliver(large, ['warm up']);
		await untilRun(rig, stores, 1);
		await untilRun(rig, receives, 1);
		const alone = await peakOf(rig, async () => {
			await rig.deliver(small, ['store']);
			await untilRun(rig, stores, 2);
		});
		const mailed = await peakOf(rig, async () => {
			await rig.dovecot.deliver(large.user, [mailWith(file)]);
			await untilRun(rig, receives, 2);
		});
		const extra = mailed - alone;
		return [
			{
				what: 'memory for a mail with a file of 50 MB, above what n8n needs to store it',
				ours: `${extra < 0 ? '' : '+'}${extra.toFixed(0)} MB (${mailed.toFixed(0)} MB; n8n downloading and storing the file ${alone.toFixed(0)} MB)`,
				bar: `≤ ${MAX_EXTRA_MB} MB`,
				ok: extra <= MAX_EXTRA_MB,
			},
		];
	} finally {
		await rig.stop();
	}
}

async function publish(
	rig: N8nRig,
	credential: { id: string; name: string },
	rest: Parameters<typeof chain>[1],
): Promise<string> {
	const trigger = imapTrigger(credential, {
		attachmentMode: 'download',
		attachmentOptions: { maxSize: 100 },
		options: { maxMessageSize: 100 },
	});
	const { id } = await rig.n8n.rest.createWorkflow(chain('large', [trigger, ...rest]));
	await rig.n8n.rest.publish(id);
	return id;
}

function mailWith(file: Buffer): Buffer {
	const head =
		'From: a@x.test\r\nSubject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee file\r\n--b\r\nContent-Type: application/octet-stream; name=large.bin\r\nContent-Disposition: attachment; filename=large.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n';
	const lines = file.toString('base64').match(/.{1,76}/g) ?? [];
	return Buffer.from(`${head}${lines.join('\r\n')}\r\n--b--\r\n`);
}

async function untilRun(rig: N8nRig, workflowId: string, count: number): Promise<void> {
	await rig.n8n.rest.waitForExecutions({ workflowId }, count, TIMEOUT_MS);
}

/** Growth of n8n's memory at its highest while something is done, in MB. */
async function peakOf(rig: N8nRig, action: () => Promise<void>): Promise<number> {
	await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
	const before = memoryMb(rig, 'VmRSS');
	// Makes the kernel forget the highest value so far.
	writeFileSync(`/proc/${rig.n8n.pid}/clear_refs`, '5');
	await action();
	await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	return memoryMb(rig, 'VmHWM') - before;
}

function memoryMb(rig: N8nRig, field: 'VmRSS' | 'VmHWM'): number {
	const status = readFileSync(`/proc/${rig.n8n.pid}/status`, 'utf8');
	return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? NaN) / 1024;
}

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { eventually } from '../../servers';
import { allParts, readMime, type MimePart } from '../mime';
import type { Execution } from '../restClient';
import type { Account, Rig } from '../rig';
import { receivesWhole } from './receive';
import { chain, download, manualTrigger, sendMail } from '../workflows';

const ARRIVAL_TIMEOUT_MS = 15_000;
/** RFC 5321 §4.5.3.1.6: 1000 octets with CRLF. */
const LONGEST_LINE = 998;

const SUBJECT = 'Grüße aus Köln – 你好 👋, and a subject that is longer than one line of a header may be';
/** Traps: non-ASCII, lines that begin with a dot or with "From ", trailing blanks, a line far over the limit. */
const TEXT = `Grüße, 你好 👋\n.a line with a dot\n..two\nFrom here on\nblanks at the end   \n${'x'.repeat(3000)}\nthe end`;
const HTML = `<p>Grüße, 你好 👋</p>\n.dot\n<img src="cid:logo" alt="Logo">\n<p>${'lang '.repeat(500)}</p>`;
const REPORT_NAME = 'Bericht für Müller.pdf';
/** A picture of one pixel: the smallest PNG that shows. */
const LOGO = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
	'base64',
);

interface Wanted {
	report: Buffer;
	from: string;
	to: string;
}

/** Text, HTML, inline image and attachment: on the wire, in Dovecot, once more through Postfix, and as items. */
export async function sendsByteCorrect(rig: Rig): Promise<string> {
	const report = randomBytes(50_000);
	rig.recorder.files.set('/logo.png', { content: LOGO, mimeType: 'image/png' });
	rig.recorder.files.set('/report', { content: report, mimeType: 'application/pdf', fileName: REPORT_NAME });
	const recipient = await rig.account('recipient');

	const sender = await rig.account('sender', rig.embeddedSubmission);
	await send(rig, sender, recipient);
	const { raw, recipients } = rig.embedded.accepted.at(-1) ?? assert.fail('nothing came by SMTP');
	assert.deepEqual(recipients, [recipient.user]);
	assertLines(raw);
	await assertContent(raw, { report, from: sender.user, to: recipient.user });
	await rig.dovecot.deliver(recipient.user, raw);
	const [stored] = await arrived(rig, recipient, 1);
	assert.ok(stored!.subarray(-raw.length).equals(raw), 'Dovecot has the very bytes below its own headers');
	const postfix = rig.postfixSubmission;
	if (postfix) {
		const postman = await rig.account('postman', postfix);
		await send(rig, postman, recipient);
		const throughPostfix = (await arrived(rig, recipient, 2))[1]!;
		assertLines(throughPostfix);
		await assertContent(throughPostfix, { report, from: postman.user, to: recipient.user });
	}
	const files = new Map([
		['logo.png', LOGO],
		[REPORT_NAME, report],
	]);
	await receivesWhole(rig, recipient, postfix ? 2 : 1, { subject: SUBJECT, word: '你好 👋', files });
	return `${raw.length} bytes on the wire and in Dovecot${postfix ? ', and again through Postfix' : ''}`;
}

/** Runs a workflow that downloads both files and sends them; checks the node's own item. */
async function send(rig: Rig, account: Account, recipient: Account): Promise<void> {
	const workflow = chain(`send from ${account.user}`, [
		manualTrigger(),
		download('logo', `${rig.recorder.url}/logo.png`),
		download('report', `${rig.recorder.url}/report`),
		sendMail(account.credential, {
			fromEmail: `"Jörg Müller" <${account.user}>`,
			toEmail: recipient.user,
			subject: SUBJECT,
			emailFormat: 'both',
			text: TEXT,
			html: HTML,
			options: { attachments: 'logo,report' },
		}),
	]);
	const { id } = await rig.rest.createWorkflow(workflow);
	const execution = await rig.rest.runManually(id, 'Start');
	assert.equal(execution.status, 'success', failureOf(execution));
	const { json } = execution.data.resultData.runData['Send Mail']![0]!.data!.main![0]![0]!;
	assert.equal(json['outcome'], 'accepted', JSON.stringify(json));
	assert.deepEqual(json['accepted'], [recipient.user]);
	assert.deepEqual(json['rejected'], []);
	assert.match(String(json['response']), /^250 /);
	assert.match(String(json['messageId']), /^<.+@.+>$/);
}

function failureOf({ data }: Execution): string {
	const { error } = data.resultData;
	return `${error?.message} ${error?.description ?? ''}`;
}

async function arrived(rig: Rig, account: Account, count: number): Promise<Buffer[]> {
	const mails = await eventually(ARRIVAL_TIMEOUT_MS, `mail ${count} in ${account.user}`, async () => {
		const all = await rig.dovecot.fetchAll(account.user);
		return all.length >= count && all;
	});
	return mails.map(({ raw }) => raw);
}

/** Every line ends in CRLF, none is too long, no byte over 127. */
function assertLines(raw: Buffer): void {
	const text = raw.toString('latin1');
	assert.ok(!/(^|[^\r])\n/.test(text), 'no LF without CR');
	assert.ok(!/\r(?!\n)/.test(text), 'no CR without LF');
	assert.ok(text.endsWith('\r\n'), 'the last line ends');
	const longest = Math.max(...text.split('\r\n').map((line) => line.length));
	assert.ok(longest <= LONGEST_LINE, `the longest line has ${longest} bytes`);
	assert.ok(!/[\x80-\xff]/.test(text), 'bytes over 127 are encoded');
}

async function assertContent(raw: Buffer, wanted: Wanted): Promise<void> {
	const parts = allParts(readMime(raw));
	const one = (type: string): MimePart => {
		const found = parts.filter((part) => part.type === type);
		assert.equal(found.length, 1, `parts of type ${type}`);
		return found[0]!;
	};
	const [plain, html, logo, report] = [
		one('text/plain'),
		one('text/html'),
		one('image/png'),
		one('application/pdf'),
	];
	for (const part of [plain, html])
		assert.equal(part.parameters['charset']?.toLowerCase(), 'utf-8', part.type);
	assert.equal(plain.content.toString('utf8'), asLines(TEXT));
	const contentId =
		/^<(.+)>$/.exec(logo.headers['content-id'] ?? '')?.[1] ?? assert.fail('Content-ID of the logo');
	assert.equal(html.content.toString('utf8'), asLines(HTML.replace('cid:logo', `cid:${contentId}`)));
	assert.ok(logo.content.equals(LOGO), 'the bytes of the image');
	assert.match(logo.headers['content-disposition'] ?? '', /^inline/);
	assert.ok(report.content.equals(wanted.report), 'the bytes of the attachment');
	assert.match(report.headers['content-disposition'] ?? '', /^attachment/);

	// The headers by a parser that knows encoded words and RFC 2231.
	const parsed = await simpleParser(raw);
	assert.equal(parsed.subject, SUBJECT);
	assert.deepEqual(parsed.from?.value[0], { address: wanted.from, name: 'Jörg Müller' });
	assert.deepEqual(
		[parsed.to].flat().map((to) => to?.text),
		[wanted.to],
	);
	assert.equal(
		parsed.attachments.find(({ contentType }) => contentType === 'application/pdf')?.filename,
		REPORT_NAME,
	);
	assert.ok(
		parsed.date instanceof Date && Math.abs(Date.now() - parsed.date.getTime()) < 120_000,
		'Date header',
	);
}

function asLines(text: string): string {
	return text.replace(/\r?\n/g, '\r\n');
}

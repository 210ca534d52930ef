/**
 * `npm run demo`: the main job end to end, in n8n's own engine. A workflow sends a mail; another is woken by it, reads it
 * and answers; a third receives the answer. With servers of its own, or with yours:
 *
 *   MAILROOM_USER=you@example.com MAILROOM_PASSWORD=… MAILROOM_PROVIDER=gmail npm run demo
 *   MAILROOM_USER=… MAILROOM_PASSWORD=… MAILROOM_IMAP_HOST=… MAILROOM_SMTP_HOST=… npm run demo
 *
 * (ports and security: MAILROOM_IMAP_PORT, MAILROOM_IMAP_SECURITY=tls|starttls|none, the same with SMTP.)
 * On your server two mails to yourself are left behind; no other mail is touched.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { MessageItem } from '../nodes/bridge/formats/item';
import { startEngine, type Engine, type ExecutionRecord, type WorkflowHandle } from './engine';
import { startEmbeddedServers } from './servers/embedded';

const ARRIVAL_LIMIT_MS = 50_000;
const BODY = 'Is anybody there?\n日本語 · żółć · ünïcödé\n.a line that begins with a dot\n';
const ANSWER = 'Yes, I am here.';

interface Stage {
	asker: Person;
	answerer: Person;
	/** Ends what was started for the demo. */
	stop(): Promise<void>;
}

interface Person {
	address: string;
	account: IDataObject;
}

const begun = performance.now();

function say(text: string): void {
	const seconds = ((performance.now() - begun) / 1000).toFixed(2).padStart(6);
	process.stdout.write(`${seconds} s  ${text}\n`);
}

/** Accounts on the person's own server, or on servers inside this process. */
async function prepare(): Promise<Stage> {
	const { env } = process;
	if (env['MAILROOM_USER']) {
		const account = {
			provider: env['MAILROOM_PROVIDER'] ?? 'custom',
			user: env['MAILROOM_USER'],
			password: env['MAILROOM_PASSWORD'] ?? '',
			imapHost: env['MAILROOM_IMAP_HOST'] ?? '',
			imapPort: Number(env['MAILROOM_IMAP_PORT'] ?? 993),
			imapSecurity: env['MAILROOM_IMAP_SECURITY'] ?? 'tls',
			smtpHost: env['MAILROOM_SMTP_HOST'] ?? '',
			smtpPort: Number(env['MAILROOM_SMTP_PORT'] ?? 465),
			smtpSecurity: env['MAILROOM_SMTP_SECURITY'] ?? 'tls',
		};
		const person = { address: env['MAILROOM_ADDRESS'] ?? account.user, account };
		say(`Using your account ${account.user}.`);
		return { asker: person, answerer: person, stop: async () => await Promise.resolve() };
	}
	const users = ['asker@example.test', 'answerer@example.test'].map((user) => ({
		user,
		password: randomBytes(9).toString('hex'),
	}));
	const servers = await startEmbeddedServers({ users });
	const [asker, answerer] = users.map(({ user, password }) => ({
		address: user,
		account: {
			provider: 'custom',
			user,
			password,
			imapHost: servers.host,
			imapPort: servers.ports.imaps,
			imapSecurity: 'tls',
			smtpHost: servers.host,
			smtpPort: servers.ports.smtp,
			smtpSecurity: 'starttls',
			// The servers' certificate is made anew each time, so nobody can know its authority.
			ignoreSslIssues: true,
		},
	}));
	if (!asker || !answerer) throw new Error('two users are needed');
	say(
		`Started mail servers in this process: IMAP with TLS on port ${servers.ports.imaps}, SMTP with STARTTLS on ${servers.ports.smtp}.`,
	);
	return { asker, answerer, stop: async () => await servers.stop() };
}

/** The three workflows. Both triggers look only at mails with the token, so that on a real account nothing else is answered. */
async function buildWorkflows(engine: Engine, stage: Stage, token: string) {
	const asker = {
		mailAccountApi: await engine.addCredential('mailAccountApi', 'Asker', stage.asker.account),
	};
	const answerer = {
		mailAccountApi: await engine.addCredential('mailAccountApi', 'Answerer', stage.answerer.account),
	};
	const quiet = { acknowledge: 'ended', onSuccess: {}, attachmentMode: 'download' };
	const isQuestion = `$json.subject === ${JSON.stringify(token)}`;
	const ask = engine.addWorkflow({
		name: 'Ask',
		nodes: [
			{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
			{
				name: 'Send the Question',
				type: 'n8n-nodes-mailroom.sendMail',
				credentials: asker,
				parameters: {
					fromEmail: stage.asker.address,
					toEmail: stage.answerer.address,
					subject: token,
					emailFormat: 'both',
					text: BODY,
					html: '<p>Is anybody there?</p><p><img src="cid:picture"></p>',
					options: { attachments: 'picture,document' },
				},
			},
		],
		connections: { Start: { main: [[{ node: 'Send the Question', type: 'main', index: 0 }]] } },
	});
	const answer = engine.addWorkflow({
		name: 'Answer',
		nodes: [
			{
				name: 'When a Question Arrives',
				type: 'n8n-nodes-mailroom.imapTrigger',
				credentials: answerer,
				parameters: quiet,
			},
			{
				name: 'Send the Answer',
				type: 'n8n-nodes-mailroom.sendMail',
				credentials: answerer,
				onError: 'continueRegularOutput',
				parameters: {
					fromEmail: stage.answerer.address,
					toEmail: `={{ ${isQuestion} ? $json.replyAddress : "" }}`,
					subject: '=Re: {{ $json.subject }}',
					emailFormat: 'text',
					text: `=${ANSWER}\n\n{{ $json.text }}`,
				},
			},
		],
		connections: {
			'When a Question Arrives': { main: [[{ node: 'Send the Answer', type: 'main', index: 0 }]] },
		},
	});
	const receive = engine.addWorkflow({
		name: 'Receive',
		nodes: [
			{
				name: 'When the Answer Arrives',
				type: 'n8n-nodes-mailroom.imapTrigger',
				credentials: asker,
				parameters: quiet,
			},
		],
	});
	return { ask, answer, receive };
}

/** The first execution of a workflow that was started by a mail with this subject, and that mail. */
async function arrival(workflow: WorkflowHandle, trigger: string, subject: string) {
	const itemOf = (execution: ExecutionRecord): INodeExecutionData | undefined =>
		execution.data[trigger]?.[0]?.data?.['main']?.[0]?.[0];
	const isIt = (execution: ExecutionRecord) => itemOf(execution)?.json['subject'] === subject;
	const execution = await workflow.waitForExecution(isIt, ARRIVAL_LIMIT_MS);
	const item = itemOf(execution);
	if (!item) throw new Error('the execution has no item');
	return { execution, mail: item.json as unknown as MessageItem };
}

function check(what: string, condition: boolean): void {
	if (!condition) throw new Error(`Not as it should be: ${what}.`);
	say(`  ✓ ${what}`);
}

async function main(): Promise<void> {
	const stage = await prepare();
	const engine = await startEngine();
	try {
		say('Loaded the built package with n8n-core, as n8n does.');
		const test = await engine.testCredential('mailAccountApi', stage.asker.account);
		if (test.status !== 'OK') throw new Error(`The account cannot be used. ${test.message}`);
		say('The Mail Account works: logged in to IMAP and to SMTP.');
		const token = `Mailroom demo ${randomBytes(4).toString('hex')}`;
		const { ask, answer, receive } = await buildWorkflows(engine, stage, token);
		await Promise.all([answer.activate('activate'), receive.activate('activate')]);
		say('Two workflows wait for mail: "Answer" and "Receive".');

		const picture = randomBytes(2_000);
		const document = randomBytes(300_000);
		const file = (data: Buffer, fileName: string, mimeType: string) => ({
			data: data.toString('base64'),
			fileName,
			mimeType,
		});
		const binary = {
			picture: file(picture, 'picture.png', 'image/png'),
			document: file(document, 'Übersicht.bin', 'application/octet-stream'),
		};
		const sentAt = performance.now();
		const run = await ask.run({ items: [{ json: {}, binary }] });
		const sent = run.data.resultData.runData['Send the Question']?.[0]?.data?.['main']?.[0]?.[0]?.json;
		if (!sent) throw run.data.resultData.error ?? new Error('Send Mail gave nothing');
		say(`Workflow "Ask" sent a mail; the server said: ${String(sent['response'])}`);

		const question = await arrival(answer, 'When a Question Arrives', token);
		const wokenAfter = Math.round(
			Number(new Date(question.execution.startedAt ?? 0)) - (Date.now() - (performance.now() - sentAt)),
		);
		say(`It woke workflow "Answer", which began ${Math.max(0, wokenAfter)} ms after the sending did:`);
		check('the text arrived to the letter', question.mail.text.trim() === BODY.trim());
		const [inline, attached] = question.mail.attachments;
		const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');
		check('the picture is shown in the HTML', inline?.inline === true && inline.checksum === sha256(picture));
		check(
			'the file "Übersicht.bin" arrived byte for byte',
			attached?.fileName === 'Übersicht.bin' && attached.checksum === sha256(document),
		);
		check('"Answer" ended well', question.execution.status === 'success');

		const reply = await arrival(receive, 'When the Answer Arrives', `Re: ${token}`);
		say(
			`The answer woke workflow "Receive": "${reply.mail.subject}" from ${reply.mail.from?.text ?? 'nobody'}.`,
		);
		check(
			'the answer is intact',
			reply.mail.text.startsWith(ANSWER) && reply.mail.text.includes('日本語 · żółć · ünïcödé'),
		);
		await Promise.all([answer.deactivate(), receive.deactivate()]);
		say(
			`Switched both off, the slower one in ${Math.round(Math.max(answer.lastCloseMs ?? 0, receive.lastCloseMs ?? 0))} ms. All is well.`,
		);
	} finally {
		await engine.stop();
		await stage.stop();
	}
}

main().catch((error: unknown) => {
	say(`Failed. ${error instanceof Error ? error.message : String(error)}`);
	process.exitCode = 1;
});

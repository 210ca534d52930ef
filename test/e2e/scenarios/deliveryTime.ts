import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rig } from '../rig';
import type { Execution } from '../restClient';
import { Witness } from '../witness';
import { chain, imapTrigger, noOp } from '../workflows';

const MAILS = 10;
const SHORTEST_GAP_MS = 300;
const LONGEST_GAP_MS = 1_800;
/** n8n's own trigger takes 12 s; Dovecot itself holds an announcement back for 0.5 s. */
const MEDIAN_LIMIT_MS = 1_000;

/** Keys of an item of format `message`, none of which is ever missing, and the type of its value here. */
const MESSAGE_SHAPE: Record<string, string> = {
	id: 'string',
	uid: 'number',
	uidValidity: 'string|number',
	mailbox: 'string',
	messageId: 'string',
	inReplyTo: 'null',
	references: 'array',
	date: 'string',
	receivedAt: 'string',
	subject: 'string',
	from: 'object',
	to: 'array',
	cc: 'array',
	bcc: 'array',
	replyTo: 'array',
	toText: 'string',
	ccText: 'string|null',
	replyAddress: 'string',
	text: 'string',
	html: 'string|null',
	flags: 'array',
	size: 'number',
	headers: 'object',
	hasAttachments: 'boolean',
	attachments: 'array',
	attempt: 'number',
};

/** Mails at random moments each start a published workflow; measures how long after delivery the next node starts. */
export async function deliveryTime(rig: Rig): Promise<string> {
	const account = await rig.account('timed');
	const workflowId = await rig.publish(chain('timed', [imapTrigger(account.credential), noOp()]));
	const witness = await Witness.start(rig.dovecot.ports.imap, account.user, account.password);
	const deliveredAt = new Map<string, number>();
	for (let i = 1; i <= MAILS; i++) {
		await sleep(SHORTEST_GAP_MS + Math.random() * (LONGEST_GAP_MS - SHORTEST_GAP_MS));
		deliveredAt.set(`timed ${i}`, Date.now());
		await rig.deliver(account, `timed ${i}`);
	}
	const summaries = await rig.rest.waitForExecutions({ workflowId }, MAILS);
	rig.expectRuns(account, workflowId, MAILS);
	const executions = await Promise.all(summaries.map(async ({ id }) => await rig.rest.execution(id)));
	witness.stop();
	assertShape(executions[0]!, account.user);
	const startedAt = executions.map((execution) => nextNode(execution).startTime);
	const sinceDelivery = executions.map(
		(execution, i) => startedAt[i]! - deliveredAt.get(subjectOf(execution))!,
	);
	const sinceAnnouncement = startedAt.map(
		(at) => at - Math.max(...witness.announcements.filter((time) => time <= at)),
	);
	const median = medianOf(sinceDelivery);
	assert.ok(median < MEDIAN_LIMIT_MS, `milliseconds from delivery: ${sinceDelivery.join(', ')}`);
	return (
		`delivery → next node: median ${median} ms, max ${Math.max(...sinceDelivery)} ms; ` +
		`announcement → next node: median ${medianOf(sinceAnnouncement)} ms`
	);
}

function assertShape(execution: Execution, recipient: string): void {
	const { json } = nextNode(execution).data!.main![0]![0]!;
	for (const [key, types] of Object.entries(MESSAGE_SHAPE)) {
		const value = json[key];
		const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
		assert.ok(types.split('|').includes(type), `${key} is ${type}, not ${types}: ${JSON.stringify(value)}`);
	}
	assert.deepEqual(json['from'], {
		address: 'ann@elsewhere.test',
		name: 'Ann Sender',
		text: (json['from'] as { text: string }).text,
	});
	assert.equal((json['to'] as Array<{ address: string }>)[0]?.address, recipient);
	assert.equal(json['mailbox'], 'INBOX');
	assert.equal(json['replyAddress'], 'ann@elsewhere.test');
	assert.equal((json['text'] as string).trim(), 'Hello.');
	assert.deepEqual((json['headers'] as Record<string, string[]>)['mime-version'], ['1.0']);
	assert.equal(json['attempt'], 1);
}

function nextNode(execution: Execution) {
	return execution.data.resultData.runData['Next']![0]!;
}

function subjectOf(execution: Execution): string {
	return nextNode(execution).data!.main![0]![0]!.json['subject'] as string;
}

function medianOf(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length / 2;
	return Math.round((sorted[Math.floor(middle - 0.5)]! + sorted[Math.floor(middle)]!) / 2);
}

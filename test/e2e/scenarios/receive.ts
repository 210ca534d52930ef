/** Scenarios about what the trigger makes of a mail. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Item } from '../restClient';
import type { Account, Rig } from '../rig';
import { chain, imapTrigger, noOp } from '../workflows';

/** What a mail must come back as. */
export interface Sent {
	subject: string;
	/** A word of the text and of the HTML. */
	word: string;
	/** File name → bytes; all must be in the item's binary data. */
	files: Map<string, Buffer>;
}

/** A workflow on a mailbox that has `count` copies of a sent mail already: all of them, with their files. */
export async function receivesWhole(rig: Rig, account: Account, count: number, sent: Sent): Promise<void> {
	const trigger = imapTrigger(account.credential, { startFrom: 'all', attachmentMode: 'download' });
	const workflowId = await rig.publish(chain('received', [trigger, noOp()]));
	const summaries = await rig.rest.waitForExecutions({ workflowId }, count);
	rig.expectRuns(account, workflowId, count);
	for (const { id } of summaries) {
		const { data } = await rig.rest.execution(id);
		await assertWhole(rig, data.resultData.runData['Next']![0]!.data!.main![0]![0]!, sent);
	}
}

async function assertWhole(rig: Rig, { json, binary = {} }: Item, sent: Sent): Promise<void> {
	assert.equal(json['subject'], sent.subject);
	for (const key of ['text', 'html']) assert.ok(String(json[key]).includes(sent.word), key);
	assert.equal(json['hasAttachments'], true);
	const attachments = json['attachments'] as Array<{
		binaryProperty: string;
		fileName: string;
		checksum: string;
	}>;
	assert.deepEqual(attachments.map(({ fileName }) => fileName).sort(), [...sent.files.keys()].sort());
	for (const { binaryProperty, fileName, checksum } of attachments) {
		const bytes = sent.files.get(fileName)!;
		assert.equal(checksum, createHash('sha256').update(bytes).digest('hex'), `checksum of ${fileName}`);
		const file = binary[binaryProperty] ?? assert.fail(`binary field ${binaryProperty}`);
		assert.equal(file.fileName, fileName);
		assert.ok((await rig.rest.binary(file)).equals(bytes), `bytes of ${fileName}`);
	}
}

/** "Execute step" in the editor: the newest mail at once, and nothing changed at the server. */
export async function testStep(rig: Rig): Promise<undefined> {
	const account = await rig.account('tried');
	await rig.deliver(account, 'older', 'newest');
	const { id } = await rig.rest.createWorkflow(chain('tried', [imapTrigger(account.credential), noOp()]));
	for (let press = 1; press <= 2; press++) {
		const execution = await rig.rest.runManually(id, 'IMAP Trigger');
		assert.equal(execution.status, 'success', execution.data.resultData.error?.message);
		const items = execution.data.resultData.runData['Next']![0]!.data!.main![0]!;
		assert.deepEqual(
			items.map(({ json }) => json['subject']),
			['newest'],
		);
	}
	for (const subject of ['older', 'newest']) {
		assert.deepEqual(
			(await rig.stored(account, subject)).flags.filter((flag) => flag !== '\\Recent'),
			[],
		);
	}
	assert.deepEqual((await rig.rest.workflow(id)).staticData ?? {}, {}, 'no cursor is kept');
	return undefined;
}
